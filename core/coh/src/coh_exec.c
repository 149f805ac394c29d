/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/barrier.h"
#include "arch/cache.h"
#include "base/bits.h"
#include "base/compiler.h"
#include "base/fmt.h"
#include "base/types.h"
#include "coh/coh.h"

/* From this size on, IC IALLUIS: the instruction caches hold less, and each IC IVAU is a message to
 * every CPU. */
#define INV_BY_VA_MAX KIB(64)

static struct coh_strategy strategy; /* written once, at boot */

/* 64 lines a turn for what fetch faults are made of, 32 for what guests wait for with their caches
 * off. Ranges are whole pages, so it comes out even where a page has that many lines; else, and for
 * what is rare, line by line. */
#define NEXT_LINE(operation)                                                                       \
	operation(start);                                                                          \
	start += line

#define NEXT_FOUR(operation)                                                                       \
	NEXT_LINE(operation);                                                                      \
	NEXT_LINE(operation);                                                                      \
	NEXT_LINE(operation);                                                                      \
	NEXT_LINE(operation)

#define NEXT_SIXTEEN(operation)                                                                    \
	NEXT_FOUR(operation);                                                                      \
	NEXT_FOUR(operation);                                                                      \
	NEXT_FOUR(operation);                                                                      \
	NEXT_FOUR(operation)

#define LINES_A_TURN(count) (line <= PAGE_SIZE / (count))

/* COH_OP_CLEAN_POU. Apart, since it is long. */
NOINLINE static void clean_pou(uintptr_t start, size_t size, size_t line)
{
	uintptr_t end = start + size;

	do {
		NEXT_SIXTEEN(arch_dc_cvau);
		NEXT_SIXTEEN(arch_dc_cvau);
		NEXT_SIXTEEN(arch_dc_cvau);
		NEXT_SIXTEEN(arch_dc_cvau);
	} while (start < end);
}

static void clean_pou_any(uintptr_t start, size_t size, size_t line)
{
	uintptr_t end = start + size;

	do {
		NEXT_LINE(arch_dc_cvau);
	} while (start < end);
}

static void clean_inv_poc(uintptr_t start, size_t size, size_t line)
{
	uintptr_t end = start + size;

	if (LIKELY(LINES_A_TURN(32U))) {
		do {
			NEXT_SIXTEEN(arch_dc_civac);
			NEXT_SIXTEEN(arch_dc_civac);
		} while (start < end);
		return;
	}
	do {
		NEXT_LINE(arch_dc_civac);
	} while (start < end);
}

static void inv_i_va(uintptr_t start, size_t size, size_t line)
{
	uintptr_t end = start + size;

	do {
		NEXT_LINE(arch_ic_ivau);
	} while (start < end);
}

const struct coh_exec_ops coh_exec_arch = {
	.clean_pou = clean_pou,
	.clean_pou_any = clean_pou_any,
	.clean_inv_poc = clean_inv_poc,
	.inv_i_va = inv_i_va,
	.inv_i_all = arch_ic_ialluis,
	.dsb_ish = arch_dsb_ish,
	.dsb_sy = arch_dsb_sy,
};

static const struct coh_exec_ops *set = &coh_exec_arch;

/* A constant but for tests: calls of it are the instructions. */
static inline const struct coh_exec_ops *exec(void)
{
	return PLINTH_HOST_BUILD ? set : &coh_exec_arch;
}

void coh_set_exec_ops(const struct coh_exec_ops *ops)
{
	set = ops != NULL ? ops : &coh_exec_arch;
}

void coh_setup(uint64_t ctr, bool fwb)
{
	strategy = coh_strategy_for(ctr, fwb);
}

void coh_never_clean(void)
{
	struct coh_plan *plan = &strategy.plan[COH_FIRST_FETCH]; /* no other one cleans alone */

	if (plan->op == COH_OP_CLEAN_POU || plan->op == COH_OP_CLEAN_POU_ANY) {
		plan->op = COH_OP_CLEAN_INV_POC;
	}
}

const struct coh_strategy *coh_strategy(void)
{
	return &strategy;
}

