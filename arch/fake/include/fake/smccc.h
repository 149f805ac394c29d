/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The firmware below the fake.
 */
#ifndef FAKE_SMCCC_H
#define FAKE_SMCCC_H

#include "arch/smccc.h"

/* NULL: every call answers NOT_SUPPORTED. */
void fake_smccc_hook(void (*fn)(void *ctx, struct smccc_regs *regs), void *ctx);

#endif
