/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "arch/sysreg.h"
#include "uefirt_rig.h"

#define TEST(f) cmocka_unit_test_setup(f, rig_start)
#define RW	UINT64_C(0xffff800020000000) /* where the regions are mapped */

static struct uefi_time get_time(void)
{
	struct uefi_time time;

	assert_int_equal(rig_call(UEFI_RT_GET_TIME, AT_DATA, 0, 0, 0, 0), UEFI_SUCCESS);
	memcpy(&time, rig_at(AT_DATA), sizeof(time));
	return time;
}

static uint64_t set_time(struct uefi_time time)
{
	rig_put(AT_DATA, &time, sizeof(time));
	return rig_call(UEFI_RT_SET_TIME, AT_DATA, 0, 0, 0, 0);
}

static void the_clock_is_the_vms(void **state)
{
	struct uefi_time time = get_time();
	struct uefi_time_capabilities capabilities;

	(void)state;
	assert_int_equal(time.year, 2023);
	assert_int_equal(time.month, 11);
	assert_int_equal(time.day, 14);
	assert_int_equal(
		time.hour * 3600 + time.minute * 60 + time.second, 22 * 3600 + 13 * 60 + 20);
	assert_int_equal(time.timezone, UEFI_TIMEZONE_NONE);
	assert_int_equal(rig_call(UEFI_RT_GET_TIME, AT_DATA, AT_OTHER, 0, 0, 0), UEFI_SUCCESS);
	memcpy(&capabilities, rig_at(AT_OTHER), sizeof(capabilities));
	assert_int_equal(capabilities.resolution, 1);
	time.year = 2030;
	time.nanosecond = 999999999;
	assert_int_equal(set_time(time), UEFI_SUCCESS);
	assert_int_equal(rig.changes, 1);
	fake_sysregs.cntpct_el0 += 5U * RIG_HZ;
	time = get_time();
	assert_int_equal(time.year, 2030);
	assert_int_equal(time.second, 25);
	assert_int_equal(time.nanosecond, 0);
	uefirt_reset(&rig.vm);
	assert_int_equal(get_time().year, 2030);
}

/* Against the C library: every day until 2106. */
static void all_days(void **state)
{
	(void)state;
	for (uint64_t seconds = 86399; seconds <= UINT32_MAX; seconds += 86400U) {
		time_t t = (time_t)seconds;
		struct uefi_time time;
		struct tm tm;

		assert_non_null(gmtime_r(&t, &tm));
		vrtc_set_seconds(&rig.rtc, (uint32_t)seconds);
		time = get_time();
		assert_int_equal(time.year, tm.tm_year + 1900);
		assert_int_equal(time.month, tm.tm_mon + 1);
		assert_int_equal(time.day, tm.tm_mday);
		vrtc_set_seconds(&rig.rtc, 0);
		assert_int_equal(set_time(time), UEFI_SUCCESS);
		assert_int_equal(vrtc_seconds(&rig.rtc), seconds);
	}
}

static void zones_are_kept(void **state)
{
	struct uefi_time time = get_time();

	(void)state;
	time.timezone = -120;
	time.daylight = 1;
	assert_int_equal(set_time(time), UEFI_SUCCESS);
	assert_int_equal(vrtc_seconds(&rig.rtc), RIG_EPOCH - 7200U);
	assert_int_equal(get_time().hour, time.hour);
	assert_int_equal(get_time().timezone, -120);
	assert_int_equal(get_time().daylight, 1);
	uefirt_reset(&rig.vm);
	assert_int_equal(get_time().timezone, -120);
}

static void times_are_checked(void **state)
{
	const struct uefi_time good = get_time();
	struct uefi_time time;

	(void)state;
#define REFUSED(field, value)                                                                      \
	do {                                                                                       \
		time = good;                                                                       \
		time.field = (value);                                                              \
		assert_int_equal(set_time(time), UEFI_INVALID_PARAMETER);                          \
	} while (false)
	REFUSED(year, 1969);
	REFUSED(year, 2107);
	REFUSED(year, 0xffff);
	REFUSED(month, 0);
	REFUSED(month, 13);
	REFUSED(month, 255);
	REFUSED(day, 0);
	REFUSED(day, 31); /* of November */
	REFUSED(hour, 24);
	REFUSED(minute, 60);
	REFUSED(second, 60);
	REFUSED(nanosecond, 1000000000);
	REFUSED(timezone, 1441);
	REFUSED(timezone, -1441);
	REFUSED(daylight, 4);
	time = good;
	time.year = 2106;
	assert_int_equal(set_time(time), UEFI_INVALID_PARAMETER); /* 2^32 is in February */
	time = (struct uefi_time){.year = 1970, .month = 1, .day = 1, .timezone = -60};
	assert_int_equal(set_time(time), UEFI_INVALID_PARAMETER);
	assert_int_equal(rig.changes, 0);
	assert_int_equal(vrtc_seconds(&rig.rtc), RIG_EPOCH);
}

