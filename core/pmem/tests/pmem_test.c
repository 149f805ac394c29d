/* SPDX-License-Identifier: Apache-2.0 */
/* The contract of pmem.h, function by function, on one CPU. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "arch/sysreg.h"
#include "arena.h"
#include "base/checked.h"
#include "base/compiler.h"
#include "fake/maintenance.h"
#include "fake/panic.h"

#define ARENA_SIZE GIB(4)

static uint64_t arena;
static struct percpu cpu;

static struct pmem_stats stats_now(void)
{
	struct pmem_stats stats;

	pmem_get_stats(&stats);
	return stats;
}

/* RAM of `size` bytes, all of it free. */
static void start(uint64_t size)
{
	struct pmem_range ram = {arena, size};

	arena_use_cpu(&cpu, 0);
	assert_int_equal(pmem_init(&ram, 1, &ram, 1), PLINTH_OK);
}

static pa_t take(unsigned order, uint32_t flags)
{
	pa_t pa = {0};

	assert_int_equal(pmem_alloc(order, flags, &pa), PLINTH_OK);
	assert_true(is_aligned(pa.v, PAGE_SIZE << order));
	assert_true(range_contains(arena, ARENA_SIZE, pa.v, PAGE_SIZE << order));
	return pa;
}

static void scrub_all(void)
{
	while (pmem_scrub_step()) {
	}
}

static void test_side_table_takes_a_byte_a_page(void **state)
{
	struct pmem_stats stats;

	(void)state;
	start(GIB(4));
	stats = stats_now();
	assert_int_equal(stats.table, GIB(4) / PAGE_SIZE / PAGE_SIZE);
	assert_int_equal(stats.total + stats.table, GIB(4) / PAGE_SIZE);
	assert_int_equal(stats.free, stats.total);
	assert_int_equal(stats.clean, 0);
}

static void test_side_table_goes_where_it_fits(void **state)
{
	struct pmem_range ram = {arena, MIB(64)};
	/* The table needs 4 pages: the first range is too small for it. */
	struct pmem_range free[] = {{arena + MIB(1), KIB(12)}, {arena + MIB(2), KIB(20)}};
	pa_t pa;

	(void)state;
	arena_use_cpu(&cpu, 0);
	assert_int_equal(pmem_init(&ram, 1, free, 2), PLINTH_OK);
	assert_int_equal(stats_now().free, 4);
	for (unsigned i = 0; i < 4U; i++) {
		pa = take(0, PMEM_ANY);
		assert_true((pa.v >= free[0].base && pa.v < free[0].base + free[0].size) ||
			    pa.v == free[1].base + KIB(16));
	}
	assert_int_equal(pmem_alloc(0, PMEM_ANY, &pa), PLINTH_ENOMEM);
}

static void test_init_refuses_what_is_malformed(void **state)
{
	struct pmem_range good = {arena, MIB(64)};
	struct pmem_range bad[] = {
		{arena + 1U, MIB(1)},
		{arena, MIB(1) + 1U},
		{arena, 0},
		{arena, MIB(65)},
		{arena - PAGE_SIZE, MIB(1)},
		{~UINT64_C(0) - PAGE_SIZE + 1U, PAGE_SIZE},
	};
	struct pmem_range unsorted[] = {{arena + MIB(4), MIB(1)}, {arena, MIB(1)}};
	struct pmem_range overlapping[] = {{arena, MIB(2)}, {arena + MIB(1), MIB(2)}};

	(void)state;
	arena_use_cpu(&cpu, 0);
	for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(pmem_init(&good, 1, &bad[i], 1), PLINTH_EINVAL);
	}
	for (unsigned i = 0; i < 3U; i++) {
		assert_int_equal(pmem_init(&bad[i], 1, &good, 1), PLINTH_EINVAL);
	}
	assert_int_equal(pmem_init(unsorted, 2, unsorted, 2), PLINTH_EINVAL);
	assert_int_equal(pmem_init(overlapping, 2, overlapping, 2), PLINTH_EINVAL);
}

