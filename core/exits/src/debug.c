/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Debug exceptions, which come to EL2 (MDCR_EL2.TDE) in a VM that has a debugger; BRK also in one
 * that asked for it as a call of the backdoor.
 */
#include "arch/esr.h"
#include "arch/sysreg.h"
#include "backdoor/backdoor.h"
#include "vcpu/inject.h"
#include "vm/vm_debug.h"

#include "exits_private.h"

#define BRK_IMM_MASK 0xffffU

static enum outcome stop(struct vcpu *vcpu, enum vm_debug_why why, uint64_t esr, uint64_t far)
{
	vm_debug_stop(vcpu, why, esr, far);
	return OUTCOME_RESCHED;
}

enum outcome exits_debug(struct vcpu *vcpu, uint64_t esr)
{
	vcpu->exits.other++;
	switch (FIELD_GET(esr, ESR_EC)) {
	case EC_BKPT_LOWER:
		return stop(vcpu, VM_DEBUG_BREAKPOINT, esr, 0);
	case EC_WTPT_LOWER:
		return stop(vcpu, VM_DEBUG_WATCHPOINT, esr, read_far_el2());
	default:
		return stop(vcpu, VM_DEBUG_STEP, esr, 0);
	}
}

/* One that may be the debugger's, by its number. */
static enum outcome maybe_patch(struct vcpu *vcpu, uint64_t esr)
{
	ipa_t ipa;

	if (!exits_translate_fetch(gva_init(vcpu_pc()), &ipa)) {
		/* Another vCPU has taken the page away since: this one is to find out. */
		return OUTCOME_RESUME;
	}
	if (gmem_is_patched(&vcpu->vm->gmem, ipa)) {
		return stop(vcpu, VM_DEBUG_PATCH, esr, 0);
	}
	vcpu_inject_sync(esr);
	return OUTCOME_RESUME;
}

enum outcome exits_brk(struct vcpu *vcpu, uint64_t esr)
{
	bool is_a64 = FIELD_GET(esr, ESR_EC) == EC_BRK64;
	uint32_t imm = (uint32_t)esr & BRK_IMM_MASK;

	vcpu->exits.other++;
	if (is_a64 && imm == BACKDOOR_BRK_IMM && vcpu->debug.brk_is_call) {
		return exits_backdoor(vcpu, false);
	}
	if (is_a64 && imm == GMEM_PATCH_IMM && vcpu->debug.debugger != NULL) {
		return maybe_patch(vcpu, esr);
	}
	vcpu_inject_sync(esr);
	return OUTCOME_RESUME;
}
