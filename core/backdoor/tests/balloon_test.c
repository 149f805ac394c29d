/* SPDX-License-Identifier: Apache-2.0 */
/* The balloon's protocol; what becomes of the memory is core/gmem's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "backdoor_rig.h"
#include "base/bits.h"

#define MAGIC	UINT64_C(0x456c6d6f)
#define PORT	UINT64_C(0x5670)
#define IN_4	UINT64_C(0x860000000e)
#define UNKNOWN UINT32_MAX

enum {
	START,
	GET_TARGET,
	LOCK,
	UNLOCK,
	GUEST_ID,
	BATCH_LOCK = 6,
	BATCH_UNLOCK,
	LOCK_2M,
	UNLOCK_2M
};

enum {
	SUCCESS,
	COMMAND_INVALID,
	PAGE_INVALID,
	PAGE_LOCKED,
	PAGE_UNLOCKED,
	PAGE_PINNED,
	RESET = 7,
	BUSY,
	WITH_CAPABILITIES = 0x03000000
};

#define BASIC	   UINT32_C(0x02)
#define BATCHED	   UINT32_C(0x04)
#define BATCHED_2M UINT32_C(0x08)
#define LINUX	   UINT32_C(0x3e) /* all that Linux knows */

#define BATCH_PAGE 39U /* of the rig's memory */
#define TARGET	   (UINT64_C(100) * RIG_PAGE)

static void prepare(uint32_t command, uint32_t arg1, uint32_t arg2)
{
	const uint64_t x[BACKDOOR_REGS] = {RIG_JUNK | MAGIC, RIG_JUNK | arg1, RIG_JUNK | command,
		RIG_JUNK | PORT, RIG_JUNK | arg2, 5, 6, IN_4};

	memcpy(rig.x, x, sizeof(x));
}

static uint32_t call_from(unsigned el, uint32_t command, uint32_t arg1, uint32_t arg2)
{
	uint64_t x[BACKDOOR_REGS];

	prepare(command, arg1, arg2);
	memcpy(x, rig.x, sizeof(x));
	assert_int_equal(rig_call(el), BACKDOOR_DONE);
	assert_int_equal(rig.x[0] >> 32, 0);
	assert_int_equal(rig.x[3], x[3]);
	assert_memory_equal(&rig.x[4], &x[4], 4U * sizeof(x[0]));
	return (uint32_t)rig.x[0];
}

static uint32_t call(uint32_t command, uint32_t arg1, uint32_t arg2)
{
	return call_from(1, command, arg1, arg2);
}

static void begin(void)
{
	assert_int_equal(call(START, LINUX, 0), WITH_CAPABILITIES);
	assert_int_equal(rig.x[2], BASIC | BATCHED | BATCHED_2M);
	assert_int_equal(call(GUEST_ID, 1, 0), SUCCESS);
}

static uint64_t *entries(void)
{
	return (uint64_t *)(void *)&caller_rig.memory[BATCH_PAGE * RIG_PAGE];
}

static void the_driver_learns_its_target(void **state)
{
	(void)state;
	begin();
	assert_int_equal(call(GET_TARGET, 1000, 0), SUCCESS);
	assert_int_equal(rig.x[1], 0);
	assert_int_equal(backdoor_set_balloon(&rig.vm, TARGET), PLINTH_OK);
	assert_int_equal(call(GET_TARGET, 1000, 0), SUCCESS);
	assert_int_equal(rig.x[1], 100);
	assert_int_equal(call(LOCK, 3, 0), SUCCESS); /* every answer has it */
	assert_int_equal(rig.x[1], 100);
	assert_int_equal(backdoor_set_balloon(&rig.vm, MIB(512) + 1U), PLINTH_EINVAL);
	assert_int_equal(backdoor_set_balloon(&rig.vm, MIB(512)), PLINTH_OK);
}

