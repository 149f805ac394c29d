/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that the guest gives away and takes back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/bits.h"
#include "fake/random.h"
#include "gmem_fixture.h"

#define BLOCK_PAGES (BLOCK_2M / PAGE_SIZE)
#define RAM_PAGES   (FIXTURE_RAM / PAGE_SIZE)

/* Two blocks of RAM: an image covers the end of the first and the beginning of the second. */
#define BLOCK_0	  VM_RAM_BASE
#define BLOCK_1	  (VM_RAM_BASE + BLOCK_2M)
#define ZERO_PAGE (VM_RAM_BASE + MIB(3) + KIB(512))
#define CODE_PAGE (FIXTURE_IMAGE_0 + KIB(256))

static struct fixture fixture;
static struct gmem *const gmem = &fixture.gmem;

static uint64_t claim(void)
{
	return gmem->used + gmem->promise + gmem->space.table_count + gmem->relinquished;
}

static void begin(uint32_t flags)
{
	ipa_t cursor = ipa_init(0);

	fixture_init(&fixture, FIXTURE_CTR, false, flags);
	fixture_start(&fixture);
	while (gmem_caches_on(gmem, &cursor) == PLINTH_EAGAIN) {
	}
}

static int setup(void **state)
{
	(void)state;
	begin(0);
	return 0;
}

static int setup_overcommit(void **state)
{
	(void)state;
	begin(VM_FLAG_OVERCOMMIT);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fixture_fini(&fixture);
	return 0;
}

static struct pmem_stats stats(void)
{
	struct pmem_stats s;

	pmem_get_stats(&s);
	return s;
}

/* What anybody else may have. */
static uint64_t others(void)
{
	return stats().free - stats().reserved;
}

static enum gmem_result touch(uint64_t at, enum gmem_access access)
{
	const struct gmem_fault fault = {.ipa = ipa_init(at), .access = access};

	return gmem_fault(gmem, &fault);
}

static enum plinth_status relinquish(uint64_t at, unsigned level)
{
	return gmem_relinquish(gmem, ipa_init(at), level);
}

static enum plinth_status retake(uint64_t at, unsigned level)
{
	return gmem_retake(gmem, ipa_init(at), level);
}

static struct s2_leaf leaf_of(uint64_t at)
{
	struct s2_leaf leaf;

	assert_int_equal(s2_lookup(&gmem->space, ipa_init(at), &leaf), PLINTH_OK);
	return leaf;
}

static void check_zeroes(uint64_t at, uint64_t size)
{
	static const uint8_t zeroes[PAGE_SIZE];
	uint8_t page[PAGE_SIZE];

	for (uint64_t i = 0; i < size; i += PAGE_SIZE) {
		assert_int_equal(gmem_read(gmem, ipa_init(at + i), page, sizeof(page)), PLINTH_OK);
		assert_memory_equal(page, zeroes, sizeof(page));
	}
}

static void a_page_goes_and_comes(void **state)
{
	uint64_t free = others();
	uint64_t value = 5;

	(void)state;
	assert_int_equal(touch(ZERO_PAGE, GMEM_WRITE), GMEM_RESUME);
	assert_int_equal(gmem_write(gmem, ipa_init(ZERO_PAGE), &value, 8), PLINTH_OK);
	assert_int_equal(others(), free); /* it was the VM's all the time */
	assert_int_equal(relinquish(ZERO_PAGE, S2_LEVEL_4K), PLINTH_OK);
	assert_int_equal(others(), free + 1U);
	assert_int_equal(gmem_relinquished(gmem), 1);
	assert_false(leaf_of(ZERO_PAGE).valid);
	assert_true(leaf_of(ZERO_PAGE + PAGE_SIZE).valid); /* its neighbour stays */
	assert_int_equal(relinquish(ZERO_PAGE, S2_LEVEL_4K), PLINTH_EEXIST);
	assert_int_equal(gmem_read(gmem, ipa_init(ZERO_PAGE), &value, 8), PLINTH_EFAULT);
	assert_int_equal(retake(ZERO_PAGE, S2_LEVEL_4K), PLINTH_OK);
	assert_int_equal(others(), free);
	assert_int_equal(gmem_relinquished(gmem), 0);
	assert_int_equal(retake(ZERO_PAGE, S2_LEVEL_4K), PLINTH_ENOENT);
	check_zeroes(ZERO_PAGE, PAGE_SIZE);
	assert_false(gmem_was_touched(gmem));
}

