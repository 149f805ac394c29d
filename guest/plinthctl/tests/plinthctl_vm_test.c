/* SPDX-License-Identifier: Apache-2.0 */
/* plinthctl where VMs come and go, and others make and destroy some too. */
#include "fake_plinth.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static int setup(void **state)
{
	(void)state;
	fake_reset();
	return 0;
}

static void check(const struct fake_result *r, int status, const char *error)
{
	assert_string_equal(r->err, error);
	assert_int_equal(r->status, status);
}

static void names_are_found(void **state)
{
	(void)state;
	const struct fake_result *r = fake_run("vm list");

	check(r, 0, "");
	assert_non_null(strstr(r->out, "web"));
	check(fake_run("vm info none"), 1,
		"plinthctl: no VM is called none; `plinthctl vm list` shows them\n");
}

/* Somebody makes one of that name, which he will be told is taken, or does not go on with it. */
static void a_half_built_vm_hides_none(void **state)
{
	(void)state;
	(void)fake_add("web", 2, CONTROL_STATE_MAKING);
	check(fake_run("vm stop web --now"), 0, "");
	assert_int_equal(fake->last[CONTROL_STOP].vm, 1);
	/* Where it is all there is, it is what is meant. */
	(void)fake_add("mail", 3, CONTROL_STATE_MAKING);
	check(fake_run("vm stop mail --now"), 1,
		"plinthctl: vm stop mail: no such VM any more; `plinthctl vm list` shows them\n");
}

/* The one that leaves has the lower handle, or the higher one. */
static void one_that_leaves_hides_none(void **state)
{
	(void)state;
	fake->vm[1].state = CONTROL_STATE_LEAVING;
	(void)fake_add("web", 3, CONTROL_STATE_OFF);
	(void)fake_add("web", 2, CONTROL_STATE_LEAVING);
	check(fake_run("vm start web"), 0, "");
	assert_int_equal(fake->last[CONTROL_START].vm, 3);
}

static void check_figures(const char *words)
{
	const struct fake_result *r = fake_run(words);

	check(r, 0, "");
	assert_non_null(strstr(r->out, "boss"));
	assert_non_null(strstr(r->out, "web"));
	assert_null(strstr(r->out, "mail"));
}

static void figures_are_of_vms_that_are_there(void **state)
{
	(void)state;
	(void)fake_add("mail", 2, CONTROL_STATE_MAKING);
	check_figures("metrics");
	check_figures("--json metrics");
	check_figures("top --once");
	check_figures("--json top --once");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, setup)
	static const struct CMUnitTest tests[] = {
		TEST(names_are_found),
		TEST(a_half_built_vm_hides_none),
		TEST(one_that_leaves_hides_none),
		TEST(figures_are_of_vms_that_are_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
