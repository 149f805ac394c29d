/* SPDX-License-Identifier: Apache-2.0 */
#include "paging/paging.h"

#include "arch/barrier.h"
#include "base/bits.h"
#include "base/checked.h"
#include "base/string.h"
#include "base/types.h"
#include "cache/cache.h"

#define VA_BITS	   48U
#define LEVEL_LAST 3U

/* Descriptors: DDI 0487, D8.3.1 and D8.3.2. */
#define DESC_VALID	 BIT(0)
#define DESC_TABLE	 BIT(1) /* a table; at the last level, a page */
#define DESC_ATTR(n)	 ((uint64_t)(n) << 2)
#define DESC_EL2_RES1	 BIT(6) /* AP[1] where there is one VA range */
#define DESC_READ_ONLY	 BIT(7)
#define DESC_SHARE_INNER (UINT64_C(3) << 8)
#define DESC_AF		 BIT(10)
#define DESC_PXN	 BIT(53)
#define DESC_XN		 BIT(54) /* UXN where there are two VA ranges */
#define DESC_ADDRESS	 (MASK_BELOW(48U) & ~MASK_BELOW(12U))

/* MAIR's attributes, as paging_enable() sets them. */
#define ATTR_DEVICE 0U
#define ATTR_NORMAL 1U

/* With the MMU off stores go around the caches: no line may be left to land on them later. */
static uint64_t *take_table(struct paging *paging)
{
	uint64_t *table = paging->table[paging->count++];

	if (!paging->enabled) {
		cache_clean(table, sizeof(paging->table[0]));
	}
	memset(table, 0, sizeof(paging->table[0]));
	return table;
}

void paging_init(struct paging *paging, uint64_t (*tables)[PAGING_ENTRIES], uint32_t table_max,
	bool two_regimes)
{
	*paging = (struct paging){
		.table = tables, .table_max = table_max, .two_regimes = two_regimes};
	(void)take_table(paging);
}

static uint64_t attributes(const struct paging *paging, enum paging_kind kind)
{
	uint64_t v = DESC_VALID | DESC_AF | DESC_SHARE_INNER;

	v |= DESC_ATTR(kind == PAGING_DEVICE ? ATTR_DEVICE : ATTR_NORMAL);
	v |= paging->two_regimes ? 0U : DESC_EL2_RES1;
	if (kind == PAGING_CODE) {
		return v | DESC_READ_ONLY;
	}
	return v | DESC_XN | (paging->two_regimes ? DESC_PXN : 0U);
}

/* The table below an entry, made where the entry is empty; NULL: there is none left. */
static uint64_t *table_below(struct paging *paging, uint64_t *entry)
{
	uint64_t *table;

	if (*entry != 0U) {
		return (uint64_t *)(uintptr_t)(*entry & DESC_ADDRESS);
	}
	if (paging->count == paging->table_max) {
		return NULL;
	}
	table = take_table(paging);
	/* A walker that sees the entry must see an empty table. */
	arch_dsb_ishst();
	*(volatile uint64_t *)entry = (uintptr_t)table | DESC_TABLE | DESC_VALID;
	return table;
}

/* Maps one block or page at *base, as large as fits below end, with those of its size that follow
 * in its table, and moves *base past them. */
static enum plinth_status map_some(
	struct paging *paging, uint64_t *base, uint64_t end, uint64_t desc)
{
	uint64_t *table = paging->table[0];

	for (unsigned level = 0;; level++) {
		unsigned shift = PAGE_SHIFT + 9U * (LEVEL_LAST - level);
		uint64_t span = BIT(shift);
		uint64_t *entry = &table[(*base >> shift) % PAGING_ENTRIES];
		bool is_leaf = level == LEVEL_LAST || (*entry & DESC_TABLE) == 0U;
		bool fits = level > 0U && is_aligned(*base, span) && end - *base >= span;

		if (*entry != 0U && is_leaf) {
			*base = align_down(*base, span) + span;
			return PLINTH_OK;
		}
		if (*entry == 0U && (level == LEVEL_LAST || fits)) {
			do {
				*(volatile uint64_t *)entry++ =
					*base | desc | (level == LEVEL_LAST ? DESC_TABLE : 0U);
				*base += span;
			} while (end - *base >= span && !is_aligned(*base, span << 9) &&
				 *entry == 0U);
			return PLINTH_OK;
		}
		table = table_below(paging, entry);
		if (table == NULL) {
			return PLINTH_ENOMEM;
		}
	}
}

enum plinth_status paging_map(
	struct paging *paging, uint64_t base, uint64_t size, enum paging_kind kind)
{
	uint64_t desc = attributes(paging, kind);
	enum plinth_status status = PLINTH_OK;
	uint64_t end;

	if (add_overflows(base, size, &end) || end > BIT(VA_BITS)) {
		return PLINTH_ERANGE;
	}
	base = align_down(base, PAGE_SIZE);
	end = align_up(end, PAGE_SIZE);
	while (status == PLINTH_OK && base < end) {
		status = map_some(paging, &base, end, desc);
	}
	return status;
}

void paging_sync(void)
{
	arch_dsb_ishst();
	arch_isb();
}
