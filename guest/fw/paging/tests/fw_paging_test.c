/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/types.h"
#include "paging/fw_paging.h"

#define TABLES_MAX 64U

static uint64_t *tables;
static uint32_t used;
static uint32_t room;
static uint32_t invalidations;
static struct fw_paging paging;

static uint64_t *take_table(uint32_t level)
{
	assert_true(level == 2U || level == 3U);
	return used < room ? tables + FW_PAGING_ENTRIES * used++ : NULL;
}

static void invalidate(void)
{
	invalidations++;
}

static int setup(void **state)
{
	(void)state;
	tables = aligned_alloc(PAGE_SIZE, TABLES_MAX * PAGE_SIZE);
	memset(tables, 0xa5, TABLES_MAX * PAGE_SIZE);
	used = 1;
	room = TABLES_MAX;
	invalidations = 0;
	fw_paging_init(&paging, tables, take_table, invalidate);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	free(tables);
	return 0;
}

static void expect(uint64_t address, enum fw_access wanted)
{
	enum fw_access access;

	assert_true(fw_paging_access(&paging, address, &access));
	assert_int_equal(access, wanted);
}

static void expect_none(uint64_t address)
{
	enum fw_access access;

	assert_false(fw_paging_access(&paging, address, &access));
}

static void test_map_takes_the_largest_blocks(void **state)
{
	(void)state;
	assert_int_equal(fw_paging_map(&paging, GIB(1), GIB(2), FW_ACCESS_RW), PLINTH_OK);
	assert_int_equal(used, 1);
	assert_int_equal(fw_paging_map(&paging, GIB(4), MIB(4), FW_ACCESS_RO), PLINTH_OK);
	assert_int_equal(used, 2);
	assert_int_equal(fw_paging_map(&paging, GIB(5), 3 * PAGE_SIZE, FW_ACCESS_RX), PLINTH_OK);
	assert_int_equal(used, 4);
	expect(GIB(1), FW_ACCESS_RW);
	expect(GIB(3) - 1U, FW_ACCESS_RW);
	expect_none(GIB(3));
	expect_none(GIB(1) - 1U);
	expect(GIB(4) + MIB(3), FW_ACCESS_RO);
	expect_none(GIB(4) + MIB(4));
	expect(GIB(5) + 2U * PAGE_SIZE, FW_ACCESS_RX);
	expect_none(GIB(5) + 3U * PAGE_SIZE);
	assert_int_equal(invalidations, 0);
	assert_int_equal(
		fw_paging_map(&paging, UINT64_C(1) << 39, PAGE_SIZE, FW_ACCESS_RW), PLINTH_ERANGE);
	assert_int_equal(fw_paging_map(&paging, (UINT64_C(1) << 39) - PAGE_SIZE, 2U * PAGE_SIZE,
				 FW_ACCESS_RW),
		PLINTH_ERANGE);
	assert_int_equal(fw_paging_map(&paging, 1, PAGE_SIZE, FW_ACCESS_RW), PLINTH_EINVAL);
}

static void test_a_page_in_a_block(void **state)
{
	static const enum fw_access all[] = {
		FW_ACCESS_RX, FW_ACCESS_RO, FW_ACCESS_RWX, FW_ACCESS_NONE, FW_ACCESS_RW};
	uint64_t page = GIB(1) + MIB(6) + 5U * PAGE_SIZE;

	(void)state;
	assert_int_equal(fw_paging_map(&paging, GIB(1), GIB(1), FW_ACCESS_RW), PLINTH_OK);
	for (size_t i = 0; i < 5U; i++) {
		assert_int_equal(fw_paging_protect(&paging, page, PAGE_SIZE, all[i]), PLINTH_OK);
		expect(page, all[i]);
		expect(page - 1U, FW_ACCESS_RW);
		expect(page + PAGE_SIZE, FW_ACCESS_RW);
		expect(GIB(1), FW_ACCESS_RW);
		expect(GIB(2) - 1U, FW_ACCESS_RW);
	}
	assert_int_equal(used, 3);
	assert_true(invalidations >= 2U);
}

static void test_nothing_to_change_takes_no_table(void **state)
{
	(void)state;
	assert_int_equal(fw_paging_map(&paging, GIB(1), GIB(1), FW_ACCESS_RW), PLINTH_OK);
	room = used;
	assert_int_equal(
		fw_paging_protect(&paging, GIB(1) + PAGE_SIZE, PAGE_SIZE, FW_ACCESS_RW), PLINTH_OK);
	assert_int_equal(fw_paging_protect(&paging, GIB(1) + PAGE_SIZE, PAGE_SIZE, FW_ACCESS_RX),
		PLINTH_ENOMEM);
	expect(GIB(1) + PAGE_SIZE, FW_ACCESS_RW);
	assert_int_equal(
		fw_paging_protect(&paging, GIB(2), PAGE_SIZE, FW_ACCESS_RX), PLINTH_ENOENT);
}

static void test_devices_are_no_ram(void **state)
{
	(void)state;
	assert_int_equal(fw_paging_map_device(&paging, MIB(128), MIB(32)), PLINTH_OK);
	expect_none(MIB(128));
}

static void test_guarded_code_stays_code(void **state)
{
	(void)state;
	assert_int_equal(fw_paging_map(&paging, GIB(1), PAGE_SIZE, FW_ACCESS_RX), PLINTH_OK);
	assert_int_equal(fw_paging_guard(&paging, GIB(1), PAGE_SIZE), PLINTH_OK);
	expect(GIB(1), FW_ACCESS_RX);
	assert_int_equal(fw_paging_protect(&paging, GIB(1), PAGE_SIZE, FW_ACCESS_RW), PLINTH_OK);
	expect(GIB(1), FW_ACCESS_RW);
}

/* Against a plain array of pages. */
static void test_random_changes(void **state)
{
	enum { PAGES = 2048 };
	static enum fw_access model[PAGES];
	uint32_t seed = 7;

	(void)state;
	assert_int_equal(
		fw_paging_map(&paging, GIB(1), PAGES * PAGE_SIZE, FW_ACCESS_RW), PLINTH_OK);
	memset(model, 0, sizeof(model));
	for (uint32_t round = 0; round < 300U; round++) {
		uint32_t first;
		uint32_t count;
		enum fw_access access;

		seed = seed * 1664525U + 1013904223U;
		first = (seed >> 8) % PAGES;
		count = (seed >> 20) % 700U + 1U;
		count = first + count > PAGES ? PAGES - first : count;
		access = (enum fw_access)((seed >> 4) % 5U);
		assert_int_equal(fw_paging_protect(&paging, GIB(1) + first * PAGE_SIZE,
					 count * PAGE_SIZE, access),
			PLINTH_OK);
		for (uint32_t i = first; i < first + count; i++) {
			model[i] = access;
		}
		for (uint32_t i = 0; i < PAGES; i += 13U) {
			expect(GIB(1) + i * PAGE_SIZE, model[i]);
		}
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_map_takes_the_largest_blocks),
		TEST(test_a_page_in_a_block),
		TEST(test_nothing_to_change_takes_no_table),
		TEST(test_devices_are_no_ram),
		TEST(test_guarded_code_stays_code),
		TEST(test_random_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
