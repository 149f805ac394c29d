/* SPDX-License-Identifier: Apache-2.0 */
#include "libgdb/walk.h"

#define SCTLR_M	 UINT64_C(1)
#define TCR_EPD0 (UINT64_C(1) << 7)
#define TCR_EPD1 (UINT64_C(1) << 23)
#define TCR_TBI0 (UINT64_C(1) << 37)
#define TCR_TBI1 (UINT64_C(1) << 38)

#define TG0_SHIFT  14U
#define TG1_SHIFT  30U
#define T1SZ_SHIFT 16U
#define SIZE_MASK  UINT64_C(0x3f)

#define ADDRESS	   UINT64_C(0x0000ffffffffffff)
#define TTBR_CNP   UINT64_C(1)
#define LEAST_BITS 12U /* what VA size makes no table at all */
#define FLAT_BITS  48U
#define TAG_SHIFT  56U
#define HALF_BIT   55U /* which half an address is of */
#define LAST_LEVEL 3U

struct half {
	unsigned page_shift;
	unsigned bits; /* of a virtual address */
	uint64_t table;
};

static uint64_t below(unsigned bit)
{
	return (UINT64_C(1) << bit) - 1U;
}

/* TG0 and TG1 say the same in other words; what is reserved is 4 KiB here. */
static unsigned page_shift_of(uint64_t tcr, bool is_upper)
{
	static const unsigned lower[] = {12, 16, 14, 12};
	static const unsigned upper[] = {12, 14, 12, 16};

	return is_upper ? upper[tcr >> TG1_SHIFT & 3U] : lower[tcr >> TG0_SHIFT & 3U];
}

/* False: the address is of neither half, or that is off. */
static bool half_of(const struct control_registers *r, uint64_t gva, struct half *half)
{
	uint64_t tcr = r->tcr_el1;
	bool is_upper = (gva >> HALF_BIT & 1U) != 0U;
	bool has_tag = (tcr & (is_upper ? TCR_TBI1 : TCR_TBI0)) != 0U;
	unsigned used = has_tag ? TAG_SHIFT : 64U;
	uint64_t size = (is_upper ? tcr >> T1SZ_SHIFT : tcr) & SIZE_MASK;

	if ((tcr & (is_upper ? TCR_EPD1 : TCR_EPD0)) != 0U) {
		return false;
	}
	half->page_shift = page_shift_of(tcr, is_upper);
	half->bits = 64U - (unsigned)size;
	half->table = (is_upper ? r->ttbr1_el1 : r->ttbr0_el1) & ADDRESS & ~TTBR_CNP;
	if (half->bits > (half->page_shift == 16U ? 52U : 48U)) {
		half->bits = half->page_shift == 16U ? 52U : 48U;
	}
	if (half->bits <= half->page_shift || half->bits <= LEAST_BITS) {
		return false;
	}
	/* All bits above it say which half. */
	uint64_t above = gva >> half->bits;
	uint64_t ones = below(used - half->bits);

	return (above & ones) == (is_upper ? ones : 0U);
}

/* A descriptor of a level: does it end the walk, and how? */
enum kind { NOTHING, TABLE, LEAF };

static enum kind kind_of(uint64_t descriptor, unsigned level, unsigned page_shift)
{
	bool has_blocks = level == 2U || (level == 1U && page_shift == 12U);

	switch (descriptor & 3U) {
	case 3U:
		return level == LAST_LEVEL ? LEAF : TABLE;
	case 1U:
		return has_blocks ? LEAF : NOTHING;
	default:
		return NOTHING;
	}
}

bool gdb_walk(const struct control_registers *registers, uint64_t gva, gdb_walk_read_fn *read,
	void *ctx, uint64_t *gpa, uint64_t *together)
{
	struct half half;

	if ((registers->sctlr_el1 & SCTLR_M) == 0U) {
		*gpa = gva;
		*together = (UINT64_C(1) << FLAT_BITS) - gva;
		return gva < UINT64_C(1) << FLAT_BITS;
	}
	if (!half_of(registers, gva, &half)) {
		return false;
	}
	unsigned step = half.page_shift - 3U;
	unsigned levels = (half.bits - half.page_shift + step - 1U) / step;
	unsigned top = half.bits; /* the address's bits that this level has to resolve end here */
	uint64_t table = half.table;

	for (unsigned level = LAST_LEVEL + 1U - levels; level <= LAST_LEVEL; level++) {
		unsigned low = half.page_shift + (LAST_LEVEL - level) * step;
		uint64_t descriptor = 0;

		/* The first table may be smaller than a page, and is aligned to its size. */
		table &= ~below(top - low + 3U);
		if (!read(ctx, table + ((gva & below(top)) >> low) * sizeof(descriptor),
			    &descriptor)) {
			return false;
		}
		switch (kind_of(descriptor, level, half.page_shift)) {
		case TABLE:
			table = descriptor & ADDRESS & ~below(half.page_shift);
			top = low;
			break;
		case LEAF:
			*gpa = (descriptor & ADDRESS & ~below(low)) | (gva & below(low));
			*together = (UINT64_C(1) << low) - (gva & below(low));
			return true;
		case NOTHING:
			return false;
		}
	}
	return false;
}
