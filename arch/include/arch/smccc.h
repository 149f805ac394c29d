/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls to the firmware below us (SMCCC 1.2: x0 to x17 in and out).
 */
#ifndef ARCH_SMCCC_H
#define ARCH_SMCCC_H

#include <stdint.h>

struct smccc_regs {
	uint64_t x[18];
};

/* One SMC #0 or HVC #0 with regs in x0..x17; the answer is left in regs. On the fake, a handler
 * that the test installs (fake/smccc.h) answers; without one, x0 = -1 (NOT_SUPPORTED). */
void arch_smc(struct smccc_regs *regs);
void arch_hvc(struct smccc_regs *regs);

#endif
