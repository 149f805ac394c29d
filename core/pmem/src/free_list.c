/* SPDX-License-Identifier: Apache-2.0 */
#include "free_list.h"

#include "base/bits.h"
#include "base/check.h"
#include "base/list.h"
#include "base/string.h"
#include "hypmap/hypmap.h"
#include "side_table.h"

/* The blocks of one sort. */
struct pool {
	struct list blocks[PMEM_ORDER_MAX + 1U];
	uint32_t present; /* bit n: blocks[n] is not empty */
};

/* Guarded by the allocator's lock. */
static struct pool pools[POOL_COUNT];

STATIC_ASSERT(sizeof(struct list) == FREE_LIST_LINK_SIZE, "the links are what we say they are");

static struct list *node_of(uint64_t page)
{
	return pa_to_va(pa_init(page << PAGE_SHIFT));
}

static uint64_t page_of(const struct list *node)
{
	return pa_of(node).v >> PAGE_SHIFT;
}

STATIC_ASSERT(SIDE_DIRTY + POOL_CLEAN == SIDE_CLEAN && SIDE_DIRTY + POOL_FRESH == SIDE_FRESH,
	"kinds of free blocks are in the order of their pools");

static unsigned kind_of(enum pool_sort sort)
{
	return SIDE_DIRTY + (unsigned)sort;
}

void free_list_init(void)
{
	for (unsigned sort = 0; sort < POOL_COUNT; sort++) {
		pools[sort].present = 0;
		for (unsigned order = 0; order <= PMEM_ORDER_MAX; order++) {
			list_init(&pools[sort].blocks[order]);
		}
	}
}

static void link_block(uint64_t page, unsigned order, enum pool_sort sort)
{
	/* At the front: what was freed last is likely to be in the cache. */
	list_push_front(&pools[sort].blocks[order], node_of(page));
	pools[sort].present |= UINT32_C(1) << order;
	side_table_set(page, kind_of(sort), order);
}

static void unlink_block(uint64_t page, unsigned order, enum pool_sort sort)
{
	list_remove(node_of(page));
	if (list_is_empty(&pools[sort].blocks[order])) {
		pools[sort].present &= ~(UINT32_C(1) << order);
	}
	side_table_set(page, SIDE_BODY, 0);
}

void free_list_put(uint64_t page, unsigned order, enum pool_sort sort)
{
	while (order < PMEM_ORDER_MAX) {
		uint64_t buddy = page ^ BIT(order);
		struct side_entry entry = side_table_get(buddy);

		if (entry.kind != kind_of(sort) || entry.order != order) {
			break;
		}
		unlink_block(buddy, order, sort);
		if (sort == POOL_CLEAN) {
			/* It is no longer the start of a block, so its links have to go. */
			memset(node_of(buddy), 0, FREE_LIST_LINK_SIZE);
		}
		page &= ~BIT(order);
		order++;
	}
	link_block(page, order, sort);
}

bool free_list_take(unsigned order, enum pool_sort sort, uint64_t *page)
{
	uint32_t fitting = pools[sort].present >> order << order;
	unsigned from;

	if (fitting == 0U) {
		return false;
	}
	from = bit_lowest(fitting);
	*page = page_of(pools[sort].blocks[from].next);
	unlink_block(*page, from, sort);
	while (from > order) {
		from--;
		link_block(*page + BIT(from), from, sort);
	}
	return true;
}

int free_list_lowest(enum pool_sort sort)
{
	return pools[sort].present == 0U ? -1 : (int)bit_lowest(pools[sort].present);
}
