/* SPDX-License-Identifier: Apache-2.0 */
#include "paging/paging.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define ADDRESS UINT64_C(0xfffffffff000)
#define XN	(UINT64_C(1) << 54)
#define PXN	(UINT64_C(1) << 53)

#define TABLES 32U

static struct paging paging;
static uint64_t tables[TABLES][PAGING_ENTRIES] __attribute__((aligned(4096)));

/* A walk as the architecture does it: the leaf descriptor and its span, or 0. */
static uint64_t walk(uint64_t va, uint64_t *span)
{
	const uint64_t *table = paging.table[0];

	for (unsigned shift = 39;; shift -= 9) {
		uint64_t desc = table[(va >> shift) & 511];

		*span = UINT64_C(1) << shift;
		if ((desc & 1) == 0) {
			return 0;
		}
		if (shift == 12 || (desc & 2) == 0) {
			assert_true((desc & 3) == (shift == 12 ? 3 : 1));
			assert_true(shift != 39);
			return desc;
		}
		table = (const uint64_t *)(uintptr_t)(desc & ADDRESS);
	}
}

static void assert_identity(uint64_t va, uint64_t expected_span)
{
	uint64_t span;
	uint64_t desc = walk(va, &span);

	assert_true(span == expected_span);
	assert_true((desc & ADDRESS) == (va & ~(span - 1)));
}

static int setup(void **state)
{
	(void)state;
	memset(tables, 0xa5, sizeof(tables)); /* of any content */
	paging_init(&paging, tables, TABLES, false);
	return 0;
}

static void largest_blocks_are_used(void **state)
{
	uint64_t span;

	(void)state;
	assert_int_equal(paging_map(&paging, 0x401ff000, 0x80001000, PAGING_RAM), PLINTH_OK);
	assert_identity(0x401ff000, 0x1000);
	assert_identity(0x40200000, 0x200000);
	assert_identity(0x80000000, 0x40000000);
	assert_identity(0xc01fffff, 0x200000);
	assert_true(walk(0x401fe000, &span) == 0);
	assert_true(walk(0xc0200000, &span) == 0);
}

static void attributes_of_one_range_regime(void **state)
{
	uint64_t span;

	(void)state;
	assert_int_equal(paging_map(&paging, 0x1000, 1, PAGING_RAM), PLINTH_OK);
	assert_int_equal(paging_map(&paging, 0x2000, 1, PAGING_CODE), PLINTH_OK);
	assert_int_equal(paging_map(&paging, 0x3000, 1, PAGING_DEVICE), PLINTH_OK);
	assert_true(walk(0x1000, &span) == (0x1000 | XN | 0x747));
	assert_true(walk(0x2000, &span) == (0x2000 | 0x7c7));
	assert_true(walk(0x3000, &span) == (0x3000 | XN | 0x743));
}

static void attributes_of_two_range_regime(void **state)
{
	uint64_t span;

	(void)state;
	paging_init(&paging, tables, TABLES, true);
	assert_int_equal(paging_map(&paging, 0x1000, 1, PAGING_RAM), PLINTH_OK);
	assert_int_equal(paging_map(&paging, 0x2000, 1, PAGING_CODE), PLINTH_OK);
	/* AP[1] = 0: memory that EL0 may write would never be executable */
	assert_true(walk(0x1000, &span) == (0x1000 | XN | PXN | 0x707));
	assert_true(walk(0x2000, &span) == (0x2000 | 0x787));
}

static void what_is_mapped_stays(void **state)
{
	uint64_t span, code;

	(void)state;
	assert_int_equal(paging_map(&paging, 0x40201000, 0x1000, PAGING_CODE), PLINTH_OK);
	code = walk(0x40201000, &span);
	assert_int_equal(paging_map(&paging, 0x40000000, 0x40000000, PAGING_RAM), PLINTH_OK);
	assert_true(walk(0x40201000, &span) == code);
	assert_identity(0x40200000, 0x1000);
	assert_identity(0x40000000, 0x200000);
	/* a page inside a block is mapped already */
	assert_int_equal(paging_map(&paging, 0x40001000, 0x1000, PAGING_DEVICE), PLINTH_OK);
	assert_identity(0x40001000, 0x200000);
}

static void beyond_48_bits(void **state)
{
	uint64_t top = UINT64_C(1) << 48;

	(void)state;
	assert_int_equal(paging_map(&paging, top - 0x1000, 0x1000, PAGING_RAM), PLINTH_OK);
	assert_int_equal(paging_map(&paging, top - 0x1000, 0x1001, PAGING_RAM), PLINTH_ERANGE);
	assert_int_equal(paging_map(&paging, UINT64_MAX, 2, PAGING_RAM), PLINTH_ERANGE);
}

static void out_of_tables(void **state)
{
	uint64_t i = 0;
	enum plinth_status status = PLINTH_OK;

	(void)state;
	for (; status == PLINTH_OK; i++) {
		status = paging_map(&paging, i << 30, 0x1000, PAGING_RAM);
	}
	assert_int_equal(status, PLINTH_ENOMEM);
	assert_int_equal(i, 16); /* root and level 1, then two for each */
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(largest_blocks_are_used, setup),
		cmocka_unit_test_setup(attributes_of_one_range_regime, setup),
		cmocka_unit_test_setup(attributes_of_two_range_regime, setup),
		cmocka_unit_test_setup(what_is_mapped_stays, setup),
		cmocka_unit_test_setup(beyond_48_bits, setup),
		cmocka_unit_test_setup(out_of_tables, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
