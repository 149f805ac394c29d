/* SPDX-License-Identifier: Apache-2.0 */
/* SYSTEM_OFF, SYSTEM_RESET, SYSTEM_RESET2, SYSTEM_SUSPEND (DEN0022, 5.1.9 to 5.1.19). */
#include "psci_private.h"

#define RESET_ARCH_WARM UINT32_C(0)

enum outcome psci_system_off(const struct psci_request *request, struct psci_reply *reply)
{
	(void)request;
	reply->then = PSCI_THEN_GONE;
	return OUTCOME_VM_OFF;
}

enum outcome psci_system_reset(const struct psci_request *request, struct psci_reply *reply)
{
	(void)request;
	reply->then = PSCI_THEN_GONE;
	return OUTCOME_VM_RESET;
}

/* Of the architectural types there is one; vendor types (bit 31) are not ours. */
enum outcome psci_system_reset2(const struct psci_request *request, struct psci_reply *reply)
{
	if ((uint32_t)request->args[0] != RESET_ARCH_WARM) {
		return psci_return(reply, PSCI_INVALID_PARAMETERS);
	}
	return psci_system_reset(request, reply);
}

enum outcome psci_system_suspend(const struct psci_request *request, struct psci_reply *reply)
{
	struct psci_vm *psci = request->psci;
	struct psci_vcpu *vcpu = &psci->vcpu[request->caller];
	bool alone;

	if (!psci_entry_is_valid(psci, request->args[0])) {
		return psci_return(reply, PSCI_INVALID_ADDRESS);
	}
	lock_take(&psci->lock);
	alone = psci_count_on(psci) == 1U;
	if (alone) {
		vcpu->woken = false;
		vcpu->resume.entry = request->args[0];
		vcpu->resume.context = request->args[1];
		psci_set_power(psci, request->caller, PSCI_POWER_SUSPENDED);
	}
	lock_drop(&psci->lock);
	if (!alone) {
		return psci_return(reply, PSCI_DENIED);
	}
	reply->then = PSCI_THEN_GONE;
	return OUTCOME_RESCHED;
}
