/* SPDX-License-Identifier: Apache-2.0 */
#include "a64/access.h"

#include "base/bits.h"
#include "base/compiler.h"

static uint64_t offset_of(const struct a64_access *access, uint64_t index)
{
	if (access->index == A64_INDEX_NONE) {
		return (uint64_t)access->offset;
	}
	switch ((enum a64_extend)access->extend) {
	case A64_UXTW:
		index = (uint32_t)index;
		break;
	case A64_SXTW:
		index = (uint64_t)(int64_t)(int32_t)(uint32_t)index;
		break;
	case A64_LSL:
		break;
	}
	return index << access->shift;
}

uint64_t a64_address(const struct a64_access *access, uint64_t base, uint64_t index)
{
	return access->post_index ? base : base + offset_of(access, index);
}

uint64_t a64_writeback(const struct a64_access *access, uint64_t base, uint64_t index)
{
	return base + offset_of(access, index);
}

/* Parts of one register: two where it is 16 bytes. */
static unsigned parts_each(const struct a64_access *access)
{
	return access->element == 16U ? 2U : 1U;
}

unsigned a64_part_count(const struct a64_access *access)
{
	return access->count * parts_each(access);
}

struct a64_part a64_part(const struct a64_access *access, unsigned n)
{
	unsigned each = parts_each(access);
	unsigned size = access->element / each;
	unsigned reg_byte = n % each * size;

	if (access->lane != A64_LANE_ALL) {
		reg_byte = (unsigned)access->lane * size;
	}
	return (struct a64_part){
		.offset = (uint8_t)(n * size),
		.size = (uint8_t)size,
		.reg = access->reg[n / each],
		.reg_byte = (uint8_t)reg_byte,
	};
}

uint64_t a64_extend(const struct a64_access *access, uint64_t raw)
{
	unsigned bits = access->element * 8U;
	uint64_t value = raw & MASK_BELOW(bits);

	if (access->sign_extend && (value >> (bits - 1U)) != 0U) {
		value |= ~MASK_BELOW(bits);
	}
	return value & MASK_BELOW(access->width * 8U);
}

const char *a64_kind_name(enum a64_kind kind)
{
	static const char *const names[] = {
		[A64_ACCESS] = "load or store",
		[A64_EXCLUSIVE] = "exclusive access",
		[A64_ATOMIC] = "atomic operation",
		[A64_STRUCTURE] = "interleaved vector access",
		[A64_PREFETCH] = "prefetch",
		[A64_CACHE] = "cache maintenance",
		[A64_ZERO] = "zeroing of a block",
		[A64_TAG] = "access to memory tags",
		[A64_AUTH] = "load with an authenticated address",
		[A64_OTHER] = "other instruction",
	};

	return (unsigned)kind < ARRAY_SIZE(names) ? names[kind] : names[A64_OTHER];
}
