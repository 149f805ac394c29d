/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "arch/counter.h"

/* A Cortex-A73: reads that come one tick after the other, and one of them, `wrong`, meets the wrap
 * so that it has the new upper half and the old lower one. */
static uint64_t now;
static uint64_t wrong;
static unsigned reads;

#define WRAP (UINT64_C(7) << 32)

static uint64_t once(void)
{
	uint64_t at = now++;

	reads++;
	return at == wrong ? at + (UINT64_C(1) << 32) : at;
}

static uint64_t read_at(uint64_t time)
{
	now = time;
	reads = 0;
	return counter_read(once);
}

/* Whichever of the two reads meets the wrap: what is answered lies between before and after. */
static void test_wrap(void **state)
{
	(void)state;
	wrong = WRAP - 1U;
	for (uint64_t time = WRAP - 3U; time <= WRAP + 1U; time++) {
		uint64_t value = read_at(time);

		assert_true(value >= time && value <= now);
	}
}

/* No counter that is right becomes wrong by it. */
static void test_right_counter(void **state)
{
	(void)state;
	wrong = UINT64_MAX;
	for (uint64_t time = WRAP - 2U * COUNTER_WRAP_TICKS; time < WRAP + 8U; time++) {
		uint64_t value = read_at(time);

		assert_true(value >= time && value <= now);
	}
}

/* Read a second time near the wrap alone. */
static void test_mostly_once(void **state)
{
	(void)state;
	wrong = UINT64_MAX;
	read_at(WRAP);
	assert_int_equal(reads, 1);
	read_at(WRAP + UINT32_MAX / 2U);
	assert_int_equal(reads, 1);
	read_at(WRAP - COUNTER_WRAP_TICKS - 1U);
	assert_int_equal(reads, 1);
	read_at(WRAP - COUNTER_WRAP_TICKS);
	assert_int_equal(reads, 2);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wrap),
		cmocka_unit_test(test_right_counter),
		cmocka_unit_test(test_mostly_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
