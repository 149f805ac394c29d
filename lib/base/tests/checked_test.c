/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/bits.h"
#include "base/checked.h"
#include "base/list.h"
#include "base/string.h"

#define TOP UINT64_MAX

static void sums_and_products_tell_overflow(void **state)
{
	uint64_t v;

	(void)state;
	assert_false(add_overflows(TOP - 1U, 1U, &v));
	assert_int_equal(v, TOP);
	assert_true(add_overflows(TOP, 1U, &v));
	assert_false(mul_overflows(TOP / 2U, 2U, &v));
	assert_true(mul_overflows(TOP / 2U + 1U, 2U, &v));
}

static void contained_ranges(void **state)
{
	(void)state;
	assert_true(range_contains(10, 5, 10, 5));
	assert_true(range_contains(10, 5, 14, 1));
	assert_true(range_contains(10, 5, 10, 0));
	assert_true(range_contains(10, 5, 15, 0));
	assert_false(range_contains(10, 5, 16, 0));
	assert_false(range_contains(10, 5, 9, 1));
	assert_false(range_contains(10, 5, 14, 2));
	assert_false(range_contains(10, 5, 12, TOP));
	assert_true(range_contains(0, TOP, 1, TOP - 1U));
	assert_false(range_contains(0, TOP, 1, TOP));
}

static void overlapping_ranges(void **state)
{
	(void)state;
	assert_true(ranges_overlap(0, 10, 9, 1));
	assert_true(ranges_overlap(9, 1, 0, 10));
	assert_true(ranges_overlap(5, 1, 5, 1));
	assert_false(ranges_overlap(0, 10, 10, 1));
	assert_false(ranges_overlap(10, 1, 0, 10));
	assert_false(ranges_overlap(5, 0, 0, 10));
	assert_false(ranges_overlap(0, 10, 5, 0));
}

/* Every small pair of ranges against the definition, byte by byte. */
static void ranges_agree_with_their_definition(void **state)
{
	(void)state;
	for (uint64_t i = 0; i < 8U * 8U * 8U * 8U; i++) {
		uint64_t a = i & 7U, an = (i >> 3) & 7U, b = (i >> 6) & 7U, bn = (i >> 9) & 7U;
		bool overlap = false;
		bool inside = b >= a && b + bn <= a + an;

		for (uint64_t x = b; x < b + bn; x++) {
			overlap = overlap || (x >= a && x < a + an);
		}
		assert_int_equal(ranges_overlap(a, an, b, bn), overlap);
		assert_int_equal(range_contains(a, an, b, bn), inside);
	}
}

#define PART_SHIFT 4
#define PART_WIDTH 8

static void fields_and_bits(void **state)
{
	(void)state;
	assert_int_equal(FIELD_GET(0xabcdU, PART), 0xbc);
	assert_int_equal(FIELD_PREP(PART, 0x1ffU), 0xff0);
	assert_int_equal(FIELD_MASK(PART), 0xff0);
	assert_int_equal(MASK_BELOW(64U), TOP);
	assert_int_equal(MASK_BELOW(0U), 0);
	assert_int_equal(bit_highest(0x90U), 7);
	assert_int_equal(bit_lowest(0x90U), 4);
	assert_true(is_power_of_2(BIT(63)));
	assert_false(is_power_of_2(0));
	assert_false(is_power_of_2(6));
	assert_int_equal(align_up(0x1001U, 0x1000U), 0x2000);
	assert_int_equal(align_down(0x1fffU, 0x1000U), 0x1000);
	assert_true(is_aligned(0x2000U, 0x1000U));
	assert_false(is_aligned(0x2004U, 0x1000U));
}

static void lists_keep_their_order(void **state)
{
	struct list list, a, b, c;
	struct list *expected[] = {&a, &b, &c};
	size_t i = 0;

	(void)state;
	list_init(&list);
	assert_true(list_is_empty(&list));
	list_push_back(&list, &b);
	list_push_front(&list, &a);
	list_push_back(&list, &c);
	LIST_FOR_EACH(node, &list)
	{
		assert_ptr_equal(node, expected[i]);
		i++;
	}
	assert_int_equal(i, 3);
	list_remove(&b);
	assert_ptr_equal(a.next, &c);
	assert_ptr_equal(c.prev, &a);
	assert_ptr_equal(b.next, &b);
	list_remove(&a);
	list_remove(&c);
	assert_true(list_is_empty(&list));
}

static void str_copy_tells_a_cut(void **state)
{
	char buf[4];

	(void)state;
	assert_true(str_copy(buf, "abc", sizeof(buf)));
	assert_string_equal(buf, "abc");
	assert_false(str_copy(buf, "abcd", sizeof(buf)));
	assert_string_equal(buf, "abc");
	assert_false(str_copy(buf, "x", 1));
	assert_string_equal(buf, "");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(sums_and_products_tell_overflow),
		cmocka_unit_test(contained_ranges),
		cmocka_unit_test(overlapping_ranges),
		cmocka_unit_test(ranges_agree_with_their_definition),
		cmocka_unit_test(fields_and_bits),
		cmocka_unit_test(lists_keep_their_order),
		cmocka_unit_test(str_copy_tells_a_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
