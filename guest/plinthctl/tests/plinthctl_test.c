/* SPDX-License-Identifier: Apache-2.0 */
/* plinthctl with a Plinth that does what Plinth does seldom, and just then. */
#include "fake_plinth.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/bits.h"
#include "dump.h"

#define LINES_MAX 100000U /* of one that should have ended */

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

static uint32_t serve(struct plinth_control *call)
{
	(void)call;
	return CONTROL_OK;
}

/* Lines of a kernel's pages, without end, as its tables can be made to have; until it is to stop.
 */
static uint32_t look_on(struct plinth_control *call)
{
	char *text = call->buffer;

	call->result[0] = fake->calls[CONTROL_LOOK_STOP] != 0U;
	while (call->size - call->done > 80U && call->result[0] == 0U) {
		uint64_t gva = 0xffff800000000000U + fake->number * 0x1000U;

		call->done += (uint64_t)sprintf(text + call->done,
			"%016llx-%016llx rw-/--- 0000000040000000 wb is 4K\n",
			(unsigned long long)gva, (unsigned long long)gva + 0xfffU);
		fake->number++;
	}
	if (fake->number >= fake->until) {
		(void)raise(fake->signal);
	}
	return fake->number > LINES_MAX ? CONTROL_NOT_FOUND : CONTROL_OK;
}

/* Nothing is mapped, for years. */
static uint32_t look_in_vain(struct plinth_control *call)
{
	call->result[0] = fake->calls[CONTROL_LOOK_STOP] != 0U;
	return CONTROL_OK;
}

static void interrupt(void)
{
	(void)raise(fake->signal);
}

static void look_with(fake_serve_fn *read)
{
	fake_reset();
	fake_serve[CONTROL_LOOK] = serve;
	fake_serve[CONTROL_LOOK_READ] = read;
	fake_serve[CONTROL_LOOK_STOP] = serve;
	fake_serve[CONTROL_MEMORY_READ] = serve;
	fake_serve[CONTROL_REGISTERS_READ] = serve;
	fake->signal = SIGTERM;
	fake->until = UINT64_MAX;
}

static void a_dump_has_as_many_ranges_as_it_can(void **state)
{
	(void)state;
	look_with(look_on);
	const struct fake_result *r = fake_run("dump web /tmp/plinthctl-dump");

	assert_string_equal(r->err, "");
	assert_int_equal(r->status, 0);
	assert_int_equal(fake->calls[CONTROL_LOOK_STOP], 1);
	assert_in_range(fake->number, DUMP_SEGMENTS - 1U, DUMP_SEGMENTS + 100U);
	assert_int_equal(fake->calls[CONTROL_RESUME], 1);
	assert_int_equal(remove("/tmp/plinthctl-dump"), 0);
}

static void check_interrupted_dump(void)
{
	const struct fake_result *r = fake_run("dump web /tmp/plinthctl-dump");

	assert_non_null(strstr(r->err, "interrupted"));
	assert_int_equal(r->status, 1);
	assert_int_equal(fake->calls[CONTROL_LOOK_STOP], 1);
	assert_int_equal(fake->calls[CONTROL_RESUME], 1);
}

/* The VM runs on, however much its tables have. */
static void a_dump_can_be_ended_while_it_scans(void **state)
{
	(void)state;
	look_with(look_on);
	fake->until = 500;
	check_interrupted_dump();
	assert_in_range(fake->number, 500, 600);
	look_with(look_in_vain);
	fake_idle = interrupt;
	check_interrupted_dump();
	assert_in_range(fake->timeouts, 0, 3);
}

/* As by Ctrl-C, or by `| head`: nobody else has to wait until Plinth finds out. */
static void a_scan_that_is_ended_stops_the_look(void **state)
{
	(void)state;
	look_with(look_on);
	fake->until = 500;
	assert_int_equal(fake_run("scan web")->status, 128 + SIGTERM);
	assert_int_equal(fake->calls[CONTROL_LOOK_STOP], 1);
	look_with(look_on);
	assert_int_equal(fake_run_to_nobody("scan web"), 128 + SIGPIPE);
	assert_int_equal(fake->calls[CONTROL_LOOK_STOP], 1);
	assert_in_range(fake->number, 1, 200);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, setup)
	static const struct CMUnitTest tests[] = {
		TEST(a_console_wakes_at_each_event),
		TEST(a_dump_has_as_many_ranges_as_it_can),
		TEST(a_dump_can_be_ended_while_it_scans),
		TEST(a_scan_that_is_ended_stops_the_look),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
