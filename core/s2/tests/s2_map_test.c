/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/bits.h"
#include "fake/cache_model.h"
#include "s2_fixture.h"

#define WINDOW_PAGES 2048U /* 8 MiB that the random test maps in */

static struct s2_fixture fixture;
static struct s2_space space;

static int setup(void **state)
{
	(void)state;
	fixture_init(&fixture, 8);
	return s2_space_init(&space, &fixture_ops, &fixture) == PLINTH_OK ? 0 : -1;
}

static void count_leaf(void *ctx, const struct s2_leaf *leaf)
{
	*(uint64_t *)ctx += s2_level_size(leaf->level) / PAGE_SIZE;
}

static uint64_t clear_all(void)
{
	ipa_t cursor = ipa_init(0);
	uint64_t pages = 0;

	while (s2_clear_step(&space, &cursor, ipa_init(BIT(40)), count_leaf, &pages) ==
		PLINTH_EAGAIN) {
	}
	return pages;
}

static int teardown(void **state)
{
	(void)state;
	clear_all();
	s2_space_fini(&space);
	s2_space_fini(&space);
	return fixture.live == 0U ? 0 : -1;
}

static struct s2_leaf leaf_at(uint64_t ipa, unsigned level, uint32_t attrs)
{
	return (struct s2_leaf){.ipa = {ipa},
		.pa = {ipa + GIB(64)},
		.level = level,
		.attrs = attrs,
		.state = S2_PAGE_OWNED};
}

static enum plinth_status map(uint64_t ipa, unsigned level, unsigned count, uint32_t attrs)
{
	const struct s2_leaf leaf = leaf_at(ipa, level, attrs);
	enum plinth_status status = s2_prepare(&space, leaf.ipa, level);

	if (status == PLINTH_OK) {
		s2_map(&space, &leaf, count);
	}
	return status;
}

static struct s2_leaf leaf_at_ipa(uint64_t ipa)
{
	struct s2_leaf leaf;

	assert_int_equal(s2_lookup(&space, ipa_init(ipa), &leaf), PLINTH_OK);
	return leaf;
}

static void protect(uint64_t ipa, unsigned count, uint32_t set, uint32_t clear)
{
	struct s2_leaf leaf = leaf_at_ipa(ipa);

	s2_protect(&space, &leaf, count, set, clear);
}

static unsigned run(uint64_t ipa, unsigned window, struct s2_leaf *first)
{
	struct s2_leaf small = leaf_at_ipa(ipa);
	unsigned count;

	*first = small;
	count = s2_run(first, window);
	assert_int_equal(s2_run_small(&small, window), count);
	assert_ptr_equal(small.entry, first->entry);
	assert_int_equal(small.ipa.v, first->ipa.v);
	assert_int_equal(small.pa.v, first->pa.v);
	return count;
}

static void check(uint64_t ipa, bool valid, unsigned level, uint32_t attrs)
{
	struct s2_leaf leaf;

	assert_int_equal(s2_lookup(&space, ipa_init(ipa), &leaf), PLINTH_OK);
	assert_int_equal(leaf.valid, valid);
	assert_int_equal(leaf.level, level);
	assert_int_equal(leaf.ipa.v, align_down(ipa, s2_level_size(level)));
	if (valid) {
		assert_int_equal(leaf.attrs, attrs);
		assert_int_equal(leaf.pa.v, leaf.ipa.v + GIB(64));
	}
}

static void test_prepare_refuses(void **state)
{
	(void)state;
	assert_int_equal(s2_prepare(&space, ipa_init(0x1001), 3), PLINTH_EINVAL);
	assert_int_equal(s2_prepare(&space, ipa_init(0x1000), 2), PLINTH_EINVAL);
	assert_int_equal(s2_prepare(&space, ipa_init(0), 0), PLINTH_EINVAL);
	assert_int_equal(s2_prepare(&space, ipa_init(0), 4), PLINTH_EINVAL);
	assert_int_equal(s2_prepare(&space, ipa_init(BIT(40)), 3), PLINTH_ERANGE);
	assert_int_equal(map(GIB(1), 3, 1, 0), PLINTH_OK);
	assert_int_equal(s2_prepare(&space, ipa_init(GIB(1)), 2), PLINTH_EBUSY);
	assert_int_equal(s2_prepare(&space, ipa_init(GIB(1)), 1), PLINTH_EBUSY);
	assert_int_equal(s2_prepare(&space, ipa_init(BIT(40) - PAGE_SIZE), 3), PLINTH_OK);
}

