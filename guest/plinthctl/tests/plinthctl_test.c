/* SPDX-License-Identifier: Apache-2.0 */
/* plinthctl with a Plinth that does what Plinth does seldom, and just then. */
#include "fake_plinth.h"

#include <pty.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/bits.h"
#include "base/compiler.h"
#include "dump.h"

#define LOOK_TICKET 9U
#define LINES_MAX   100000U /* of one that should have ended */

static char dump_path[64];
static char dump_words[96];

static int setup(void **state)
{
	(void)state;
	snprintf(dump_path, sizeof(dump_path), "/tmp/plinthctl-%d", (int)getpid());
	snprintf(dump_words, sizeof(dump_words), "dump web %s", dump_path);
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

/* Its UART has room for ten bytes now and then, and for `until` in all. */
static uint32_t take_some(struct plinth_control *call)
{
	if (fake->now_ms < fake->number || fake->size == fake->until) {
		return CONTROL_OK;
	}
	fake->number = fake->now_ms + 50U;
	call->done = min_u64(min_u64(call->size, 10), fake->until - fake->size);
	memcpy(fake->text + fake->size, call->buffer, call->done);
	fake->size += call->done;
	return CONTROL_OK;
}

static void a_script_is_typed_to_its_end(void **state)
{
	char script[601] = "";

	(void)state;
	for (unsigned i = 0; i < 600U; i++) {
		script[i] = (char)('a' + i % 26U);
	}
	fake_serve[CONTROL_CONSOLE_READ] = serve;
	fake_serve[CONTROL_CONSOLE_WRITE] = take_some;
	fake->until = UINT64_MAX;
	const struct fake_result *r = fake_run_with("console web", script);

	assert_string_equal(r->err, "");
	assert_int_equal(r->status, 0);
	assert_string_equal(fake->text, script);

	/* A guest that takes no more of it. */
	memset(fake->text, 0, sizeof(fake->text));
	fake->size = 0;
	fake->until = 590;
	uint64_t then = fake->now_ms;

	r = fake_run_with("console web", script);
	assert_string_equal(r->err, "plinthctl: console: web does not take the last 10 bytes\n");
	assert_int_equal(r->status, 1);
	assert_in_range(fake->now_ms - then, 10000, 20000);
	/* It may be left all the same. */
	r = fake_run_with("console web", "abc\x1d");
	assert_string_equal(r->err, "");
	assert_int_equal(r->status, 0);
}

static uint32_t signal_and_read(struct plinth_control *call)
{
	if (fake->signal != 0) {
		(void)raise(fake->signal);
	}
	call->done = 1;
	memcpy(call->buffer, "x", 1);
	return CONTROL_OK;
}

static void check_terminal(int terminal, const struct termios *before)
{
	struct termios now;

	assert_int_equal(tcgetattr(terminal, &now), 0);
	assert_int_equal(now.c_iflag, before->c_iflag);
	assert_int_equal(now.c_oflag, before->c_oflag);
	assert_int_equal(now.c_cflag, before->c_cflag);
	assert_int_equal(now.c_lflag, before->c_lflag);
}

/* Raw while it runs, and as it was before, whatever ends it. */
static void the_terminal_is_given_back(void **state)
{
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
	struct termios before;
	int here;
	int there;

	(void)state;
	assert_int_equal(openpty(&here, &there, NULL, NULL, NULL), 0);
	assert_int_equal(tcgetattr(there, &before), 0);
	fake_serve[CONTROL_CONSOLE_READ] = signal_and_read;
	for (unsigned i = 0; i < ARRAY_SIZE(numbers); i++) {
		fake->signal = numbers[i];
		assert_int_equal(fake_run_at("console web", there), 0);
		check_terminal(there, &before);
	}
	fake->signal = 0;
	assert_int_equal(fake_run_to_nobody("console web", there), 1);
	check_terminal(there, &before);
	close(here);
	close(there);
}

/* Lines of a kernel's pages, without end, as its tables can be made to have; until it is to stop.
 */
static uint32_t look_on(struct plinth_control *call)
{
	char *text = call->buffer;

	if (call->arg != LOOK_TICKET) {
		return CONTROL_NOT_FOUND;
	}
	call->result[0] = fake->calls[CONTROL_LOOK_STOP] != 0U;
	while (call->size - call->done > 80U && call->result[0] == 0U) {
		uint64_t gva = 0xffff800000000000U + fake->number * 0x1000U;

		call->done += (uint64_t)snprintf(text + call->done, 80,
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
	return call->arg == LOOK_TICKET ? CONTROL_OK : CONTROL_NOT_FOUND;
}

static uint32_t begin_look(struct plinth_control *call)
{
	call->result[0] = LOOK_TICKET;
	return CONTROL_OK;
}

static uint32_t stop_look(struct plinth_control *call)
{
	return call->arg == LOOK_TICKET ? CONTROL_OK : CONTROL_NOT_FOUND;
}

static void interrupt(void)
{
	(void)raise(fake->signal);
}

static void prepare_look(void)
{
	fake_reset();
	fake_serve[CONTROL_LOOK] = begin_look;
	fake_serve[CONTROL_LOOK_STOP] = stop_look;
	fake_serve[CONTROL_MEMORY_READ] = serve;
	fake_serve[CONTROL_REGISTERS_READ] = serve;
	fake->signal = SIGTERM;
	fake->until = UINT64_MAX;
}

static void a_dump_has_as_many_ranges_as_it_can(void **state)
{
	(void)state;
	prepare_look();
	fake_serve[CONTROL_LOOK_READ] = look_on;
	const struct fake_result *r = fake_run(dump_words);

	assert_string_equal(r->err, "");
	assert_int_equal(r->status, 0);
	assert_int_equal(fake->calls[CONTROL_LOOK_STOP], 1);
	assert_in_range(fake->number, DUMP_SEGMENTS - 1U, DUMP_SEGMENTS + 100U);
	assert_int_equal(fake->calls[CONTROL_RESUME], 1);
	assert_int_equal(remove(dump_path), 0);
}

static uint32_t refuse(struct plinth_control *call)
{
	(void)call;
	return CONTROL_BUSY;
}

/* What is there stays where there will be no new one. */
static void a_dump_that_cannot_be_made_harms_no_older_one(void **state)
{
	FILE *file = fopen(dump_path, "w+");
	char text[16] = "";

	(void)state;
	prepare_look();
	fake_serve[CONTROL_LOOK_READ] = look_on;
	fputs("an older one", file);
	fflush(file);
	fake->vm[1].state = CONTROL_STATE_OFF;
	assert_int_equal(fake_run(dump_words)->status, 1);
	fake->vm[1].state = CONTROL_STATE_RUNNING;
	fake_serve[CONTROL_LOOK] = refuse;
	assert_int_equal(fake_run(dump_words)->status, 1);
	rewind(file);
	assert_int_equal(fread(text, 1, sizeof(text) - 1U, file), strlen("an older one"));
	assert_string_equal(text, "an older one");
	/* A new one is all there is then. */
	prepare_look();
	fake_serve[CONTROL_LOOK_READ] = look_on;
	assert_int_equal(fake_run(dump_words)->status, 0);
	assert_int_equal(fseek(file, 0, SEEK_END), 0);
	assert_int_equal(ftell(file), DUMP_MEMORY + fake->vm[1].memory);
	fclose(file);
	/* A path that cannot be is no reason to pause anybody. */
	prepare_look();
	fake_serve[CONTROL_LOOK_READ] = look_on;
	assert_int_equal(fake_run("dump web /nowhere/dump")->status, 1);
	assert_int_equal(fake->calls[CONTROL_PAUSE], 0);
	assert_int_equal(remove(dump_path), 0);
}

static void check_interrupted_dump(void)
{
	const struct fake_result *r = fake_run(dump_words);

	assert_non_null(strstr(r->err, "interrupted"));
	assert_int_equal(r->status, 1);
	assert_int_equal(fake->calls[CONTROL_LOOK_STOP], 1);
	assert_int_equal(fake->calls[CONTROL_RESUME], 1);
}

/* The VM runs on, however much its tables have. */
static void a_dump_can_be_ended_while_it_scans(void **state)
{
	(void)state;
	prepare_look();
	fake_serve[CONTROL_LOOK_READ] = look_on;
	fake->until = 500;
	check_interrupted_dump();
	assert_in_range(fake->number, 500, 600);
	prepare_look();
	fake_serve[CONTROL_LOOK_READ] = look_in_vain;
	fake_idle = interrupt;
	check_interrupted_dump();
	assert_in_range(fake->timeouts, 0, 3);
}

/* As by Ctrl-C, or by `| head`: nobody else has to wait until Plinth finds out. */
static void a_scan_that_is_ended_stops_the_look(void **state)
{
	(void)state;
	prepare_look();
	fake_serve[CONTROL_LOOK_READ] = look_on;
	fake->until = 500;
	assert_int_equal(fake_run("scan web")->status, 128 + SIGTERM);
	assert_int_equal(fake->calls[CONTROL_LOOK_STOP], 1);
	prepare_look();
	fake_serve[CONTROL_LOOK_READ] = look_on;
	assert_int_equal(fake_run_to_nobody("scan web", STDIN_FILENO), 128 + SIGPIPE);
	assert_int_equal(fake->calls[CONTROL_LOOK_STOP], 1);
	assert_in_range(fake->number, 1, 200);
}

static int teardown(void **state)
{
	(void)state;
	(void)remove(dump_path);
	return 0;
}

/* Another one's look has come in its place: what there is of it is not all. */
static void a_look_that_is_cut_off_fails(void **state)
{
	(void)state;
	prepare_look();
	fake_serve[CONTROL_LOOK_READ] = look_on;
	fake_serve[CONTROL_LOOK] = serve;
	const struct fake_result *r = fake_run("scan web");

	assert_string_equal(
		r->err, "plinthctl: scan: cut off: nobody has taken its lines for ten seconds\n");
	assert_int_equal(r->status, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	static const struct CMUnitTest tests[] = {
		TEST(a_console_wakes_at_each_event),
		TEST(a_script_is_typed_to_its_end),
		TEST(the_terminal_is_given_back),
		TEST(a_dump_has_as_many_ranges_as_it_can),
		TEST(a_dump_that_cannot_be_made_harms_no_older_one),
		TEST(a_dump_can_be_ended_while_it_scans),
		TEST(a_scan_that_is_ended_stops_the_look),
		TEST(a_look_that_is_cut_off_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