static void targets_last_until_it_is_off(void **state)
{
	struct backdoor_report report;

	(void)state;
	assert_int_equal(backdoor_set_balloon(&rig.vm, TARGET), PLINTH_OK);
	begin();
	backdoor_get_report(&rig.vm, &report);
	assert_true(report.balloon_started);
	backdoor_reset(&rig.vm);
	backdoor_get_report(&rig.vm, &report);
	assert_false(report.balloon_started);
	assert_int_equal(report.balloon_target, TARGET);
	assert_int_equal(call(GET_TARGET, 0, 0), RESET);
	backdoor_off(&rig.vm);
	backdoor_get_report(&rig.vm, &report);
	assert_int_equal(report.balloon_target, 0);
}

static void capabilities_are_what_both_know(void **state)
{
	(void)state;
	assert_int_equal(call(START, 0, 0), COMMAND_INVALID);
	assert_int_equal(call(GUEST_ID, 1, 0), RESET);
	assert_int_equal(call(START, BASIC, 0), SUCCESS); /* an old driver: "version 2" */
	assert_int_equal(call(LOCK, 1, 0), SUCCESS);
	assert_int_equal(call(BATCH_LOCK, BATCH_PAGE, 1), COMMAND_INVALID);
	assert_int_equal(call(LOCK_2M, BATCH_PAGE, 1), COMMAND_INVALID);
	assert_int_equal(call(START, BASIC | BATCHED, 0), WITH_CAPABILITIES);
	assert_int_equal(rig.x[2], BASIC | BATCHED);
	assert_int_equal(call(BATCH_LOCK, BATCH_PAGE, 1), SUCCESS);
	assert_int_equal(call(UNLOCK_2M, BATCH_PAGE, 1), COMMAND_INVALID);
}

static void who_may_call(void **state)
{
	(void)state;
	assert_int_equal(call_from(0, START, LINUX, 0), UNKNOWN);
	assert_int_equal(call(5, 0, 0), COMMAND_INVALID);
	assert_int_equal(call(10, 0, 0), COMMAND_INVALID); /* no doorbells */
	assert_int_equal(call(UINT32_MAX, 0, 0), COMMAND_INVALID);
	assert_int_equal(call(LOCK, 1, 0), RESET);
	for (unsigned w7 = 0; w7 < 64U; w7++) { /* no other instruction */
		const uint64_t x[BACKDOOR_REGS] = {MAGIC, LINUX, START, PORT, 0, 0, 0, w7};

		memcpy(rig.x, x, sizeof(x));
		assert_int_equal(rig_call(1), BACKDOOR_DONE);
		assert_true(w7 == 0x0e || rig.x[0] == UNKNOWN);
	}
	begin();
	rig.x[0] = MAGIC;
	rig.x[3] = BACKDOOR_PORT;
	assert_int_equal(rig_call(1), BACKDOOR_DONE);
	assert_int_equal(rig.x[0], UNKNOWN);
}

static void pages_one_by_one(void **state)
{
	(void)state;
	begin();
	caller_rig.access[7] = RIG_DEVICE;
	assert_int_equal(call(LOCK, 5, 0), SUCCESS);
	assert_true(rig.given[5]);
	assert_int_equal(call(LOCK, 5, 0), PAGE_LOCKED);
	assert_int_equal(call(LOCK, 7, 0), PAGE_PINNED);
	assert_int_equal(call(LOCK, RIG_PAGES, 0), PAGE_INVALID);
	assert_int_equal(call(LOCK, UINT32_MAX, 0), PAGE_INVALID);
	assert_int_equal(call(UNLOCK, 6, 0), PAGE_UNLOCKED);
	rig.memory_gone = true;
	assert_int_equal(call(UNLOCK, 5, 0), BUSY);
	assert_true(rig.given[5]);
	rig.memory_gone = false;
	assert_int_equal(call(UNLOCK, 5, 0), SUCCESS);
	assert_false(rig.given[5]);
}

