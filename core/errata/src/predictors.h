/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Branch predictors that guests have trained: how a CPU stands to it, and what its vectors do.
 */
#ifndef ERRATA_PREDICTORS_H
#define ERRATA_PREDICTORS_H

#include <stdint.h>

#include "errata/errata.h"
#include "table.h"

/* SMCCC_ARCH_WORKAROUND_1 to 3, by what they are against. */
enum workaround { BRANCHES, BYPASS, HISTORY, WORKAROUND_COUNT };

/* What SMCCC_ARCH_FEATURES says of one of them (DEN0028, 7.3). */
#define NEEDED	      0
#define NOT_NEEDED    1
#define NOT_SUPPORTED (-1)

/* Sets cpu->predictors. answers: the firmware's, or the ID registers' where it has none. */
struct errata_predictors predictors_judge(
	struct errata_cpu *cpu, const int32_t answers[WORKAROUND_COUNT]);

#endif
