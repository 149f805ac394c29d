/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What keeps a VM's vCPUs from running, as its state wants it: a few of them at once, the others in
 * steps of the worker, for a VM may have many and whoever asks waits for none.
 */
#include "vm_private.h"

#define STEP_VCPUS 12U

#define STATE_HOLDS ((uint32_t)SCHED_HOLD_STOP | SCHED_HOLD_PAUSE | SCHED_HOLD_DEBUG)

static uint32_t wanted_holds(const struct vcpu *vcpu)
{
	const struct vm *vm = vcpu->vm;
	uint32_t holds = 0;

	if (vm->state == VM_PAUSED || vm->state == VM_STARVED) {
		holds |= SCHED_HOLD_PAUSE;
	} else if (vm->state != VM_RUNNING) {
		holds |= SCHED_HOLD_STOP;
	}
	if (vm->debug.runs_alone && vcpu->id != vm->debug.meant) {
		holds |= SCHED_HOLD_DEBUG;
	}
	return holds;
}

/* What is wanted first: it must not run in between, on its way from a pause to a stop. */
static void hold_as_wanted(struct vcpu *vcpu)
{
	uint32_t wanted = wanted_holds(vcpu);

	if (wanted != 0U) {
		sched_remove(&vcpu->sched, wanted);
	}
	sched_add(&vcpu->sched, STATE_HOLDS & ~wanted);
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
