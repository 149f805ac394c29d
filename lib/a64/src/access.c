/* SPDX-License-Identifier: Apache-2.0 */
#include "a64/access.h"

#include "decode.h"

/* What size, V and opc of a single-register form say. */
static enum a64_kind decode_integer_size(uint32_t size, uint32_t opc, struct a64_access *access)
{
	access->element = (uint8_t)(1U << size);
	access->write = opc == 0U;
	access->width = size == 3U ? 8U : 4U;
	if (opc < 2U) {
		return A64_ACCESS;
	}
	if (size == 3U) {
		return opc == 2U ? A64_PREFETCH : A64_OTHER;
	}
	if (size == 2U && opc == 3U) {
		return A64_OTHER;
	}
	access->sign_extend = true;
	access->width = opc == 2U ? 8U : 4U;
	return A64_ACCESS;
}

static enum a64_kind decode_vector_size(uint32_t size, uint32_t opc, struct a64_access *access)
{
	if (opc >= 2U && size != 0U) {
		return A64_OTHER;
	}
	access->element = (uint8_t)(opc >= 2U ? 16U : 1U << size);
	access->width = 16;
	access->write = (opc & 1U) == 0U;
	return A64_ACCESS;
}

static enum a64_kind decode_size(uint32_t instruction, struct a64_access *access)
{
	uint32_t size = bits_of(instruction, 31, 30);
	uint32_t opc = bits_of(instruction, 23, 22);

	return access->vector ? decode_vector_size(size, opc, access)
			      : decode_integer_size(size, opc, access);
}

/* log2 of the bytes: what scaled offsets are shifted by. */
static unsigned scale_of(const struct a64_access *access)
{
	return (unsigned)__builtin_ctz(access->element);
}

/* size 111 V 00 opc 0 imm9 xx: LDUR, LDR with write-back, LDTR. */
static enum a64_kind decode_imm9(uint32_t instruction, struct a64_access *access)
{
	uint32_t form = bits_of(instruction, 11, 10);
	enum a64_kind kind = decode_size(instruction, access);

	access->offset = signed_bits_of(instruction, 20, 12);
	access->post_index = form == 1U;
	access->writeback = form == 1U || form == 3U;
	access->unprivileged = form == 2U;
	if (kind == A64_PREFETCH && form != 0U) {
		return A64_OTHER;
	}
	return access->unprivileged && access->vector ? A64_OTHER : kind;
}

/* size 111 V 00 opc 1 Rm option S 10. */
static enum a64_kind decode_register_offset(uint32_t instruction, struct a64_access *access)
{
	uint32_t option = bits_of(instruction, 15, 13);
	enum a64_kind kind = decode_size(instruction, access);

	if ((option & 2U) == 0U) {
		return A64_OTHER;
	}
	access->index = rm_of(instruction);
	/* SXTX takes all 64 bits, as LSL does. */
	access->extend = option == 2U ? A64_UXTW : option == 6U ? A64_SXTW : A64_LSL;
	if (kind == A64_ACCESS && bits_of(instruction, 12, 12) != 0U) {
		access->shift = (uint8_t)scale_of(access);
	}
	return kind;
}

/* size 111 0 00 A R 1 Rs o3 opc 00: of these only LDAPR is a plain load. */
static enum a64_kind decode_atomic(uint32_t instruction, struct a64_access *access)
{
	if (access->vector) {
		return A64_OTHER;
	}
	if ((instruction & UINT32_C(0x00fffc00)) != UINT32_C(0x00bfc000)) {
		return A64_ATOMIC;
	}
	return decode_integer_size(bits_of(instruction, 31, 30), 1, access);
}

/* size 111 V x...: one register. */
static enum a64_kind decode_single(uint32_t instruction, struct a64_access *access)
{
	enum a64_kind kind;

	if (bits_of(instruction, 24, 24) != 0U) {
		kind = decode_size(instruction, access);
		if (kind == A64_ACCESS) {
			access->offset = (int64_t)bits_of(instruction, 21, 10) << scale_of(access);
		}
		return kind;
	}
	if (bits_of(instruction, 21, 21) == 0U) {
		return decode_imm9(instruction, access);
	}
	switch (bits_of(instruction, 11, 10)) {
	case 0:
		return decode_atomic(instruction, access);
	case 2:
		return decode_register_offset(instruction, access);
	default:
		return bits_of(instruction, 31, 30) == 3U && !access->vector ? A64_AUTH : A64_OTHER;
	}
}

/* opc 101 V op2 L imm7 Rt2 Rn Rt. */
static enum a64_kind decode_pair(uint32_t instruction, struct a64_access *access)
{
	uint32_t opc = bits_of(instruction, 31, 30);
	uint32_t form = bits_of(instruction, 24, 23); /* no-allocate, post, offset, pre */

	access->write = bits_of(instruction, 22, 22) == 0U;
	if (opc == 3U) {
		return A64_OTHER;
	}
	if (access->vector) {
		access->element = (uint8_t)(4U << opc);
		access->width = 16;
	} else if (opc == 1U) {
		if (form == 0U) {
			return A64_OTHER;
		}
		if (access->write) {
			return A64_TAG; /* STGP */
		}
		access->element = 4;
		access->width = 8;
		access->sign_extend = true;
	} else {
		access->element = opc == 0U ? 4U : 8U;
		access->width = access->element;
	}
	access->count = 2;
	access->reg[1] = rt2_of(instruction);
	access->offset = signed_bits_of(instruction, 21, 15) * access->element;
	access->post_index = form == 1U;
	access->writeback = (form & 1U) != 0U;
	return A64_ACCESS;
}

