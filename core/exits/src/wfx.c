/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/esr.h"

#include "exits_private.h"

/* The wake flag is cleared before the look: a wake-up that comes after the look makes sched_block
 * refuse. */
enum outcome exits_wait(struct vcpu *vcpu)
{
	(void)sched_take_wake(&vcpu->sched);
	if (vgic_has_deliverable(&vcpu->gic)) {
		return OUTCOME_RESUME;
	}
	return sched_block(&vcpu->sched) ? OUTCOME_RESCHED : OUTCOME_RESUME;
}

/* WFI alone traps (HCR_EL2.TWI); WFIT and WFET do not exist for guests. */
enum outcome exits_wfx(struct vcpu *vcpu, uint64_t esr)
{
	vcpu->exits.wfx++;
	vcpu_skip((esr & ESR_IL) != 0U);
	return exits_wait(vcpu);
}
