/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From reasons to operations: pure.
 */
#include "base/bits.h"
#include "base/compiler.h"
#include "base/string.h"
#include "coh/coh.h"

/* CTR_EL0 (DDI 0487, D19.2). Line sizes are log2 of 4-byte words. */
#define CTR_EL0_IminLine_SHIFT 0U
#define CTR_EL0_IminLine_WIDTH 4U
#define CTR_EL0_L1Ip_SHIFT     14U
#define CTR_EL0_L1Ip_WIDTH     2U
#define CTR_EL0_DminLine_SHIFT 16U
#define CTR_EL0_DminLine_WIDTH 4U
#define CTR_EL0_GRANULES       UINT64_C(0x0ff00000) /* ERG, CWG */
#define CTR_EL0_IDC	       BIT(28)
#define CTR_EL0_DIC	       BIT(29)

#define WORD 4U

/*
 * FIRST_FETCH (DDI 0487, B2.7.4, "Synchronization and coherency issues between data and instruction
 * accesses"): the stores reach PoU; DSB, so that no CPU fetches by the new mapping before. With IDC
 * the stores still have to be complete. The ERET is the context synchronisation on this CPU, the
 * exception that brings another to the mapping on others.
 */
static const struct coh_plan clean = {COH_OP_CLEAN_POU, COH_BARRIER_ISH};
static const struct coh_plan clean_any = {COH_OP_CLEAN_POU_ANY, COH_BARRIER_ISH};

/*
 * EXEC_LOST: what is execute-never is not fetched, not speculatively either (DDI 0487, D8.4.4), so
 * lines that are gone when it begins do not come back until the page is executable again, and
 * FIRST_FETCH needs no invalidation of its own. DSB: done before the bytes change.
 */
static const struct coh_plan forget = {COH_OP_INV_I, COH_BARRIER_ISH};
static const struct coh_plan forget_all = {COH_OP_INV_I_ALL, COH_BARRIER_ISH};

/* An observer past the caches (DDI 0487, D7.5, and D4 on PoC): system-wide barrier, since an
 * MMU-off CPU's accesses are Device or Non-cacheable and go to the end point. */
static const struct coh_plan to_poc = {COH_OP_CLEAN_INV_POC, COH_BARRIER_SY};

static const struct coh_plan nothing = {COH_OP_NONE, COH_BARRIER_NONE};
static const struct coh_plan stores_done = {COH_OP_NONE, COH_BARRIER_ISH};

/* FEAT_S2FWB: stage 2 makes every guest access write-back, so there is no observer past the caches
 * but the guest's devices, which it cares for itself (DDI 0487, D8.6.6). */
static struct coh_plan plan_for(enum coh_reason reason, const struct coh_strategy *s)
{
	switch (reason) {
	case COH_FIRST_FETCH:
		if (s->idc) {
			return stores_done;
		}
		return s->dline <= COH_LINE_USUAL ? clean : clean_any;
	case COH_EXEC_LOST:
		return s->dic ? nothing : forget;
	case COH_EXEC_LOST_BY_ALL:
		return s->dic ? nothing : forget_all;
	case COH_PAGE_TO_MMU_OFF_GUEST:
	case COH_WRITER_AFTER:
		return s->fwb ? stores_done : to_poc;
	case COH_PAGE_CHANGES_OWNER:
	case COH_READER_BEFORE:
	case COH_WRITER_BEFORE:
	case COH_CACHES_ON:
		return s->fwb ? nothing : to_poc;
	case COH_SET_WAY:
		return to_poc; /* what the guest asked for, FWB or not: a device may be behind it */
	case COH_REASON_COUNT:
	default:
		return nothing;
	}
}

static uint64_t least_of(uint64_t a, uint64_t b, uint64_t mask)
{
	return min_u64(a & mask, b & mask);
}

uint64_t coh_ctr_least(uint64_t a, uint64_t b)
{
	/* IDC and DIC as one-bit numbers; L1Ip's values are in the order of what they allow. */
	static const uint64_t masks[] = {
		FIELD_MASK(CTR_EL0_IminLine),
		FIELD_MASK(CTR_EL0_L1Ip),
		FIELD_MASK(CTR_EL0_DminLine),
		CTR_EL0_IDC,
		CTR_EL0_DIC,
	};
	uint64_t least = a;

	for (unsigned i = 0; i < ARRAY_SIZE(masks); i++) {
		least = (least & ~masks[i]) | least_of(a, b, masks[i]);
	}
	/* 0 is "unknown": software takes the largest that there may be. */
	return ((a ^ b) & CTR_EL0_GRANULES) != 0U ? least & ~CTR_EL0_GRANULES : least;
}

struct coh_strategy coh_strategy_for(uint64_t ctr, bool fwb)
{
	struct coh_strategy s;

	memset(&s, 0, sizeof(s));
	s.ctr = ctr;
	s.dline = (uint32_t)(WORD << FIELD_GET(ctr, CTR_EL0_DminLine));
	s.iline = (uint32_t)(WORD << FIELD_GET(ctr, CTR_EL0_IminLine));
	s.icache = (enum coh_icache)FIELD_GET(ctr, CTR_EL0_L1Ip);
	s.idc = (ctr & CTR_EL0_IDC) != 0U;
	s.dic = (ctr & CTR_EL0_DIC) != 0U;
	s.fwb = fwb;
	for (unsigned i = 0; i < COH_REASON_COUNT; i++) {
		s.plan[i] = plan_for((enum coh_reason)i, &s);
	}
	return s;
}
