/* SPDX-License-Identifier: Apache-2.0 */
/*
 * boot's own address space: identity, four levels of 4 KiB tables for 48 bits (DDI 0487, D8.3),
 * for EL2 or, so that boot can say why it can't run there, EL1. Mappings are only ever added.
 */
#ifndef PAGING_PAGING_H
#define PAGING_PAGING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/status.h"

#define PAGING_ENTRIES 512U

enum paging_kind {
	PAGING_RAM,    /* Normal, write-back, inner shareable; RW, XN */
	PAGING_CODE,   /* the same memory type; RO, executable */
	PAGING_DEVICE, /* Device-nGnRE; RW, XN */
};

struct paging {
	uint64_t (*table)[PAGING_ENTRIES]; /* page-aligned; [0] is the root */
	uint32_t count;			   /* in use, the first ones */
	uint32_t table_max;
	bool enabled;
	bool two_regimes; /* the translation regime has two VA ranges (EL1, or EL2 with E2H = 1) */
};

/* `tables` are table_max pages of any content; each is cleared when it is taken, and while the MMU
 * is off its cache lines are written back and dropped before. */
void paging_init(struct paging *paging, uint64_t (*tables)[PAGING_ENTRIES], uint32_t table_max,
	bool two_regimes);

/* Maps all pages that [base, base + size) touches; those that are mapped already stay as they
 * are. The tables may be in use: paging_sync() afterwards makes the new pages usable.
 * ENOMEM: out of tables; a part has been mapped. ERANGE: the range leaves the 48 bits. */
enum plinth_status paging_map(
	struct paging *paging, uint64_t base, uint64_t size, enum paging_kind kind);

/* Completes the stores to tables that are in use (DDI 0487, D8.14: from invalid to valid needs no
 * TLB invalidation). */
void paging_sync(void);

/* Turns MMU and caches on at the current exception level, and allows FP there. [image, image_end)
 * is what has been written with the MMU off: its stale cache lines are discarded. */
void paging_enable(struct paging *paging, uint64_t image, uint64_t image_end);

#endif
