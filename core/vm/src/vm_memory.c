/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Guests that turn their caches on and off, and what else the exits ask of a vCPU's VM.
 */
#include "arch/hcr.h"
#include "arch/sysreg.h"
#include "percpu/percpu.h"

#include "vm_private.h"

bool vm_caches_off(struct vcpu *vcpu)
{
	struct vm *vm = vcpu->vm;
	bool done;

	if (!lock_take_soon(&vm->cache_lock)) {
		return false;
	}
	if (vcpu->caches_on) {
		vcpu->caches_on = false;
		vm->caches_off++;
		vm->sweep = ipa_init(0);
	}
	done = gmem_caches_off(&vm->gmem) != PLINTH_EAGAIN;
	lock_drop(&vm->cache_lock);
	return done;
}

/* Memory stays as it is for guests with their caches off until the next vCPU turns its own on. */
void vm_caches_gone(struct vcpu *vcpu)
{
	struct vm *vm = vcpu->vm;

	lock_take(&vm->cache_lock);
	if (!vcpu->caches_on) {
		vcpu->caches_on = true;
		vm->caches_off--;
	}
	lock_drop(&vm->cache_lock);
}

bool vm_caches_on(struct vcpu *vcpu)
{
	struct vm *vm = vcpu->vm;
	bool done = true;

	vcpu->set_way_done = false;
	if (!lock_take_soon(&vm->cache_lock)) {
		return false;
	}
	if (!vcpu->caches_on) {
		/* As long as another vCPU works past the caches, it is the last one that sweeps. */
		if (vm->caches_off == 1U) {
			done = gmem_caches_on(&vm->gmem, &vm->sweep) != PLINTH_EAGAIN;
		}
		if (done) {
			vcpu->caches_on = true;
			vm->caches_off--;
			vm->sweep = ipa_init(0);
		}
	}
	lock_drop(&vm->cache_lock);
	return done;
}

bool vm_set_way(struct vcpu *vcpu)
{
	if (vcpu->set_way_done) {
		return true;
	}
	if (gmem_set_way(&vcpu->vm->gmem, &vcpu->sweep) == PLINTH_EAGAIN) {
		return false;
	}
	vcpu->sweep = ipa_init(0);
	vcpu->set_way_done = true;
	write_hcr_el2(read_hcr_el2() | HCR_TVM);
	return true;
}

struct vcpu *vcpu_current(void)
{
	return percpu_this()->current;
}