static void what_is_refused(void **state)
{
	(void)state;
	assert_int_equal(relinquish(ZERO_PAGE + 1U, S2_LEVEL_4K), PLINTH_EINVAL);
	assert_int_equal(relinquish(ZERO_PAGE, S2_LEVEL_2M), PLINTH_EINVAL);
	assert_int_equal(relinquish(VM_RAM_BASE, S2_LEVEL_1G), PLINTH_EINVAL);
	assert_int_equal(relinquish(0, S2_LEVEL_4K), PLINTH_ERANGE);
	assert_int_equal(relinquish(VM_RAM_BASE + FIXTURE_RAM, S2_LEVEL_4K), PLINTH_ERANGE);
	assert_int_equal(relinquish(VM_RAM_BASE + FIXTURE_RAM, S2_LEVEL_2M), PLINTH_ERANGE);
	assert_int_equal(relinquish(UINT64_MAX - PAGE_SIZE + 1U, S2_LEVEL_4K), PLINTH_ERANGE);
	assert_int_equal(retake(ZERO_PAGE + 1U, S2_LEVEL_4K), PLINTH_EINVAL);
	assert_int_equal(retake(0, S2_LEVEL_4K), PLINTH_ERANGE);
	assert_int_equal(retake(ZERO_PAGE, S2_LEVEL_4K), PLINTH_ENOENT);
	assert_int_equal(touch(ZERO_PAGE, GMEM_WRITE), GMEM_RESUME);
	assert_int_equal(retake(ZERO_PAGE, S2_LEVEL_4K), PLINTH_ENOENT);
}

/* What nobody has touched was promised: the promise goes. */
static void a_hole_goes_too(void **state)
{
	uint64_t free = others();

	(void)state;
	assert_int_equal(relinquish(ZERO_PAGE, S2_LEVEL_4K), PLINTH_OK);
	assert_int_equal(others(), free + 1U);
	assert_int_equal(relinquish(BLOCK_0, S2_LEVEL_2M), PLINTH_OK);
	assert_int_equal(others(), free + 1U + BLOCK_PAGES);
	assert_int_equal(gmem->used, 0);
}

/* An image's page that was shown in place is no memory of the VM's, but was promised for a copy. */
static void an_image_is_not_shown_again(void **state)
{
	uint64_t free = others();
	uint8_t byte = 0;

	(void)state;
	assert_int_equal(touch(CODE_PAGE, GMEM_FETCH), GMEM_RESUME);
	assert_int_equal(gmem_read(gmem, ipa_init(CODE_PAGE), &byte, 1), PLINTH_OK);
	assert_int_equal(byte, fixture.expected[CODE_PAGE - VM_RAM_BASE]);
	assert_int_equal(relinquish(CODE_PAGE, S2_LEVEL_4K), PLINTH_OK);
	assert_int_equal(others(), free + 1U);
	assert_int_equal(retake(CODE_PAGE, S2_LEVEL_4K), PLINTH_OK);
	assert_int_equal(relinquish(CODE_PAGE, S2_LEVEL_4K), PLINTH_OK); /* untouched */
	assert_int_equal(retake(CODE_PAGE, S2_LEVEL_4K), PLINTH_OK);
	check_zeroes(CODE_PAGE, PAGE_SIZE);
	assert_int_equal(others(), free);
	assert_int_equal(relinquish(BLOCK_0, S2_LEVEL_2M), PLINTH_OK);
	assert_int_equal(retake(BLOCK_0, S2_LEVEL_2M), PLINTH_OK);
	assert_int_equal(touch(BLOCK_0, GMEM_WRITE), GMEM_RESUME);
	assert_int_equal(leaf_of(BLOCK_0).level, S2_LEVEL_2M); /* one fault for it all */
	check_zeroes(BLOCK_0, BLOCK_2M);
	fixture_reset(&fixture);
	fixture_start(&fixture);
	assert_int_equal(gmem_read(gmem, ipa_init(CODE_PAGE), &byte, 1), PLINTH_OK);
	assert_int_equal(byte, fixture.expected[CODE_PAGE - VM_RAM_BASE]); /* a new run */
}

