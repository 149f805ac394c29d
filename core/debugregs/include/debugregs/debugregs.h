/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A vCPU's debug registers (op0 = 2). MDCR_EL2.TDA traps the whole group, since MDCCSR_EL0 is the
 * backdoor's instruction and MDSCR_EL1.TDCC must never reach the hardware (it would send an EL0
 * process's call to EL1). Breakpoints, watchpoints and single step are real all the same: while
 * the guest uses them, the hardware holds its values. The debug communications channel and the
 * external debugger's registers are shadows that nobody listens to.
 * A debugger outside the VM takes the hardware for itself: then the guest's own are shadows alone,
 * as it reads and writes them, and come back when the debugger goes.
 * No locks: a vCPU's own CPU calls these, or whoever holds it still while it is not loaded.
 */
#ifndef DEBUGREGS_DEBUGREGS_H
#define DEBUGREGS_DEBUGREGS_H

#include <stdbool.h>
#include <stdint.h>

#include "a64/sysreg.h"

#define DEBUGREGS_PAIR_MAX 16U

/* A control and a value register. */
struct debugregs_pair {
	uint64_t control;
	uint64_t value;
};

/* A debugger's own, of all vCPUs of a VM. */
struct debugregs_debugger {
	struct debugregs_pair breakpoint[DEBUGREGS_PAIR_MAX];
	struct debugregs_pair watchpoint[DEBUGREGS_PAIR_MAX];
};

struct debugregs {
	uint64_t mdscr; /* as the guest wrote it, TDCC and all */
	uint64_t mdccint;
	uint64_t oseccr;
	uint64_t dtr_rx; /* OSDTRRX_EL1 */
	uint64_t dtr_tx; /* OSDTRTX_EL1 */
	uint64_t prcr;
	uint64_t claim; /* tags that are set */
	bool os_locked;
	bool loaded; /* this vCPU is on a CPU */
	/* BRK traps to EL2 (MDCR_EL2.TDE), and so would all that the guest's breakpoints give: they
	 * stay shadows. For a VM whose BRK is a call: before the first load; for a debugger. These
	 * four survive a reset. */
	bool brk_traps;
	bool brk_is_call;
	bool steps;				   /* the debugger's MDSCR_EL1.SS */
	const struct debugregs_debugger *debugger; /* NULL: none */
	struct debugregs_pair breakpoint[DEBUGREGS_PAIR_MAX];
	struct debugregs_pair watchpoint[DEBUGREGS_PAIR_MAX];
};

enum debugregs_result {
	DEBUGREGS_DONE,	  /* *value holds what a read got */
	DEBUGREGS_INJECT, /* the guest's EL1 gets this trap itself: EC 0x18 with the original ISS */
	DEBUGREGS_UNDEF,  /* no such register here: EC 0 */
};

/* Each CPU, before it runs a guest: unlocks the hardware's OS locks, turns debug exceptions off and
 * takes the number of breakpoints and watchpoints from ID_AA64DFR0_EL1. */
void debugregs_init_cpu(void);

/* How many breakpoints, and watchpoints, there are. */
unsigned debugregs_breakpoints(void);
unsigned debugregs_watchpoints(void);

/* Of a vCPU that is not loaded: a VM whose BRK is a call (`brk_is_call`), once; a debugger comes,
 * or goes (NULL), which changes its registers as it likes while the vCPU is not loaded; and whether
 * the vCPU takes one step when it is loaded: SPSR_EL2.SS is the caller's. With a debugger, EL2 gets
 * all debug exceptions of the vCPU, BRK among them. */
void debugregs_init(struct debugregs *regs, bool brk_is_call);
void debugregs_attach(struct debugregs *regs, const struct debugregs_debugger *debugger);
void debugregs_step(struct debugregs *regs, bool steps);

/* The state after a reset of the PE: OS lock set, all else 0. */
void debugregs_reset(struct debugregs *regs);

/* The vCPU comes onto this CPU, or leaves it. Both cost nothing but one test while the guest has
 * debug exceptions off. An exception return must follow a load (no ISB here). */
void debugregs_load(struct debugregs *regs);
void debugregs_put(struct debugregs *regs);

/* A trapped access: reg with op0 = 2 (others: UNDEF), from EL0 or EL1 (`el`), to or from *value.
 * The vCPU is loaded. A call of the backdoor has been recognised before. DDI 0487, D19.3. */
enum debugregs_result debugregs_access(
	struct debugregs *regs, a64_sysreg_t reg, unsigned el, bool write, uint64_t *value);

#endif
