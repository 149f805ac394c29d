/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "detect/options.h"

static struct detect_options options;
static char complaint[DETECT_COMPLAINT_MAX];

#define PARSE(...)                                                                                 \
	parse(sizeof((const char *[]){"plinth-detect", __VA_ARGS__}) / sizeof(char *),             \
		(const char *[]){"plinth-detect", __VA_ARGS__})

static enum plinth_status parse(size_t count, const char *const *argv)
{
	return detect_options_parse(&options, DETECT_EL0, count, argv, complaint);
}

static void nothing_is_the_default_battery(void **state)
{
	static const char *const argv[] = {"plinth-detect"};

	(void)state;
	assert_int_equal(parse(1, argv), PLINTH_OK);
	assert_int_equal(options.action, ACTION_RUN);
	assert_false(options.is_json);
	assert_false(options.is_explained);
	assert_true(options.request.probes[PROBE_MDCCSR]);
	assert_int_equal(options.request.runs, DETECT_RUNS_DEFAULT);
}

static void flags_are_read(void **state)
{
	(void)state;
	assert_int_equal(PARSE("--json", "--explain"), PLINTH_OK);
	assert_true(options.is_json);
	assert_true(options.is_explained);
	assert_int_equal(PARSE("--list"), PLINTH_OK);
	assert_int_equal(options.action, ACTION_LIST);
	assert_int_equal(PARSE("--help"), PLINTH_OK);
	assert_int_equal(options.action, ACTION_HELP);
}

static void probes_are_selected_alone(void **state)
{
	(void)state;
	assert_int_equal(PARSE("--probe", "ctr", "--probe", "wfi"), PLINTH_OK);
	assert_true(options.request.probes[PROBE_CTR]);
	assert_true(options.request.probes[PROBE_WFI]);
	assert_false(options.request.probes[PROBE_MDCCSR]);
}

static void probes_are_left_out(void **state)
{
	(void)state;
	assert_int_equal(PARSE("--without", "mdccsr"), PLINTH_OK);
	assert_false(options.request.probes[PROBE_MDCCSR]);
	assert_true(options.request.probes[PROBE_PMUSERENR]);
}

static void runs_have_bounds(void **state)
{
	(void)state;
	assert_int_equal(PARSE("--runs", "16"), PLINTH_OK);
	assert_int_equal(options.request.runs, 16);
	assert_int_equal(PARSE("--runs", "2048"), PLINTH_OK);
	assert_int_equal(PARSE("--runs", "15"), PLINTH_EINVAL);
	assert_int_equal(PARSE("--runs", "2049"), PLINTH_EINVAL);
	assert_int_equal(PARSE("--runs", "99999999999999999999"), PLINTH_EINVAL);
	assert_int_equal(PARSE("--runs", "-16"), PLINTH_EINVAL);
	assert_int_equal(PARSE("--runs", "64x"), PLINTH_EINVAL);
	assert_int_equal(PARSE("--runs", ""), PLINTH_EINVAL);
}

static void repeats_have_bounds(void **state)
{
	(void)state;
	assert_int_equal(PARSE("--json"), PLINTH_OK);
	assert_int_equal(options.repeat, 1);
	assert_int_equal(PARSE("--repeat", "1000"), PLINTH_OK);
	assert_int_equal(options.repeat, 1000);
	assert_int_equal(PARSE("--repeat", "1001"), PLINTH_EINVAL);
	assert_string_equal(complaint, "--repeat takes a number from 1 to 1000: 1001");
	assert_int_equal(PARSE("--repeat", "0"), PLINTH_EINVAL);
	assert_int_equal(PARSE("--repeat", ""), PLINTH_EINVAL);
	assert_int_equal(PARSE("--repeat", "2x"), PLINTH_EINVAL);
	assert_int_equal(PARSE("--repeat", "99999999999999999999"), PLINTH_EINVAL);
}

static void nonsense_is_refused_by_name(void **state)
{
	(void)state;
	assert_int_equal(PARSE("--frobnicate"), PLINTH_EINVAL);
	assert_string_equal(complaint, "unknown option, see --help: --frobnicate");
	assert_int_equal(PARSE("--probe", "nosuch"), PLINTH_EINVAL);
	assert_string_equal(complaint, "no such probe, see --list: nosuch");
	assert_int_equal(PARSE("--probe", "actlr"), PLINTH_EINVAL);
	assert_string_equal(complaint, "this probe is not for this level, see --list: actlr");
	assert_int_equal(PARSE("--probe"), PLINTH_EINVAL);
	assert_string_equal(complaint, "a value is missing: --probe");
	assert_int_equal(PARSE("--json", "--runs"), PLINTH_EINVAL);
	assert_string_equal(complaint, "a value is missing: --runs");
}

static void a_long_word_is_cut_in_the_complaint(void **state)
{
	char word[512];

	(void)state;
	memset(word, 'a', sizeof(word) - 1U);
	word[sizeof(word) - 1U] = '\0';
	assert_int_equal(PARSE(word), PLINTH_EINVAL);
	assert_true(strlen(complaint) < DETECT_COMPLAINT_MAX);
}

static void exit_statuses(void **state)
{
	(void)state;
	assert_int_equal(detect_exit_status(DETECT_PRESENT), 0);
	assert_int_equal(detect_exit_status(DETECT_ABSENT), 1);
	assert_int_equal(detect_exit_status(DETECT_UNDECIDED), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_the_default_battery),
		cmocka_unit_test(flags_are_read),
		cmocka_unit_test(probes_are_selected_alone),
		cmocka_unit_test(probes_are_left_out),
		cmocka_unit_test(runs_have_bounds),
		cmocka_unit_test(repeats_have_bounds),
		cmocka_unit_test(nonsense_is_refused_by_name),
		cmocka_unit_test(a_long_word_is_cut_in_the_complaint),
		cmocka_unit_test(exit_statuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