static void test_init_without_room(void **state)
{
	static struct pmem_range many[PMEM_BANK_MAX + 1U];
	struct pmem_range ram = {arena, MIB(64)};
	struct pmem_range free = {arena, KIB(12)};

	(void)state;
	arena_use_cpu(&cpu, 0);
	assert_int_equal(pmem_init(&ram, 1, &free, 1), PLINTH_ENOMEM);
	assert_int_equal(pmem_init(&ram, 1, NULL, 0), PLINTH_ENOMEM);
	for (unsigned i = 0; i <= PMEM_BANK_MAX; i++) {
		many[i] = (struct pmem_range){arena + i * KIB(64), KIB(32)};
	}
	assert_int_equal(pmem_init(many, PMEM_BANK_MAX + 1U, many, 1), PLINTH_ENOMEM);
	assert_int_equal(pmem_init(many, PMEM_BANK_MAX, many, PMEM_BANK_MAX), PLINTH_OK);
	/* 1,024 pages of RAM: the table takes one. */
	assert_int_equal(stats_now().free, PMEM_BANK_MAX * 8U - 1U);
}

static void test_neighbours_are_one_bank(void **state)
{
	struct pmem_range ram[] = {{arena, MIB(3)}, {arena + MIB(3), MIB(5)}};
	struct pmem_range free[] = {{arena + MIB(1), MIB(2)}, {arena + MIB(3), MIB(5)}};
	pa_t pa;

	(void)state;
	arena_use_cpu(&cpu, 0);
	assert_int_equal(pmem_init(ram, 2, free, 2), PLINTH_OK);
	/* 2 MiB .. 4 MiB lies across the two ranges. */
	for (unsigned i = 0; i < 3U; i++) {
		pa = take(PMEM_ORDER_2M, PMEM_ANY);
		assert_true(pa.v >= arena + MIB(2));
	}
	assert_int_equal(pmem_alloc(PMEM_ORDER_2M, PMEM_ANY, &pa), PLINTH_ENOMEM);
}

static void test_exhaustion_and_joining(void **state)
{
	static pa_t taken[KIB(16)];
	unsigned count = 0;
	pa_t pa = {7};

	(void)state;
	start(MIB(16));
	while (pmem_alloc(0, PMEM_ANY, &taken[count]) == PLINTH_OK) {
		count++;
	}
	assert_int_equal(count, stats_now().total);
	assert_int_equal(stats_now().free, 0);
	assert_int_equal(pmem_alloc(0, PMEM_ANY, &pa), PLINTH_ENOMEM);
	assert_int_equal(pa.v, 7);
	for (unsigned i = 0; i < count; i++) {
		pmem_free(taken[i], 0);
	}
	/* All joined again: the upper 8 MiB are one block. */
	pa = take(11, PMEM_ANY);
	assert_int_equal(pa.v, arena + MIB(8));
}

static void test_clean_memory_is_zero(void **state)
{
	pa_t pa;

	(void)state;
	start(MIB(16));
	memset((void *)(uintptr_t)(arena + KIB(64)), 0xa5, MIB(16) - KIB(64));
	/* The fill has overwritten the free lists' links, so start again over the dirt. */
	start(MIB(16));
	pa = take(5, PMEM_CLEAN);
	assert_true(arena_is_zero(pa, 5));
	assert_int_equal(stats_now().scrubbed_demand, 32);
	pmem_free(pa, 5);
	scrub_all();
	assert_int_equal(stats_now().clean, stats_now().free);
	for (unsigned order = 0; order < 11U; order++) {
		pa = take(order, PMEM_CLEAN);
		assert_true(arena_is_zero(pa, order));
	}
	assert_int_equal(stats_now().scrubbed_demand, 32);
}

static void test_any_prefers_dirty_and_clean_prefers_clean(void **state)
{
	struct pmem_stats stats;
	pa_t dirty;
	pa_t clean;

	(void)state;
	start(MIB(4));
	scrub_all();
	dirty = take(3, PMEM_ANY);
	pmem_free(dirty, 3);
	clean = take(3, PMEM_CLEAN);
	assert_true(clean.v != dirty.v);
	assert_int_equal(take(3, PMEM_ANY).v, dirty.v);
	stats = stats_now();
	assert_int_equal(stats.clean, stats.free);
	assert_int_equal(stats.scrubbed_demand, 0);
}

