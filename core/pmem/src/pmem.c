/* SPDX-License-Identifier: Apache-2.0 */
#include "pmem/pmem.h"

#include "arch/cpu.h"
#include "base/atomic.h"
#include "base/bits.h"
#include "base/check.h"
#include "base/checked.h"
#include "base/string.h"
#include "free_list.h"
#include "hypmap/hypmap.h"
#include "lock/lock.h"
#include "side_table.h"

#define FLAG_USER_SHIFT 4U
#define FLAG_USER_WIDTH 2U

#define SCRUB_TRIES 1000U

/* Protects everything in this module, and the links in free blocks. */
static struct lock lock;
static struct pmem_stats stats;
static unsigned scrubbing; /* blocks that scrubbers hold */
static unsigned waiting;   /* callers that wait for scrubbers to put them back; read without */

/* What memory is that nobody had yet. Written before pmem_init(). */
static enum pool_sort unused_memory = POOL_FRESH;

static uint64_t pages_of(unsigned order)
{
	return BIT(order);
}

static bool range_is_ram(const struct pmem_range *range)
{
	uint64_t end;

	return is_aligned(range->base | range->size, PAGE_SIZE) && range->size != 0U &&
	       !add_overflows(range->base, range->size, &end) && side_table_covers(range);
}

/* The entry of the block that holds all of (page, order); its first page at *head. SIDE_BODY where
 * no block does. */
static struct side_entry find_block(uint64_t page, unsigned order, uint64_t *head)
{
	for (unsigned above = order; above <= PMEM_ORDER_MAX; above++) {
		struct side_entry entry;

		*head = align_down(page, pages_of(above));
		entry = side_table_get(*head);
		if (entry.kind != SIDE_BODY) {
			return entry.order >= above ? entry : (struct side_entry){0};
		}
	}
	return (struct side_entry){0};
}

void pmem_distrust_firmware(void)
{
	unused_memory = POOL_DIRTY;
}

/* Puts a range into the lists as the largest aligned blocks that it is made of. */
static void add_blocks(const struct pmem_range *range, enum pool_sort sort)
{
	uint64_t page = range->base >> PAGE_SHIFT;
	uint64_t left = range->size >> PAGE_SHIFT;

	stats.total += left;
	stats.free += left;
	while (left != 0U) {
		unsigned order = (unsigned)min_u64(bit_highest(left), PMEM_ORDER_MAX);
		uint64_t head;

		if (page != 0U) {
			order = (unsigned)min_u64(order, bit_lowest(page));
		}
		PLINTH_CHECK(find_block(page, order, &head).kind == SIDE_BODY);
		free_list_put(page, order, sort);
		page += pages_of(order);
		left -= pages_of(order);
	}
}

/* Index of the first range that the side table fits in, or count. */
static unsigned find_table_place(const struct pmem_range *free, unsigned count, uint64_t size)
{
	unsigned i = 0;

	while (i < count && free[i].size < size) {
		i++;
	}
	return i;
}

enum plinth_status pmem_init(const struct pmem_range *ram, unsigned ram_count,
	const struct pmem_range *free, unsigned free_count)
{
	enum plinth_status status = side_table_set_banks(ram, ram_count);
	uint64_t table_size = side_table_size();
	unsigned place = find_table_place(free, free_count, table_size);

	for (unsigned i = 0; status == PLINTH_OK && i < free_count; i++) {
		if (!range_is_ram(&free[i])) {
			status = PLINTH_EINVAL;
		}
	}
	if (status == PLINTH_OK && place == free_count) {
		status = PLINTH_ENOMEM;
	}
	if (status != PLINTH_OK) {
		return status;
	}
	/* Ours: nobody reads it past the caches. */
	pmem_zero_fresh(pa_init(free[place].base), table_size);
	side_table_attach(pa_to_va(pa_init(free[place].base)));
	free_list_init();
	stats = (struct pmem_stats){.table = table_size >> PAGE_SHIFT};
	scrubbing = 0;
	waiting = 0;
	lock_init(&lock, LOCK_RANK_PMEM);
	lock_take(&lock);
	for (unsigned i = 0; i < free_count; i++) {
		uint64_t taken = i == place ? table_size : 0U;
		struct pmem_range rest = {free[i].base + taken, free[i].size - taken};

		add_blocks(&rest, unused_memory);
	}
	lock_drop(&lock);
	return PLINTH_OK;
}

enum plinth_status pmem_add_range(pa_t base, uint64_t size)
{
	struct pmem_range range = {base.v, size};

	if (!range_is_ram(&range)) {
		return PLINTH_EINVAL;
	}
	lock_take(&lock);
	add_blocks(&range, POOL_DIRTY); /* boot had it, and knew secrets */
	lock_drop(&lock);
	return PLINTH_OK;
}

