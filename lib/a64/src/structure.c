/* SPDX-License-Identifier: Apache-2.0 */
#include "decode.h"

/* Post-index: by Rm, or by the bytes transferred where Rm is 31. Otherwise Rm's field is 0.
 * Returns false for the encodings that are not allocated. */
static bool decode_post_index(uint32_t instruction, unsigned bytes, struct a64_access *access)
{
	uint8_t rm = rm_of(instruction);

	if (bits_of(instruction, 23, 23) == 0U) {
		return rm == 0U;
	}
	access->writeback = true;
	access->post_index = true;
	if (rm == 31U) {
		access->offset = (int64_t)bytes;
	} else {
		access->index = rm;
	}
	return true;
}

/* 0 Q 001100 post L 0 Rm opcode size Rn Rt. LD1 and ST1 move whole registers in their order, so
 * the size of their elements does not show in memory. */
static enum a64_kind decode_multiple(uint32_t instruction, struct a64_access *access)
{
	unsigned count;

	switch (bits_of(instruction, 15, 12)) {
	case 2:
		count = 4;
		break;
	case 6:
		count = 3;
		break;
	case 7:
		count = 1;
		break;
	case 10:
		count = 2;
		break;
	case 0: /* LD4, LD3, LD2 */
	case 4:
	case 8:
		return A64_STRUCTURE;
	default:
		return A64_OTHER;
	}
	access->element = bits_of(instruction, 30, 30) != 0U ? 16U : 8U;
	access->width = 16;
	access->count = (uint8_t)count;
	for (unsigned i = 1; i < count; i++) {
		access->reg[i] = (uint8_t)((access->reg[0] + i) % 32U);
	}
	if (bits_of(instruction, 21, 21) != 0U ||
		!decode_post_index(instruction, count * access->element, access)) {
		return A64_OTHER;
	}
	return A64_ACCESS;
}

/* The element and the lane of LD1 and ST1 of one element: Q:S:size, cut to the element's size. */
static enum a64_kind decode_lane(uint32_t instruction, struct a64_access *access)
{
	uint32_t lane = bits_of(instruction, 30, 30) << 3 | bits_of(instruction, 12, 10);
	unsigned log2_size = bits_of(instruction, 15, 14);

	if (log2_size == 2U && (lane & 3U) == 1U) {
		if ((lane & 4U) != 0U) {
			return A64_OTHER; /* 64 bits with S = 1 */
		}
		log2_size = 3;
	} else if ((lane & ((1U << log2_size) - 1U)) != 0U) {
		return A64_OTHER;
	}
	access->element = (uint8_t)(1U << log2_size);
	access->lane = (uint8_t)(lane >> log2_size);
	access->width = 16;
	return A64_ACCESS;
}

static enum a64_kind decode_replicate(uint32_t instruction, struct a64_access *access)
{
	if (access->write || bits_of(instruction, 12, 12) != 0U) {
		return A64_OTHER;
	}
	access->replicate = true;
	access->element = (uint8_t)(1U << bits_of(instruction, 11, 10));
	access->width = bits_of(instruction, 30, 30) != 0U ? 16U : 8U;
	return A64_ACCESS;
}

/* 0 Q 001101 post L R Rm opcode S size Rn Rt. */
static enum a64_kind decode_one_lane(uint32_t instruction, struct a64_access *access)
{
	uint32_t opcode = bits_of(instruction, 15, 13);
	enum a64_kind kind;

	if (bits_of(instruction, 21, 21) != 0U || (opcode & 1U) != 0U) {
		return A64_STRUCTURE;
	}
	kind = opcode == 6U ? decode_replicate(instruction, access)
			    : decode_lane(instruction, access);
	if (kind == A64_ACCESS && !decode_post_index(instruction, access->element, access)) {
		kind = A64_OTHER;
	}
	return kind;
}

enum a64_kind decode_structure(uint32_t instruction, struct a64_access *access)
{
	if (bits_of(instruction, 31, 31) != 0U) {
		return A64_OTHER;
	}
	access->write = bits_of(instruction, 22, 22) == 0U;
	return bits_of(instruction, 24, 24) != 0U ? decode_one_lane(instruction, access)
						  : decode_multiple(instruction, access);
}
