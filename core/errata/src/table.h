/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rows: what is wrong, on which CPUs, what is done.
 */
#ifndef ERRATA_TABLE_H
#define ERRATA_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "errata/errata.h"

#define MIDR_MODEL_MASK UINT32_C(0xff00fff0) /* implementer, part */

#define MODEL(implementer, part) ((uint32_t)(implementer) << 24 | (uint32_t)(part) << 4)
#define ARM(part)		 MODEL(0x41, part)

/* How a CPU stands to Spectre v2 and BHB. */
enum predictors {
	PREDICTORS_SAFE,
	PREDICTORS_HISTORY,   /* each exit clears the history: enough */
	PREDICTORS_FIRMWARE,  /* the firmware clears all at each exit */
	PREDICTORS_OPEN,      /* it would have to, and offers nothing */
	PREDICTORS_REMEMBERS, /* of its history alone: nothing is known that clears it */
};

/* What a CPU says of itself, and what predictors.c makes of it. */
struct errata_cpu {
	uint64_t midr;
	uint64_t ctr;
	uint64_t pfr0;
	uint64_t pfr1;
	uint64_t isar2;
	uint64_t mmfr1;
	enum predictors predictors;
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
