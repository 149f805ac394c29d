/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EXITS_SYSREG_TABLE_H
#define EXITS_SYSREG_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "a64/sysreg.h"
#include "vm/vm.h"

#define SYSREG_ICC_SGI1R_EL1 A64_SYSREG(3, 0, 12, 11, 5)

/* Reads into *value or writes it; the vCPU is loaded. False: call again when the guest executes
 * the instruction again (bounded steps of long work). */
typedef bool sysreg_fn(struct vcpu *vcpu, uint64_t *value);

struct sysreg_row {
	a64_sysreg_t reg;
	sysreg_fn *read; /* NULL: UNDEFINED that way */
	sysreg_fn *write;
};

/* Sorted by reg (asserted by a test). */
extern const struct sysreg_row sysreg_rows[];
extern const size_t sysreg_row_count;

#endif