/* A gigabyte is had at once or not at all: neither zeroed on demand, nor out of dirty memory. */
static void test_no_scrub_takes_what_is_clean(void **state)
{
	const uint32_t flags = PMEM_CLEAN | PMEM_NO_SCRUB;
	pa_t pa = {0};

	(void)state;
	start(MIB(64));
	assert_int_equal(pmem_alloc(PMEM_ORDER_2M, flags, &pa), PLINTH_ENOMEM);
	assert_int_equal(stats_now().reserved, 0);
	assert_int_equal(stats_now().used[PMEM_BY_CORE], 0);
	pa = take(0, PMEM_CLEAN);
	assert_int_equal(stats_now().scrubbed_demand, 1);
	assert_int_equal(pmem_alloc(0, flags, &pa), PLINTH_ENOMEM);
	scrub_all();
	pa = take(PMEM_ORDER_2M, flags);
	for (uint64_t i = 0; i < MIB(2); i += sizeof(uint64_t)) {
		assert_int_equal(*(const uint64_t *)(uintptr_t)(pa.v + i), 0);
	}
	assert_int_equal(stats_now().scrubbed_demand, 1);
}

/* Out of a promise: a refusal leaves the promise as it was. */
static void test_no_scrub_keeps_the_promise(void **state)
{
	pa_t pa;

	(void)state;
	start(MIB(64));
	assert_int_equal(pmem_reserve(512), PLINTH_OK);
	assert_int_equal(pmem_alloc(PMEM_ORDER_2M, PMEM_CLEAN | PMEM_NO_SCRUB | PMEM_RESERVED, &pa),
		PLINTH_ENOMEM);
	assert_int_equal(stats_now().reserved, 512);
	(void)take(PMEM_ORDER_2M, PMEM_CLEAN | PMEM_RESERVED);
	assert_int_equal(stats_now().reserved, 0);
}

static void test_users_are_counted(void **state)
{
	struct pmem_stats stats;
	pa_t table;

	(void)state;
	start(MIB(4));
	(void)take(0, PMEM_ANY | PMEM_USER_CORE);
	table = take(1, PMEM_CLEAN | PMEM_USER_TABLE);
	(void)take(2, PMEM_ANY | PMEM_USER_GUEST);
	stats = stats_now();
	assert_int_equal(stats.used[PMEM_BY_CORE], 1);
	assert_int_equal(stats.used[PMEM_BY_TABLE], 2);
	assert_int_equal(stats.used[PMEM_BY_GUEST], 4);
	assert_int_equal(stats.free + 7U, stats.total);
	pmem_free(table, 1);
	assert_int_equal(stats_now().used[PMEM_BY_TABLE], 0);
}

static void test_promises(void **state)
{
	uint64_t free_pages;
	pa_t pa;

	(void)state;
	start(MIB(4));
	free_pages = stats_now().free;
	assert_int_equal(pmem_reserve(free_pages + 1U), PLINTH_ENOMEM);
	assert_int_equal(pmem_reserve(~UINT64_C(0)), PLINTH_ENOMEM);
	assert_int_equal(pmem_reserve(free_pages - 2U), PLINTH_OK);
	assert_int_equal(pmem_reserve(3), PLINTH_ENOMEM);
	(void)take(0, PMEM_ANY);
	assert_int_equal(pmem_alloc(1, PMEM_ANY, &pa), PLINTH_ENOMEM);
	(void)take(0, PMEM_ANY);
	assert_int_equal(pmem_alloc(0, PMEM_ANY, &pa), PLINTH_ENOMEM);
	for (uint64_t i = 0; i < free_pages - 2U; i++) {
		pa = take(0, PMEM_RESERVED | PMEM_USER_GUEST);
	}
	assert_int_equal(stats_now().reserved, 0);
	assert_int_equal(stats_now().free, 0);
	pmem_free_reserved(pa, 0);
	assert_int_equal(stats_now().reserved, 1);
	assert_int_equal(pmem_alloc(0, PMEM_ANY, &pa), PLINTH_ENOMEM);
	pmem_unreserve(1);
	(void)take(0, PMEM_ANY);
}

