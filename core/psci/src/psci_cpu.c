/* SPDX-License-Identifier: Apache-2.0 */
/* CPU_ON, CPU_OFF, CPU_SUSPEND, AFFINITY_INFO (DEN0022, 5.1.2 to 5.1.5). */
#include "psci_private.h"

/* power_state, original format: StateID [15:0], StateType [16], PowerLevel [25:24]. */
#define STATE_RESERVED	  UINT32_C(0xfcfe0000)
#define STATE_POWER_DOWN  UINT32_C(0x00010000)
#define STATE_POWER_LEVEL UINT32_C(0x03000000)

/* AFFINITY_INFO's answers. */
#define AFFINITY_ON	    0
#define AFFINITY_OFF	    1
#define AFFINITY_ON_PENDING 2

/* Under the lock exactly one of several callers finds OFF: it owns the slot and gets SUCCESS. */
static int64_t start_locked(struct psci_vm *psci, vcpu_id_t target, const struct psci_start *start)
{
	switch (psci_get_power(psci, target)) {
	case PSCI_POWER_ON:
	case PSCI_POWER_SUSPENDED:
		return PSCI_ALREADY_ON;
	case PSCI_POWER_ON_PENDING:
		return PSCI_ON_PENDING;
	case PSCI_POWER_OFF:
		break;
	}
	if (target >= psci->limit) {
		return PSCI_DENIED;
	}
	psci->vcpu[target].start = *start;
	psci_set_power(psci, target, PSCI_POWER_ON_PENDING);
	psci->ops->start_vcpu(psci->ctx, target);
	return PSCI_SUCCESS;
}

enum outcome psci_cpu_on(const struct psci_request *request, struct psci_reply *reply)
{
	struct psci_vm *psci = request->psci;
	const struct psci_start start = {
		.entry = request->args[1],
		.context = request->args[2],
	};
	vcpu_id_t target;
	int64_t result;

	if (!psci_find(psci, request->args[0], &target)) {
		return psci_return(reply, PSCI_INVALID_PARAMETERS);
	}
	if (!psci_entry_is_valid(psci, start.entry)) {
		return psci_return(reply, PSCI_INVALID_ADDRESS);
	}
	lock_take(&psci->lock);
	result = start_locked(psci, target, &start);
	lock_drop(&psci->lock);
	return psci_return(reply, result);
}

enum outcome psci_cpu_off(const struct psci_request *request, struct psci_reply *reply)
{
	struct psci_vm *psci = request->psci;

	lock_take(&psci->lock);
	/* The stop before OFF is seen: a CPU_ON that follows starts what has been stopped, and its
	 * start cannot be overtaken by this stop. */
	psci->ops->stop_vcpu(psci->ctx, request->caller);
	psci_set_power(psci, request->caller, PSCI_POWER_OFF);
	reply->last_off = psci_count_on(psci) == 0U;
	lock_drop(&psci->lock);
	reply->then = PSCI_THEN_GONE;
	return OUTCOME_RESCHED;
}

/* Power-down states are entered as standby: DEN0022 lets an implementation do less than it was
 * asked for, and the call then returns SUCCESS at the wake-up, as callers must expect. */
enum outcome psci_cpu_suspend(const struct psci_request *request, struct psci_reply *reply)
{
	uint32_t state = (uint32_t)request->args[0];

	if ((state & (STATE_RESERVED | STATE_POWER_LEVEL)) != 0U) {
		return psci_return(reply, PSCI_INVALID_PARAMETERS);
	}
	if ((state & STATE_POWER_DOWN) != 0U &&
		!psci_entry_is_valid(request->psci, request->args[1])) {
		return psci_return(reply, PSCI_INVALID_ADDRESS);
	}
	reply->then = PSCI_THEN_WAIT;
	return OUTCOME_RESCHED;
}

enum outcome psci_affinity_info(const struct psci_request *request, struct psci_reply *reply)
{
	uint64_t lowest_level = request->args[1];
	vcpu_id_t target;

	/* Since PSCI 1.0, levels above 0 need not be answered. */
	if (lowest_level != 0U || !psci_find(request->psci, request->args[0], &target)) {
		return psci_return(reply, PSCI_INVALID_PARAMETERS);
	}
	switch (psci_get_power(request->psci, target)) {
	case PSCI_POWER_OFF:
		return psci_return(reply, AFFINITY_OFF);
	case PSCI_POWER_ON_PENDING:
		return psci_return(reply, AFFINITY_ON_PENDING);
	case PSCI_POWER_ON:
	case PSCI_POWER_SUSPENDED:
		break;
	}
	return psci_return(reply, AFFINITY_ON);
}
