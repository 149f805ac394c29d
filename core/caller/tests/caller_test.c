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

/* Three pieces in two pages: one translation a page, one copy. */
static void pieces_in_turn(void **state)
{
	const struct caller caller = caller_rig_at(1);
	const uint64_t va[] = {RIG_VA + 5U, RIG_VA + 3U * RIG_PAGE - 4U, RIG_VA + 2U * RIG_PAGE};
	uint8_t got[3][4];
	struct gmem_part parts[] = {
		{.to = got[0], .size = 4}, {.to = got[1], .size = 4}, {.to = got[2], .size = 4}};

	(void)state;
	assert_int_equal(caller_copy_parts(&caller, va, parts, 3, false), PLINTH_OK);
	assert_int_equal(caller_rig.translated, 2);
	for (unsigned i = 0; i < 3U; i++) {
		assert_memory_equal(got[i], &caller_rig.memory[va[i] - RIG_VA], 4);
	}
	for (unsigned i = 0; i < 3U; i++) {
		parts[i].from = &"abcdefghijkl"[4U * i];
	}
	assert_int_equal(caller_copy_parts(&caller, va, parts, 3, true), PLINTH_OK);
	for (unsigned i = 0; i < 3U; i++) {
		assert_memory_equal(&caller_rig.memory[va[i] - RIG_VA], &"abcdefghijkl"[4U * i], 4);
	}
}

static void bad_pieces(void **state)
{
	const struct caller caller = caller_rig_at(1);
	uint64_t va[] = {RIG_VA, RIG_VA + RIG_PAGE};
	uint8_t got[2][8] = {{0}};
	struct gmem_part parts[] = {{.to = got[0], .size = 8}, {.to = got[1], .size = 8}};

	(void)state;
	caller_rig.access[1] = RIG_ABSENT;
	assert_int_equal(caller_copy_parts(&caller, va, parts, 2, false), PLINTH_EFAULT);
	assert_int_equal(caller_rig.copied, 0);
	caller_rig.access[1] = RIG_READ_ONLY;
	assert_int_equal(caller_copy_parts(&caller, va, parts, 2, true), PLINTH_EFAULT);
	assert_int_equal(caller_rig.copied, 0);
	va[1] = 0;
	assert_int_equal(caller_copy_parts(&caller, va, parts, 2, false), PLINTH_EFAULT);
	assert_int_equal(caller_rig.copied, 0);
	/* One that crosses into a page that is not there: nothing of any. */
	va[1] = RIG_VA + 2U * RIG_PAGE - 4U;
	caller_rig.access[2] = RIG_ABSENT;
	memset(got, 0xee, sizeof(got));
	assert_int_equal(caller_copy_parts(&caller, va, parts, 2, false), PLINTH_EFAULT);
	assert_int_equal(got[1][0], 0xee);
	assert_int_equal(got[0][0], 0xee);
	assert_int_equal(caller_rig.copied, 0);
	caller_rig.access[2] = RIG_READ_ONLY;
	assert_int_equal(caller_copy_parts(&caller, va, parts, 2, true), PLINTH_EFAULT);
	assert_int_equal(caller_rig.copied, 0);
	caller_rig.access[2] = RIG_READ_WRITE;
	assert_int_equal(caller_copy_parts(&caller, va, parts, 2, false), PLINTH_OK);
	assert_memory_equal(got[1], &caller_rig.memory[va[1] - RIG_VA], 8);
}

/* As many pages as there can be: 64 KiB in all, and every piece begins and ends within one. */
static void the_most_pieces(void **state)
{
	const struct caller caller = caller_rig_at(1);
	const uint32_t size = CALLER_COPY_MAX / CALLER_PARTS_MAX;
	static uint8_t buf[CALLER_PARTS_MAX][CALLER_COPY_MAX / CALLER_PARTS_MAX];
	struct gmem_part parts[CALLER_PARTS_MAX];
	uint64_t va[CALLER_PARTS_MAX];

	(void)state;
	for (unsigned i = 0; i < CALLER_PARTS_MAX; i++) {
		va[i] = RIG_VA + i * (size + RIG_PAGE) + 1U + i;
		parts[i] = (struct gmem_part){.to = buf[i], .size = size};
	}
	assert_int_equal(caller_copy_parts(&caller, va, parts, CALLER_PARTS_MAX, false), PLINTH_OK);
	assert_int_equal(caller_rig.copied, CALLER_COPY_MAX / RIG_PAGE + CALLER_PARTS_MAX);
	for (unsigned i = 0; i < CALLER_PARTS_MAX; i++) {
		assert_memory_equal(buf[i], &caller_rig.memory[va[i] - RIG_VA], size);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(bytes_cross_pages, fresh),
		cmocka_unit_test_setup(nothing_is_copied_before_all_is_translated, fresh),
		cmocka_unit_test_setup(what_is_no_memory_is_not_the_translations_fault, fresh),
		cmocka_unit_test_setup(nothing_and_the_ends, fresh),
		cmocka_unit_test_setup(pieces_in_turn, fresh),
		cmocka_unit_test_setup(bad_pieces, fresh),
		cmocka_unit_test_setup(the_most_pieces, fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