static void test_a_promise_survives_a_failed_alloc(void **state)
{
	static pa_t page[1024];
	uint64_t count;
	pa_t pa;

	(void)state;
	start(MIB(4));
	count = stats_now().free;
	for (uint64_t i = 0; i < count; i++) {
		page[i] = take(0, PMEM_ANY);
	}
	pmem_free(page[0], 0);
	pmem_free(page[2], 0);
	assert_int_equal(pmem_reserve(2), PLINTH_OK);
	/* Two pages, not neighbours. */
	assert_int_equal(pmem_alloc(1, PMEM_RESERVED, &pa), PLINTH_ENOMEM);
	assert_int_equal(stats_now().reserved, 2);
	(void)take(0, PMEM_RESERVED);
	(void)take(0, PMEM_RESERVED);
	assert_int_equal(stats_now().reserved, 0);
}

static void test_parts_come_back(void **state)
{
	pa_t block;

	(void)state;
	start(MIB(8));
	block = take(PMEM_ORDER_2M, PMEM_ANY | PMEM_USER_GUEST);
	pmem_free(pa_add(block, KIB(68)), 0);
	assert_int_equal(stats_now().used[PMEM_BY_GUEST], 511);
	assert_true(FAKE_EXPECT_PANIC("check failed", pmem_free(pa_add(block, KIB(68)), 0)));
}

static void test_parts_join_to_the_whole(void **state)
{
	pa_t block;
	uint64_t free_before;

	(void)state;
	start(MIB(8));
	free_before = stats_now().free;
	block = take(PMEM_ORDER_2M, PMEM_ANY);
	pmem_free(pa_add(block, KIB(1024)), 8);
	for (uint64_t at = 0; at < MIB(1); at += KIB(16)) {
		pmem_free(pa_add(block, at), 2);
	}
	assert_int_equal(stats_now().free, free_before);
	assert_int_equal(take(PMEM_ORDER_2M, PMEM_ANY).v, block.v);
}

/* A panic leaves the lock taken: start() begins afresh. `block` is 64 KiB, allocated. */
#define ASSERT_PANICS(statement)                                                                   \
	do {                                                                                       \
		pa_t block;                                                                        \
		start(MIB(8));                                                                     \
		block = take(4, PMEM_ANY);                                                         \
		(void)block;                                                                       \
		assert_true(FAKE_EXPECT_PANIC("check failed", statement));                         \
	} while (0)

static void free_twice(pa_t block, unsigned order)
{
	pmem_free(block, order);
	pmem_free(block, order);
}

static void test_our_own_bugs_panic(void **state)
{
	pa_t pa;

	(void)state;
	ASSERT_PANICS(free_twice(block, 4));
	ASSERT_PANICS(pmem_free(block, 5));		       /* more than was taken */
	ASSERT_PANICS(pmem_free(pa_add(block, PAGE_SIZE), 1)); /* misaligned */
	ASSERT_PANICS(pmem_free(pa_add(block, 1), 0));	       /* not a page */
	ASSERT_PANICS(pmem_free(pa_init(arena + MIB(7)), 0));  /* free */
	ASSERT_PANICS(pmem_free(pa_init(arena), 0));	       /* the side table */
	ASSERT_PANICS(pmem_free(pa_init(arena + MIB(8)), 0));  /* outside RAM */
	ASSERT_PANICS(pmem_free(block, PMEM_ORDER_MAX + 1U));
	ASSERT_PANICS((void)pmem_alloc(PMEM_ORDER_MAX + 1U, PMEM_ANY, &pa));
	ASSERT_PANICS((void)pmem_alloc(0, PMEM_ANY | 0x30U, &pa));
	ASSERT_PANICS((void)pmem_alloc(0, PMEM_RESERVED, &pa)); /* without a promise */
	ASSERT_PANICS(pmem_unreserve(1));
	ASSERT_PANICS((void)pmem_add_range(pa_init(arena + MIB(4)), MIB(1))); /* managed */
}

