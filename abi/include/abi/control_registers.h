/* SPDX-License-Identifier: Apache-2.0 */
/* A vCPU's registers as control calls have them (abi/control.h), and dumps (docs/plinthctl.md). */
#ifndef ABI_CONTROL_REGISTERS_H
#define ABI_CONTROL_REGISTERS_H

#include <stdint.h>

/* Only pc, pstate, x, sp and fp are taken by CONTROL_REGISTERS_WRITE. */
struct control_registers {
	uint64_t x[31];
	uint64_t pc;
	uint64_t pstate; /* AArch64 at EL0 or EL1 */
	uint64_t sp_el0;
	uint64_t sp_el1;
	uint64_t fp[32][2]; /* Q0 to Q31, low half first */
	uint64_t fpsr;
	uint64_t fpcr;
	uint64_t sctlr_el1;
	uint64_t tcr_el1;
	uint64_t ttbr0_el1;
	uint64_t ttbr1_el1;
	uint64_t mair_el1;
	uint64_t vbar_el1;
	uint64_t elr_el1;
	uint64_t spsr_el1;
	uint64_t esr_el1;
	uint64_t far_el1;
	uint64_t contextidr_el1;
	uint64_t tpidr_el0;
	uint64_t tpidr_el1;
	uint64_t tpidrro_el0;
	uint64_t mpidr_el1;
};

#endif
