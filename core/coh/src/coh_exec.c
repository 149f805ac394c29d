/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/barrier.h"
#include "arch/cache.h"
#include "base/bits.h"
#include "base/check.h"
#include "base/fmt.h"
#include "base/types.h"
#include "coh/coh.h"

/* From this size on, IC IALLUIS: the instruction caches hold less, and each IC IVAU is a message to
 * every CPU. */
#define INV_BY_VA_MAX KIB(64)

static struct coh_strategy strategy; /* written once, at boot */

static void clean_pou(uintptr_t start, size_t size, size_t line)
{
	for (uintptr_t va = start; va < start + size; va += line) {
		arch_dc_cvau(va);
	}
}

static void clean_inv_poc(uintptr_t start, size_t size, size_t line)
{
	for (uintptr_t va = start; va < start + size; va += line) {
		arch_dc_civac(va);
	}
}

static void inv_i_va(uintptr_t start, size_t size, size_t line)
{
	for (uintptr_t va = start; va < start + size; va += line) {
		arch_ic_ivau(va);
	}
}

const struct coh_exec_ops coh_exec_arch = {
	.clean_pou = clean_pou,
	.clean_inv_poc = clean_inv_poc,
	.inv_i_va = inv_i_va,
	.inv_i_all = arch_ic_ialluis,
	.dsb_ish = arch_dsb_ish,
	.dsb_sy = arch_dsb_sy,
};

static const struct coh_exec_ops *exec = &coh_exec_arch;

void coh_set_exec_ops(const struct coh_exec_ops *ops)
{
	exec = ops != NULL ? ops : &coh_exec_arch;
}

void coh_setup(uint64_t ctr, bool fwb)
{
	strategy = coh_strategy_for(ctr, fwb);
}

const struct coh_strategy *coh_strategy(void)
{
	return &strategy;
}

void coh_describe(char *buf, size_t size)
{
	static const char *const icaches[] = {"VPIPT", "unknown", "VIPT", "PIPT"};

	fmt_buf(buf, size,
		"coherency: data lines %u B%s, instruction lines %u B, %s%s%s, guests %s",
		strategy.dline, strategy.idc ? " (IDC: no clean)" : ", clean to PoU",
		strategy.iline, icaches[strategy.icache],
		strategy.icache == COH_ICACHE_PIPT ? " by VA" : " as a whole",
		strategy.dic ? " (DIC: no invalidation)" : "",
		strategy.fwb ? "always write-back (FWB)" : "cleaned to PoC with caches off");
}

typedef void range_fn(uintptr_t start, size_t size, size_t line);

static void for_ranges(
	range_fn *fn, const struct coh_range *ranges, unsigned count, size_t line, uint64_t *lines)
{
	for (unsigned i = 0; i < count; i++) {
		fn(ranges[i].start, ranges[i].size, line);
		*lines += ranges[i].size / line;
	}
}

static size_t total_size(const struct coh_range *ranges, unsigned count)
{
	size_t size = 0;

	for (unsigned i = 0; i < count; i++) {
		size += ranges[i].size;
	}
	return size;
}

/* Our address for the page is an alias of the guest's, so only a PIPT cache finds the guest's lines
 * by it (DDI 0487, D7.5.6). */
static void invalidate(
	const struct coh_range *ranges, unsigned count, struct coh_counters *counters)
{
	if (strategy.icache == COH_ICACHE_PIPT && total_size(ranges, count) <= INV_BY_VA_MAX) {
		for_ranges(exec->inv_i_va, ranges, count, strategy.iline,
			&counters->lines_invalidated);
	} else {
		exec->inv_i_all();
		counters->invalidated_all++;
	}
}

static void do_op(enum coh_op op, const struct coh_range *ranges, unsigned count,
	struct coh_counters *counters)
{
	switch (op) {
	case COH_OP_CLEAN_POU:
		for_ranges(
			exec->clean_pou, ranges, count, strategy.dline, &counters->lines_cleaned);
		counters->pages_cleaned += total_size(ranges, count) / PAGE_SIZE;
		break;
	case COH_OP_CLEAN_INV_POC:
		for_ranges(exec->clean_inv_poc, ranges, count, strategy.dline,
			&counters->lines_cleaned);
		counters->pages_cleaned += total_size(ranges, count) / PAGE_SIZE;
		break;
	case COH_OP_INV_I:
		invalidate(ranges, count, counters);
		break;
	case COH_OP_DSB_ISH:
		exec->dsb_ish();
		break;
	case COH_OP_DSB_SY:
		exec->dsb_sy();
		break;
	case COH_OP_END:
	case COH_OP_COUNT:
	default:
		PANIC("coherency plan with operation %d", (int)op);
	}
}

void coh_do(enum coh_reason reason, const struct coh_range *ranges, unsigned count,
	struct coh_counters *counters)
{
	const struct coh_plan *plan = &strategy.plan[reason];

	for (unsigned i = 0; i < COH_PLAN_MAX && plan->op[i] != COH_OP_END; i++) {
		do_op((enum coh_op)plan->op[i], ranges, count, counters);
	}
	if (reason == COH_FIRST_FETCH) {
		uint64_t pages = total_size(ranges, count) / PAGE_SIZE;

		counters->skipped_idc += strategy.idc ? pages : 0U;
		counters->skipped_dic += strategy.dic ? pages : 0U;
	}
}