void coh_describe(char *buf, size_t size)
{
	static const char *const icaches[] = {"VPIPT", "unknown", "VIPT", "PIPT"};
	const char *clean = strategy.plan[COH_FIRST_FETCH].op == COH_OP_CLEAN_INV_POC
				    ? ", clean and invalidate to PoC"
				    : ", clean to PoU";

	fmt_buf(buf, size,
		"coherency: data lines %u B%s, instruction lines %u B, %s%s%s, guests %s",
		strategy.dline, strategy.idc ? " (IDC: no clean)" : clean, strategy.iline,
		icaches[strategy.icache],
		strategy.icache == COH_ICACHE_PIPT ? " by VA" : " as a whole",
		strategy.dic ? " (DIC: no invalidation)" : "",
		strategy.fwb ? "always write-back (FWB)" : "cleaned to PoC with caches off");
}

uint64_t coh_lines_cleaned(const struct coh_counters *counters)
{
	return counters->pages_cleaned * (PAGE_SIZE / strategy.dline);
}

/* Our address for the page is an alias of the guest's, so only a PIPT cache finds the guest's lines
 * by it (DDI 0487, D7.5.6). */
static void invalidate(uintptr_t start, size_t size, struct coh_counters *counters)
{
	if (strategy.icache == COH_ICACHE_PIPT && size <= INV_BY_VA_MAX) {
		exec()->inv_i_va(start, size, strategy.iline);
		counters->lines_invalidated += size / strategy.iline;
	} else {
		exec()->inv_i_all();
		counters->invalidated_all++;
	}
}

static void do_op(enum coh_op op, uintptr_t start, size_t size, struct coh_counters *counters)
{
	switch (op) {
	case COH_OP_CLEAN_POU_ANY:
		exec()->clean_pou_any(start, size, strategy.dline);
		counters->pages_cleaned += size / PAGE_SIZE;
		break;
	case COH_OP_CLEAN_INV_POC:
		exec()->clean_inv_poc(start, size, strategy.dline);
		counters->pages_cleaned += size / PAGE_SIZE;
		break;
	case COH_OP_INV_I:
		invalidate(start, size, counters);
		break;
	case COH_OP_INV_I_ALL:
		exec()->inv_i_all();
		counters->invalidated_all++;
		break;
	case COH_OP_CLEAN_POU: /* coh_do() */
	case COH_OP_NONE:
	default:
		break;
	}
}

static void note_skipped(enum coh_reason reason, size_t size, struct coh_counters *counters)
{
	if (strategy.idc && reason == COH_FIRST_FETCH) {
		counters->skipped_idc += size / PAGE_SIZE;
	}
	if (strategy.dic && reason == COH_EXEC_LOST) {
		counters->skipped_dic += size / PAGE_SIZE;
	}
}

NOINLINE static void do_any(
	enum coh_reason reason, uintptr_t start, size_t size, struct coh_counters *counters)
{
	const struct coh_plan *plan = &strategy.plan[reason];

	do_op((enum coh_op)plan->op, start, size, counters);
	if (plan->barrier == COH_BARRIER_ISH) {
		exec()->dsb_ish();
	} else if (plan->barrier == COH_BARRIER_SY) {
		exec()->dsb_sy();
	}
	if (UNLIKELY(plan->op == COH_OP_NONE)) {
		note_skipped(reason, size, counters);
	}
}

void coh_do(enum coh_reason reason, uintptr_t start, size_t size, struct coh_counters *counters)
{
	if (UNLIKELY(strategy.plan[reason].op != COH_OP_CLEAN_POU)) {
		do_any(reason, start, size, counters);
		return;
	}
	counters->pages_cleaned += size / PAGE_SIZE;
	exec()->clean_pou(start, size, strategy.dline);
	exec()->dsb_ish(); /* what this operation is planned with, always */
}

void coh_forget_boot(void)
{
	struct coh_counters nobodys = {0};

	coh_do(COH_EXEC_LOST_BY_ALL, 0, 0, &nobodys);
}
