/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cache maintenance for guests (technique 1). Callers name why; which operations that takes on
 * this machine is decided once, from CTR_EL0 and FEAT_S2FWB, and written down as plans. Knows
 * nothing about VMs or mappings: core/gmem keeps track of what needs maintenance and revokes
 * permissions; this module owns no state but the machine's strategy.
 *
 * Locks: none. Barriers: when coh_do returns, the maintenance is complete for all CPUs of the
 * inner shareable domain (for MMU-off observers: of the system).
 */
#ifndef COH_COH_H
#define COH_COH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Why. docs/design/coh.md has the reasoning of each, with the Arm ARM's sections. */
enum coh_reason {
	COH_PAGE_TO_MMU_OFF_GUEST, /* before the page is mapped for a guest that accesses it past
				    * the caches: neither dirty lines (they would overwrite) nor
				    * clean ones (they would be hit later) may be left */
	COH_FIRST_FETCH, /* before the page becomes executable: what others wrote reaches PoU */
	COH_EXEC_LOST,	 /* after it has lost execute permission (no TLB has it any more), before
			  * its bytes change: no instruction cache keeps them */
	COH_EXEC_LOST_BY_ALL,	/* the same for all of memory: the range does not matter */
	COH_PAGE_CHANGES_OWNER, /* a page goes to another VM with its content */
	COH_READER_BEFORE,	/* EL2 reads what an MMU-off guest wrote past the caches */
	COH_WRITER_BEFORE, /* EL2 writes part of such a page; execute permission is gone already */
	COH_WRITER_AFTER,  /* and the MMU-off guest is to see it */
	COH_CACHES_ON,	   /* the guest turned its caches on: lines that our alias brought in while
			    * it wrote past them */
	COH_SET_WAY,	   /* the guest's set/way operation, on a present page */
	COH_REASON_COUNT,
};

/* Bytes; only few CPUs have longer lines. */
#define COH_LINE_USUAL 64U

enum coh_op {
	COH_OP_NONE,
	COH_OP_CLEAN_POU,     /* DC CVAU by line, where a line is not longer than COH_LINE_USUAL */
	COH_OP_CLEAN_POU_ANY, /* of lines that are */
	COH_OP_CLEAN_INV_POC, /* DC CIVAC by line */
	COH_OP_INV_I,	      /* IC IVAU by line, or IC IALLUIS, as the strategy says */
	COH_OP_INV_I_ALL,     /* IC IALLUIS */
};

enum coh_barrier {
	COH_BARRIER_NONE,
	COH_BARRIER_ISH, /* DSB ISH */
	COH_BARRIER_SY,	 /* DSB SY */
};

struct coh_plan {
	uint8_t op;	 /* enum coh_op */
	uint8_t barrier; /* enum coh_barrier, behind it */
};

enum coh_icache {
	COH_ICACHE_VPIPT,
	COH_ICACHE_RESERVED, /* was AIVIVT: treated as the worst */
	COH_ICACHE_VIPT,
	COH_ICACHE_PIPT,
};

/* This machine's way, fixed at boot. */
struct coh_strategy {
	uint64_t ctr;	/* the CTR_EL0 that it is for */
	uint32_t dline; /* bytes, smallest of all caches */
	uint32_t iline;
	enum coh_icache icache;
	bool idc; /* CTR_EL0.IDC: no clean to PoU needed */
	bool dic; /* CTR_EL0.DIC: no instruction cache invalidation needed */
	bool fwb;
	struct coh_plan plan[COH_REASON_COUNT];
};

/* Pure: the strategy for a CTR_EL0 (DDI 0487, D19.2, CTR_EL0) and FEAT_S2FWB in use or not. */
struct coh_strategy coh_strategy_for(uint64_t ctr, bool fwb);

/* Pure: the CTR_EL0 whose strategy serves two CPUs, with these CTR_EL0: the smaller lines, the
 * worse instruction cache, IDC and DIC only where both have them, no word on granules (CWG, ERG)
 * that differ. Its other fields are `a`'s. */
uint64_t coh_ctr_least(uint64_t a, uint64_t b);

/* Pure: does either of the two say what does not hold for both? */
static inline bool coh_ctr_differs(uint64_t a, uint64_t b)
{
	return coh_ctr_least(a, b) != a || coh_ctr_least(b, a) != b;
}

/* Sets the strategy of this machine. Boot CPU, before any guest runs; `ctr` is the least of all
 * CPUs' that are to run guests. Called again when there are more of them. */
void coh_setup(uint64_t ctr, bool fwb);
const struct coh_strategy *coh_strategy(void);

/* After coh_setup(), where a CPU may not clean without invalidating (ERRATA_CLEAN_INVALIDATES):
 * COH_OP_CLEAN_INV_POC takes the place of COH_OP_CLEAN_POU, with its barrier. */
void coh_never_clean(void);

/* "coherency: ..." as one line for the console and the monitor, at most COH_LINE_SIZE bytes with
 * the NUL. */
#define COH_LINE_SIZE 160U
void coh_describe(char *buf, size_t size);

/* What was done, for one VM. */
struct coh_counters {
	uint64_t pages_cleaned;	    /* data-cache operations, clean or clean and invalidate */
	uint64_t lines_invalidated; /* IC IVAU */
	uint64_t invalidated_all;   /* IC IALLUIS */
	uint64_t skipped_idc;	    /* pages */
	uint64_t skipped_dic;
};

/* Data-cache operations by line that pages_cleaned stands for. */
uint64_t coh_lines_cleaned(const struct coh_counters *counters);

/* Empties all instruction caches: from now on no memory has lines there but what is executable in
 * some translation (COH_EXEC_LOST). Boot CPU, when all CPUs run by the core's tables, before
 * memory that was executable before is given out. */
void coh_forget_boot(void);

/* Does what `reason` takes for [start, start + size) of EL2's addresses, both multiples of 4 KiB.
 */
void coh_do(enum coh_reason reason, uintptr_t start, size_t size, struct coh_counters *counters);

/* What executes plans, by range. Tests put their own in to leave one step out. */
struct coh_exec_ops {
	void (*clean_pou)(uintptr_t start, size_t size, size_t line);
	void (*clean_pou_any)(uintptr_t start, size_t size, size_t line);
	void (*clean_inv_poc)(uintptr_t start, size_t size, size_t line);
	void (*inv_i_va)(uintptr_t start, size_t size, size_t line);
	void (*inv_i_all)(void);
	void (*dsb_ish)(void);
	void (*dsb_sy)(void);
};

extern const struct coh_exec_ops coh_exec_arch; /* the instructions themselves */

/* For tests; NULL puts coh_exec_arch back. */
void coh_set_exec_ops(const struct coh_exec_ops *ops);

#endif
