/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "caller_rig.h"

static bool any;

#define LAST_PAGE (RIG_VA + (RIG_PAGES - 1U) * RIG_PAGE)

static int fresh(void **state)
{
	(void)state;
	memset(&caller_rig, 0, sizeof(caller_rig));
	for (unsigned i = 0; i < sizeof(caller_rig.memory); i++) {
		caller_rig.memory[i] = (uint8_t)(i * 7U + i / RIG_PAGE);
	}
	return 0;
}

static void bytes_cross_pages(void **state)
{
	const struct caller caller = caller_rig_at(1);
	static uint8_t buf[CALLER_COPY_MAX];
	bool refused = true;

	(void)state;
	assert_int_equal(caller_read(&caller, RIG_VA + 1, buf, CALLER_COPY_MAX, &refused), 0);
	assert_false(refused);
	assert_memory_equal(buf, &caller_rig.memory[1], CALLER_COPY_MAX);
	assert_int_equal(caller_rig.copied, CALLER_COPY_MAX / RIG_PAGE + 1U);
	assert_int_equal(caller_write(&caller, RIG_VA + RIG_PAGE - 3U, "sevenal", 7, &any), 0);
	assert_memory_equal(&caller_rig.memory[RIG_PAGE - 3U], "sevenal", 7);
}

static void nothing_is_copied_before_all_is_translated(void **state)
{
	const struct caller caller = caller_rig_at(1);
	static uint8_t buf[2U * RIG_PAGE];
	bool refused = false;

	(void)state;
	caller_rig.access[2] = RIG_ABSENT;
	assert_int_equal(
		caller_read(&caller, RIG_VA + 5, buf, sizeof(buf), &refused), PLINTH_EFAULT);
	assert_true(refused);
	assert_int_equal(caller_rig.copied, 0);
	assert_int_equal(caller_rig.fault_va, RIG_VA + 2U * RIG_PAGE);
	caller_rig.access[2] = RIG_READ_ONLY;
	assert_int_equal(caller_write(&caller, RIG_VA + 5, buf, sizeof(buf), &any), PLINTH_EFAULT);
	assert_true(caller_rig.fault_is_write);
	assert_int_equal(caller_rig.copied, 0);
	assert_int_equal(caller_read(&caller, RIG_VA + 5, buf, sizeof(buf), &refused), 0);
}

static void what_is_no_memory_is_not_the_translations_fault(void **state)
{
	const struct caller caller = caller_rig_at(0);
	uint8_t byte;
	bool refused = true;

	(void)state;
	caller_rig.access[0] = RIG_DEVICE;
	assert_int_equal(caller_read(&caller, RIG_VA, &byte, 1, &refused), PLINTH_EFAULT);
	assert_false(refused);
}

static void nothing_and_the_ends(void **state)
{
	const struct caller caller = caller_rig_at(1);
	uint8_t buf[2];

	(void)state;
	assert_int_equal(caller_read(&caller, 0, buf, 0, &any), 0);
	assert_int_equal(caller_read(&caller, LAST_PAGE + RIG_PAGE - 2U, buf, 2, &any), 0);
	assert_int_equal(
		caller_read(&caller, LAST_PAGE + RIG_PAGE - 1U, buf, 2, &any), PLINTH_EFAULT);
	assert_int_equal(caller_read(&caller, UINT64_MAX, buf, 2, &any), PLINTH_EFAULT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(bytes_cross_pages, fresh),
		cmocka_unit_test_setup(nothing_is_copied_before_all_is_translated, fresh),
		cmocka_unit_test_setup(what_is_no_memory_is_not_the_translations_fault, fresh),
		cmocka_unit_test_setup(nothing_and_the_ends, fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
