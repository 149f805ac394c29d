/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The VM's wall clock as EFI_TIME (UEFI 2.10, 8.3). The clock itself is core/vrtc's, in UTC.
 */
#include "uefirt_private.h"

#define DAY_SECONDS    86400U
#define MINUTE_SECONDS 60
#define YEAR_FIRST     1970U
#define YEAR_LAST      2106U
#define ZONE_MAX       1440
#define DAYLIGHT_MASK  3U
#define EPOCH_DAYS     719468U /* from 0000-03-01 to 1970-01-01 */
#define NANOSECONDS    1000000000U

#define ACCURACY 50000000U /* 50 ppm, in parts of 1e-12: what a crystal is good for */

static bool is_leap(unsigned year)
{
	return (year % 4U == 0U && year % 100U != 0U) || year % 400U == 0U;
}

static unsigned days_of_month(unsigned year, unsigned month)
{
	static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return days[month - 1U] + (month == 2U && is_leap(year) ? 1U : 0U);
}

/* Days from 0000-03-01, where years begin in March for leap days to come last, to that of `year`,
 * which has year/4 - year/100 + year/400 leap days before it. */
static unsigned days_to_march(unsigned year)
{
	return year * 365U + year / 4U - year / 100U + year / 400U;
}

/* Days from the first of March to the first of a month, 0 for March to 11 for February: 153 days
 * for five months. */
static unsigned days_before_month(unsigned from_march)
{
	return (153U * from_march + 2U) / 5U;
}

static unsigned days_of(unsigned year, unsigned month, unsigned day)
{
	unsigned from_march = (month + 9U) % 12U;

	return days_to_march(month <= 2U ? year - 1U : year) + days_before_month(from_march) + day -
	       1U - EPOCH_DAYS;
}

/* The date, from days since 1970: the year is guessed a little too high and then put right. */
static void set_date(struct uefi_time *time, unsigned days)
{
	unsigned year = YEAR_FIRST + days / 365U;
	unsigned from_march;

	days += EPOCH_DAYS;
	while (days_to_march(year) > days) {
		year--;
	}
	days -= days_to_march(year);
	from_march = (5U * days + 2U) / 153U;
	time->day = (uint8_t)(days - days_before_month(from_march) + 1U);
	time->month = (uint8_t)(from_march < 10U ? from_march + 3U : from_march - 9U);
	time->year = (uint16_t)(from_march < 10U ? year : year + 1U);
}

/* UTC is local time and the zone's minutes. */
static int64_t zone_seconds(int16_t timezone)
{
	return timezone == UEFI_TIMEZONE_NONE ? 0 : (int64_t)timezone * MINUTE_SECONDS;
}

uint64_t uefirt_get_time(struct call *call)
{
	static const struct uefi_time_capabilities capabilities = {
		.resolution = 1, .accuracy = ACCURACY, .sets_to_zero = 1};
	struct uefirt_state *state = call->state;
	struct uefi_time time = {.timezone = state->timezone, .daylight = state->daylight};
	int64_t local = (int64_t)vrtc_seconds(call->vm->config.rtc) - zone_seconds(state->timezone);
	uint64_t seconds = local < 0 ? 0U : (uint64_t)local;
	unsigned of_day = (unsigned)(seconds % DAY_SECONDS);

	set_date(&time, (unsigned)(seconds / DAY_SECONDS));
	time.hour = (uint8_t)(of_day / 3600U);
	time.minute = (uint8_t)(of_day / 60U % 60U);
	time.second = (uint8_t)(of_day % 60U);
	if ((call->x[1] != 0U &&
		    !call_write(call, call->x[1], &capabilities, sizeof(capabilities))) ||
		!call_write(call, call->x[0], &time, sizeof(time))) {
		return UEFI_INVALID_PARAMETER;
	}
	return UEFI_SUCCESS;
}

static bool is_time(const struct uefi_time *time)
{
	return time->year >= YEAR_FIRST && time->year <= YEAR_LAST && time->month >= 1U &&
	       time->month <= 12U && time->day >= 1U &&
	       time->day <= days_of_month(time->year, time->month) && time->hour < 24U &&
	       time->minute < 60U && time->second < 60U && time->nanosecond < NANOSECONDS;
}

static bool is_zone(int16_t timezone, uint8_t daylight)
{
	return (timezone == UEFI_TIMEZONE_NONE ||
		       (timezone >= -ZONE_MAX && timezone <= ZONE_MAX)) &&
	       (daylight & ~DAYLIGHT_MASK) == 0U;
}

bool uefirt_set_zone(struct uefirt_state *state, int16_t timezone, uint8_t daylight)
{
	if (!is_zone(timezone, daylight)) {
		return false;
	}
	state->timezone = timezone;
	state->daylight = daylight;
	return true;
}

uint64_t uefirt_set_time(struct call *call)
{
	struct uefirt_state *state = call->state;
	const struct uefirt_config *config = &call->vm->config;
	struct uefi_time time;

	if (!call_read(call, call->x[0], &time, sizeof(time)) || !is_time(&time)) {
		return UEFI_INVALID_PARAMETER;
	}
	int64_t seconds = (int64_t)days_of(time.year, time.month, time.day) * DAY_SECONDS +
			  time.hour * 3600 + time.minute * 60 + time.second +
			  zone_seconds(time.timezone);

	if (seconds < 0 || seconds > UINT32_MAX ||
		!uefirt_set_zone(state, time.timezone, time.daylight)) {
		return UEFI_INVALID_PARAMETER;
	}
	vrtc_set_seconds(config->rtc, (uint32_t)seconds);
	config->ops->changed(config->ctx);
	return UEFI_SUCCESS;
}