static void reset_does_as_it_says(void **state)
{
	(void)state;
	(void)rig_call(UEFI_RT_RESET_SYSTEM, UEFI_RESET_COLD, 0, 0, 0, 0);
	assert_int_equal(rig.outcome, OUTCOME_VM_RESET);
	(void)rig_call(UEFI_RT_RESET_SYSTEM, UEFI_RESET_WARM, 0, 0, 0, 0);
	assert_int_equal(rig.outcome, OUTCOME_VM_RESET);
	(void)rig_call(UEFI_RT_RESET_SYSTEM, 3, 0, UINT64_MAX, NOWHERE, 0);
	assert_int_equal(rig.outcome, OUTCOME_VM_RESET);
	(void)rig_call(UEFI_RT_RESET_SYSTEM, UEFI_RESET_SHUTDOWN, 0, 0, 0, 0);
	assert_int_equal(rig.outcome, OUTCOME_VM_OFF);
}

static void what_is_not_there_says_so(void **state)
{
	static const uint32_t absent[] = {UEFI_RT_GET_WAKEUP_TIME, UEFI_RT_SET_WAKEUP_TIME,
		UEFI_RT_GET_NEXT_HIGH_COUNT, UEFI_RT_UPDATE_CAPSULE, UEFI_RT_QUERY_CAPSULE};

	(void)state;
	for (unsigned i = 0; i < 5U; i++) {
		assert_int_equal(rig_call(absent[i], AT_DATA, AT_DATA, AT_DATA, AT_DATA, AT_DATA),
			UEFI_UNSUPPORTED);
		assert_int_equal(UEFI_RT_PROPERTIES & UEFI_RT_BIT(absent[i]), 0);
	}
	assert_false(uefirt_owns(0x5200));
	assert_true(uefirt_owns(0x5201));
	assert_true(uefirt_owns(0x520f));
	assert_false(uefirt_owns(0x5210));
	assert_false(uefirt_owns(UINT64_C(0x100005201)));
}

static void the_mask_holds_at_runtime(void **state)
{
	(void)state;
	assert_int_equal(rig_call(UEFI_RT_GET_TIME, AT_DATA, 0, 0, 0, 0), UEFI_SUCCESS);
	rig_enter_runtime(UEFI_RT_PROPERTIES & ~(uint32_t)UEFI_RT_BIT(UEFI_RT_GET_TIME));
	assert_int_equal(rig_call(UEFI_RT_GET_TIME, AT_DATA, 0, 0, 0, 0), UEFI_UNSUPPORTED);
	assert_int_equal(rig_set("V", 1, NV, "x"), UEFI_SUCCESS);
	assert_int_equal(
		rig_call(UEFI_RT_ENTER_RUNTIME, UINT32_MAX, AT_OTHER, 2, 0, 0), UEFI_UNSUPPORTED);
	assert_int_equal(rig_call(UEFI_RT_GET_TIME, AT_DATA, 0, 0, 0, 0), UEFI_UNSUPPORTED);
	uefirt_reset(&rig.vm);
	assert_int_equal(rig_call(UEFI_RT_GET_TIME, AT_DATA, 0, 0, 0, 0), UEFI_SUCCESS);
}

static void regions_are_checked(void **state)
{
	static const struct uefi_rt_region bad[] = {{0x1000, 0}, {0x1008, 0x1000}, {0x1000, 0x1008},
		{UINT64_C(0xfffffffffffff000), 0x2000}};

	(void)state;
	for (unsigned i = 0; i < 4U; i++) {
		rig_put(AT_OTHER, &bad[i], sizeof(bad[i]));
		assert_int_equal(rig_call(UEFI_RT_ENTER_RUNTIME, 0, AT_OTHER, 1, 0, 0),
			UEFI_INVALID_PARAMETER);
	}
	assert_int_equal(
		rig_call(UEFI_RT_ENTER_RUNTIME, 0, AT_OTHER, 0, 0, 0), UEFI_INVALID_PARAMETER);
	assert_int_equal(
		rig_call(UEFI_RT_ENTER_RUNTIME, 0, AT_OTHER, UEFI_RT_REGION_MAX + 1U, 0, 0),
		UEFI_INVALID_PARAMETER);
	assert_int_equal(rig_call(UEFI_RT_ENTER_RUNTIME, 0, AT_OTHER, UINT64_MAX, 0, 0),
		UEFI_INVALID_PARAMETER);
	assert_int_equal(rig_call(UEFI_RT_ENTER_RUNTIME, 0, 0, 1, 0, 0), UEFI_INVALID_PARAMETER);
	rig_enter_runtime(UEFI_RT_PROPERTIES);
}

