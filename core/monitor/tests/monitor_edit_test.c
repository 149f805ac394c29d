/* SPDX-License-Identifier: Apache-2.0 */
/* The line that is being typed, and the ones before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "monitor_rig.h"

static void a_line_is_echoed_and_run(void **state)
{
	(void)state;
	rig_type("vm list\r\n");
	assert_string_equal(rig.screen, "vm list\r\nalpha running\r\nbeta off\r\nplinth> ");
	assert_string_equal(rig.calls, "list;");
	rig_clear();
	rig_type("\r");
	assert_string_equal(rig.screen, "\r\nplinth> ");
}

static void keys_edit_the_line(void **state)
{
	(void)state;
	rig_type("mwm\b\x7f"
		 "em\n");
	assert_string_equal(rig.calls, "mem;");
	rig_clear();
	rig_type("\b\bgarbage\x15mem\r");
	assert_string_equal(rig.calls, "mem;");
	rig_clear();
	rig_type("poweroff\x03\r");
	assert_string_equal(rig.calls, "");
	rig_type("m\x01\xff\033[5~em\r"); /* other keys do nothing */
	assert_string_equal(rig.calls, "mem;");
}

static void a_line_that_is_too_long_stops_growing(void **state)
{
	(void)state;
	for (int i = 0; i < 200; i++) {
		rig_type("x");
	}
	assert_int_equal(rig.monitor.length, MONITOR_LINE_SIZE - 1U);
	rig_type("\r");
	assert_non_null(strstr(rig.screen, "unknown command"));
}

static void history_comes_back(void **state)
{
	char line[32];

	(void)state;
	rig_type("mem\rerrata\r");
	rig_clear();
	rig_type("\033[A\033[A\r");
	assert_string_equal(rig.calls, "mem;");
	rig_clear();
	rig_type("\033[A\033[A\033[B\r");
	assert_string_equal(rig.calls, "mem;");
	rig_clear();
	rig_type("\x10\x0e\r");
	assert_string_equal(rig.calls, "");
	for (int i = 0; i < 20; i++) {
		snprintf(line, sizeof(line), "irq n%d\r", i);
		rig_type(line);
	}
	rig_clear();
	for (int i = 0; i < 30; i++) {
		rig_type("\033[A");
	}
	rig_type("\r");
	assert_string_equal(rig.calls, "irq n12;");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, rig_setup)
	static const struct CMUnitTest tests[] = {
		TEST(a_line_is_echoed_and_run),
		TEST(keys_edit_the_line),
		TEST(a_line_that_is_too_long_stops_growing),
		TEST(history_comes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
