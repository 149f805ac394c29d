/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PSCI_PRIVATE_H
#define PSCI_PRIVATE_H

#include "psci/psci.h"

/* Bit 30 of a function id: its arguments are 64-bit ones. */
#define PSCI_FUNCTION_64 UINT32_C(0x40000000)

#define PSCI_VERSION_1_1 UINT32_C(0x10001)

/* One call, its arguments cut to the width of its form. */
struct psci_request {
	struct psci_vm *psci;
	vcpu_id_t caller;
	uint64_t args[3]; /* x1 to x3 */
};

/* Fills reply->x0 and ->then, which are SUCCESS and THEN_RETURN when it is called. */
typedef enum outcome psci_handler(const struct psci_request *request, struct psci_reply *reply);

psci_handler psci_cpu_on;
psci_handler psci_cpu_off;
psci_handler psci_cpu_suspend;
psci_handler psci_affinity_info;
psci_handler psci_system_off;
psci_handler psci_system_reset;
psci_handler psci_system_reset2;
psci_handler psci_system_suspend;

/* A result with which the guest goes on. Error codes are sign-extended: right for both forms. */
static inline enum outcome psci_return(struct psci_reply *reply, int64_t result)
{
	reply->x0 = (uint64_t)result;
	return OUTCOME_RESUME;
}

/* May a vCPU start there? AArch64 instructions in the VM's own memory. */
bool psci_entry_is_valid(const struct psci_vm *psci, uint64_t entry);

/* How many vCPUs are not OFF. With psci->lock held. */
uint32_t psci_count_on(const struct psci_vm *psci);

/* Changes a vCPU's power state, with psci->lock held (release: pairs with the reads without it). */
void psci_set_power(struct psci_vm *psci, vcpu_id_t vcpu, enum psci_power power);
enum psci_power psci_get_power(const struct psci_vm *psci, vcpu_id_t vcpu);

#endif
