/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/smccc.h"
#include "base/bits.h"
#include "smp/smp.h"

/* DEN 0022, 5.1 */
#define PSCI_VERSION	    UINT32_C(0x84000000)
#define PSCI_CPU_ON_AARCH64 UINT32_C(0xc4000003)
#define PSCI_SUCCESS	    0
#define PSCI_NOT_SUPPORTED  (-1)

int64_t smp_psci_call(enum boot_conduit conduit, uint32_t function, const uint64_t args[3])
{
	struct smccc_regs regs = {.x = {function, args[0], args[1], args[2]}};

	switch (conduit) {
	case BOOT_CONDUIT_SMC:
		arch_smc(&regs);
		break;
	case BOOT_CONDUIT_HVC:
		arch_hvc(&regs);
		break;
	case BOOT_CONDUIT_NONE:
		return PSCI_NOT_SUPPORTED;
	}
	/* Errors are 32-bit and negative, of the 64-bit calls too. */
	return (int32_t)regs.x[0];
}

uint32_t smp_psci_version(enum boot_conduit conduit)
{
	int64_t version = smp_psci_call(conduit, PSCI_VERSION, (const uint64_t[3]){0});

	return version < 0 ? 0U : (uint32_t)version;
}

static enum plinth_status start_by_psci(const struct smp_start *start, int64_t *answer)
{
	enum boot_conduit conduit = start->machine->psci_conduit;
	const uint64_t args[3] = {start->cpu->mpidr, start->entry, 0};

	if (conduit == BOOT_CONDUIT_NONE) {
		return PLINTH_ENOTSUP;
	}
	*answer = smp_psci_call(conduit, PSCI_CPU_ON_AARCH64, args);
	return *answer == PSCI_SUCCESS ? PLINTH_OK : PLINTH_EPERM;
}

const struct smp_method smp_psci = {
	.id = MACHINE_CPU_PSCI,
	.name = "psci",
	.start = start_by_psci,
};
