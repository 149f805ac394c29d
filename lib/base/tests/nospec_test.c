/* SPDX-License-Identifier: Apache-2.0 */
/* What index_nospec() computes; that no speculation gets round it can't be tested here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/nospec.h"

static void test_indices(void **state)
{
	(void)state;
	assert_int_equal(index_nospec(0, 1), 0);
	assert_int_equal(index_nospec(5, 6), 5);
	assert_int_equal(index_nospec(6, 6), 0);
	assert_int_equal(index_nospec(7, 6), 0);
	assert_int_equal(index_nospec(3, 0), 0);
	assert_int_equal(index_nospec(~UINT64_C(0), 6), 0);
	assert_int_equal(index_nospec(UINT64_C(1) << 63, ~UINT64_C(0)), UINT64_C(1) << 63);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_indices),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