static void test_prepare_changes_no_translation(void **state)
{
	(void)state;
	assert_int_equal(map(GIB(1), 1, 1, S2_ATTR_WRITE), PLINTH_OK);
	assert_int_equal(s2_prepare(&space, ipa_init(GIB(1) + PAGE_SIZE), 3), PLINTH_OK);
	check(GIB(1) + PAGE_SIZE, true, 1, S2_ATTR_WRITE);
}

static void test_lookup_says_how_big_the_hole_is(void **state)
{
	struct s2_leaf leaf;

	(void)state;
	check(GIB(3), false, 1, 0);
	assert_int_equal(map(GIB(1), 3, 1, 0), PLINTH_OK);
	check(GIB(1) + PAGE_SIZE, false, 3, 0);
	check(GIB(1) + MIB(2), false, 2, 0);
	assert_false(s2_is_empty(&space, ipa_init(GIB(1)), 1));
	assert_true(s2_is_empty(&space, ipa_init(GIB(1) + PAGE_SIZE), 511));
	assert_true(s2_is_empty(&space, ipa_init(GIB(1) + MIB(2)), 512));
	assert_int_equal(map(GIB(2), 2, 1, 0), PLINTH_OK);
	assert_false(s2_is_empty(&space, ipa_init(GIB(2) + MIB(1)), 16));
	assert_int_equal(s2_lookup(&space, ipa_init(BIT(40)), &leaf), PLINTH_ERANGE);
}

static void test_split_keeps_translations(void **state)
{
	const uint32_t attrs = S2_ATTR_WRITE | S2_ATTR_WRITTEN;

	(void)state;
	assert_int_equal(map(GIB(1), 1, 1, attrs), PLINTH_OK);
	assert_int_equal(s2_prepare(&space, ipa_init(GIB(1) + 5U * PAGE_SIZE), 3), PLINTH_OK);
	s2_split(&space, ipa_init(GIB(1) + 5U * PAGE_SIZE), 3);
	check(GIB(1) + 7U * PAGE_SIZE, true, 3, attrs);
	check(GIB(1) + MIB(500), true, 2, attrs);
	protect(GIB(1) + PAGE_SIZE, 2, S2_ATTR_EXEC, S2_ATTR_WRITTEN);
	check(GIB(1), true, 3, attrs);
	check(GIB(1) + PAGE_SIZE, true, 3, S2_ATTR_WRITE | S2_ATTR_EXEC);
	check(GIB(1) + 2U * PAGE_SIZE, true, 3, S2_ATTR_WRITE | S2_ATTR_EXEC);
	check(GIB(1) + 3U * PAGE_SIZE, true, 3, attrs);
	assert_int_equal(clear_all(), GIB(1) / PAGE_SIZE);
}

static void test_unmap(void **state)
{
	struct s2_leaf leaf;

	(void)state;
	assert_int_equal(s2_unmap(&space, ipa_init(GIB(1)), &leaf), PLINTH_ENOENT);
	assert_int_equal(s2_unmap(&space, ipa_init(BIT(40)), &leaf), PLINTH_ENOENT);
	assert_int_equal(map(GIB(1), 2, 1, S2_ATTR_EXEC), PLINTH_OK);
	assert_int_equal(s2_unmap(&space, ipa_init(GIB(1) + PAGE_SIZE), &leaf), PLINTH_OK);
	assert_int_equal(leaf.ipa.v, GIB(1));
	assert_int_equal(leaf.level, 2);
	assert_int_equal(leaf.pa.v, GIB(65));
	check(GIB(1), false, 2, 0);
}

#define NOTHING	   UINT32_MAX
#define SOME_ATTRS (S2_ATTR_WRITE | S2_ATTR_EXEC | S2_ATTR_WRITTEN | S2_ATTR_UNTOUCHED)

static void set_pages(uint32_t *pages, uint32_t value, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		pages[i] = value;
	}
}

