/* SPDX-License-Identifier: Apache-2.0 */
/* Small parts of a VM and of a vCPU: counts, where its images and variables are, its debugger. */
#ifndef VM_VM_PARTS_H
#define VM_VM_PARTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/types.h"
#include "debugregs/debugregs.h"
#include "timerq/timerq.h"

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

/* Where a VM's variables are in the host's firmware: vm_uefi.c's. */
struct vm_nvram {
	uint64_t generation; /* the highest so far */
	uint64_t due;	     /* CNTPCT_EL0: not written before, unless Plinth ends */
	unsigned slot;	     /* of the newest image */
	uint32_t is_dirty;   /* atomic: there are changes that it has not */
	uint32_t is_watched; /* atomic: whoever read them is to be told of the next change */
	bool is_persistent;  /* immutable */
	bool has_failed;     /* the last image: under vm_uefi.c's lock */
};

/* Devices of the machine that it has: vm_devices.c's, under vm->lock. */
struct vm_devices {
	bool run;	  /* since vm_devices_start() */
	uint32_t stopped; /* STOPPING: as many are reset */
	bool is_loud;	  /* one of them cannot be */
	bool is_reported; /* that; the worker's */
};

/* Why a vCPU has stopped for a debugger (vm/vm_debug.h). */
enum vm_debug_why {
	VM_DEBUG_NO_STOP,
	VM_DEBUG_PATCH,	     /* a BRK of the debugger */
	VM_DEBUG_BREAKPOINT, /* one in a register */
	VM_DEBUG_WATCHPOINT,
	VM_DEBUG_STEP,
};

/* By the vCPU's own CPU, before it comes to rest. */
struct vm_debug_stop {
	enum vm_debug_why why;
	uint64_t esr; /* ESR_EL2 */
	uint64_t far; /* FAR_EL2 of a watchpoint */
	uint32_t run; /* vm_debug.runs at that time: it counts till the VM is let run again */
};

/* Under vm->lock. The vCPUs look at `registers`, which change only while they are at rest. */
struct vm_debug {
	uint32_t ticket;  /* 0: there is no debugger */
	bool is_attached; /* the vCPUs are its */
	bool has_paused;  /* the VM is PAUSED on its account: it runs when the session ends */
	bool runs_alone;  /* only vCPU `meant` may run: the others are to have SCHED_HOLD_DEBUG */
	uint32_t meant;	  /* of the last run: one of the VM's vCPUs, or VM_DEBUG_NONE */
	uint32_t runs;	  /* how often it was let run */
	uint64_t masked;  /* PSTATE bits that were set for its step */
	uint64_t from_pc; /* where that began */
	uint64_t heard;	  /* CNTPCT_EL0 of its last call */
	struct timer timer;
	struct debugregs_debugger registers;
};

#endif
