/* SPDX-License-Identifier: Apache-2.0 */
/* What each CPU's vectors do against trained branch predictors, and what the report says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "abi/boot_info.h"
#include "arch/sysreg.h"
#include "base/compiler.h"
#include "errata/errata.h"
#include "fake/smccc.h"

#define WA1 ERRATA_ARCH_WORKAROUND_1
#define WA3 ERRATA_ARCH_WORKAROUND_3

#define NONE	 ERRATA_DEFENCE_NONE
#define HISTORY	 ERRATA_DEFENCE_HISTORY
#define FIRMWARE ERRATA_DEFENCE_FIRMWARE

#define MIDR(maker, part) ((uint64_t)(maker) << 24 | UINT64_C(0x000f0000) | (uint64_t)(part) << 4)
#define ARM(part)	  MIDR(0x41, part)
#define CORTEX_A53	  ARM(0xd03)
#define CORTEX_A57	  ARM(0xd07)
#define CORTEX_A72	  ARM(0xd08)
#define CORTEX_A73	  ARM(0xd09)
#define CORTEX_A76	  ARM(0xd0b)
#define NEOVERSE_N1	  ARM(0xd0c)
#define NEOVERSE_V2	  ARM(0xd4f)
#define UNKNOWN		  ARM(0xfff)
#define CSV2(n)		  ((uint64_t)(n) << 56)
#define ECBHB		  (UINT64_C(1) << 60)
#define CLRBHB		  (UINT64_C(1) << 28)

struct cpu {
	uint64_t midr;
	uint64_t pfr0;
	uint64_t isar2;
	uint64_t mmfr1;
	int32_t wa1; /* SMCCC_ARCH_FEATURES' answers */
	int32_t wa3;
};

static const struct cpu *cpu;
static char reported[128];

static void answer(void *ctx, struct smccc_regs *regs)
{
	uint32_t asked = (uint32_t)regs->x[1];
	int32_t said = asked == WA1 ? cpu->wa1 : asked == WA3 ? cpu->wa3 : 1;

	(void)ctx;
	regs->x[0] = regs->x[0] == 0x80000000 ? 0x10001 : (uint64_t)(int64_t)said;
}

static void keep(void *ctx, const char *name, const char *action)
{
	(void)ctx;
	if (strncmp(name, "Spectre", 7) == 0) {
		assert_int_equal(reported[0], 0); /* one line for all of it */
		snprintf(reported, sizeof(reported), "%s: %s", name, action);
	}
}

/* of: the only CPU of a machine with this conduit. */
static struct errata_predictors defence(const struct cpu *of, uint32_t conduit)
{
	struct errata_predictors predictors;

	cpu = of;
	fake_smccc_hook(answer, NULL);
	errata_init(conduit);
	fake_sysregs.midr_el1 = cpu->midr;
	fake_sysregs.id_aa64pfr0_el1 = cpu->pfr0;
	fake_sysregs.id_aa64isar2_el1 = cpu->isar2;
	fake_sysregs.id_aa64mmfr1_el1 = cpu->mmfr1;
	predictors = errata_add_cpu();
	reported[0] = '\0';
	errata_report(keep, NULL);
	return predictors;
}

static void assert_defence(
	const struct cpu *of, enum errata_defence what, uint32_t argument, const char *report)
{
	struct errata_predictors predictors = defence(of, BOOT_CONDUIT_SMC);

	assert_int_equal(predictors.defence, what);
	assert_int_equal(predictors.argument, argument);
	assert_string_equal(reported, report);
}

static const char by_firmware[] =
	"Spectre v2 and BHB: the firmware clears branch predictors at each exit";
static const char by_loop[] = "Spectre BHB: each exit clears the branch history";
static const char unmended[] =
	"Spectre v2 and BHB: nothing is done: the firmware offers no call that helps";
static const char remembers[] =
	"Spectre BHB: nothing is done: no way to clear this CPU's branch history is known";

/* Whose targets guests may train: the stronger call of those that there are. */
static void shared_targets_want_the_firmware(void **state)
{
	(void)state;
	assert_defence(&(struct cpu){CORTEX_A57, .wa1 = 0, .wa3 = -1}, FIRMWARE, WA1, by_firmware);
	assert_defence(&(struct cpu){CORTEX_A72, .wa1 = 0, .wa3 = 0}, FIRMWARE, WA3, by_firmware);
	assert_defence(&(struct cpu){CORTEX_A57, .wa1 = -1, .wa3 = -1}, NONE, 0, unmended);
	/* The loop alone would be in vain, whatever the model. */
	assert_defence(&(struct cpu){CORTEX_A72, .wa1 = -1, .wa3 = -1}, NONE, 0, unmended);
	assert_defence(&(struct cpu){UNKNOWN, .wa1 = -1, .wa3 = -1}, NONE, 0, unmended);
}