/* A map in entries of 48 bytes, as firmware likes to have them. */
#define STEP 48U

static void put_entry(unsigned i, uint64_t physical, uint64_t virtual, uint64_t pages, bool runtime)
{
	const struct uefi_memory_descriptor entry = {
		.type = 6,
		.physical = physical,
		.virtual = virtual,
		.pages = pages,
		.attribute = 8U | (runtime ? UEFI_MEMORY_RUNTIME : 0U),
	};

	rig_put(AT_DATA + i * STEP, &entry, sizeof(entry));
}

static uint64_t set_map(unsigned count)
{
	return rig_call(
		UEFI_RT_SET_VIRTUAL_ADDRESS_MAP, (uint64_t)count * STEP, STEP, 1, AT_DATA, 0);
}

static uint64_t convert(uint64_t address, uint64_t disposition)
{
	rig_put_u64(AT_OTHER, address);
	return rig_call(UEFI_RT_CONVERT_POINTER, disposition, AT_OTHER, 0, 0, 0);
}

static void put_good_map(void)
{
	put_entry(0, RIG_CODE, RW, RIG_CODE_SIZE / 4096U, true);
	put_entry(1, 0x80000000, 0x1234, 5, false); /* no runtime entry: not looked at */
	put_entry(2, RIG_DATA, RW + 0x100000, RIG_DATA_SIZE / 4096U, true);
}

static void pointers_are_converted(void **state)
{
	(void)state;
	put_good_map();
	assert_int_equal(set_map(3), UEFI_UNSUPPORTED); /* boot services are there */
	assert_int_equal(convert(RIG_CODE, 0), UEFI_UNSUPPORTED);
	rig_enter_runtime(UEFI_RT_PROPERTIES);
	assert_int_equal(convert(RIG_CODE, 0), UEFI_UNSUPPORTED);
	put_good_map();
	assert_int_equal(set_map(3), UEFI_SUCCESS);
	assert_int_equal(set_map(3), UEFI_UNSUPPORTED);
	assert_int_equal(convert(RIG_CODE + 0x128U, 0), UEFI_SUCCESS);
	assert_int_equal(rig_u64(AT_OTHER), RW + 0x128U);
	assert_int_equal(convert(RIG_DATA + RIG_DATA_SIZE - 1U, 0), UEFI_SUCCESS);
	assert_int_equal(rig_u64(AT_OTHER), RW + 0x100000U + RIG_DATA_SIZE - 1U);
	assert_int_equal(convert(RIG_DATA + RIG_DATA_SIZE, 0), UEFI_NOT_FOUND);
	assert_int_equal(convert(RW, 0), UEFI_NOT_FOUND);
	assert_int_equal(convert(0, 0), UEFI_INVALID_PARAMETER);
	assert_int_equal(convert(0, UEFI_OPTIONAL_PTR), UEFI_SUCCESS);
	assert_int_equal(rig_u64(AT_OTHER), 0);
	assert_int_equal(
		rig_call(UEFI_RT_CONVERT_POINTER, 0, NOWHERE, 0, 0, 0), UEFI_INVALID_PARAMETER);
	assert_int_equal(rig_call(UEFI_RT_CONVERT_POINTER, 0, 0, 0, 0, 0), UEFI_INVALID_PARAMETER);
	uefirt_reset(&rig.vm);
	assert_int_equal(convert(RIG_CODE, 0), UEFI_UNSUPPORTED);
}

static void one_entry_may_map_several_regions(void **state)
{
	(void)state;
	rig_enter_runtime(UEFI_RT_PROPERTIES);
	put_entry(0, RIG_CODE - 0x1000U, RW - 0x1000U, 0x200, true);
	assert_int_equal(set_map(1), UEFI_SUCCESS);
	assert_int_equal(convert(RIG_DATA, 0), UEFI_SUCCESS);
	assert_int_equal(rig_u64(AT_OTHER), RW + RIG_DATA - RIG_CODE);
}

