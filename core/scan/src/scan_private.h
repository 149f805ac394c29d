/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PAR_EL1, the spans of tables, and what an address turned out to be.
 */
#ifndef SCAN_PRIVATE_H
#define SCAN_PRIVATE_H

#include "arch/at.h"
#include "base/bits.h"
#include "scan/scan.h"

/* PAR_EL1 (DDI 0487, D19.2) */
#define PAR_F	       BIT(0)
#define PAR_FST_SHIFT  1U
#define PAR_FST_WIDTH  6U
#define PAR_SH_SHIFT   7U
#define PAR_SH_WIDTH   2U
#define PAR_S	       BIT(9)
#define PAR_PA	       UINT64_C(0x0000fffffffff000)
#define PAR_ATTR_SHIFT 56U
#define PAR_ATTR_WIDTH 8U

#define ATTR_NON_CACHEABLE 0x44U
#define SHARE_OUTER	   2U

#define FST_KIND(fst)  ((fst) >> 2)
#define FST_LEVEL(fst) ((unsigned)(fst)&3U)

enum fst_kind {
	FST_ADDRESS_SIZE = 0,
	FST_TRANSLATION = 1,
	FST_ACCESS_FLAG = 2,
	FST_PERMISSION = 3,
	FST_EXTERNAL_WALK = 5, /* the table of that level could not be read */
	FST_PARITY_WALK = 7,
};

#define LAST_LEVEL 3U

/* What is at an address. */
enum scan_kind {
	KIND_HOLE,   /* nothing, as far as one entry of `level` reaches */
	KIND_LEAF,   /* mapped: `piece` */
	KIND_ABSENT, /* stage 2, or an abort, stopped the walk */
};

struct scan_look {
	enum scan_kind kind;
	unsigned level;
	bool whole_half;      /* the hole is all of the half */
	uint64_t par;	      /* the last answer of the view's own forms */
	uint64_t write_fault; /* the page may not be written: what the first one said. Else 0 */
	struct libscan_range piece;
};

/* What one entry of the level covers. */
static inline uint64_t scan_span(const struct scan_half *half, unsigned level)
{
	return BIT(half->page_shift + (LAST_LEVEL - level) * (half->page_shift - 3U));
}

/* The last byte of the entry of that level that covers `gva`. */
static inline uint64_t scan_span_last(const struct scan_half *half, unsigned level, uint64_t gva)
{
	return gva | (scan_span(half, level) - 1U);
}

/* look.c: asks the CPU about scan->gva. */
void scan_look(struct scan *scan, struct scan_look *look);

/* AT by the forms of the view, for the quick loops in scan.c (arch/at.h). */
typedef uint64_t scan_at_fn(uint64_t gva);
typedef struct arch_at_answer scan_at_run_fn(uint64_t gva, uint64_t count, uint64_t expected,
	uint64_t step, uint64_t span, uint64_t relevant);
scan_at_run_fn *scan_write_run(const struct scan *scan);
scan_at_fn *scan_write_form(const struct scan *scan);
scan_at_fn *scan_read_form(const struct scan *scan);

/* That answer for a write to scan->gva is not to be asked for again. */
static inline void scan_told(struct scan *scan, uint64_t par)
{
	scan->told = par;
	scan->has_told = true;
}

/* An invalid entry, and nothing else, gives this answer. */
static inline bool scan_is_plain_hole(uint64_t par)
{
	return (par & (PAR_F | PAR_S)) == PAR_F &&
	       FST_KIND(FIELD_GET(par, PAR_FST)) == FST_TRANSLATION;
}

/* The permissions that the view is about. */
static inline uint32_t scan_shown(const struct scan *scan)
{
	uint32_t el1 = LIBSCAN_R1 | LIBSCAN_W1;
	uint32_t el0 = LIBSCAN_R0 | LIBSCAN_W0;

	return (scan->request.view == SCAN_EL0 ? 0U : el1) |
	       (scan->request.view == SCAN_EL1 ? 0U : el0);
}

/* walk.c: reads the guest's tables. */
struct scan_leaf {
	uint64_t descriptor;
	uint64_t rights; /* the tables' bits 63 to 59, or-ed; 0 where they do not count */
	unsigned level;
};

enum scan_walk {
	WALK_LEAF,
	WALK_HOLE, /* at `level` the entry is invalid */
	WALK_LOST, /* the table of `level` is in no memory */
};

enum scan_walk scan_walk(struct scan *scan, uint64_t gva, struct scan_leaf *leaf);

/* Execute permissions of a leaf: LIBSCAN_X1, LIBSCAN_X0. */
uint32_t scan_exec_of(const struct scan *scan, const struct scan_leaf *leaf);

#endif