static void firmware_that_vectors_cannot_call_is_none(void **state)
{
	const struct cpu a57 = {CORTEX_A57, .wa1 = 0, .wa3 = 0};

	(void)state;
	assert_int_equal(defence(&a57, BOOT_CONDUIT_HVC).defence, NONE);
	assert_string_equal(reported, unmended);
	assert_int_equal(errata_arch_features(WA1), -1);
	assert_int_equal(defence(&a57, BOOT_CONDUIT_NONE).defence, NONE);
	assert_string_equal(reported, unmended);
}

static void history_is_overwritten_by_as_many_rounds_as_arm_says(void **state)
{
	static const struct {
		uint64_t midr;
		uint32_t rounds;
	} rows[] = {
		{CORTEX_A72, 8},
		{MIDR(0xc0, 0xac3), 11},
		{CORTEX_A76, 24},
		{NEOVERSE_N1, 24},
		{ARM(0xd0d), 24},
		{ARM(0xd0e), 24},
		{MIDR(0x48, 0xd02), 24},
		{MIDR(0x51, 0x804), 24},
		{ARM(0xd40), 32},
		{ARM(0xd41), 32},
		{ARM(0xd42), 32},
		{ARM(0xd44), 32},
		{ARM(0xd47), 32},
		{ARM(0xd48), 32},
		{ARM(0xd49), 32},
		{MIDR(0x6d, 0xd49), 32},
		{ARM(0xd4b), 32},
		{ARM(0xd4c), 32},
		{ARM(0xd4d), 38},
		{ARM(0xd81), 38},
		{ARM(0xd4e), 132},
		{NEOVERSE_V2, 132},
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		for (int32_t said = -1; said <= 1; said++) {
			assert_defence(&(struct cpu){rows[i].midr, CSV2(1), .wa1 = 1, .wa3 = said},
				HISTORY, rows[i].rounds, by_loop);
		}
	}
}

static void an_instruction_for_it_comes_first(void **state)
{
	(void)state;
	assert_defence(&(struct cpu){NEOVERSE_V2, CSV2(2), CLRBHB, .wa1 = 1, .wa3 = -1}, HISTORY, 1,
		by_loop);
	assert_defence(
		&(struct cpu){UNKNOWN, CSV2(1), CLRBHB, .wa1 = 1, .wa3 = 0}, HISTORY, 1, by_loop);
}

static void others_call_the_firmware_for_their_history(void **state)
{
	(void)state;
	assert_defence(
		&(struct cpu){CORTEX_A73, CSV2(1), .wa1 = 1, .wa3 = 0}, FIRMWARE, WA3, by_firmware);
	assert_defence(&(struct cpu){CORTEX_A73, CSV2(1), .wa1 = 1, .wa3 = -1}, NONE, 0, remembers);
	assert_defence(&(struct cpu){UNKNOWN, CSV2(2), .wa1 = 1, .wa3 = 1}, NONE, 0, "");
}

static void who_keeps_contexts_apart_needs_nothing(void **state)
{
	(void)state;
	assert_defence(&(struct cpu){NEOVERSE_V2, CSV2(3), .wa1 = -1, .wa3 = -1}, NONE, 0, "");
	assert_defence(
		&(struct cpu){NEOVERSE_V2, CSV2(1), 0, ECBHB, .wa1 = 1, .wa3 = -1}, NONE, 0, "");
}

static void in_order_cpus_need_nothing(void **state)
{
	static const uint64_t models[] = {CORTEX_A53, ARM(0xd04), ARM(0xd05), ARM(0xd46),
		ARM(0xd80), MIDR(0x42, 0x100), MIDR(0x51, 0x801), MIDR(0x51, 0x803),
		MIDR(0x51, 0x805)};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(models); i++) {
		assert_defence(&(struct cpu){models[i], .wa1 = -1, .wa3 = -1}, NONE, 0, "");
		/* Unless their firmware knows better. */
		assert_defence(
			&(struct cpu){models[i], .wa1 = 0, .wa3 = -1}, FIRMWARE, WA1, by_firmware);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(shared_targets_want_the_firmware),
		cmocka_unit_test(firmware_that_vectors_cannot_call_is_none),
		cmocka_unit_test(history_is_overwritten_by_as_many_rounds_as_arm_says),
		cmocka_unit_test(an_instruction_for_it_comes_first),
		cmocka_unit_test(others_call_the_firmware_for_their_history),
		cmocka_unit_test(who_keeps_contexts_apart_needs_nothing),
		cmocka_unit_test(in_order_cpus_need_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
