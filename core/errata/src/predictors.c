/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arm's "Spectre-BHB: Speculative Target Reuse Attacks" has the models, their rounds, and the loop.
 */
#include "predictors.h"

#include "base/bits.h"
#include "base/compiler.h"

#define PFR0_CSV2_SHIFT	   56U
#define PFR0_CSV2_WIDTH	   4U
#define CSV2_HISTORY	   3U /* FEAT_CSV2_3: contexts do not share their history either */
#define MMFR1_ECBHB_SHIFT  60U
#define MMFR1_ECBHB_WIDTH  4U
#define ISAR2_CLRBHB_SHIFT 28U
#define ISAR2_CLRBHB_WIDTH 4U

/* In order, or nearly: nothing is executed behind a predicted indirect branch. */
static bool does_not_speculate(uint32_t model)
{
	static const uint32_t models[] = {
		ARM(0xd03),	    /* Cortex-A53 */
		ARM(0xd04),	    /* Cortex-A35 */
		ARM(0xd05),	    /* Cortex-A55 */
		ARM(0xd46),	    /* Cortex-A510 */
		ARM(0xd80),	    /* Cortex-A520 */
		MODEL(0x42, 0x100), /* Brahma-B53 */
		MODEL(0x51, 0x801), /* Kryo 2xx Silver */
		MODEL(0x51, 0x803), /* Kryo 3xx Silver */
		MODEL(0x51, 0x805), /* Kryo 4xx Silver */
	};
	bool found = false;

	for (unsigned i = 0; i < ARRAY_SIZE(models); i++) {
		found |= model == models[i];
	}
	return found;
}

/* How many rounds of the loop push all of a guest's branches out of the history; 0 where that is
 * not known to help. Cortex-A57 and A72 before r1p0 want their firmware's call for it. */
static uint32_t rounds(uint32_t model)
{
	static const struct {
		uint32_t model;
		uint32_t rounds;
	} table[] = {
		{ARM(0xd08), 8},	  /* Cortex-A72 from r1p0 on, with CSV2 */
		{MODEL(0xc0, 0xac3), 11}, /* Ampere1 */
		{ARM(0xd0b), 24},	  /* Cortex-A76 */
		{ARM(0xd0c), 24},	  /* Neoverse-N1 */
		{ARM(0xd0d), 24},	  /* Cortex-A77 */
		{ARM(0xd0e), 24},	  /* Cortex-A76AE */
		{MODEL(0x48, 0xd02), 24}, /* HiSilicon HIP09 */
		{MODEL(0x51, 0x804), 24}, /* Kryo 4xx Gold */
		{ARM(0xd40), 32},	  /* Neoverse-V1 */
		{ARM(0xd41), 32},	  /* Cortex-A78 */
		{ARM(0xd42), 32},	  /* Cortex-A78AE */
		{ARM(0xd44), 32},	  /* Cortex-X1 */
		{ARM(0xd47), 32},	  /* Cortex-A710 */
		{ARM(0xd48), 32},	  /* Cortex-X2 */
		{ARM(0xd49), 32},	  /* Neoverse-N2 */
		{MODEL(0x6d, 0xd49), 32}, /* Azure Cobalt 100 */
		{ARM(0xd4b), 32},	  /* Cortex-A78C */
		{ARM(0xd4c), 32},	  /* Cortex-X1C */
		{ARM(0xd4d), 38},	  /* Cortex-A715 */
		{ARM(0xd81), 38},	  /* Cortex-A720 */
		{ARM(0xd4e), 132},	  /* Cortex-X3 */
		{ARM(0xd4f), 132},	  /* Neoverse-V2 */
	};
	uint32_t found = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(table); i++) {
		if (table[i].model == model) {
			found = table[i].rounds;
		}
	}
	return found;
}

static bool forgets_by_itself(const struct errata_cpu *cpu)
{
	return FIELD_GET(cpu->pfr0, PFR0_CSV2) >= CSV2_HISTORY ||
	       FIELD_GET(cpu->mmfr1, MMFR1_ECBHB) != 0U;
}

static struct errata_predictors history(struct errata_cpu *cpu, uint32_t count)
{
	cpu->predictors = PREDICTORS_HISTORY;
	return (struct errata_predictors){ERRATA_DEFENCE_HISTORY, count};
}

/* A call clears targets, and what a history may choose from with them. WORKAROUND_3 does all that
 * WORKAROUND_1 does. */
static struct errata_predictors firmware(
	struct errata_cpu *cpu, const int32_t answers[WORKAROUND_COUNT])
{
	bool third = answers[HISTORY] == NEEDED;

	if (!third && answers[BRANCHES] != NEEDED) {
		return (struct errata_predictors){ERRATA_DEFENCE_NONE, 0};
	}
	cpu->predictors = PREDICTORS_FIRMWARE;
	return (struct errata_predictors){ERRATA_DEFENCE_FIRMWARE,
		third ? ERRATA_ARCH_WORKAROUND_3 : ERRATA_ARCH_WORKAROUND_1};
}

struct errata_predictors predictors_judge(
	struct errata_cpu *cpu, const int32_t answers[WORKAROUND_COUNT])
{
	uint32_t model = (uint32_t)cpu->midr & MIDR_MODEL_MASK;
	bool simple = does_not_speculate(model);

	if (answers[BRANCHES] == NEEDED || (answers[BRANCHES] == NOT_SUPPORTED && !simple)) {
		/* Where guests may set targets no history is needed: a call helps, nothing less. */
		cpu->predictors = PREDICTORS_OPEN;
		return firmware(cpu, answers);
	}
	cpu->predictors = PREDICTORS_SAFE;
	if (forgets_by_itself(cpu) || (simple && answers[HISTORY] != NEEDED)) {
		return (struct errata_predictors){ERRATA_DEFENCE_NONE, 0};
	}
	if (FIELD_GET(cpu->isar2, ISAR2_CLRBHB) != 0U) {
		return history(cpu, 1);
	}
	/* Firmware says "not needed" of these, since nobody has to call it. */
	if (rounds(model) != 0U) {
		return history(cpu, rounds(model));
	}
	if (answers[HISTORY] == NOT_SUPPORTED) {
		cpu->predictors = PREDICTORS_REMEMBERS;
	}
	return firmware(cpu, answers);
}
