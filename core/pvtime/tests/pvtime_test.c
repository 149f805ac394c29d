/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake/panic.h"
#include "pvtime/pvtime.h"

#define NOT_SUPPORTED UINT64_MAX

static void calls_give_address_or_not_supported(void **state)
{
	(void)state;
	assert_int_equal(pvtime_call(0, true, 0xC5000020, 0xC5000020), 0);
	assert_int_equal(pvtime_call(0, true, 0xC5000020, 0xC5000021), 0);
	assert_true(pvtime_call(0, true, 0xC5000020, 0xC5000022) == NOT_SUPPORTED);
	assert_true(pvtime_call(0, true, 0xC5000022, 0) == NOT_SUPPORTED);
	assert_int_equal(pvtime_call(0, true, 0xC5000021, 0), 0x090A0000);
	assert_int_equal(pvtime_call(122, true, 0xC5000021, 0), 0x090A0000 + 122 * 64);
	/* W0 holds the function; the upper half is junk. */
	assert_int_equal(pvtime_call(1, true, 0xFFFFFFFFC5000021, 0), 0x090A0040);
}

static void without_a_page_nothing_is_offered(void **state)
{
	(void)state;
	assert_true(pvtime_call(0, false, 0xC5000020, 0xC5000021) == NOT_SUPPORTED);
	assert_true(pvtime_call(0, false, 0xC5000021, 0) == NOT_SUPPORTED);
}

static void only_two_functions_are_ours(void **state)
{
	(void)state;
	assert_true(pvtime_is_call(0xC5000020));
	assert_true(pvtime_is_call(0xC5000021));
	assert_false(pvtime_is_call(0xC500001F));
	assert_false(pvtime_is_call(0xC5000022));
	assert_false(pvtime_is_call(0x85000020)); /* no 32-bit forms */
}

static void structure_is_as_specified(void **state)
{
	struct pvtime_stolen st = {.revision = 7, .attributes = 7, .stolen_ns = 7, .pad = {7}};
	const struct pvtime_stolen zero = {0};

	(void)state;
	pvtime_reset(&st);
	assert_memory_equal(&st, &zero, sizeof(st));
	pvtime_update(&st, UINT64_C(0x123456789abcdef0));
	assert_int_equal(*(uint64_t *)(void *)((char *)&st + 8), UINT64_C(0x123456789abcdef0));
	assert_int_equal(st.revision, 0);
	assert_int_equal(st.attributes, 0);
}

static void pages_for_all_vcpus(void **state)
{
	(void)state;
	assert_int_equal(pvtime_size(1), 4096);
	assert_int_equal(pvtime_size(64), 4096);
	assert_int_equal(pvtime_size(65), 8192);
	assert_int_equal(pvtime_size(123), 8192);
}

static void ticks_are_nanoseconds_at_every_rate(void **state)
{
	static const uint64_t rates[] = {
		1,
		1000000,
		19200000,
		24000000,
		62500000,
		100000000,
		1000000000,
		UINT32_MAX,
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		struct pvtime_scale scale = pvtime_scale_init(rates[i]);

		for (uint64_t s = 1; s <= 1000000000U; s *= 1000U) {
			uint64_t ns = pvtime_ns(scale, rates[i] * s);
			uint64_t due = s * 1000000000U;
			uint64_t error = ns > due ? ns - due : due - ns;

			assert_true(error <= 1U + (due >> 30));
		}
		assert_int_equal(pvtime_ns(scale, 0), 0);
	}
}

static void a_century_does_not_overflow(void **state)
{
	struct pvtime_scale scale = pvtime_scale_init(1000000000);
	uint64_t century = UINT64_C(3155760000) * 1000000000U;

	(void)state;
	assert_true(pvtime_ns(scale, century) == century);
}

static void rate_of_zero_is_our_bug(void **state)
{
	(void)state;
	assert_true(FAKE_EXPECT_PANIC("ticks_per_second", (void)pvtime_scale_init(0)));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls_give_address_or_not_supported),
		cmocka_unit_test(without_a_page_nothing_is_offered),
		cmocka_unit_test(only_two_functions_are_ours),
		cmocka_unit_test(structure_is_as_specified),
		cmocka_unit_test(pages_for_all_vcpus),
		cmocka_unit_test(ticks_are_nanoseconds_at_every_rate),
		cmocka_unit_test(a_century_does_not_overflow),
		cmocka_unit_test(rate_of_zero_is_our_bug),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