/* 2 MiB, as a table of pages, then as a block. */
static void a_block_goes_and_comes(void **state)
{
	uint64_t free = others();
	uint64_t tables;

	(void)state;
	for (uint64_t at = BLOCK_1; at < BLOCK_1 + BLOCK_2M; at += PAGE_SIZE) {
		assert_int_equal(touch(at, GMEM_WRITE), GMEM_RESUME);
	}
	tables = gmem->space.table_count;
	assert_int_equal(touch(BLOCK_1 + PAGE_SIZE, GMEM_FETCH), GMEM_RESUME);
	assert_int_equal(relinquish(BLOCK_1, S2_LEVEL_2M), PLINTH_OK);
	assert_int_equal(gmem->space.table_count, tables - 1U);
	assert_int_equal(others(), free + BLOCK_PAGES);
	assert_int_equal(gmem->used, 0);
	assert_int_equal(leaf_of(BLOCK_1 + 5U * PAGE_SIZE).state, S2_PAGE_RELINQUISHED);
	assert_int_equal(relinquish(BLOCK_1 + PAGE_SIZE, S2_LEVEL_4K), PLINTH_EEXIST);
	assert_int_equal(retake(BLOCK_1, S2_LEVEL_2M), PLINTH_OK);
	assert_int_equal(touch(BLOCK_1, GMEM_WRITE), GMEM_RESUME);
	assert_int_equal(leaf_of(BLOCK_1).level, S2_LEVEL_2M);
	assert_int_equal(touch(BLOCK_1, GMEM_FETCH), GMEM_RESUME);
	assert_int_equal(relinquish(BLOCK_1, S2_LEVEL_2M), PLINTH_OK);
	assert_int_equal(others(), free + BLOCK_PAGES);
}

static void a_block_comes_in_pieces(void **state)
{
	(void)state;
	assert_int_equal(relinquish(BLOCK_1, S2_LEVEL_2M), PLINTH_OK);
	assert_int_equal(retake(ZERO_PAGE, S2_LEVEL_4K), PLINTH_OK);
	assert_int_equal(gmem_relinquished(gmem), BLOCK_PAGES - 1U);
	assert_int_equal(leaf_of(ZERO_PAGE - PAGE_SIZE).state, S2_PAGE_RELINQUISHED);
	check_zeroes(ZERO_PAGE, PAGE_SIZE);
	assert_int_equal(retake(BLOCK_1, S2_LEVEL_2M), PLINTH_ENOENT);
	assert_int_equal(relinquish(BLOCK_1, S2_LEVEL_2M), PLINTH_EEXIST);
	assert_int_equal(relinquish(ZERO_PAGE, S2_LEVEL_4K), PLINTH_OK);
	assert_int_equal(gmem_relinquished(gmem), BLOCK_PAGES);
}

static void a_touch_takes_it_back(void **state)
{
	uint64_t free = others();

	(void)state;
	assert_int_equal(relinquish(BLOCK_1, S2_LEVEL_2M), PLINTH_OK);
	assert_false(gmem_was_touched(gmem));
	assert_int_equal(touch(ZERO_PAGE + 8U, GMEM_READ), GMEM_RESUME);
	assert_true(gmem_was_touched(gmem));
	assert_int_equal(gmem_relinquished(gmem), BLOCK_PAGES - 1U);
	assert_int_equal(others(), free + BLOCK_PAGES - 1U);
	check_zeroes(ZERO_PAGE, PAGE_SIZE);
	while (gmem_retake_step(gmem) == PLINTH_EAGAIN) {
	}
	assert_false(gmem_was_touched(gmem));
}