/* Takes a block of the sort that suits the flags best. */
static bool take_block(unsigned order, uint32_t flags, uint64_t *page, enum pool_sort *sort)
{
	static const enum pool_sort preferred[3][POOL_COUNT] = {
		{POOL_DIRTY, POOL_FRESH, POOL_CLEAN}, /* PMEM_ANY */
		{POOL_CLEAN, POOL_FRESH, POOL_DIRTY}, /* PMEM_CLEAN */
		{POOL_FRESH, POOL_CLEAN, POOL_DIRTY}, /* PMEM_OVERWRITE */
	};
	unsigned row = (flags & PMEM_CLEAN) != 0U ? 1U : (flags & PMEM_OVERWRITE) != 0U ? 2U : 0U;
	unsigned tries = (flags & PMEM_NO_SCRUB) != 0U ? 1U : POOL_COUNT;

	for (unsigned i = 0; i < tries; i++) {
		*sort = preferred[row][i];
		if (free_list_take(order, *sort, page)) {
			return true;
		}
	}
	return false;
}

/* The same, once more when every scrubber has put back what it holds. New ones do not start while
 * somebody waits, so this takes no longer than one pmem_scrub_step(). */
static bool take_block_patiently(
	unsigned order, uint32_t flags, uint64_t *page, enum pool_sort *sort)
{
	if (take_block(order, flags, page, sort)) {
		return true;
	}
	if (scrubbing == 0U || (flags & PMEM_NO_SCRUB) != 0U) {
		return false;
	}
	store_relaxed(&waiting, waiting + 1U);
	while (scrubbing != 0U) {
		lock_drop(&lock);
		arch_yield();
		lock_take(&lock);
	}
	store_relaxed(&waiting, waiting - 1U);
	return take_block(order, flags, page, sort);
}

static bool needs_zeroes(uint32_t flags, enum pool_sort sort)
{
	return (sort != POOL_CLEAN && (flags & PMEM_CLEAN) != 0U) ||
	       (sort == POOL_DIRTY && (flags & PMEM_OVERWRITE) != 0U);
}

/* Books an allocated block. */
static void account_taken(uint64_t page, unsigned order, uint32_t flags, enum pool_sort sort)
{
	uint64_t pages = pages_of(order);
	unsigned user = (unsigned)FIELD_GET(flags, FLAG_USER);

	side_table_set(page, SIDE_USED + user, order);
	stats.used[user] += pages;
	stats.free -= pages;
	if (sort == POOL_CLEAN) {
		stats.clean -= pages;
	} else if (needs_zeroes(flags, sort)) {
		stats.scrubbed_demand += pages;
	}
}

/* Makes sure that the pages are promised to this caller until the lock is dropped for good, even
 * while it waits for scrubbers. False: they are others'. */
static bool claim_pages(uint64_t pages, uint32_t flags)
{
	if ((flags & PMEM_RESERVED) != 0U) {
		PLINTH_CHECK(stats.reserved >= pages);
		return true;
	}
	if (stats.free - stats.reserved < pages) {
		return false;
	}
	stats.reserved += pages;
	return true;
}

/* A block with its books kept; lock held. */
static bool take_claimed(unsigned order, uint32_t flags, uint64_t *page, enum pool_sort *sort)
{
	uint64_t pages = pages_of(order);
	bool taken;

	if (!claim_pages(pages, flags)) {
		return false;
	}
	taken = take_block_patiently(order, flags, page, sort);
	if (taken) {
		account_taken(*page, order, flags, *sort);
	}
	if (taken || (flags & PMEM_RESERVED) == 0U) {
		stats.reserved -= pages;
	}
	return taken;
}

/* Makes a block's content what the flags promise. */
static void prepare_block(pa_t pa, unsigned order, uint32_t flags, enum pool_sort sort)
{
	if (sort == POOL_CLEAN && (flags & PMEM_CLEAN) != 0U) {
		pmem_zero_links(pa);
	} else if (needs_zeroes(flags, sort)) {
		if (sort == POOL_FRESH) {
			pmem_zero_fresh(pa, PAGE_SIZE << order);
		} else {
			pmem_zero(pa, PAGE_SIZE << order);
		}
	}
}

enum plinth_status pmem_alloc(unsigned order, uint32_t flags, pa_t *out)
{
	enum pool_sort sort = POOL_DIRTY;
	bool taken;
	uint64_t page = 0;

