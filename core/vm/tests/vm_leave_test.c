/* SPDX-License-Identifier: Apache-2.0 */
/* VMs taken away, in any state and while somebody uses them: nothing of them is left. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "arch/sysreg.h"
#include "base/compiler.h"
#include "event/event.h"
#include "make_rig.h"
#include "timerq/timerq.h"
#include "vm/vm_table.h"

#define CYCLES 1000U

static void nothing_is_left_of_a_thousand(void **state)
{
	struct rig_counts before = rig_count();
	vm_id_t id = VM_MAX;

	(void)state;
	for (unsigned i = 0; i < CYCLES; i++) {
		struct vm *vm = rig_make();

		assert_true(id == VM_MAX || vm->id == id);
		id = vm->id;
		if (i % 4U != 0U) {
			assert_int_equal(vm_start(vm), PLINTH_OK);
		}
		rig_destroy(vm);
		rig_check_all_is_back(&before);
	}
}

static void each_state(struct vm *vm, enum vm_state state)
{
	if (state != VM_OFF) {
		assert_int_equal(vm_start(vm), PLINTH_OK);
	}
	if (state != VM_OFF && state != VM_STARTING) {
		rig_settle();
		assert_int_equal(vm->state, VM_RUNNING);
		(void)vm_rig_run();
	}
	if (state == VM_PAUSED) {
		assert_int_equal(vm_pause(vm), PLINTH_OK);
	} else if (state == VM_STOPPING) {
		assert_int_equal(vm_stop(vm, VM_GOAL_RESET), PLINTH_OK);
	} else if (state == VM_CRASHED) {
		vm_crash(vm, "a test");
		rig_settle();
	}
}

static void it_goes_in_every_state(void **state)
{
	static const enum vm_state states[] = {
		VM_OFF, VM_STARTING, VM_RUNNING, VM_PAUSED, VM_STOPPING, VM_CRASHED};
	struct rig_counts before = rig_count();

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(states); i++) {
		struct vm *vm = rig_make();

		each_state(vm, states[i]);
		assert_int_equal(vm_destroy(vm), PLINTH_OK);
		/* It is on its way: nobody starts, stops or destroys it now. */
		if (vm->state == VM_LEAVING) {
			assert_int_equal(vm_destroy(vm), PLINTH_EPERM);
			assert_int_equal(vm_stop(vm, VM_GOAL_RESET), PLINTH_EPERM);
		}
		assert_int_equal(vm_start(vm), PLINTH_EPERM);
		rig_settle();
		rig_check_all_is_back(&before);
	}
}

static void a_half_built_one_goes(void **state)
{
	struct rig_counts before = rig_count();
	uint64_t missing;
	struct vm *vm;

	(void)state;
	for (unsigned steps = 0; steps < 16U; steps++) {
		assert_int_equal(rig_begin(&vm), PLINTH_OK);
		for (unsigned i = 0; i < steps; i++) {
			(void)vm_make_step(&missing, &rig.why);
		}
		assert_null(vm_find("made"));
		vm_make_drop();
		rig_settle();
		rig_check_all_is_back(&before);
	}
}

static void who_uses_it_keeps_its_memory(void **state)
{
	struct rig_counts before = rig_count();
	struct vm *vm = rig_make();

	(void)state;
	vm_hold(vm);
	rig_destroy(vm);
	assert_null(vm_find("made"));
	assert_int_equal(vm->state, VM_LEAVING);
	assert_true(vm_rig_free_pages() < before.memory.free);
	vm_release(vm);
	rig_settle();
	rig_check_all_is_back(&before);
}

static void who_has_no_users_passes_who_has(void **state)
{
	struct rig_counts before = rig_count();
	struct vm *slow[2];
	struct vm *vm;

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(slow); i++) {
		slow[i] = rig_make();
		vm_hold(slow[i]);
		rig_destroy(slow[i]);
	}
	struct rig_counts held = rig_count();

	vm = rig_make();
	rig_destroy(vm);
	assert_int_equal(rig_count().memory.free, held.memory.free);
	vm_release(slow[1]);
	rig_settle();
	assert_true(rig_count().memory.free > held.memory.free);
	vm_release(slow[0]);
	rig_settle();
	rig_check_all_is_back(&before);
}