/* Random maps of all sizes, unmaps, splits and protects, against one array of pages. */
static void test_random_against_naive(void **state)
{
	static uint32_t naive[WINDOW_PAGES]; /* NOTHING, or attrs */
	static uint8_t block[WINDOW_PAGES];  /* is it part of a 2 MiB leaf? */
	uint64_t random = 77;

	(void)state;
	set_pages(naive, NOTHING, WINDOW_PAGES);
	memset(block, 0, sizeof(block));
	for (unsigned n = 0; n < 6000U; n++) {
		uint64_t r = fake_random(&random);
		unsigned page = (unsigned)(r % WINDOW_PAGES);
		unsigned start = page & ~511U;
		uint32_t attrs = (uint32_t)(r >> 16) & SOME_ATTRS;
		unsigned count = 1U + (unsigned)((r >> 32) % 16U);
		struct s2_leaf leaf;

		switch ((r >> 48) % 5U) {
		case 0:
			if (map(GIB(1) + start * PAGE_SIZE, 2, 1, attrs) == PLINTH_OK) {
				set_pages(&naive[start], attrs, 512);
				memset(&block[start], 1, 512);
			}
			break;
		case 1:
		case 2:
			count = page % 512U + count > 512U ? 1U : count;
			assert_int_equal(
				map(GIB(1) + page * PAGE_SIZE, 3, count, attrs), PLINTH_OK);
			set_pages(&naive[page], attrs, count);
			memset(&block[start], 0, 512);
			break;
		case 3:
			if (s2_unmap(&space, ipa_init(GIB(1) + page * PAGE_SIZE), &leaf) ==
				PLINTH_OK) {
				set_pages(&naive[block[page] ? start : page], NOTHING,
					block[page] ? 512 : 1);
				block[page] = 0;
				memset(&block[start], 0, 512);
			} else {
				assert_int_equal(naive[page], NOTHING);
			}
			break;
		default:
			if (naive[page] != NOTHING) {
				unsigned first = block[page] ? start : page;

				protect(GIB(1) + first * PAGE_SIZE, 1, S2_ATTR_EXEC, S2_ATTR_WRITE);
				set_pages(&naive[first],
					(naive[page] | S2_ATTR_EXEC) & ~S2_ATTR_WRITE,
					block[page] ? 512 : 1);
			}
			break;
		}
		for (unsigned i = 0; i < 32U; i++) {
			unsigned at = (unsigned)(fake_random(&random) % WINDOW_PAGES);

			assert_int_equal(
				s2_lookup(&space, ipa_init(GIB(1) + at * PAGE_SIZE), &leaf),
				PLINTH_OK);
			assert_int_equal(leaf.valid, naive[at] != NOTHING);
			if (leaf.valid) {
				assert_int_equal(leaf.attrs, naive[at]);
				assert_int_equal(leaf.level, block[at] ? 2 : 3);
				assert_int_equal(leaf.pa.v, leaf.ipa.v + GIB(64));
			}
		}
	}
}

/* Runs end where anything differs, at a gap in memory, and at the window. */
static void test_runs(void **state)
{
	const uint64_t at = GIB(1) + MIB(2);
	struct s2_leaf first;

	(void)state;
	assert_int_equal(map(at, 3, 64, S2_ATTR_WRITE), PLINTH_OK);
	assert_int_equal(run(at + KIB(20), 4, &first), 4);
	assert_int_equal(first.ipa.v, at + KIB(16));
	assert_int_equal(first.pa.v, at + KIB(16) + GIB(64));
	assert_int_equal(run(at + KIB(20) + 5U, 64, &first), 64);
	assert_int_equal(first.ipa.v, at);
	protect(at + KIB(8), 1, S2_ATTR_EXEC, 0);
	assert_int_equal(run(at + KIB(20), 64, &first), 61);
	assert_int_equal(first.ipa.v, at + KIB(12));
	assert_int_equal(run(at + KIB(8), 64, &first), 1);
	assert_int_equal(first.attrs, S2_ATTR_WRITE | S2_ATTR_EXEC);
	assert_int_equal(run(at + KIB(4), 64, &first), 2);
	assert_int_equal(s2_unmap(&space, ipa_init(at + KIB(40)), &first), PLINTH_OK);
	assert_int_equal(run(at + KIB(36), 64, &first), 7);
	assert_int_equal(map(at + KIB(40), 3, 1, S2_ATTR_WRITE | S2_ATTR_WRITTEN), PLINTH_OK);
	assert_int_equal(run(at + KIB(36), 64, &first), 7);
}

/* Whatever allocation fails: nothing is mapped or lost, and it works the next time. */
static void test_every_allocation_may_fail(void **state)
{
	(void)state;
	for (unsigned n = 1; n < 8U; n++) {
		unsigned before;

		fixture.allocs = 0;
		fixture.fail_at = 0;
		assert_int_equal(map(GIB(4), 1, 1, 0), PLINTH_OK);
		before = fixture.live - space.spare_count;
		fixture.allocs = 0;
		fixture.fail_at = n;
		if (map(GIB(4) + KIB(8), 3, 1, S2_ATTR_WRITE) == PLINTH_ENOMEM) {
			check(GIB(4) + KIB(8), true, 1, 0);
			assert_int_equal(fixture.live - space.spare_count, before);
			assert_int_equal(map(GIB(4) + KIB(8), 3, 1, S2_ATTR_WRITE), PLINTH_OK);
		}
		check(GIB(4) + KIB(8), true, 3, S2_ATTR_WRITE);
		fixture.fail_at = 0;
		clear_all();
		s2_space_fini(&space);
		assert_int_equal(fixture.live, 0);
		fixture.allocs = 0;
		fixture.fail_at = 1;
		assert_int_equal(s2_space_init(&space, &fixture_ops, &fixture), PLINTH_ENOMEM);
		fixture.fail_at = 0;
		assert_int_equal(s2_space_init(&space, &fixture_ops, &fixture), PLINTH_OK);
	}
}

