/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one place that reads a guest's tables (DDI 0487, D8.3): for what AT does not tell. Each
 * descriptor is copied once; a walk has as many reads as there are levels.
 */
#include "scan_private.h"

#define DESC_VALID  BIT(0)
#define DESC_TABLE  BIT(1) /* of the last level: a page */
#define DESC_OUTPUT UINT64_C(0x0000fffffffff000)
#define DESC_PXN    BIT(53)
#define DESC_UXN    BIT(54)
#define DESC_W0	    BIT(6) /* AP[1]: EL0, too */
#define DESC_RO	    BIT(7) /* AP[2] */

/* Of an address: a tag, which is no part of it, and what it is where there is none. */
#define ADDRESS_TAG  (UINT64_C(0xff) << 56)
#define ADDRESS_HALF BIT(55)

/* Of a table: what it takes away from all below it. */
#define TABLE_RIGHTS (UINT64_C(0x1f) << 59)
#define TABLE_PXN    BIT(59)
#define TABLE_UXN    BIT(60)
#define TABLE_NO_EL0 BIT(61)
#define TABLE_RO     BIT(62)

static uint64_t index_of(const struct scan_half *half, unsigned level, uint64_t gva)
{
	uint64_t within = (gva - half->base) >>
			  (half->page_shift + (LAST_LEVEL - level) * (half->page_shift - 3U));

	return level == half->start_level ? within : within & MASK_BELOW(half->page_shift - 3U);
}

static bool may_be_leaf(const struct scan_half *half, unsigned level)
{
	/* Blocks: level 2 of every granule, level 1 of 4 KiB alone. */
	return level == 2U || (level == 1U && half->page_shift == 12U);
}

/* Where the walk begins: at the last level, if the step has been there just now. */
static unsigned begin(const struct scan *scan, uint64_t gva, uint64_t *table, uint64_t *rights)
{
	const struct scan_half *half = scan->half;

	if (scan->cache.base != 0U &&
		(gva & ~(scan_span(half, LAST_LEVEL - 1U) - 1U)) == scan->cache.prefix) {
		*table = scan->cache.base;
		*rights = scan->cache.rights;
		return LAST_LEVEL;
	}
	*table = half->table;
	*rights = 0;
	return half->start_level;
}

static void remember(struct scan *scan, uint64_t gva, uint64_t table, uint64_t rights)
{
	scan->cache.base = table;
	scan->cache.rights = rights;
	scan->cache.prefix = gva & ~(scan_span(scan->half, LAST_LEVEL - 1U) - 1U);
}

enum scan_walk scan_walk(struct scan *scan, uint64_t gva, struct scan_leaf *leaf)
{
	const struct scan_half *half = scan->half;
	uint64_t table;
	uint64_t rights;
	unsigned level = begin(scan, gva, &table, &rights);

	for (;; level++) {
		ipa_t at = ipa_init(table + index_of(half, level, gva) * sizeof(uint64_t));
		uint64_t descriptor;

		scan->counts.reads++;
		leaf->level = level;
		if (scan->request.read(scan->request.read_ctx, at, &descriptor) != PLINTH_OK) {
			return WALK_LOST;
		}
		bool is_table = (descriptor & DESC_TABLE) != 0U;

		if ((descriptor & DESC_VALID) == 0U ||
			(level == LAST_LEVEL ? !is_table
					     : (!is_table && !may_be_leaf(half, level)))) {
			return WALK_HOLE;
		}
		if (level == LAST_LEVEL || !is_table) {
			leaf->descriptor = descriptor;
			leaf->rights = half->has_no_hierarchy ? 0U : rights;
			return WALK_LEAF;
		}
		rights |= descriptor & TABLE_RIGHTS;
		table = descriptor & DESC_OUTPUT & ~MASK_BELOW(half->page_shift);
		if (level + 1U == LAST_LEVEL) {
			remember(scan, gva, table, rights);
		}
	}
}

bool scan_read_way(
	const struct scan_regime *regime, uint64_t gva, scan_read_fn *read, void *read_ctx)
{
	struct scan scan = {.request = {.read = read, .read_ctx = read_ctx}};
	uint64_t address = (gva & ADDRESS_HALF) != 0U ? gva | ADDRESS_TAG : gva & ~ADDRESS_TAG;
	struct scan_leaf leaf;

	scan.half = scan_half_of(regime, address);
	return scan.half != NULL && !scan.half->off && !scan.half->is_flat &&
	       scan_walk(&scan, address, &leaf) != WALK_LOST;
}

/* What EL0 may write EL1 never executes; with SCTLR_EL1.WXN what one may write it does not execute
 * (DDI 0487, D8.4.2). */
uint32_t scan_exec_of(const struct scan *scan, const struct scan_leaf *leaf)
{
	uint64_t d = leaf->descriptor;
	bool el0 = (d & DESC_W0) != 0U && (leaf->rights & TABLE_NO_EL0) == 0U;
	bool writable = (d & DESC_RO) == 0U && (leaf->rights & TABLE_RO) == 0U;
	bool wxn = writable && scan->regime.write_implies_xn;
	bool x1 = (d & DESC_PXN) == 0U && (leaf->rights & TABLE_PXN) == 0U && !(writable && el0);
	bool x0 = (d & DESC_UXN) == 0U && (leaf->rights & TABLE_UXN) == 0U;

	return (x1 && !wxn ? LIBSCAN_X1 : 0U) | (x0 && !(wxn && el0) ? LIBSCAN_X0 : 0U);
}