/* Each entry has an answer of its own, and nothing but its status changes. */
static void pages_by_batches(void **state)
{
	const uint64_t entry[] = {0, 3U * RIG_PAGE, 3U * RIG_PAGE, BATCH_PAGE * RIG_PAGE,
		RIG_PAGES * RIG_PAGE, UINT64_MAX, 4U * RIG_PAGE | 0xfe0U};
	const uint64_t status[] = {
		SUCCESS, SUCCESS, PAGE_LOCKED, PAGE_PINNED, PAGE_INVALID, PAGE_INVALID, SUCCESS};

	(void)state;
	begin();
	memcpy(entries(), entry, sizeof(entry));
	assert_int_equal(call(BATCH_LOCK, BATCH_PAGE, 7), SUCCESS);
	for (unsigned i = 0; i < 7U; i++) {
		assert_int_equal(entries()[i], (entry[i] & ~UINT64_C(0x1f)) | status[i]);
	}
	assert_true(rig.given[0] && rig.given[3] && rig.given[4] && !rig.given[BATCH_PAGE]);
	memcpy(entries(), entry, sizeof(entry));
	assert_int_equal(call(BATCH_UNLOCK, BATCH_PAGE, 2), SUCCESS);
	assert_int_equal(entries()[1], entry[1]);
	assert_int_equal(entries()[2], entry[2]);
	assert_false(rig.given[3]);
	assert_true(rig.given[4]);
}

/* As many as Linux sends, in steps: interrupts come through. */
static void batches_are_done_in_steps(void **state)
{
	(void)state;
	begin();
	for (unsigned i = 0; i < 512U; i++) {
		entries()[i] = (uint64_t)i * RIG_PAGE;
	}
	assert_int_equal(call(BATCH_LOCK, BATCH_PAGE, 512), SUCCESS);
	assert_int_equal(rig.moved_max, 32);
	for (unsigned i = 0; i < 512U; i++) {
		assert_int_equal(entries()[i] & 0x1fU, i == BATCH_PAGE ? PAGE_PINNED
						       : i < RIG_PAGES ? SUCCESS
								       : PAGE_INVALID);
	}
	assert_int_equal(call(BATCH_LOCK, BATCH_PAGE, 513), COMMAND_INVALID);
	assert_int_equal(call(BATCH_LOCK, BATCH_PAGE, UINT32_MAX), COMMAND_INVALID);
	assert_int_equal(call(BATCH_UNLOCK, BATCH_PAGE, 0), COMMAND_INVALID);
}

static void large_pages(void **state)
{
	(void)state;
	begin();
	for (unsigned i = 0; i < 4U; i++) {
		entries()[i] = RIG_LARGE_AT + i * BLOCK_2M;
	}
	entries()[4] = RIG_LARGE_AT + RIG_PAGE; /* not aligned */
	rig.moved_max = 0;
	assert_int_equal(call(LOCK_2M, BATCH_PAGE, 5), SUCCESS);
	assert_int_equal(rig.moved_max, 1);
	assert_int_equal(entries()[3] & 0x1fU, SUCCESS);
	assert_int_equal(entries()[4] & 0x1fU, PAGE_INVALID);
	assert_true(rig.given_large[3] && !rig.given_large[4]);
	assert_int_equal(call(UNLOCK_2M, BATCH_PAGE, 2), SUCCESS);
	assert_true(!rig.given_large[1] && rig.given_large[2]);
	/* A block that holds the batch stays. */
	entries()[0] = 0;
	assert_int_equal(call(LOCK_2M, BATCH_PAGE, 1), SUCCESS);
	assert_int_equal(entries()[0] & 0x1fU, PAGE_PINNED);
}

static void a_batch_that_is_not_there(void **state)
{
	(void)state;
	begin();
	caller_rig.access[BATCH_PAGE] = RIG_DEVICE;
	assert_int_equal(call(BATCH_LOCK, BATCH_PAGE, 4), PAGE_INVALID);
	for (unsigned i = 0; i < RIG_PAGES; i++) {
		assert_false(rig.given[i]);
	}
}

