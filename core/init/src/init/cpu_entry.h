/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a CPU needs to enter the core from its mailbox, read with the MMU off.
 */
#ifndef INIT_CPU_ENTRY_H
#define INIT_CPU_ENTRY_H

#define CPU_ENTRY_TTBR0	    0
#define CPU_ENTRY_TCR	    8
#define CPU_ENTRY_STACK_TOP 16
#define CPU_ENTRY_PERCPU    24
#define CPU_ENTRY_OFFSET    32

#define EARLY_STACK_SIZE 8192 /* the boot CPU's, until exits_run() */

#ifndef __ASSEMBLER__

#include <stdint.h>

struct cpu_entry {
	uint64_t ttbr0;
	uint64_t tcr;
	uint64_t stack_top;
	uint64_t percpu;
	uint64_t offset; /* physical to link address */
	uint64_t pad[3]; /* a cache line of its own */
};

#endif

#endif