/* One step never takes more than one table's leaves. */
static void test_clear_is_bounded(void **state)
{
	ipa_t cursor = ipa_init(0);
	uint64_t pages = 0;
	unsigned steps = 0;

	(void)state;
	assert_int_equal(map(GIB(1), 2, 1, 0), PLINTH_OK);
	assert_int_equal(map(GIB(1) + MIB(2), 3, 512, 0), PLINTH_OK);
	assert_int_equal(map(GIB(1) + MIB(8), 3, 3, 0), PLINTH_OK);
	assert_int_equal(map(GIB(9), 1, 1, 0), PLINTH_OK);
	assert_int_equal(map(GIB(10), 1, 1, 0), PLINTH_OK);
	while (s2_clear_step(&space, &cursor, ipa_init(GIB(10)), count_leaf, &pages) ==
		PLINTH_EAGAIN) {
		steps++;
	}
	assert_int_equal(steps, 4); /* two tables of pages, one of blocks, one gigabyte */
	assert_int_equal(pages, 512U + 512U + 3U + GIB(1) / PAGE_SIZE);
	check(GIB(10), true, 1, 0); /* beyond the end */
	assert_int_equal(space.table_count, 2U + space.spare_count);
}

/* Notes hold for all pages below, until something is mapped there or the space is cleared. */
static void test_notes(void **state)
{
	(void)state;
	assert_int_equal(s2_prepare(&space, ipa_init(GIB(4)), S2_LEVEL_2M), PLINTH_OK);
	s2_note(&space, ipa_init(GIB(4)), S2_LEVEL_2M, S2_PAGE_RELINQUISHED);
	assert_int_equal(leaf_at_ipa(GIB(4) + MIB(1)).state, S2_PAGE_RELINQUISHED);
	assert_int_equal(leaf_at_ipa(GIB(4) + MIB(1)).level, S2_LEVEL_2M);
	assert_false(s2_is_empty(&space, ipa_init(GIB(4) + MIB(1)), 16));
	assert_int_equal(map(GIB(4) + PAGE_SIZE, S2_LEVEL_4K, 1, 0), PLINTH_OK);
	assert_true(leaf_at_ipa(GIB(4) + PAGE_SIZE).valid);
	for (uint64_t at = 2U * PAGE_SIZE; at < BLOCK_2M; at += PAGE_SIZE) {
		assert_int_equal(leaf_at_ipa(GIB(4) + at).state, S2_PAGE_RELINQUISHED);
	}
	s2_note(&space, ipa_init(GIB(4) + MIB(1)), S2_LEVEL_4K, S2_PAGE_NONE);
	assert_true(s2_is_empty(&space, ipa_init(GIB(4) + MIB(1)), 1));
	assert_int_equal(clear_all(), 1);
	assert_int_equal(leaf_at_ipa(GIB(4)).state, S2_PAGE_NONE);
}

/* One table's leaves, and the table. */
static void test_clear_table(void **state)
{
	uint64_t pages = 0;

	(void)state;
	for (uint64_t at = 0; at < 6U * PAGE_SIZE; at += 2U * PAGE_SIZE) {
		assert_int_equal(map(GIB(4) + at, S2_LEVEL_4K, 1, 0), PLINTH_OK);
	}
	assert_int_equal(map(GIB(4) + BLOCK_2M, S2_LEVEL_2M, 1, 0), PLINTH_OK);
	s2_clear_table(&space, ipa_init(GIB(4)), count_leaf, &pages);
	assert_int_equal(pages, 3);
	assert_int_equal(leaf_at_ipa(GIB(4)).level, S2_LEVEL_2M);
	assert_true(leaf_at_ipa(GIB(4) + BLOCK_2M).valid);
	s2_clear_table(&space, ipa_init(GIB(4) + BLOCK_2M), count_leaf, &pages); /* is none */
	assert_int_equal(pages, 3);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	static const struct CMUnitTest tests[] = {
		TEST(test_prepare_refuses),
		TEST(test_prepare_changes_no_translation),
		TEST(test_lookup_says_how_big_the_hole_is),
		TEST(test_split_keeps_translations),
		TEST(test_unmap),
		TEST(test_runs),
		TEST(test_random_against_naive),
		TEST(test_every_allocation_may_fail),
		TEST(test_clear_is_bounded),
		TEST(test_notes),
		TEST(test_clear_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
