/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "manager/load_option.h"

/* Active; "Hi", a path of one vendor's node, options "xy". */
static const uint8_t sound[] = {1, 0, 0, 0, 12, 0, 'H', 0, 'i', 0, 0, 0, 1, 4, 8, 0, 1, 2, 3, 4,
	0x7f, 0xff, 4, 0, 'x', 'y'};

static struct load_option option;

static void test_sound(void **state)
{
	(void)state;
	assert_true(load_option_read(&option, sound, sizeof(sound)));
	assert_int_equal(option.attributes, LOAD_OPTION_ACTIVE);
	assert_string_equal(option.description, "Hi");
	assert_ptr_equal(option.path, sound + 12);
	assert_ptr_equal(option.options, sound + 24);
	assert_int_equal(option.options_size, 2);
}

/* Everything shorter than the path's end is none. */
static void test_cut(void **state)
{
	(void)state;
	for (size_t size = 0; size < sizeof(sound); size++) {
		uint8_t *exact = malloc(size > 0U ? size : 1U);

		memcpy(exact, sound, size);
		assert_int_equal(load_option_read(&option, exact, size), size >= 24U);
		free(exact);
	}
}

static void test_path_that_is_none(void **state)
{
	uint8_t copy[sizeof(sound)];

	(void)state;
	memcpy(copy, sound, sizeof(copy));
	copy[4] = 11;
	assert_false(load_option_read(&option, copy, sizeof(copy)));
	copy[4] = 15;
	assert_false(load_option_read(&option, copy, sizeof(copy)));
	copy[4] = 12;
	copy[14] = 0;
	assert_false(load_option_read(&option, copy, sizeof(copy)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sound),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_path_that_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
