/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is mapped in a guest's virtual address space, found with the CPU's own translation: AT on
 * an address, PAR_EL1, and on by the span of the entry that stopped it (DDI 0487, D8.15;
 * docs/design/scan.md). No table of the guest is read, save in the two cases below, which are
 * counted in scan.reads:
 * - scan.exec: execute permission and leaf sizes are in the leaf descriptors alone.
 * - Stage 2 stopped the walk (PAR_EL1.S): AT does not tell where. The way to the missing table is
 *   read, which makes it present.
 *
 * Nothing here loads registers: while scan_begin() and scan_step() run, the vCPU's stage 1 and
 * stage 2 must be in this CPU's registers, and the caller keeps its PAR_EL1. No locks, no globals.
 */
#ifndef SCAN_SCAN_H
#define SCAN_SCAN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "base/types.h"
#include "libscan/libscan.h"

/* One half of the address space (DDI 0487, D8.2). */
struct scan_half {
	uint64_t base;
	uint64_t last;
	uint64_t table;	       /* where its walk starts */
	uint8_t page_shift;    /* 12, 14 or 16 */
	uint8_t start_level;   /* 0 to 3 */
	bool off;	       /* TCR_EL1.EPDn: nothing translates */
	bool is_flat;	       /* MMU off: the addresses themselves */
	bool has_no_hierarchy; /* TCR_EL1.HPDn: tables' own permissions do not count */
};

/* What the registers say of a vCPU's stage 1, decoded. */
struct scan_regime {
	struct scan_half half[2]; /* lower, upper */
	bool sets_access_flag;	  /* TCR_EL1.HA: AT may set it, in the guest's tables */
	bool write_implies_xn;	  /* SCTLR_EL1.WXN */
};

/* From SCTLR_EL1, TCR_EL1, TTBR0_EL1, TTBR1_EL1, ID_AA64MMFR0_EL1 and ID_AA64MMFR2_EL1. A granule
 * that the CPU has not, or that no encoding stands for, is taken as 4 KiB: its spans are those that
 * skip least. Pure. */
struct scan_registers {
	uint64_t sctlr;
	uint64_t tcr;
	uint64_t ttbr[2];
	uint64_t mmfr0;
	uint64_t mmfr2;
};

struct scan_regime scan_regime_of(const struct scan_registers *registers);

/* The same of the vCPU whose registers are in this CPU. */
struct scan_regime scan_regime_now(void);

/* The half that holds `gva`, or NULL: no half does. */
const struct scan_half *scan_half_of(const struct scan_regime *regime, uint64_t gva);

enum scan_view {
	SCAN_EL1,  /* permissions of EL1, for all that is mapped */
	SCAN_EL0,  /* what EL0 may read or write */
	SCAN_BOTH, /* permissions of both, for all that is mapped */
};

/* Reads 8 bytes of guest memory, through whatever makes them present. Not OK: there are none. */
typedef enum plinth_status scan_read_fn(void *ctx, ipa_t ipa, uint64_t *value);

struct scan_request {
	uint64_t from; /* both inclusive */
	uint64_t to;
	enum scan_view view;
	bool exec;	/* read the leaf descriptors too */
	bool split_gpa; /* a range ends where the GPA jumps */
	scan_read_fn *read;
	void *read_ctx;
};

struct scan_counts {
	uint64_t at;	/* AT instructions */
	uint64_t reads; /* of the guest's tables, 8 bytes each */
	uint64_t lost;	/* spans that stage 2 or an external abort hid */
	uint64_t raced; /* AT and what was read told different things */
};

/* The position of a scan: what it takes to go on. Its holder's. */
struct scan {
	struct scan_regime regime;
	struct scan_request request;
	struct scan_counts counts;
	struct libscan_merge merge;
	const struct scan_half *half; /* of `gva`; one of regime.half */
	uint64_t gva;		      /* not looked at yet */
	uint64_t first_fault; /* PAR_EL1 of the first address that did not translate, or 0 */
	int32_t credit;
	bool at_end;
	bool retried;  /* stage 2 stopped this address once already, and was answered */
	bool has_told; /* AT for a write to `gva` was done already: `told` */
	uint64_t told;
	struct {
		uint64_t base; /* the table of the last level on the way to `prefix`, 0: none */
		uint64_t prefix;
		uint64_t rights; /* what the tables above it take away */
		unsigned level;
	} cache; /* of scan.exec, for one step */
};

/* At request.from, which is rounded down to a page of its half, or goes to the next half's start.
 * *scan need not be initialised; regime is copied. */
void scan_begin(
	struct scan *scan, const struct scan_regime *regime, const struct scan_request *request);

enum scan_result {
	SCAN_MORE,  /* the step's work is done: call again */
	SCAN_RANGE, /* *range is finished: call again */
	SCAN_DONE,  /* nothing is left, and *range is untouched */
};

/* One bounded step: at most 10,000 instructions, with those of request.read where that takes up to
 * 1,200 for memory that is not present and 250 for memory that is. */
enum scan_result scan_step(struct scan *scan, struct libscan_range *range);

/* Reads the descriptors on the way to `gva`, as far as it leads, for what `read` does with their
 * memory: at most four, one of each level. False: there is no way, or a table on it is in no
 * memory. Bits 63 to 56 of `gva` do not count, as for AT where they may be a tag. */
bool scan_read_way(
	const struct scan_regime *regime, uint64_t gva, scan_read_fn *read, void *read_ctx);

#endif
