/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ID registers as guests see them: op0 = 3, op1 = 0, CRn = 0, CRm = 1 to 7, all of which trap
 * by HCR_EL2.TID3. One table says for each field what a VM sees; what the table does not name
 * reads as 0, so that a field of a later architecture stays hidden until somebody has thought
 * about it. docs/design/idregs.md has the registers that do not trap.
 */
#ifndef IDREGS_IDREGS_H
#define IDREGS_IDREGS_H

#include <stdbool.h>
#include <stdint.h>

#include "a64/sysreg.h"

/* What differs between VMs. */
struct idregs_vm {
	bool gicv3; /* the VM's view of the GIC has system registers */
};

/* Gives the host's value of an ID register in the trapped space. */
typedef uint64_t idregs_host_fn(void *ctx, a64_sysreg_t reg);

/* Is it in the trapped space? */
bool idregs_owns(a64_sysreg_t reg);

/* What the VM reads; 0 for what is not allocated. reg must be idregs_owns(). Pure, but for host. */
uint64_t idregs_view(const struct idregs_vm *vm, a64_sysreg_t reg, idregs_host_fn *host, void *ctx);

/* The host function of the machine that we run on: reads the register of this CPU; 0 for encodings
 * that the table does not use. ctx is ignored. */
uint64_t idregs_host(void *ctx, a64_sysreg_t reg);

#endif