/* opc 011 V 00 imm19 Rt. */
static enum a64_kind decode_literal(uint32_t instruction, struct a64_access *access)
{
	uint32_t opc = bits_of(instruction, 31, 30);

	if (opc == 3U) {
		return access->vector ? A64_OTHER : A64_PREFETCH;
	}
	access->base = A64_BASE_PC;
	access->offset = signed_bits_of(instruction, 23, 5) * 4;
	if (access->vector) {
		access->element = (uint8_t)(4U << opc);
		access->width = 16;
	} else {
		access->element = opc == 1U ? 8U : 4U;
		access->width = opc == 0U ? 4U : 8U;
		access->sign_extend = opc == 2U;
	}
	return A64_ACCESS;
}

/* size 001000 o2 L o1 Rs o0 Rt2 Rn Rt: exclusives, CAS, and the ordered accesses. */
static enum a64_kind decode_ordered(uint32_t instruction, struct a64_access *access)
{
	bool o2 = bits_of(instruction, 23, 23) != 0U;
	bool o1 = bits_of(instruction, 21, 21) != 0U;
	uint32_t size = bits_of(instruction, 31, 30);

	if (o2 && !o1) {
		return decode_integer_size(size, bits_of(instruction, 22, 22), access);
	}
	return o1 && (o2 || size < 2U) ? A64_ATOMIC : A64_EXCLUSIVE;
}

/* 29:24 = 011001: LDAPUR and STLUR, beside MTE's and memory copies. */
static enum a64_kind decode_unscaled_ordered(uint32_t instruction, struct a64_access *access)
{
	enum a64_kind kind;

	if (bits_of(instruction, 21, 21) != 0U) {
		return bits_of(instruction, 31, 30) == 3U ? A64_TAG : A64_OTHER;
	}
	if (bits_of(instruction, 11, 10) != 0U || access->vector) {
		return A64_OTHER;
	}
	access->offset = signed_bits_of(instruction, 20, 12);
	kind = decode_size(instruction, access);
	return kind == A64_PREFETCH ? A64_OTHER : kind;
}

static enum a64_kind decode_load_store(uint32_t instruction, struct a64_access *access)
{
	bool bit_24 = bits_of(instruction, 24, 24) != 0U;

	switch (bits_of(instruction, 29, 28)) {
	case 0:
		if (access->vector) {
			return decode_structure(instruction, access);
		}
		return bit_24 ? A64_OTHER : decode_ordered(instruction, access);
	case 1:
		return bit_24 ? decode_unscaled_ordered(instruction, access)
			      : decode_literal(instruction, access);
	case 2:
		return decode_pair(instruction, access);
	default:
		return decode_single(instruction, access);
	}
}

#define SYS_MASK UINT32_C(0xfff80000)
#define SYS_BITS UINT32_C(0xd5080000) /* SYS: op0 = 1, L = 0 */

/* CRm of the IC and DC operations: op1 = 0 (IALLUIS, IALLU, IVAC, ISW, CSW, CISW) and op1 = 3
 * (IVAU, CVAC, CVAU, CVAP, CVADP, CIVAC), with the variants for tags. */
#define CACHE_CRM_OP1_0 (1U << 1 | 1U << 5 | 1U << 6 | 1U << 10 | 1U << 14)
#define CACHE_CRM_OP1_3 (1U << 5 | 1U << 10 | 1U << 11 | 1U << 12 | 1U << 13 | 1U << 14)

static enum a64_kind decode_system(uint32_t instruction)
{
	uint32_t op1 = bits_of(instruction, 18, 16);
	uint32_t crm = bits_of(instruction, 11, 8);
	uint32_t op2 = bits_of(instruction, 7, 5);
	uint32_t cache = op1 == 0U ? CACHE_CRM_OP1_0 : op1 == 3U ? CACHE_CRM_OP1_3 : 0U;

	if (bits_of(instruction, 15, 12) != 7U) {
		return A64_OTHER;
	}
	if (op1 == 3U && crm == 4U) {
		return op2 == 1U || op2 == 4U ? A64_ZERO : op2 == 3U ? A64_TAG : A64_OTHER;
	}
	return (cache >> crm & 1U) != 0U ? A64_CACHE : A64_OTHER;
}

enum a64_kind a64_decode(uint32_t instruction, struct a64_access *access)
{
	struct a64_access decoded = {
		.vector = bits_of(instruction, 26, 26) != 0U,
		.count = 1,
		.reg = {rt_of(instruction)},
		.lane = A64_LANE_ALL,
		.base = rn_of(instruction),
		.index = A64_INDEX_NONE,
	};
	enum a64_kind kind;

	if ((instruction & SYS_MASK) == SYS_BITS) {
		return decode_system(instruction);
	}
	if (bits_of(instruction, 27, 27) == 0U || bits_of(instruction, 25, 25) != 0U) {
		return A64_OTHER;
	}
	kind = decode_load_store(instruction, &decoded);
	if (kind == A64_ACCESS) {
		*access = decoded;
	}
	return kind;
}
