/* SPDX-License-Identifier: Apache-2.0 */
/* VMs of many vCPUs: they are held and let go in steps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "vm/vm.h"
#include "vm/vm_debug.h"
#include "vm_rig.h"

enum { VCPUS = 100, AT_ONCE = 33 };

static unsigned held_by(const struct vm *vm, enum sched_hold hold)
{
	unsigned count = 0;

	for (vcpu_id_t i = 0; i < vm->config.vcpu_count; i++) {
		count += (vm->vcpu[i].sched.holds & (uint32_t)hold) != 0U;
	}
	return count;
}

/* Whoever asks waits for a few of them at most, and for the one that is here: it may be the one
 * that powers the VM off, and must not go on. */
static void many_vcpus_are_held_in_steps(void **state)
{
	struct vm *vm = vm_rig_new(VCPUS);

	(void)state;
	assert_int_equal(vm_start(vm), PLINTH_OK);
	assert_int_equal(vm->state, VM_STARTING); /* that goes in steps, too */
	vm_rig_settle();
	assert_int_equal(vm->state, VM_RUNNING);
	assert_int_equal(held_by(vm, SCHED_HOLD_STOP), 0);
	assert_int_equal(held_by(vm, SCHED_HOLD_POWER), VCPUS - 1);
	sched_remove(&vm->vcpu[0].sched, SCHED_HOLD_POWER);
	sched_add(&vm->vcpu[VCPUS - 1].sched, SCHED_HOLD_POWER);
	assert_ptr_equal(vm_rig_run(), &vm->vcpu[VCPUS - 1]);
	for (vcpu_id_t i = 0; i < VCPUS; i++) {
		sched_add(&vm->vcpu[i].sched, SCHED_HOLD_POWER);
	}

	assert_int_equal(vm_pause(vm), PLINTH_OK);
	assert_in_range(held_by(vm, SCHED_HOLD_PAUSE), 1, AT_ONCE);
	assert_true((vm->vcpu[VCPUS - 1].sched.holds & SCHED_HOLD_PAUSE) != 0U);
	assert_int_equal(vm_resume(vm), PLINTH_OK); /* before the others have heard of it */
	vm_rig_settle();
	assert_int_equal(held_by(vm, SCHED_HOLD_PAUSE), 0);
	assert_int_equal(vm_pause(vm), PLINTH_OK);
	vm_rig_settle();
	assert_int_equal(held_by(vm, SCHED_HOLD_PAUSE), VCPUS);
	assert_null(vm_rig_run());
	assert_int_equal(vm_resume(vm), PLINTH_OK);
	assert_in_range(held_by(vm, SCHED_HOLD_PAUSE), VCPUS - AT_ONCE, VCPUS - 1);
	vm_rig_settle();
	assert_int_equal(held_by(vm, SCHED_HOLD_PAUSE), 0);

	struct vcpu *own = vm_rig_run();

	assert_int_equal(vm_stop(vm, VM_GOAL_RESET), PLINTH_OK);
	assert_in_range(held_by(vm, SCHED_HOLD_STOP), 1, AT_ONCE);
	assert_true((own->sched.holds & SCHED_HOLD_STOP) != 0U);
	/* Another one, which has not been held yet, powers off. */
	struct vcpu *other = vm_rig_run();

	assert_ptr_not_equal(other, own);
	assert_int_equal(other->sched.holds, 0);
	assert_int_equal(vm_stop(vm, VM_GOAL_OFF), PLINTH_OK);
	assert_true((other->sched.holds & SCHED_HOLD_STOP) != 0U);
	vm_rig_settle();
	assert_int_equal(vm->state, VM_OFF);
	assert_int_equal(held_by(vm, SCHED_HOLD_STOP), VCPUS);
}

static uint32_t attach_debugger(struct vm *vm)
{
	uint32_t ticket = 0;

	while (vm_debug_attach(vm, &ticket) == PLINTH_EAGAIN) {
		vm_rig_settle();
	}
	vm_rig_settle();
	assert_int_equal(vm->state, VM_PAUSED);
	return ticket;
}

/* One of many runs alone, then all: the call changes a few of them, the worker the others. */
static void a_debugger_holds_many_in_steps(void **state)
{
	struct vm *vm = vm_rig_new(VCPUS);
	const struct vm_debug_run alone = {.id = 1, .steps = true, .alone = true};
	const struct vm_debug_run all = {.id = VM_DEBUG_NONE};

	(void)state;
	assert_int_equal(vm_start(vm), PLINTH_OK);
	vm_rig_settle();
	for (vcpu_id_t i = 0; i < VCPUS; i++) {
		sched_add(&vm->vcpu[i].sched, SCHED_HOLD_POWER);
	}
	uint32_t ticket = attach_debugger(vm);

	assert_int_equal(vm_debug_resume(vm, ticket, &alone), PLINTH_OK);
	assert_in_range(held_by(vm, SCHED_HOLD_DEBUG), 1, AT_ONCE);
	assert_ptr_equal(vm_rig_run(), &vm->vcpu[1]); /* the others are paused yet */
	assert_true(vm->vcpu[1].debug.steps);
	vm_rig_settle();
	assert_int_equal(held_by(vm, SCHED_HOLD_DEBUG), VCPUS - 1);
	assert_int_equal(held_by(vm, SCHED_HOLD_PAUSE), 0);
	assert_ptr_equal(vm_rig_run(), &vm->vcpu[1]);
	assert_int_equal(vm_debug_pause(vm, ticket), PLINTH_OK);
	vm_rig_settle();
	assert_int_equal(vm_debug_resume(vm, ticket, &all), PLINTH_OK);
	assert_false(vm->vcpu[1].debug.steps);
	assert_in_range(held_by(vm, SCHED_HOLD_DEBUG), VCPUS - AT_ONCE, VCPUS - 1);
	vm_rig_settle();
	assert_int_equal(held_by(vm, SCHED_HOLD_DEBUG), 0);
	assert_int_equal(held_by(vm, SCHED_HOLD_PAUSE), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(many_vcpus_are_held_in_steps),
		cmocka_unit_test(a_debugger_holds_many_in_steps),
	};

	return cmocka_run_group_tests(tests, vm_rig_group_setup, NULL);
}
