/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What keeps a VM's vCPUs from running, as its state wants it: a few of them at once, the others in
 * steps of the worker, for a VM may have many and whoever asks waits for none.
 */
#include "vm_private.h"

#define STEP_VCPUS 32U

static void set_hold(struct sched_entity *e, enum sched_hold hold, bool is_wanted)
{
	if (is_wanted) {
		sched_remove(e, hold);
	} else {
		sched_add(e, hold);
	}
}

/* STOP before PAUSE: it must not run in between, on its way from a pause to a stop. */
static void hold_as_wanted(struct vcpu *vcpu)
{
	enum vm_state state = vcpu->vm->state;
	bool is_paused = state == VM_PAUSED || state == VM_STARVED;

	set_hold(&vcpu->sched, SCHED_HOLD_STOP, state != VM_RUNNING && !is_paused);
	set_hold(&vcpu->sched, SCHED_HOLD_PAUSE, is_paused);
}

bool vm_hold_step(struct vm *vm)
{
	for (unsigned i = 0; i < STEP_VCPUS && vm->held < vm->config.vcpu_count; i++) {
		hold_as_wanted(&vm->vcpu[vm->held]);
		vm->held++;
	}
	return vm->held == vm->config.vcpu_count;
}

void vm_hold_own(struct vm *vm)
{
	struct vcpu *vcpu = vcpu_current();

	if (vcpu != NULL && vcpu->vm == vm) {
		hold_as_wanted(vcpu);
	}
}

bool vm_hold_begin(struct vm *vm)
{
	vm_hold_own(vm);
	vm->held = 0;
	return vm_hold_step(vm);
}
