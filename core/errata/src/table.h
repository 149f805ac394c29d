/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rows: what is wrong, on which CPUs, what is done.
 */
#ifndef ERRATA_TABLE_H
#define ERRATA_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "errata/errata.h"

/* What a CPU says of itself, and its firmware of it. */
struct errata_cpu {
	uint64_t midr;
	uint64_t ctr;
	uint64_t pfr0;
	uint64_t pfr1;
	bool flushes; /* the firmware offers a call that a CPU of this kind needs */
};

struct errata_row {
	const char *name;
	const char *text; /* what is done */
	uint32_t action;  /* enum errata_action */
	/* A CPU model (implementer and part of MIDR_EL1), and the revisions from first to last
	 * (variant << 4 | revision); model 0: any. */
	uint32_t model;
	uint8_t first;
	uint8_t last;
	/* A further condition, or NULL. */
	bool (*applies)(const struct errata_cpu *cpu);
};

#define ERRATA_ROW_MAX 32U

extern const struct errata_row errata_rows[];
extern const unsigned errata_row_count;

bool errata_row_applies(const struct errata_row *row, const struct errata_cpu *cpu);

#endif
