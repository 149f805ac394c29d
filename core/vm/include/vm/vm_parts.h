/* SPDX-License-Identifier: Apache-2.0 */
/* Small parts of a VM and of a vCPU: counts, and where its images are. */
#ifndef VM_VM_PARTS_H
#define VM_VM_PARTS_H

#include <stdint.h>

#include "base/types.h"

/* Exits by class, for the monitor; written by the vCPU's own CPU. */
struct vcpu_exits {
	uint64_t hvc;
	uint64_t sysreg;
	uint64_t abort;
	uint64_t wfx;
	uint64_t irq;
	uint64_t other;
};

/* Cache maintenance at EL2: all VMs' and everybody else's. */
struct vm_caches {
	uint64_t data_lines; /* DC by line */
	uint64_t code_lines; /* IC IVAU */
	uint64_t icache_all; /* IC IALLU, IC IALLUIS */
};

/* Of a run: while it lasts, the counts at its start; then what it took until it was to end. */
struct vm_cost {
	uint64_t el2;		 /* instructions that EL2 executed */
	uint64_t scrub;		 /* of those, to zero memory */
	uint32_t tables;	 /* pages of stage-2 tables */
	struct vm_caches caches; /* at its end, since the machine's start */
};

/* Images that were sent for a VM: vm_store.c's. */
struct vm_store {
	pa_t block;
	uint64_t pages;	 /* of it; 0: none */
	uint64_t size;	 /* bytes that are to come */
	uint64_t filled; /* of these */
};

#endif