	PLINTH_CHECK(order <= PMEM_ORDER_MAX);
	PLINTH_CHECK(FIELD_GET(flags, FLAG_USER) < PMEM_USER_COUNT);
	PLINTH_CHECK((flags & (PMEM_CLEAN | PMEM_NO_SCRUB)) != PMEM_NO_SCRUB);
	lock_take(&lock);
	taken = take_claimed(order, flags, &page, &sort);
	lock_drop(&lock);
	if (!taken) {
		return PLINTH_ENOMEM;
	}
	*out = pa_init(page << PAGE_SHIFT);
	prepare_block(*out, order, flags, sort);
	return PLINTH_OK;
}

/* Cuts the allocated block at `head` until (page, order) is a block of its own. */
static void split_used(uint64_t head, struct side_entry entry, uint64_t page, unsigned order)
{
	for (unsigned above = entry.order; above > order; above--) {
		uint64_t half = pages_of(above - 1U);

		side_table_set(head, entry.kind, above - 1U);
		side_table_set(head + half, entry.kind, above - 1U);
		head += page & half;
	}
}

/* Gives a block back; promised says whether its pages are promised again to the caller. */
static void free_block(pa_t pa, unsigned order, bool promised)
{
	uint64_t page = pa.v >> PAGE_SHIFT;
	uint64_t head;
	struct side_entry entry;

	PLINTH_CHECK(order <= PMEM_ORDER_MAX && is_aligned(pa.v, PAGE_SIZE << order));
	lock_take(&lock);
	entry = find_block(page, order, &head);
	PLINTH_CHECK(entry.kind >= SIDE_USED);
	split_used(head, entry, page, order);
	side_table_set(page, SIDE_BODY, 0);
	stats.used[entry.kind - SIDE_USED] -= pages_of(order);
	stats.free += pages_of(order);
	stats.reserved += promised ? pages_of(order) : 0U;
	free_list_put(page, order, POOL_DIRTY);
	lock_drop(&lock);
}

void pmem_free(pa_t pa, unsigned order)
{
	free_block(pa, order, false);
}

void pmem_free_reserved(pa_t pa, unsigned order)
{
	free_block(pa, order, true);
}

enum plinth_status pmem_reserve(uint64_t pages)
{
	enum plinth_status status = PLINTH_ENOMEM;

	lock_take(&lock);
	if (stats.free - stats.reserved >= pages) {
		stats.reserved += pages;
		status = PLINTH_OK;
	}
	lock_drop(&lock);
	return status;
}

void pmem_unreserve(uint64_t pages)
{
	lock_take(&lock);
	PLINTH_CHECK(stats.reserved >= pages);
	stats.reserved -= pages;
	lock_drop(&lock);
}

/* Takes a block out to be zeroed. Lock held. */
static unsigned take_for_scrub(enum pool_sort sort, unsigned lowest, uint64_t *page)
{
	unsigned order = (unsigned)min_u64(lowest, PMEM_SCRUB_ORDER);
	bool taken = free_list_take(order, sort, page);

	PLINTH_CHECK(taken);
	side_table_set(*page, SIDE_SCRUB, order);
	scrubbing++;
	return order;
}

/* Scrubbing comes last: a place in the lock's queue is for those who need memory now. Not for ever
 * though, and not while somebody waits for what the scrubber holds. */
static void take_lock_last(void)
{
	for (unsigned i = 0; i < SCRUB_TRIES && load_relaxed(&waiting) == 0U; i++) {
		if (lock_try(&lock)) {
			return;
		}
		arch_yield();
	}
	lock_take(&lock);
}

static void put_scrubbed(uint64_t page, unsigned order)
{
	take_lock_last();
	side_table_set(page, SIDE_BODY, 0);
	free_list_put(page, order, POOL_CLEAN);
	scrubbing--;
	stats.clean += pages_of(order);
	stats.scrubbed_idle += pages_of(order);
	lock_drop(&lock);
}

bool pmem_scrub_step(void)
{
	enum pool_sort sort = POOL_DIRTY;
	uint64_t page = 0;
	unsigned order = 0;
	bool taken = false;
	int lowest;

	if (!lock_try(&lock)) {
		return true; /* memory is in demand: later */
	}
	lowest = free_list_lowest(sort);
	if (lowest < 0) {
		sort = POOL_FRESH;
		lowest = free_list_lowest(sort);
	}
	if (lowest >= 0 && waiting == 0U) {
		order = take_for_scrub(sort, (unsigned)lowest, &page);
		taken = true;
	}
	lock_drop(&lock);
	if (taken) {
		pmem_zero(pa_init(page << PAGE_SHIFT), PAGE_SIZE << order);
		put_scrubbed(page, order);
	}
	return lowest >= 0;
}

void pmem_get_stats(struct pmem_stats *out)
{
	lock_take(&lock);
	*out = stats;
	lock_drop(&lock);
}