/* Somebody else has all that is to be had. */
static unsigned take_the_rest(pa_t *page)
{
	unsigned count = 0;

	while (pmem_alloc(0, PMEM_ANY, &page[count]) == PLINTH_OK) {
		count++;
	}
	return count;
}

static void give_back(const pa_t *page, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		pmem_free(page[i], 0);
	}
}

static void memory_may_be_gone(void **state)
{
	static pa_t page[FIXTURE_SIZE / PAGE_SIZE];
	unsigned count;

	(void)state;
	assert_int_equal(touch(ZERO_PAGE, GMEM_WRITE), GMEM_RESUME);
	assert_int_equal(relinquish(ZERO_PAGE, S2_LEVEL_4K), PLINTH_OK);
	assert_int_equal(relinquish(BLOCK_0, S2_LEVEL_2M), PLINTH_OK);
	count = take_the_rest(page);
	assert_int_equal(retake(ZERO_PAGE, S2_LEVEL_4K), PLINTH_ENOMEM);
	assert_int_equal(retake(BLOCK_0, S2_LEVEL_2M), PLINTH_ENOMEM);
	assert_int_equal(gmem_retake_step(gmem), PLINTH_ENOMEM);
	assert_int_equal(touch(ZERO_PAGE, GMEM_READ), GMEM_DENIED); /* an abort for the guest */
	assert_true(gmem_was_touched(gmem));
	assert_int_equal(gmem_relinquished(gmem), BLOCK_PAGES + 1U);
	/* All else is the VM's as before. */
	for (uint64_t at = BLOCK_1; at < BLOCK_1 + BLOCK_2M; at += PAGE_SIZE) {
		assert_int_equal(
			touch(at, GMEM_WRITE), at == ZERO_PAGE ? GMEM_DENIED : GMEM_RESUME);
	}
	fixture_reset(&fixture);
	assert_int_equal(gmem_start(gmem, NULL, NULL), PLINTH_ENOMEM);
	give_back(page, count);
	fixture_start(&fixture);
	assert_int_equal(gmem_relinquished(gmem), 0);
	assert_false(gmem_was_touched(gmem));
}

/* With overcommit nothing was promised, so nothing is owed. */
static void without_a_guarantee(void **state)
{
	static pa_t page[FIXTURE_SIZE / PAGE_SIZE];
	uint64_t free = others();
	unsigned count;

	(void)state;
	assert_int_equal(touch(ZERO_PAGE, GMEM_WRITE), GMEM_RESUME);
	assert_int_equal(relinquish(ZERO_PAGE, S2_LEVEL_4K), PLINTH_OK);
	assert_int_equal(gmem->promise, 0);
	count = take_the_rest(page);
	assert_int_equal(retake(ZERO_PAGE, S2_LEVEL_4K), PLINTH_OK);
	assert_int_equal(touch(ZERO_PAGE, GMEM_WRITE), GMEM_NOMEM);
	give_back(page, count);
	assert_int_equal(touch(ZERO_PAGE, GMEM_WRITE), GMEM_RESUME);
	check_zeroes(ZERO_PAGE, PAGE_SIZE);
	fixture_reset(&fixture);
	assert_true(others() >= free - 1U);
}

/* However small the pieces are. */
static void everything_comes_back_in_bounded_steps(void **state)
{
	unsigned steps = 1;

	(void)state;
	for (uint64_t at = 0; at < FIXTURE_RAM; at += 2U * PAGE_SIZE) {
		assert_int_equal(relinquish(VM_RAM_BASE + at, S2_LEVEL_4K), PLINTH_OK);
	}
	while (gmem_retake_step(gmem) == PLINTH_EAGAIN) {
		assert_int_equal(gmem_relinquished(gmem), RAM_PAGES / 2U - steps * 64U);
		steps++;
	}
	assert_int_equal(steps, RAM_PAGES / 2U / 64U + 1U);
	assert_int_equal(gmem_relinquished(gmem), 0);
	assert_int_equal(gmem_retake_step(gmem), PLINTH_OK);
	check_zeroes(ZERO_PAGE, PAGE_SIZE);
}