/* A call that was interrupted and came back as another is another. */
static void another_call_begins_anew(void **state)
{
	(void)state;
	begin();
	entries()[0] = 2U * RIG_PAGE;
	rig.batch = (struct backdoor_batch){BATCH_LOCK, BATCH_PAGE, 40, 32};
	assert_int_equal(call(BATCH_LOCK, BATCH_PAGE, 1), SUCCESS);
	assert_true(rig.given[2]);
	assert_int_equal(rig.batch.command, 0);
}

/* A batch that was left after its first step, the call `between`, and the batch again: all of its
 * entries are looked at, also those that the first step had done. */
static void leave_a_batch_for(uint32_t between, uint32_t answer)
{
	begin();
	memset(rig.given, 0, sizeof(rig.given));
	for (unsigned i = 0; i < BATCH_PAGE; i++) {
		entries()[i] = (uint64_t)i * RIG_PAGE;
	}
	prepare(BATCH_LOCK, BATCH_PAGE, BATCH_PAGE);
	assert_int_equal(rig_step(1), BACKDOOR_AGAIN);
	assert_true(rig.given[0] && !rig.given[BATCH_PAGE - 1U]);
	assert_int_equal(call(between, LINUX, 0), answer);
	memset(rig.given, 0, sizeof(rig.given));
	assert_int_equal(call(BATCH_LOCK, BATCH_PAGE, BATCH_PAGE), SUCCESS);
	for (unsigned i = 0; i < BATCH_PAGE; i++) {
		assert_true(rig.given[i]);
	}
}

static void no_batch_outlives_another_call(void **state)
{
	(void)state;
	leave_a_batch_for(GET_TARGET, SUCCESS);
	leave_a_batch_for(START, WITH_CAPABILITIES);
	leave_a_batch_for(GUEST_ID, SUCCESS);
	leave_a_batch_for(5, COMMAND_INVALID);
	leave_a_batch_for(BATCH_UNLOCK, COMMAND_INVALID);
}

/* So does Linux's, before it frees its pages. */
static void a_driver_ends(void **state)
{
	(void)state;
	begin();
	assert_int_equal(call(LOCK, 1, 0), SUCCESS);
	assert_int_equal(call(LOCK, 2, 0), SUCCESS);
	assert_int_equal(call(START, 0, 0), COMMAND_INVALID);
	assert_false(rig.given[1] || rig.given[2]);
	assert_int_equal(call(LOCK, 1, 0), RESET);
}

/* When the guest touches what it gave away the balloon is not what its driver thinks. */
static void a_touch_asks_for_a_reset(void **state)
{
	(void)state;
	begin();
	assert_int_equal(call(LOCK, 1, 0), SUCCESS);
	assert_int_equal(call(LOCK, 2, 0), SUCCESS);
	rig.touched = true;
	assert_int_equal(call(GET_TARGET, 0, 0), RESET);
	assert_int_equal(call(UNLOCK, 2, 0), RESET);
	rig.memory_gone = true;
	assert_int_equal(call(START, LINUX, 0), BUSY);
	assert_int_equal(call(LOCK, 3, 0), RESET);
	rig.memory_gone = false;
	begin();
	assert_false(rig.given[1] || rig.given[2]);
	assert_int_equal(call(LOCK, 3, 0), SUCCESS);
}

static void without_vmware(void **state)
{
	static struct backdoor_vm plain;

	(void)state;
	assert_int_equal(backdoor_set_balloon(&plain, 0), PLINTH_ENOTSUP);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		RIG_TEST(the_driver_learns_its_target),
		RIG_TEST(targets_last_until_it_is_off),
		RIG_TEST(capabilities_are_what_both_know),
		RIG_TEST(who_may_call),
		RIG_TEST(pages_one_by_one),
		RIG_TEST(pages_by_batches),
		RIG_TEST(batches_are_done_in_steps),
		RIG_TEST(large_pages),
		RIG_TEST(a_batch_that_is_not_there),
		RIG_TEST(another_call_begins_anew),
		RIG_TEST(no_batch_outlives_another_call),
		RIG_TEST(a_driver_ends),
		RIG_TEST(a_touch_asks_for_a_reset),
		RIG_TEST(without_vmware),
	};

	rig_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
