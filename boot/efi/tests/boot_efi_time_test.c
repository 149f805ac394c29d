/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake_efi.h"

static struct efi efi;
static struct efi_time now;
static efi_status_t answer;

static efi_status_t get_time(struct efi_time *time, void *capabilities)
{
	assert_null(capabilities);
	*time = now;
	return answer;
}

static struct efi_runtime_services services = {.get_time = get_time};

static int setup(void **state)
{
	(void)state;
	fake_efi_reset();
	fake_efi_open(&efi);
	fake_efi.system.runtime_services = &services;
	services.get_time = get_time;
	answer = EFI_SUCCESS;
	now = (struct efi_time){.year = 2026, .month = 11, .day = 23, .hour = 1, .minute = 2};
	now.second = 3;
	return 0;
}

/* The numbers are what date -u -d DATE +%s says. */
static void dates(void **state)
{
	static const struct {
		struct efi_time time;
		uint64_t seconds;
	} cases[] = {
		{{1970, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0}, 1},
		{{1972, 2, 29, 0, 0, 0, 0, 0, 0, 0, 0}, 68169600},
		{{1999, 12, 31, 23, 59, 59, 0, 0, 0, 0, 0}, 946684799},
		{{2000, 2, 29, 12, 0, 0, 0, 0, 0, 0, 0}, 951825600},
		{{2024, 12, 31, 0, 0, 0, 0, 0, 0, 0, 0}, 1735603200},
		{{2026, 11, 23, 1, 2, 3, 0, 999, EFI_TIME_ZONE_NONE, 0, 0}, 1795395723},
		{{2100, 3, 1, 0, 0, 0, 0, 0, 0, 0, 0}, UINT64_C(4107542400)},
		/* Berlin's 2:02 in winter: UTC = local + TimeZone */
		{{2026, 11, 23, 2, 2, 3, 0, 0, -60, 0, 0}, 1795395723},
		{{9999, 12, 31, 23, 59, 59, 0, 0, 0, 0, 0}, UINT64_C(253402300799)},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(efi_seconds(&cases[i].time), cases[i].seconds);
	}
}

static void what_is_no_time_is_none(void **state)
{
	static const struct efi_time cases[] = {
		{0},
		{1969, 12, 31, 23, 59, 59, 0, 0, 0, 0, 0},
		{10000, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0},
		{2026, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0},
		{2026, 13, 1, 0, 0, 0, 0, 0, 0, 0, 0},
		{2026, 255, 1, 0, 0, 0, 0, 0, 0, 0, 0},
		{2026, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0},
		{2026, 2, 29, 0, 0, 0, 0, 0, 0, 0, 0},
		{2024, 2, 30, 0, 0, 0, 0, 0, 0, 0, 0},
		{2026, 4, 31, 0, 0, 0, 0, 0, 0, 0, 0},
		{2026, 12, 32, 0, 0, 0, 0, 0, 0, 0, 0},
		{2026, 1, 1, 24, 0, 0, 0, 0, 0, 0, 0},
		{2026, 1, 1, 0, 60, 0, 0, 0, 0, 0, 0},
		{2026, 1, 1, 0, 0, 60, 0, 0, 0, 0, 0},
		{2026, 1, 1, 0, 0, 0, 0, 0, 1441, 0, 0},
		{2026, 1, 1, 0, 0, 0, 0, 0, -1441, 0, 0},
		{1970, 1, 1, 0, 0, 0, 0, 0, -60, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(efi_seconds(&cases[i]), 0);
	}
}

static void the_firmware_is_asked(void **state)
{
	(void)state;
	assert_int_equal(efi_wall_clock(&efi), 1795395723);
}

static void a_firmware_without_a_clock(void **state)
{
	(void)state;
	answer = EFI_UNSUPPORTED;
	assert_int_equal(efi_wall_clock(&efi), 0);
	services.get_time = NULL;
	assert_int_equal(efi_wall_clock(&efi), 0);
	fake_efi.system.runtime_services = NULL;
	assert_int_equal(efi_wall_clock(&efi), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dates),
		cmocka_unit_test(what_is_no_time_is_none),
		cmocka_unit_test_setup(the_firmware_is_asked, setup),
		cmocka_unit_test_setup(a_firmware_without_a_clock, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
