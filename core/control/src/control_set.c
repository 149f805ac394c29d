/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SET: what can be changed of a VM while it is there.
 */
#include "base/compiler.h"
#include "base/nospec.h"
#include "control_private.h"

static enum control_status set_weight(struct vm *vm, uint64_t weight)
{
	if (weight < SCHED_WEIGHT_MIN || weight > VM_WEIGHT_MAX) {
		return CONTROL_INVALID;
	}
	for (vcpu_id_t i = 0; i < vm->config.vcpu_count; i++) {
		sched_set_weight(&vm->vcpu[i].sched, (uint32_t)weight);
	}
	vm->config.weight = (uint32_t)weight;
	return CONTROL_OK;
}

static enum control_status set_affinity(struct vm *vm, uint64_t mask)
{
	for (vcpu_id_t i = 0; i < vm->config.vcpu_count; i++) {
		sched_set_affinity(&vm->vcpu[i].sched, mask);
	}
	vm->config.affinity = mask;
	return CONTROL_OK;
}

static enum control_status set_vcpus(struct vm *vm, uint64_t count)
{
	return count <= VM_VCPU_MAX && psci_set_limit(&vm->psci, (uint32_t)count) ? CONTROL_OK
										  : CONTROL_INVALID;
}

static enum control_status set_memory(struct vm *vm, uint64_t size)
{
	if (!vm->backdoor.config.vmware) {
		return CONTROL_NOT_SUPPORTED;
	}
	if (size > vm->config.ram_size) {
		return CONTROL_INVALID;
	}
	return control_of(backdoor_set_balloon(&vm->backdoor, vm->config.ram_size - size));
}

enum control_status control_set(struct call *call)
{
	static enum control_status (*const set[])(struct vm * vm, uint64_t value) = {
		[CONTROL_SET_WEIGHT] = set_weight,
		[CONTROL_SET_AFFINITY] = set_affinity,
		[CONTROL_SET_VCPUS] = set_vcpus,
		[CONTROL_SET_MEMORY] = set_memory,
	};

	if (call->arg2 >= ARRAY_SIZE(set)) {
		return CONTROL_NOT_SUPPORTED;
	}
	return set[index_nospec(call->arg2, ARRAY_SIZE(set))](call->vm, call->arg);
}
