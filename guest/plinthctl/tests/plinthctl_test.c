/* SPDX-License-Identifier: Apache-2.0 */
/* plinthctl with a Plinth that does what Plinth does seldom, and just then. */
#include "fake_plinth.h"

#include <setjmp.h>
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

static void names_are_found(void **state)
{
	(void)state;
	const struct fake_result *r = fake_run("vm list");

	assert_int_equal(r->status, 0);
	assert_non_null(strstr(r->out, "web"));
	r = fake_run("vm info none");
	assert_int_equal(r->status, 1);
	assert_string_equal(
		r->err, "plinthctl: no VM is called none; `plinthctl vm list` shows them\n");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, setup)
	static const struct CMUnitTest tests[] = {
		TEST(names_are_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
