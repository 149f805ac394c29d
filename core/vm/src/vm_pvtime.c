/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stolen time: memory of Plinth's own that the guest can only read, and what is written there.
 */
#include "hypmap/hypmap.h"
#include "pmem/pmem.h"

#include "vm_private.h"

/* Set by vm_setup(). */
static struct pvtime_scale scale;

void vm_pvtime_setup(uint64_t ticks_per_second)
{
	scale = pvtime_scale_init(ticks_per_second);
}

static unsigned order_for(const struct vm *vm)
{
	return vm_order_for(pvtime_size(vm->config.vcpu_count));
}

enum plinth_status vm_pvtime_init(struct vm *vm)
{
	uint64_t size = pvtime_size(vm->config.vcpu_count);
	enum plinth_status status =
		pmem_alloc(order_for(vm), PMEM_CLEAN | PMEM_USER_CORE, &vm->pvtime_page);
	struct pvtime_stolen *stolen;

	if (status != PLINTH_OK) {
		return status;
	}
	stolen = pa_to_va(vm->pvtime_page);
	for (vcpu_id_t i = 0; i < vm->config.vcpu_count; i++) {
		vm->vcpu[i].stolen = &stolen[i];
	}
	return gmem_map_readonly(&vm->gmem, ipa_init(PVTIME_IPA), vm->pvtime_page, size);
}

void vm_pvtime_fini(struct vm *vm)
{
	if (vm->pvtime_page.v != 0U) {
		pmem_free(vm->pvtime_page, order_for(vm));
		vm->pvtime_page = pa_init(0);
	}
}

void vm_pvtime_reset(struct vcpu *vcpu)
{
	pvtime_reset(vcpu->stolen);
	vcpu->stolen_before = sched_stolen(&vcpu->sched);
}

void vm_update_stolen(struct vcpu *vcpu)
{
	uint64_t ticks = sched_stolen(&vcpu->sched) - vcpu->stolen_before;

	pvtime_update(vcpu->stolen, pvtime_ns(scale, ticks));
}