static void maps_are_checked(void **state)
{
	(void)state;
	rig_enter_runtime(UEFI_RT_PROPERTIES);
#define MAP(size, step, version, at)                                                               \
	rig_call(UEFI_RT_SET_VIRTUAL_ADDRESS_MAP, size, step, version, at, 0)
	put_good_map();
	assert_int_equal(MAP(144, STEP, 2, AT_DATA), UEFI_INVALID_PARAMETER);
	assert_int_equal(MAP(144, 39, 1, AT_DATA), UEFI_INVALID_PARAMETER);
	assert_int_equal(MAP(144, 0, 1, AT_DATA), UEFI_INVALID_PARAMETER);
	assert_int_equal(MAP(144, UINT64_MAX, 1, AT_DATA), UEFI_INVALID_PARAMETER);
	assert_int_equal(MAP(145, STEP, 1, AT_DATA), UEFI_INVALID_PARAMETER);
	assert_int_equal(MAP(1536, 512, 1, AT_DATA), UEFI_INVALID_PARAMETER);
	assert_int_equal(MAP(STEP * 1025U, STEP, 1, AT_DATA), UEFI_INVALID_PARAMETER);
	assert_int_equal(MAP(UINT64_MAX / STEP * STEP, STEP, 1, AT_DATA), UEFI_INVALID_PARAMETER);
	assert_int_equal(MAP(144, STEP, 1, 0), UEFI_INVALID_PARAMETER);
	assert_int_equal(MAP(144, STEP, 1, NOWHERE), UEFI_INVALID_PARAMETER);
	assert_int_equal(MAP(0, STEP, 1, AT_DATA), UEFI_NO_MAPPING);
	assert_int_equal(set_map(2), UEFI_NO_MAPPING);
	put_entry(1, 0x80000000, RW, 5, true);
	assert_int_equal(set_map(3), UEFI_NOT_FOUND);
	put_entry(1, 0x80000000, RW, UINT64_C(1) << 52, true);
	assert_int_equal(set_map(3), UEFI_INVALID_PARAMETER);
	put_entry(1, RIG_CODE, RW + 4U, 16, true);
	assert_int_equal(set_map(3), UEFI_INVALID_PARAMETER);
	assert_int_equal(convert(RIG_CODE, 0), UEFI_UNSUPPORTED); /* nothing of it has stayed */
	put_good_map();
	assert_int_equal(set_map(3), UEFI_SUCCESS);
}

#define MANY (3U * UEFIRT_MAP_STEP) /* entries */

/* No exit takes long: the guest repeats its call until all is read. */
static void a_long_map_takes_several_calls(void **state)
{
	(void)state;
	rig_enter_runtime(UEFI_RT_PROPERTIES);
	for (unsigned i = 0; i < MANY; i++) {
		put_entry(i, 0x80000000, 0x1234, 5, false);
	}
	put_entry(2, RIG_CODE, RW, RIG_CODE_SIZE / 4096U, true);
	put_entry(MANY - 1U, RIG_DATA, RW + 0x100000, RIG_DATA_SIZE / 4096U, true);
	assert_int_equal(set_map(MANY), UEFIRT_AGAIN);
	assert_int_equal(set_map(MANY), UEFIRT_AGAIN);
	assert_int_equal(convert(RIG_CODE, 0), UEFI_UNSUPPORTED);
	/* Another map begins anew, and what was read of the first is forgotten. */
	assert_int_equal(set_map(3), UEFI_NO_MAPPING);
	assert_int_equal(set_map(MANY), UEFIRT_AGAIN);
	assert_int_equal(set_map(MANY), UEFIRT_AGAIN);
	uefirt_reset(&rig.vm); /* as does another start */
	rig_enter_runtime(UEFI_RT_PROPERTIES);
	for (unsigned i = 0; i < MANY; i++) {
		put_entry(i, 0x80000000, 0x1234, 5, false);
	}
	put_entry(2, RIG_CODE, RW, RIG_CODE_SIZE / 4096U, true);
	put_entry(MANY - 1U, RIG_DATA, RW + 0x100000, RIG_DATA_SIZE / 4096U, true);
	assert_int_equal(set_map(MANY), UEFIRT_AGAIN);
	assert_int_equal(set_map(MANY), UEFIRT_AGAIN);
	assert_int_equal(set_map(MANY), UEFI_SUCCESS);
	assert_int_equal(convert(RIG_CODE + 8U, 0), UEFI_SUCCESS);
	assert_int_equal(rig_u64(AT_OTHER), RW + 8U);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_clock_is_the_vms),
		TEST(all_days),
		TEST(zones_are_kept),
		TEST(times_are_checked),
		TEST(reset_does_as_it_says),
		TEST(what_is_not_there_says_so),
		TEST(the_mask_holds_at_runtime),
		TEST(regions_are_checked),
		TEST(pointers_are_converted),
		TEST(one_entry_may_map_several_regions),
		TEST(maps_are_checked),
		TEST(a_long_map_takes_several_calls),
	};

	rig_init();
	return cmocka_run_group_tests(tests, NULL, NULL) + (rig_end() ? 0 : 1);
}
