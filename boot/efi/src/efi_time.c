/* SPDX-License-Identifier: Apache-2.0 */
#include "efi/efi.h"

#define YEAR_FIRST	1970U
#define YEAR_LAST	9999U /* 8.3 */
#define MINUTES_PER_DAY 1440
#define DAY_SECONDS	UINT64_C(86400)

static bool is_leap(uint32_t year)
{
	return year % 4U == 0U && (year % 100U != 0U || year % 400U == 0U);
}

/* Days before the first of the month, which is 1 to 12. */
static uint32_t days_before(uint32_t month, bool leap)
{
	static const uint16_t days[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365};

	return days[month - 1U] + (leap && month > 2U ? 1U : 0U);
}

/* Leap days from year 1 up to the end of the year. */
static uint32_t leap_days(uint32_t year)
{
	return year / 4U - year / 100U + year / 400U;
}

static bool is_date(const struct efi_time *time)
{
	if (time->year < YEAR_FIRST || time->year > YEAR_LAST || time->month < 1U ||
		time->month > 12U || time->day < 1U) {
		return false;
	}
	bool leap = is_leap(time->year);
	uint32_t end = time->month == 12U ? 365U + leap : days_before(time->month + 1U, leap);

	return time->day <= end - days_before(time->month, leap);
}

static uint64_t days_since_1970(const struct efi_time *time)
{
	uint32_t years = time->year - YEAR_FIRST;
	uint32_t leaps = leap_days(time->year - 1U) - leap_days(YEAR_FIRST - 1U);

	return UINT64_C(365) * years + leaps + days_before(time->month, is_leap(time->year)) +
	       time->day - 1U;
}

uint64_t efi_seconds(const struct efi_time *time)
{
	int64_t minutes = time->time_zone == EFI_TIME_ZONE_NONE ? 0 : time->time_zone;
	int64_t seconds;

	if (!is_date(time) || time->hour > 23U || time->minute > 59U || time->second > 59U ||
		minutes < -MINUTES_PER_DAY || minutes > MINUTES_PER_DAY) {
		return 0;
	}
	seconds = (int64_t)(days_since_1970(time) * DAY_SECONDS);
	seconds += (time->hour * 60 + time->minute + minutes) * 60 + time->second;
	return seconds > 0 ? (uint64_t)seconds : 0U;
}

uint64_t efi_wall_clock(const struct efi *efi)
{
	const struct efi_runtime_services *services = efi->system->runtime_services;
	struct efi_time time = {0};

	if (services == NULL || services->get_time == NULL ||
		services->get_time(&time, NULL) != EFI_SUCCESS) {
		return 0;
	}
	return efi_seconds(&time);
}
