/* SPDX-License-Identifier: Apache-2.0 */
#include "errata/errata.h"

#include "abi/boot_info.h"
#include "arch/smccc.h"
#include "arch/sysreg.h"
#include "base/atomic.h"
#include "base/bits.h"
#include "predictors.h"
#include "table.h"

/* SMCCC (DEN0028). */
#define FN_SMCCC_VERSION UINT32_C(0x80000000)
#define FN_ARCH_FEATURES UINT32_C(0x80000001)
#define SMCCC_1_1	 0x10001

#define PFR0_CSV2_SHIFT 56U
#define PFR0_CSV2_WIDTH 4U
#define PFR1_SSBS_SHIFT 4U
#define PFR1_SSBS_WIDTH 4U
#define CSV2_BRANCHES	1U /* predictors are apart between contexts */
#define CSV2_HISTORY	3U /* their history too */

static const uint32_t workaround_function[WORKAROUND_COUNT] = {
	[BRANCHES] = ERRATA_ARCH_WORKAROUND_1,
	[BYPASS] = ERRATA_ARCH_WORKAROUND_2,
	[HISTORY] = ERRATA_ARCH_WORKAROUND_3,
};

/* Set by errata_init() on the boot CPU, then constant. */
static bool has_arch_features;

/* Each CPU adds its bits, atomically; constant after bring-up. */
static uint32_t rows_applied;		     /* bit n: errata_rows[n] */
uint32_t errata_actions;		     /* enum errata_action */
static uint32_t cpus_said[WORKAROUND_COUNT]; /* SAID_*: what the CPUs' firmware answered */

#define SAID_NEEDED	   1U
#define SAID_NOT_SUPPORTED 2U

static int32_t call_firmware(uint32_t function, uint64_t argument)
{
	struct smccc_regs regs = {.x = {function, argument}};

	arch_smc(&regs);
	return (int32_t)(uint32_t)regs.x[0];
}

void errata_init(uint32_t conduit)
{
	has_arch_features =
		conduit == BOOT_CONDUIT_SMC && call_firmware(FN_SMCCC_VERSION, 0) >= SMCCC_1_1;
	rows_applied = 0;
	errata_actions = 0;
	for (unsigned i = 0; i < WORKAROUND_COUNT; i++) {
		cpus_said[i] = 0;
	}
}

/* Do the ID registers say that this CPU does without? */
static bool is_immune(const struct errata_cpu *cpu, enum workaround which)
{
	switch (which) {
	case BRANCHES:
		return FIELD_GET(cpu->pfr0, PFR0_CSV2) >= CSV2_BRANCHES;
	case HISTORY:
		return FIELD_GET(cpu->pfr0, PFR0_CSV2) >= CSV2_HISTORY;
	case BYPASS:
		/* Guests set PSTATE.SSBS themselves. */
		return FIELD_GET(cpu->pfr1, PFR1_SSBS) != 0U;
	case WORKAROUND_COUNT:
		break;
	}
	return false;
}

/* The answer for the CPU that we run on. */
static int32_t ask(const struct errata_cpu *cpu, enum workaround which)
{
	int32_t answer = NOT_SUPPORTED;

	if (has_arch_features) {
		answer = call_firmware(FN_ARCH_FEATURES, workaround_function[which]);
	}
	if (answer < 0) {
		return is_immune(cpu, which) ? NOT_NEEDED : NOT_SUPPORTED;
	}
	return answer == NEEDED ? NEEDED : NOT_NEEDED;
}

static void ask_firmware(const struct errata_cpu *cpu, int32_t answers[WORKAROUND_COUNT])
{
	for (unsigned i = 0; i < WORKAROUND_COUNT; i++) {
		answers[i] = ask(cpu, (enum workaround)i);
		if (answers[i] != NOT_NEEDED) {
			fetch_or_acq_rel(&cpus_said[i],
				answers[i] == NEEDED ? SAID_NEEDED : SAID_NOT_SUPPORTED);
		}
	}
	if (answers[BYPASS] == NEEDED) {
		(void)call_firmware(ERRATA_ARCH_WORKAROUND_2, 1);
	}
}

struct errata_predictors errata_add_cpu(void)
{
	struct errata_predictors defence;
	int32_t answers[WORKAROUND_COUNT];
	struct errata_cpu cpu = {
		.midr = read_midr_el1(),
		.ctr = read_ctr_el0(),
		.pfr0 = read_id_aa64pfr0_el1(),
		.pfr1 = read_id_aa64pfr1_el1(),
		.isar2 = read_id_aa64isar2_el1(),
		.mmfr1 = read_id_aa64mmfr1_el1(),
	};

	ask_firmware(&cpu, answers);
	defence = predictors_judge(&cpu, answers);
	for (unsigned i = 0; i < errata_row_count; i++) {
		if (errata_row_applies(&errata_rows[i], &cpu)) {
			fetch_or_acq_rel(&rows_applied, UINT32_C(1) << i);
			fetch_or_acq_rel(&errata_actions, errata_rows[i].action);
		}
	}
	return defence;
}

void errata_report(void (*put)(void *ctx, const char *name, const char *action), void *ctx)
{
	for (unsigned i = 0; i < errata_row_count; i++) {
		if ((load_relaxed(&rows_applied) >> i & 1U) != 0U) {
			put(ctx, errata_rows[i].name, errata_rows[i].text);
		}
	}
}

int32_t errata_arch_features(uint32_t function)
{
	for (unsigned i = 0; i < WORKAROUND_COUNT; i++) {
		uint32_t said = load_relaxed(&cpus_said[i]);

		if (workaround_function[i] != function) {
			continue;
		}
		if ((said & SAID_NEEDED) != 0U && i != BYPASS) {
			return NEEDED;
		}
		return (said & SAID_NOT_SUPPORTED) != 0U ? NOT_SUPPORTED : NOT_NEEDED;
	}
	return NOT_SUPPORTED;
}
