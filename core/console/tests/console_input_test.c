/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "console_rig.h"

#define ALPHA (&rig_vm[0])
#define BETA  (&rig_vm[1])
#define T     "\x14"

static void input_goes_to_the_focus(void **state)
{
	(void)state;
	rig_start(2);
	rig_type("ls\r");
	assert_string_equal(ALPHA->in, "ls\r");
	assert_int_equal(BETA->in_count, 0);
}

static void the_focus_changes_by_key_in_the_middle_of_input(void **state)
{
	(void)state;
	rig_start(3);
	rig_type("a" T "2b" T "nc" T "nd" T "1e");
	assert_string_equal(ALPHA->in, "ade");
	assert_string_equal(BETA->in, "b");
	assert_string_equal(rig_vm[2].in, "c");
	assert_non_null(strstr(rig_sent(), "plinth: console of beta"));
}

static void the_escape_key_twice_sends_itself(void **state)
{
	(void)state;
	rig_start(1);
	rig_type("x" T T "y" T);
	assert_string_equal(ALPHA->in, "x" T "y");
	rig_type(T "z"); /* the key in two interrupts */
	assert_string_equal(ALPHA->in, "x" T "y" T "z");
}

static void unknown_keys_and_missing_vms_are_told(void **state)
{
	(void)state;
	rig_start(1);
	rig_type(T "x");
	assert_non_null(strstr(rig_sent(), "plinth: unknown key"));
	rig_type(T "7");
	assert_non_null(strstr(rig_sent(), "plinth: console: no such VM"));
	assert_int_equal(ALPHA->in_count, 0);
}

static void help_lists_keys_and_vms(void **state)
{
	(void)state;
	rig_start(2);
	rig_type(T "?");
	const char *text = rig_sent();

	assert_non_null(strstr(text, "plinth: 1 alpha (here)\r\n"));
	assert_non_null(strstr(text, "plinth: 2 beta\r\n"));
}

static void the_monitor_and_back(void **state)
{
	(void)state;
	rig_start(2);
	rig_type(T "2" T "mhelp\r");
	assert_string_equal(rig_monitor.in, "help\r");
	rig_sent();
	rig_put(&rig_monitor, "plinth> ");
	rig_wait(10);
	assert_string_equal(rig_sent(), "plinth> ");
	rig_put(ALPHA, "while in the monitor\n");
	rig_wait(200);
	assert_string_equal(rig_sent(), "\r\nalpha| while in the monitor\r\nplinth> ");
	rig_type(T "mx");
	assert_string_equal(BETA->in, "x");
}

static void one_vm_is_marked_while_the_monitor_has_the_focus(void **state)
{
	(void)state;
	rig_start(1);
	rig_type(T "m");
	rig_sent();
	rig_put(ALPHA, "\033[2Jhello\n");
	assert_string_equal(rig_sent(), "alpha| hello\r\n");
}

static void a_vm_alone_has_the_terminal_for_itself(void **state)
{
	(void)state;
	rig_start(2);
	rig_type(T "r");
	rig_sent();
	rig_put(ALPHA, "\033[2J\033[1;1Hvi");
	rig_put(BETA, "not now\n");
	rig_wait(500);
	assert_string_equal(rig_sent(), "\033[2J\033[1;1Hvi");
	for (int i = 0; i < 2000; i++) {
		rig_put(BETA, "flood\n"); /* never stops, is not shown */
	}
	rig_wait(500);
	assert_string_equal(rig_sent(), "");
	rig_type(T "r");
	rig_wait(500);
	const char *text = rig_sent();

	assert_non_null(strstr(text, "beta| [output not shown]\r\n"));
	assert_non_null(strstr(text, "beta| flood\r\n"));
}

static void go_to_beta(void *ctx, const uint8_t *bytes, size_t size)
{
	(void)ctx;
	for (size_t i = 0; i < size; i++) {
		if (bytes[i] == '!') {
			assert_true(console_focus(&BETA->port));
		}
	}
}

/* What was typed behind a command of the monitor that moves the focus is for the new one. */
static void the_monitor_moves_the_focus_in_the_middle_of_input(void **state)
{
	static const struct console_port_ops ops = {.input = go_to_beta};

	(void)state;
	rig_start(2);
	rig_monitor.port.ops = &ops;
	rig_type(T "mgo!ls\n");
	assert_string_equal(BETA->in, "ls\n");
}

static void a_burst_is_bounded_and_nothing_is_lost(void **state)
{
	char burst[401];

	(void)state;
	rig_start(1);
	memset(burst, 'k', 400);
	burst[400] = '\0';
	rig_type(burst);
	assert_int_equal(ALPHA->in_count, 400);
}

static void input_without_any_port_is_dropped(void **state)
{
	(void)state;
	rig_start(0);
	rig_type("abc" T "n" T "r" T "?");
	assert_int_equal(rig_monitor.in_count, 0);
	rig_type(T "mx");
	assert_string_equal(rig_monitor.in, "x");
	rig_type(T "m");
	assert_non_null(strstr(rig_sent(), "no such VM"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(input_goes_to_the_focus),
		cmocka_unit_test(the_focus_changes_by_key_in_the_middle_of_input),
		cmocka_unit_test(the_escape_key_twice_sends_itself),
		cmocka_unit_test(unknown_keys_and_missing_vms_are_told),
		cmocka_unit_test(help_lists_keys_and_vms),
		cmocka_unit_test(the_monitor_and_back),
		cmocka_unit_test(one_vm_is_marked_while_the_monitor_has_the_focus),
		cmocka_unit_test(a_vm_alone_has_the_terminal_for_itself),
		cmocka_unit_test(the_monitor_moves_the_focus_in_the_middle_of_input),
		cmocka_unit_test(a_burst_is_bounded_and_nothing_is_lost),
		cmocka_unit_test(input_without_any_port_is_dropped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
