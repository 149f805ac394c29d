/* SPDX-License-Identifier: Apache-2.0 */
/* Random calls against a naive model: one state for each page. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "arena.h"
#include "base/compiler.h"

#define RANGES	  5U
#define PAGES	  UINT64_C(4096)
#define BLOCK_MAX 512U
#define STEPS	  20000U

/* Who has each page: 0 nobody and not the allocator's, 1 free, 2 allocated. */
enum owner { OUTSIDE, FREE, TAKEN };

struct block {
	pa_t pa;
	unsigned order;
};

static uint64_t arena;
static uint8_t owner[PAGES];
static struct block blocks[BLOCK_MAX];
static unsigned block_count;
static uint64_t promised;
static uint64_t seed;

static uint64_t roll(uint64_t below)
{
	/* SplitMix64's finaliser over a counter. */
	uint64_t v = (seed += UINT64_C(0x9e3779b97f4a7c15));

	v = (v ^ (v >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	v = (v ^ (v >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (v ^ (v >> 31)) % below;
}

static uint64_t page_index(pa_t pa)
{
	return (pa.v - arena) >> PAGE_SHIFT;
}

static void change_owner(pa_t pa, unsigned order, enum owner from, enum owner to)
{
	uint64_t first = page_index(pa);

	assert_true(first + (UINT64_C(1) << order) <= PAGES);
	for (uint64_t i = 0; i < UINT64_C(1) << order; i++) {
		assert_int_equal(owner[first + i], from);
		owner[first + i] = (uint8_t)to;
	}
}

static uint64_t count_pages(enum owner who)
{
	uint64_t count = 0;

	for (uint64_t i = 0; i < PAGES; i++) {
		count += owner[i] == who ? 1U : 0U;
	}
	return count;
}

static void start(void)
{
	/* Ragged ranges with holes between them, in two banks. */
	static const struct pmem_range shape[RANGES] = {
		{KIB(12), MIB(3) - KIB(12)},
		{MIB(3) + KIB(4), KIB(4)},
		{MIB(4), MIB(4)},
		{MIB(9), KIB(1000)},
		{MIB(10) + KIB(8), MIB(6) - KIB(8)},
	};
	struct pmem_range ram[] = {{arena, MIB(8)}, {arena + MIB(9), MIB(7)}};
	struct pmem_range free[RANGES];

	memset(owner, OUTSIDE, sizeof(owner));
	for (unsigned i = 0; i < RANGES; i++) {
		free[i] = (struct pmem_range){arena + shape[i].base, shape[i].size};
		memset(&owner[shape[i].base >> PAGE_SHIFT], FREE, shape[i].size >> PAGE_SHIFT);
	}
	owner[3] = OUTSIDE; /* the side table: 3,840 pages of RAM */
	assert_int_equal(pmem_init(ram, 2, free, RANGES), PLINTH_OK);
	block_count = 0;
	promised = 0;
}

static void try_alloc(void)
{
	unsigned order = (unsigned)roll(roll(4) == 0U ? 11 : 4);
	uint32_t flags = roll(2) == 0U ? PMEM_CLEAN : PMEM_ANY;
	struct block *block = &blocks[block_count];

	if (block_count == BLOCK_MAX) {
		return;
	}
	if (promised >> order != 0U && roll(2) == 0U) {
		flags |= PMEM_RESERVED;
	}
	if (pmem_alloc(order, flags, &block->pa) != PLINTH_OK) {
		/* A page is refused only if all free ones are others'. */
		assert_true(order != 0U ||
			    ((flags & PMEM_RESERVED) == 0U && count_pages(FREE) == promised));
		return;
	}
	block->order = order;
	block_count++;
	promised -= (flags & PMEM_RESERVED) != 0U ? UINT64_C(1) << order : 0U;
	change_owner(block->pa, order, FREE, TAKEN);
	if ((flags & PMEM_CLEAN) != 0U) {
		assert_true(arena_is_zero(block->pa, order));
	}
	memset((void *)(uintptr_t)block->pa.v, 0x5a, PAGE_SIZE << order);
}

static void free_one(void)
{
	struct block *block;

	if (block_count == 0U) {
		return;
	}
	block = &blocks[roll(block_count)];
	if (block->order != 0U && roll(4) == 0U && block_count < BLOCK_MAX) {
		/* Half of it stays. */
		block->order--;
		blocks[block_count] = *block;
		block->pa = pa_add(block->pa, roll(2) == 0U ? 0U : PAGE_SIZE << block->order);
		if (block->pa.v == blocks[block_count].pa.v) {
			blocks[block_count].pa = pa_add(block->pa, PAGE_SIZE << block->order);
		}
		block_count++;
	}
	change_owner(block->pa, block->order, TAKEN, FREE);
	if (roll(3) == 0U) {
		promised += UINT64_C(1) << block->order;
		pmem_free_reserved(block->pa, block->order);
	} else {
		pmem_free(block->pa, block->order);
	}
	*block = blocks[--block_count];
}

static void change_promise(void)
{
	uint64_t pages = roll(64);

	if (roll(2) == 0U) {
		pages = pages < promised ? pages : promised;
		pmem_unreserve(pages);
		promised -= pages;
	} else if (pmem_reserve(pages) == PLINTH_OK) {
		promised += pages;
	} else {
		assert_true(count_pages(FREE) - promised < pages);
	}
}

static void check_stats(void)
{
	struct pmem_stats stats;

	pmem_get_stats(&stats);
	assert_int_equal(stats.free, count_pages(FREE));
	assert_int_equal(stats.used[PMEM_BY_CORE], count_pages(TAKEN));
	assert_int_equal(stats.total, stats.free + stats.used[PMEM_BY_CORE]);
	assert_int_equal(stats.reserved, promised);
	assert_true(stats.clean <= stats.free);
}

static void step(void)
{
	switch (roll(8)) {
	case 0:
	case 1:
	case 2:
		try_alloc();
		break;
	case 3:
	case 4:
	case 5:
		free_one();
		break;
	case 6:
		change_promise();
		break;
	default:
		(void)pmem_scrub_step();
		break;
	}
}

static void test_random_calls(void **state)
{
	struct percpu cpu;

	(void)state;
	arena_use_cpu(&cpu, 0);
	for (seed = 1; seed < 4U; seed++) {
		start();
		for (unsigned i = 0; i < STEPS; i++) {
			step();
			if (i % 16U == 0U) {
				check_stats();
			}
		}
	}
}

static void test_all_joins_again(void **state)
{
	struct percpu cpu;
	struct pmem_stats stats;
	pa_t pa;

	(void)state;
	arena_use_cpu(&cpu, 0);
	seed = 77;
	start();
	for (unsigned i = 0; i < STEPS; i++) {
		step();
	}
	while (block_count != 0U) {
		free_one();
	}
	pmem_unreserve(promised);
	while (pmem_scrub_step()) {
	}
	pmem_get_stats(&stats);
	assert_int_equal(stats.clean, stats.total);
	/* 4 MiB .. 8 MiB and 12 MiB .. 16 MiB are whole blocks again. */
	for (unsigned i = 0; i < 2U; i++) {
		assert_int_equal(pmem_alloc(10, PMEM_CLEAN, &pa), PLINTH_OK);
		assert_true(arena_is_zero(pa, 10));
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_calls),
		cmocka_unit_test(test_all_joins_again),
	};

	arena = arena_map(PAGES << PAGE_SHIFT);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
