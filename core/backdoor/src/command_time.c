/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commands: the host's clock. A machine without one has no answer, lest its guests go back to 1970.
 * Interrupts reach a guest as they come: no lag.
 */
#include "command.h"
#include "vrtc/vrtc.h"

#define LAG_MAX	      UINT32_C(1000000) /* microseconds: the most that a guest lags behind */
#define SECONDS_SHIFT 32U

void command_get_time(struct backdoor_vm *vm, uint64_t *x)
{
	uint64_t seconds;
	uint32_t microseconds;

	(void)vm;
	if (!vrtc_host_clock(&seconds, &microseconds)) {
		command_set_w(x, 0, BACKDOOR_UNKNOWN);
		return;
	}
	command_set_w(x, 0, (uint32_t)seconds);
	command_set_w(x, 1, microseconds);
	command_set_w(x, 2, LAG_MAX);
}

/* W0 stays the magic. */
static bool set_time_full(uint64_t *x)
{
	uint64_t seconds;
	uint32_t microseconds;

	if (!vrtc_host_clock(&seconds, &microseconds)) {
		command_set_w(x, 0, BACKDOOR_UNKNOWN);
		return false;
	}
	command_set_w(x, 0, BACKDOOR_MAGIC);
	command_set_w(x, 1, microseconds);
	command_set_w(x, 2, LAG_MAX);
	command_set_w(x, 3, (uint32_t)seconds);
	command_set_w(x, 4, (uint32_t)(seconds >> SECONDS_SHIFT));
	return true;
}

void command_get_time_full(struct backdoor_vm *vm, uint64_t *x)
{
	(void)vm;
	(void)set_time_full(x);
}

void command_get_time_lag(struct backdoor_vm *vm, uint64_t *x)
{
	(void)vm;
	if (set_time_full(x)) {
		command_set_w(x, 5, 0);
	}
}