/* Where only pages are to be had, a block that was retaken comes by pages. */
static void no_memory_in_one_piece(void **state)
{
	static pa_t page[FIXTURE_SIZE / PAGE_SIZE];
	unsigned count;

	(void)state;
	assert_int_equal(relinquish(BLOCK_0, S2_LEVEL_2M), PLINTH_OK);
	count = take_the_rest(page);
	for (unsigned i = 0; i < count; i += 2U) {
		pmem_free(page[i], 0);
		page[i / 2U] = page[i + 1U];
	}
	count /= 2U;
	if (retake(BLOCK_0, S2_LEVEL_2M) == PLINTH_OK) {
		assert_int_equal(touch(CODE_PAGE, GMEM_READ), GMEM_RESUME);
		assert_true(leaf_of(CODE_PAGE).valid);
		check_zeroes(CODE_PAGE, PAGE_SIZE);
	}
	give_back(page, count);
}

/* Any calls in any order keep to a plain list of what is relinquished, and to the claim. */
static void any_history(void **state)
{
	static bool gone[RAM_PAGES];
	uint64_t random = 1;
	uint64_t whole = claim();

	(void)state;
	memset(gone, 0, sizeof(gone));
	for (unsigned i = 0; i < 30000U; i++) {
		uint64_t r = fake_random(&random);
		unsigned level = r % 8U == 0U ? S2_LEVEL_2M : S2_LEVEL_4K;
		uint64_t pages = level == S2_LEVEL_2M ? BLOCK_PAGES : 1U;
		uint64_t first = (r >> 8) % RAM_PAGES / pages * pages;
		uint64_t at = VM_RAM_BASE + first * PAGE_SIZE;
		uint64_t count = 0;

		for (uint64_t p = first; p < first + pages; p++) {
			count += gone[p] ? 1U : 0U;
		}
		switch ((r >> 32) % 4U) {
		case 0:
			assert_int_equal(
				relinquish(at, level), count == 0U ? PLINTH_OK : PLINTH_EEXIST);
			memset(&gone[first], count == 0U || pages == 1U, pages);
			if (count != 0U && pages != 1U) {
				for (uint64_t p = 0; p < pages; p++) {
					gone[first + p] = leaf_of(at + p * PAGE_SIZE).state ==
							  S2_PAGE_RELINQUISHED;
					count -= gone[first + p] ? 1U : 0U;
				}
				assert_int_equal(count, 0); /* all as before */
			}
			break;
		case 1:
			if (retake(at, level) == PLINTH_OK) {
				assert_int_equal(count, pages);
				memset(&gone[first], false, pages);
			} else {
				assert_true(count != 1U || pages != 1U);
			}
			break;
		default:
			assert_int_equal(
				touch(at, (enum gmem_access)((r >> 40) % 3U)), GMEM_RESUME);
			gone[first] = false;
			break;
		}
		assert_int_equal(claim(), whole);
		assert_int_equal(stats().reserved - fixture.reserved_before, gmem->promise);
	}
	for (uint64_t p = 0; p < RAM_PAGES; p++) {
		assert_int_equal(gone[p],
			leaf_of(VM_RAM_BASE + p * PAGE_SIZE).state == S2_PAGE_RELINQUISHED);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(a_page_goes_and_comes),
		TEST(what_is_refused),
		TEST(a_hole_goes_too),
		TEST(an_image_is_not_shown_again),
		TEST(a_block_goes_and_comes),
		TEST(a_block_comes_in_pieces),
		TEST(a_touch_takes_it_back),
		TEST(memory_may_be_gone),
		cmocka_unit_test_setup_teardown(without_a_guarantee, setup_overcommit, teardown),
		TEST(everything_comes_back_in_bounded_steps),
		TEST(no_memory_in_one_piece),
		TEST(any_history),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