static void expired(struct timer *timer, void *ctx, uint64_t now)
{
	(void)timer;
	(void)ctx;
	(void)now;
	fail();
}

/* By a call that found the VM before it was hidden. */
static void a_timer_that_is_armed_late_goes_with_it(void **state)
{
	struct rig_counts before = rig_count();
	struct vm *vm = rig_make();

	(void)state;
	vm_hold(vm);
	rig_destroy(vm);
	assert_int_equal(vm_take_variables(vm, NULL, NULL, 0), PLINTH_EPERM);
	timer_init(&vm->rtc_timer, expired, NULL);
	timer_arm(&vm->rtc_timer, 0, read_cntpct_el0() + 100U * vm_host()->ticks_per_second);
	vm_release(vm);
	rig_settle();
	rig_check_all_is_back(&before);
	fake_sysregs.cntpct_el0 += 200U * vm_host()->ticks_per_second;
	rig_settle();
}

/* A CPU without a vCPU has the stage 2 of the one before in VTTBR_EL2. */
static void no_cpu_keeps_its_stage_2(void **state)
{
	struct vm *vm = rig_make();
	uint64_t root = vm->gmem.space.root.v;

	(void)state;
	write_vttbr_el2(root);
	rig_destroy(vm);
	assert_int_not_equal(read_vttbr_el2(), root);
	assert_int_not_equal(read_vttbr_el2(), 0);
}

static void its_end_is_told(void **state)
{
	uint64_t number = 0;
	struct event events[64];
	size_t got;
	uint64_t lost;

	(void)state;
	do {
		got = event_read(&number, events, 64, &lost);
	} while (got == 64U);
	rig_destroy(rig_make());
	got = event_read(&number, events, 64, &lost);
	assert_true(got >= 3U);
	assert_int_equal(events[0].value, VM_OFF);
	assert_int_equal(events[got - 2U].value, VM_LEAVING);
	assert_int_equal(events[got - 1U].value, VM_GONE);
}

/* Whatever its own state and the moment are, resets end in a VM that runs as at first. */
static void a_storm_of_resets_leaves_nothing(void **state)
{
	struct rig_counts before = rig_count();
	struct vm *vm = rig_make();
	uint32_t random = 1;

	(void)state;
	assert_int_equal(vm_start(vm), PLINTH_OK);
	rig_settle();
	struct rig_counts running = rig_count();
	uint32_t starts = vm->starts;

	for (unsigned i = 0; i < CYCLES; i++) {
		random = random * 1664525U + 1013904223U;
		assert_int_equal(vm_stop(vm, VM_GOAL_RESET), PLINTH_OK);
		for (unsigned steps = random >> 28; steps != 0U; steps--) {
			(void)vm_rig_run();
			fake_sysregs.cntpct_el0 += VM_RIG_HZ / 10000U;
			timerq_run(fake_sysregs.cntpct_el0);
		}
	}
	rig_settle();
	assert_int_equal(vm->state, VM_RUNNING);
	assert_true(vm->starts > starts + 10U);
	assert_int_equal(rig_count().memory.free, running.memory.free);
	rig_destroy(vm);
	rig_check_all_is_back(&before);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, rig_setup)
	static const struct CMUnitTest tests[] = {
		TEST(nothing_is_left_of_a_thousand),
		TEST(it_goes_in_every_state),
		TEST(a_half_built_one_goes),
		TEST(who_uses_it_keeps_its_memory),
		TEST(who_has_no_users_passes_who_has),
		TEST(a_timer_that_is_armed_late_goes_with_it),
		TEST(no_cpu_keeps_its_stage_2),
		TEST(its_end_is_told),
		TEST(a_storm_of_resets_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, rig_group_setup, NULL);
}
