/* SPDX-License-Identifier: Apache-2.0 */
#include "base/patience.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define FREQUENCY 1000000U
#define STEP	  (FREQUENCY / PATIENCE_STEPS_PER_SECOND)

static void lasts_as_long_as_it_says(void **state)
{
	struct patience p = patience_of(7, FREQUENCY, 20);
	uint64_t now = 7;

	(void)state;
	while (!patience_is_over(&p, now)) {
		now += STEP / 2U;
	}
	assert_int_equal(now, 7U + 20U * STEP);
	assert_true(patience_is_over(&p, now));
}

static void a_pause_counts_as_one_step(void **state)
{
	struct patience p = patience_of(0, FREQUENCY, 3);

	(void)state;
	assert_false(patience_is_over(&p, 1000U * STEP));
	assert_false(patience_is_over(&p, 2000U * STEP));
	assert_true(patience_is_over(&p, 3000U * STEP));
}

static void survives_the_counters_wrap(void **state)
{
	struct patience p = patience_of(UINT64_MAX - STEP / 2U, FREQUENCY, 2);

	(void)state;
	assert_false(patience_is_over(&p, STEP / 2U - 2U));
	assert_false(patience_is_over(&p, STEP));
	assert_true(patience_is_over(&p, 2U * STEP));
}

static void slow_counters_and_none(void **state)
{
	struct patience p = patience_of(0, 10, 200);

	(void)state;
	assert_false(patience_is_over(&p, 1));
	assert_true(patience_is_over(&p, 2));
	p = patience_of(0, 0, 200);
	assert_true(patience_is_over(&p, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lasts_as_long_as_it_says),
		cmocka_unit_test(a_pause_counts_as_one_step),
		cmocka_unit_test(survives_the_counters_wrap),
		cmocka_unit_test(slow_counters_and_none),
	};

	return cmocka_run_group_tests_name("patience", tests, NULL, NULL);
}
