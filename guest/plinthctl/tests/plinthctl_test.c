/* SPDX-License-Identifier: Apache-2.0 */
/* plinthctl with a Plinth that does what Plinth does seldom, and just then. */
#include "fake_plinth.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/bits.h"

static int setup(void **state)
{
	(void)state;
	fake_reset();
	return 0;
}

/* The other VM prints while what it has printed is read. */
static uint32_t print_on(struct plinth_control *call)
{
	if (fake->number == 0U) {
		return CONTROL_OK;
	}
	fake->number--;
	fake_post(CONTROL_EVENT_CONSOLE, call->vm, 0);
	call->done = min_u64(100, call->size);
	memset(call->buffer, 'x', call->done);
	call->result[0] = call->arg + call->done;
	return CONTROL_OK;
}

static void leave_when_quiet(void)
{
	if (fake->number == 0U) {
		(void)raise(SIGTERM);
	}
}

/* Each event wakes it, whatever has come before it was there. */
static void a_console_wakes_at_each_event(void **state)
{
	(void)state;
	fake_post(CONTROL_EVENT_STATE, 1, CONTROL_STATE_RUNNING);
	fake->number = 20;
	fake_serve[CONTROL_CONSOLE_READ] = print_on;
	fake_idle = leave_when_quiet;
	(void)fake_run_open("console web");
	assert_int_equal(fake->number, 0);
	assert_in_range(fake->timeouts, 0, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, setup)
	static const struct CMUnitTest tests[] = {
		TEST(a_console_wakes_at_each_event),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