static void test_ranges_come_later(void **state)
{
	struct pmem_range ram = {arena, MIB(16)};
	struct pmem_range free = {arena, MIB(8)};

	(void)state;
	arena_use_cpu(&cpu, 0);
	assert_int_equal(pmem_init(&ram, 1, &free, 1), PLINTH_OK);
	assert_int_equal(pmem_add_range(pa_init(arena + MIB(8)), MIB(8)), PLINTH_OK);
	assert_int_equal(stats_now().total + stats_now().table, MIB(16) / PAGE_SIZE);
	assert_int_equal(take(11, PMEM_ANY).v, arena + MIB(8));
	assert_int_equal(pmem_add_range(pa_init(arena + MIB(16)), MIB(1)), PLINTH_EINVAL);
	assert_int_equal(pmem_add_range(pa_init(arena + MIB(15)), MIB(2)), PLINTH_EINVAL);
	assert_int_equal(pmem_add_range(pa_init(arena + 8U), MIB(1)), PLINTH_EINVAL);
	assert_int_equal(pmem_add_range(pa_init(arena), 0), PLINTH_EINVAL);
}

static void test_gigabytes_are_a_few_blocks(void **state)
{
	(void)state;
	start(GIB(4));
	/* 4 GiB without the side table's 1 MiB: three whole blocks. */
	for (unsigned i = 0; i < 3U; i++) {
		(void)take(PMEM_ORDER_1G, PMEM_ANY);
	}
	pa_t pa;
	assert_int_equal(pmem_alloc(PMEM_ORDER_1G, PMEM_ANY, &pa), PLINTH_ENOMEM);
	(void)take(PMEM_ORDER_1G - 1U, PMEM_ANY);
}

static void test_scrub_goes_in_bounded_steps(void **state)
{
	struct pmem_stats stats;
	uint64_t clean = 0;
	unsigned steps = 0;

	(void)state;
	start(MIB(8));
	while (pmem_scrub_step()) {
		stats = stats_now();
		assert_true(stats.clean > clean);
		assert_true(stats.clean - clean <= UINT64_C(1) << PMEM_SCRUB_ORDER);
		assert_int_equal(stats.free, stats.total);
		clean = stats.clean;
		steps++;
	}
	assert_int_equal(clean, stats_now().total);
	assert_int_equal(stats_now().scrubbed_idle, clean);
	assert_true(steps >= clean >> PMEM_SCRUB_ORDER);
	assert_false(pmem_scrub_step());
}

static void count_zva(void *ctx, enum fake_op op, uint64_t address)
{
	(void)address;
	*(unsigned *)ctx += op == FAKE_DC_ZVA ? 1U : 0U;
}

static void test_zeroing_with_and_without_zva(void **state)
{
	unsigned count = 0;

	(void)state;
	arena_use_cpu(&cpu, 0);
	memset((void *)(uintptr_t)arena, 0xff, KIB(16));
	fake_maintain_hook(count_zva, &count);
	pmem_zero(pa_init(arena + KIB(4)), KIB(4));
	assert_int_equal(count, KIB(4) / 64U);
	assert_true(arena_is_zero(pa_init(arena + KIB(4)), 0));
	assert_int_equal(*(uint8_t *)(uintptr_t)(arena + KIB(4) - 1U), 0xff);
	assert_int_equal(*(uint8_t *)(uintptr_t)(arena + KIB(8)), 0xff);

	fake_sysregs.dczid_el0 = 0x14; /* DZP: DC ZVA is prohibited */
	pmem_zero(pa_init(arena + KIB(8)), KIB(4));
	fake_sysregs.dczid_el0 = 4;
	fake_maintain_hook(NULL, NULL);
	assert_int_equal(count, KIB(4) / 64U);
	assert_true(arena_is_zero(pa_init(arena + KIB(8)), 0));
	assert_int_equal(*(uint8_t *)(uintptr_t)(arena + KIB(12)), 0xff);
}

struct poc_count {
	unsigned zeroed;
	unsigned cleaned;
	bool cleaned_before_zeroed;
	bool completed;
};

static void count_poc(void *ctx, enum fake_op op, uint64_t address)
{
	struct poc_count *count = ctx;

	(void)address;
	if (op == FAKE_DC_ZVA) {
		count->zeroed++;
		count->cleaned_before_zeroed |= count->cleaned != 0U;
	} else if (op == FAKE_DC_CIVAC) {
		count->cleaned++;
		count->completed = false;
	} else if (op == FAKE_DSB_SY) {
		count->completed = true;
	}
}

