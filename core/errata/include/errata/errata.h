/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is wrong with this machine's CPUs, as far as Plinth does something about it: one table row
 * for each erratum or vulnerability. Each CPU adds what it needs before it runs a guest; actions
 * are the union over all CPUs, since vCPUs move between them.
 */
#ifndef ERRATA_ERRATA_H
#define ERRATA_ERRATA_H

#include <stdbool.h>
#include <stdint.h>

#include "base/atomic.h"

/* Who has to do what. */
enum errata_action {
	/* core/exits, core/vcpu, core/s2: while VTTBR_EL2 and the EL1 translation registers belong
	 * to different vCPUs, no stage-1 walk can begin: errata_walks_stop() to _resume(). */
	ERRATA_SPECULATIVE_AT = 1U << 0,
	/* core/exits: HPFAR_EL2 of a stage-2 fault may hide a stage-1 fault of a load that crosses
	 * from a page into the next: translate FAR_EL2 again with AT before it is used, and resume
	 * the guest where that faults. */
	ERRATA_RECHECK_HPFAR = 1U << 1,
	/* core/init: CTR_EL0.DIC lies: core/coh is given a CTR_EL0 without it. */
	ERRATA_IGNORE_DIC = 1U << 2,
	/* core/s2: every broadcast TLBI is done twice, with a DSB between. */
	ERRATA_REPEAT_TLBI = 1U << 3,
	/* core/init: coh_never_clean(): no DC CVAU, which core/coh alone does. */
	ERRATA_CLEAN_INVALIDATES = 1U << 4,
};

/* What a CPU's vectors do ahead of EL2's first branch, so that nothing that a guest has taught its
 * branch predictors steers EL2, or another VM behind it (Spectre v2, Spectre BHB). */
enum errata_defence {
	ERRATA_DEFENCE_NONE,	 /* not needed, or there is none: errata_report() tells which */
	ERRATA_DEFENCE_HISTORY,	 /* a loop of branches, `argument` rounds, then CLRBHB */
	ERRATA_DEFENCE_FIRMWARE, /* SMC, `argument` is the function */
};

struct errata_predictors {
	enum errata_defence defence;
	uint32_t argument;
};

/* SMCCC functions of DEN0028 that guests ask about. */
#define ERRATA_ARCH_WORKAROUND_1 UINT32_C(0x80008000)
#define ERRATA_ARCH_WORKAROUND_2 UINT32_C(0x80007fff)
#define ERRATA_ARCH_WORKAROUND_3 UINT32_C(0x80003fff)

/* Boot CPU, once, before errata_add_cpu(): asks the firmware what it offers. conduit: enum
 * boot_conduit; firmware that answers by HVC cannot be asked from EL2. */
void errata_init(uint32_t conduit);

/* Each CPU, before it runs a guest: reads its MIDR_EL1 and ID registers, asks the firmware about
 * it, and turns the firmware's mitigation of Spectre v4 on for good where it can be switched.
 * Answers what this CPU's vectors have to do. CPUs may do this at the same time. */
struct errata_predictors errata_add_cpu(void);

extern uint32_t errata_actions; /* of errata.c alone to write */

/* Does any CPU need this? Constant after bring-up. */
static inline bool errata_needs(enum errata_action action)
{
	return (load_relaxed(&errata_actions) & (uint32_t)action) != 0U;
}

/* Calls put for each row that applies to some CPU, in the table's order: its name and what is
 * done. */
void errata_report(void (*put)(void *ctx, const char *name, const char *action), void *ctx);

/* What SMCCC_ARCH_FEATURES answers a guest that asks for `function` (one of the three above; any
 * other is -1): 0 needed and offered, 1 not needed, -1 not supported. From the firmware's answers
 * on all CPUs, since a vCPU may run on any: 0 where one says so, else -1 where one does; without
 * the firmware's word, from the ID registers (CSV2, SSBS). ARCH_WORKAROUND_2 is never 0: the
 * mitigation stays on, so nobody needs to switch it. A guest's call of one of the three has nothing
 * left to do where the answer is not -1: the exit that it makes has done it. */
int32_t errata_arch_features(uint32_t function);

/* ERRATA_SPECULATIVE_AT: an AT instruction that EL2 executes by speculation alone may fill the TLB
 * from whatever EL1 registers and VTTBR_EL2 are there. Both of EPD0 and EPD1 stop walks, but with
 * SCTLR_EL1.M off there is nothing to walk, and flat entries would be made: so M is on meanwhile.
 */
struct errata_walks {
	uint64_t tcr; /* TCR_EL1, SCTLR_EL1 as they were */
	uint64_t sctlr;
};

#define ERRATA_WALKS_TCR   UINT64_C(0x800080) /* EPD1, EPD0 */
#define ERRATA_WALKS_SCTLR UINT64_C(1)	      /* M */

/* Where errata_needs(ERRATA_SPECULATIVE_AT): stops stage-1 walks, with the ISBs, before VTTBR_EL2
 * or EL1's translation registers change; *was says what to resume with, if it is wanted. Else
 * costs one test, and leaves *was alone. */
void errata_walks_stop(struct errata_walks *was);

/* Puts SCTLR_EL1 and TCR_EL1 back when all others are right, with an ISB before; the one behind is
 * the caller's (or the ERET). Only where errata_needs(ERRATA_SPECULATIVE_AT). */
void errata_walks_resume(const struct errata_walks *was);

#endif
