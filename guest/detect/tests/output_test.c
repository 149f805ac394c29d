/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "detect/output.h"

static char text[16384];
static size_t used;

static void put(void *ctx, char c)
{
	(void)ctx;
	assert_true(used + 1U < sizeof(text));
	text[used++] = c;
	text[used] = '\0';
}

static const struct detect_sink sink = {put, NULL};

static int empty(void **state)
{
	(void)state;
	used = 0;
	text[0] = '\0';
	return 0;
}

static struct detect_report present(void)
{
	struct detect_report report = {
		.level = DETECT_EL0, .verdict = DETECT_PRESENT, .doubt_bits = 506};

	report.findings[PROBE_MDCCSR] =
		(struct detect_finding){DETECT_TRAPPED, {.runs = 256,
								.cleared = 255,
								.control_runs = 256,
								.control_cleared = 3,
								.doubt_bits = 506}};
	report.findings[PROBE_PMCR] =
		(struct detect_finding){DETECT_REFUSED, {.runs = 4, .faulted = 4}};
	return report;
}

static void text_has_verdict_and_a_line_for_each_probe(void **state)
{
	struct detect_report report = present();

	(void)state;
	detect_print_text(&sink, &report, false);
	assert_ptr_equal(strstr(text, "present: "), text);
	assert_non_null(strstr(text, "below 2^-506"));
	assert_non_null(strstr(text, "looks like: "));
	assert_non_null(strstr(text, "\nmdccsr       trapped     decides"));
	assert_non_null(strstr(text, "255 of 256  cleared, control    3 of 256"));
	assert_non_null(strstr(text, "\npmcr         refused     profile"));
	assert_non_null(strstr(text, "4 of 4    faulted"));
	assert_null(strstr(text, "\npmuserenr"));
	assert_null(strstr(text, "Debug channel status"));
}

static void what_a_verdict_rests_on_alone_is_told(void **state)
{
	struct detect_report report = present();

	(void)state;
	detect_print_text(&sink, &report, false);
	assert_non_null(strstr(text, "\nwithout mdccsr: undecided\n"));
	assert_null(strstr(text, "without pmcr")); /* it decides nothing */
	report.findings[PROBE_FIRST_FETCH] = report.findings[PROBE_MDCCSR];
	assert_int_equal(empty(NULL), 0);
	detect_print_text(&sink, &report, false);
	assert_null(strstr(text, "without"));
	assert_int_equal(empty(NULL), 0);
	detect_print_json(&sink, &report);
	assert_non_null(
		strstr(text, "\"without\":{\"mdccsr\":\"present\",\"first-fetch\":\"present\"},"));
}

static void explain_adds_what_an_answer_is_worth(void **state)
{
	struct detect_report report = present();

	(void)state;
	detect_print_text(&sink, &report, true);
	assert_non_null(strstr(text, "Debug channel status"));
	assert_non_null(strstr(text, "at most 2^-40"));
}

static void json_is_one_line(void **state)
{
	struct detect_report report = present();

	(void)state;
	detect_print_json(&sink, &report);
	assert_ptr_equal(strchr(text, '\n'), text + used - 1U);
	assert_ptr_equal(
		strstr(text, "{\"verdict\":\"present\",\"without\":{\"mdccsr\":\"undecided\"},"
			     "\"level\":\"EL0\",\"doubt_bits\":506,"),
		text);
	assert_non_null(strstr(text,
		"{\"name\":\"mdccsr\",\"verdict\":\"trapped\",\"decisive\":true,\"runs\":256,"
		"\"cleared\":255,\"faulted\":0,\"control_runs\":256,\"control_cleared\":3,"
		"\"doubt_bits\":506},{"));
	assert_non_null(strstr(text, "\"faulted\":4,\"control_runs\":0,\"control_cleared\":0,"
				     "\"doubt_bits\":0}]}\n"));
}

static void an_undecided_report_claims_nothing(void **state)
{
	struct detect_report report = {.level = DETECT_EL1, .verdict = DETECT_UNDECIDED};

	(void)state;
	detect_print_text(&sink, &report, false);
	assert_ptr_equal(strstr(text, "undecided: "), text);
	assert_null(strstr(text, "2^-"));
	assert_int_equal(empty(NULL), 0);
	detect_print_json(&sink, &report);
	assert_non_null(strstr(text, "\"verdict\":\"undecided\",\"without\":{},\"level\":\"EL1\","
				     "\"doubt_bits\":0"));
	assert_non_null(strstr(text, "\"probes\":[]}\n"));
}

static void the_list_has_every_probe(void **state)
{
	(void)state;
	detect_print_list(&sink);
	for (unsigned i = 0; i < PROBE_COUNT; i++) {
		const char *name = detect_probe((enum detect_probe_id)i)->name;
		const char *found = strstr(text, name);
		enum detect_probe_id id;

		assert_non_null(found);
		assert_true(detect_probe_find(name, &id));
		assert_int_equal(id, i);
	}
}

static void names_are_the_documented_ones(void **state)
{
	(void)state;
	assert_string_equal(detect_verdict_name(DETECT_PRESENT), "present");
	assert_string_equal(detect_verdict_name(DETECT_ABSENT), "absent");
	assert_string_equal(detect_verdict_name(DETECT_UNDECIDED), "undecided");
	assert_string_equal(detect_answer_name(DETECT_TRAPPED), "trapped");
	assert_string_equal(detect_answer_name(DETECT_NOT_TRAPPED), "not trapped");
	assert_string_equal(detect_answer_name(DETECT_REFUSED), "refused");
	assert_string_equal(detect_answer_name(DETECT_UNCLEAR), "unclear");
	assert_string_equal(detect_answer_name(DETECT_NOT_RUN), "not run");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(text_has_verdict_and_a_line_for_each_probe, empty),
		cmocka_unit_test_setup(what_a_verdict_rests_on_alone_is_told, empty),
		cmocka_unit_test_setup(explain_adds_what_an_answer_is_worth, empty),
		cmocka_unit_test_setup(json_is_one_line, empty),
		cmocka_unit_test_setup(an_undecided_report_claims_nothing, empty),
		cmocka_unit_test_setup(the_list_has_every_probe, empty),
		cmocka_unit_test(names_are_the_documented_ones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