/* What a guest reads past the caches must be zeroes too, not the former owner's bytes. */
static void test_zeroes_reach_poc(void **state)
{
	struct poc_count count = {0};

	(void)state;
	arena_use_cpu(&cpu, 0);
	fake_maintain_hook(count_poc, &count);
	pmem_zero(pa_init(arena), KIB(8));
	assert_int_equal(count.zeroed, KIB(8) / 64U);
	assert_int_equal(count.cleaned, KIB(8) / 64U);
	assert_false(count.cleaned_before_zeroed);
	assert_true(count.completed);
	fake_maintain_hook(NULL, NULL);
}

static uint64_t lines_to_poc;

static void count_lines(void *ctx, enum fake_op op, uint64_t address)
{
	(void)ctx;
	(void)address;
	lines_to_poc += op == FAKE_DC_CIVAC ? 1U : 0U;
}

/* Lines that go to PoC before a page for these flags is the caller's. */
static uint64_t lines_for(uint32_t flags, pa_t *page)
{
	lines_to_poc = 0;
	*page = take(0, flags);
	return lines_to_poc;
}

/* Nobody's bytes are below what nobody had; a former owner's are hidden, also from who overwrites.
 */
static void test_fresh_memory_hides_nothing(void **state)
{
	const uint64_t lines = PAGE_SIZE / 64U;
	pa_t page;
	pa_t again;

	(void)state;
	start(MIB(1));
	fake_maintain_hook(count_lines, NULL);
	assert_int_equal(lines_for(PMEM_CLEAN, &page), 0);
	assert_int_equal(lines_for(PMEM_OVERWRITE, &again), 0);
	pmem_free(page, 0);
	/* Fresh memory is still there, and better. */
	assert_int_equal(lines_for(PMEM_CLEAN, &again), 0);
	assert_true(again.v != page.v);
	/* The former owner's page is what is left. */
	while (stats_now().free > 1U) {
		(void)take(0, PMEM_CLEAN);
	}
	assert_int_equal(lines_for(PMEM_OVERWRITE, &again), lines);
	assert_int_equal(again.v, page.v);
	pmem_free(again, 0);
	assert_int_equal(lines_for(PMEM_CLEAN, &again), lines);
	pmem_free(again, 0);
	assert_int_equal(lines_for(PMEM_ANY, &again), 0);
	fake_maintain_hook(NULL, NULL);
}

/* Last: it is for good. */
static void test_firmware_may_be_distrusted(void **state)
{
	pa_t page;

	(void)state;
	pmem_distrust_firmware();
	start(MIB(1));
	fake_maintain_hook(count_lines, NULL);
	assert_int_equal(lines_for(PMEM_CLEAN, &page), PAGE_SIZE / 64U);
	assert_int_equal(lines_for(PMEM_OVERWRITE, &page), PAGE_SIZE / 64U);
	fake_maintain_hook(NULL, NULL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_side_table_takes_a_byte_a_page),
		cmocka_unit_test(test_side_table_goes_where_it_fits),
		cmocka_unit_test(test_init_refuses_what_is_malformed),
		cmocka_unit_test(test_init_without_room),
		cmocka_unit_test(test_neighbours_are_one_bank),
		cmocka_unit_test(test_exhaustion_and_joining),
		cmocka_unit_test(test_clean_memory_is_zero),
		cmocka_unit_test(test_any_prefers_dirty_and_clean_prefers_clean),
		cmocka_unit_test(test_no_scrub_takes_what_is_clean),
		cmocka_unit_test(test_no_scrub_keeps_the_promise),
		cmocka_unit_test(test_users_are_counted),
		cmocka_unit_test(test_promises),
		cmocka_unit_test(test_a_promise_survives_a_failed_alloc),
		cmocka_unit_test(test_parts_come_back),
		cmocka_unit_test(test_parts_join_to_the_whole),
		cmocka_unit_test(test_our_own_bugs_panic),
		cmocka_unit_test(test_ranges_come_later),
		cmocka_unit_test(test_gigabytes_are_a_few_blocks),
		cmocka_unit_test(test_scrub_goes_in_bounded_steps),
		cmocka_unit_test(test_zeroing_with_and_without_zva),
		cmocka_unit_test(test_zeroes_reach_poc),
		cmocka_unit_test(test_fresh_memory_hides_nothing),
		cmocka_unit_test(test_firmware_may_be_distrusted),
	};

	arena = arena_map(ARENA_SIZE);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
