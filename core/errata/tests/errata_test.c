/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "abi/boot_info.h"
#include "arch/sysreg.h"
#include "base/bits.h"
#include "base/compiler.h"
#include "errata/errata.h"
#include "fake/maintenance.h"
#include "fake/smccc.h"

#define WA1 ERRATA_ARCH_WORKAROUND_1
#define WA2 ERRATA_ARCH_WORKAROUND_2
#define WA3 ERRATA_ARCH_WORKAROUND_3

#define MIDR(part, r, p) (UINT64_C(0x410f0000) | (uint64_t)(r) << 20 | (uint64_t)(part) << 4 | (p))
#define CSV2(n)		 ((uint64_t)(n) << 56)
#define SSBS		 UINT64_C(0x10)

/* A firmware: its version, and its answer for each workaround. */
struct firmware {
	int32_t version;
	int32_t answer[3];
	unsigned calls[3]; /* of the workarounds themselves */
	uint64_t wa2_argument;
};

static struct firmware firmware;

static int index_of(uint32_t function)
{
	return function == WA1 ? 0 : function == WA2 ? 1 : function == WA3 ? 2 : -1;
}

static void answer(void *ctx, struct smccc_regs *regs)
{
	struct firmware *f = ctx;
	uint32_t function = (uint32_t)regs->x[0];
	int which = index_of(function);

	if (function == 0x80000000) {
		regs->x[0] = (uint64_t)(int64_t)f->version;
	} else if (function == 0x80000001) {
		which = index_of((uint32_t)regs->x[1]);
		regs->x[0] = (uint64_t)(int64_t)(which < 0 ? -1 : f->answer[which]);
	} else {
		assert_true(which >= 0);
		f->calls[which]++;
		f->wa2_argument = which == 1 ? regs->x[1] : f->wa2_argument;
	}
}

static void be_cpu(uint64_t midr, uint64_t pfr0, uint64_t pfr1)
{
	fake_sysregs.midr_el1 = midr;
	fake_sysregs.ctr_el0 = 0x8444c004;
	fake_sysregs.id_aa64pfr0_el1 = pfr0;
	fake_sysregs.id_aa64pfr1_el1 = pfr1;
	errata_add_cpu();
}

static int setup(void **state)
{
	(void)state;
	firmware = (struct firmware){.version = -1, .answer = {-1, -1, -1}};
	fake_smccc_hook(answer, &firmware);
	errata_init(BOOT_CONDUIT_SMC);
	return 0;
}

static void start_firmware(int32_t wa1, int32_t wa2, int32_t wa3)
{
	firmware = (struct firmware){.version = 0x10001, .answer = {wa1, wa2, wa3}};
	errata_init(BOOT_CONDUIT_SMC);
}

static void test_models_and_revisions(void **state)
{
	static const struct {
		uint64_t midr;
		uint32_t actions;
	} rows[] = {
		{MIDR(0xd03, 0, 0), ERRATA_CLEAN_INVALIDATES},
		{MIDR(0xd03, 0, 2), ERRATA_CLEAN_INVALIDATES}, {MIDR(0xd03, 0, 3), 0},
		{MIDR(0xd03, 0, 4), 0}, /* Cortex-A53 */
		{MIDR(0xd04, 0, 0), 0}, /* Cortex-A35 */
		{MIDR(0xd07, 1, 0), ERRATA_SPECULATIVE_AT | ERRATA_RECHECK_HPFAR},
		{MIDR(0xd07, 1, 2), ERRATA_SPECULATIVE_AT | ERRATA_RECHECK_HPFAR},
		{MIDR(0xd07, 1, 3), ERRATA_SPECULATIVE_AT},
		{MIDR(0xd08, 0, 3), ERRATA_SPECULATIVE_AT},
		{MIDR(0xd0b, 2, 0), ERRATA_SPECULATIVE_AT | ERRATA_REPEAT_TLBI},
		{MIDR(0xd0b, 3, 1), ERRATA_REPEAT_TLBI},
		{MIDR(0xd05, 2, 0), ERRATA_SPECULATIVE_AT | ERRATA_REPEAT_TLBI},
		{MIDR(0xd05, 2, 1), ERRATA_REPEAT_TLBI}, {MIDR(0xd46, 1, 1), ERRATA_REPEAT_TLBI},
		{MIDR(0xd46, 1, 2), 0},
		{MIDR(0xd0c, 3, 1), ERRATA_REPEAT_TLBI},       /* Neoverse-N1 without DIC */
		{MIDR(0xd07, 1, 0) | UINT64_C(0x42000000), 0}, /* another maker's */
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		errata_init(BOOT_CONDUIT_NONE);
		be_cpu(rows[i].midr, 0, 0);
		for (uint32_t bit = 1; bit != 0U; bit <<= 1) {
			assert_int_equal(errata_needs((enum errata_action)bit),
				(rows[i].actions & bit) != 0U);
		}
	}
}

/* Of CVE-2025-10263: every revision of the listed models, and nothing of their neighbours. */
static void test_early_completion(void **state)
{
	static const uint16_t listed[] = {0xd0b, 0xd0c, 0xd0d, 0xd0e, 0xd40, 0xd41, 0xd42, 0xd44,
		0xd47, 0xd48, 0xd49, 0xd4b, 0xd4c, 0xd4e, 0xd4f, 0xd82, 0xd83, 0xd84, 0xd85, 0xd8c,
		0xd90};
	static const uint32_t others[] = {0x4e0f0100, 0x6d0fd490};
	static const uint64_t spared[] = {MIDR(0xd03, 0, 4), MIDR(0xd0a, 3, 1), MIDR(0xd0f, 0, 0),
		MIDR(0xd43, 0, 0), MIDR(0xd4a, 0, 0), MIDR(0xd4d, 0, 0), MIDR(0xd80, 0, 0),
		MIDR(0xd81, 0, 0), MIDR(0xd87, 0, 0), MIDR(0xd8b, 0, 0), MIDR(0x010, 0, 0),
		0x4e0f0040, 0x4e0fd490};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(listed) + ARRAY_SIZE(others); i++) {
		errata_init(BOOT_CONDUIT_NONE);
		be_cpu(i < ARRAY_SIZE(listed) ? MIDR(listed[i], i & 0xfU, 0xf)
					      : others[i - ARRAY_SIZE(listed)],
			0, 0);
		assert_true(errata_needs(ERRATA_REPEAT_TLBI));
	}
	for (unsigned i = 0; i < ARRAY_SIZE(spared); i++) {
		errata_init(BOOT_CONDUIT_NONE);
		be_cpu(spared[i], 0, 0);
		assert_false(errata_needs(ERRATA_REPEAT_TLBI));
	}
}

static unsigned isbs;
static uint64_t tcr_at_isb[4];
static uint64_t sctlr_at_isb[4];

static void count_isb(void *ctx, enum fake_op op, uint64_t address)
{
	(void)ctx;
	(void)address;
	assert_int_equal(op, FAKE_ISB);
	assert_true(isbs < 4U);
	tcr_at_isb[isbs] = fake_sysregs.tcr_el1;
	sctlr_at_isb[isbs++] = fake_sysregs.sctlr_el1;
}

/* Walks go off before M goes on, and come back after M is what it was. */
static void test_walks(void **state)
{
	struct errata_walks walks = {0};

	(void)state;
	fake_sysregs.tcr_el1 = 0x19;
	fake_sysregs.sctlr_el1 = 0x30;
	isbs = 0;
	fake_maintain_hook(count_isb, NULL);
	be_cpu(MIDR(0xd03, 0, 4), 0, 0);
	errata_walks_stop(&walks); /* not needed: not done */
	assert_int_equal(isbs, 0);
	assert_int_equal(fake_sysregs.tcr_el1, 0x19);

	be_cpu(MIDR(0xd08, 0, 3), 0, 0);
	errata_walks_stop(&walks);
	assert_int_equal(isbs, 2);
	assert_int_equal(tcr_at_isb[0], 0x19U | BIT(7) | BIT(23));
	assert_int_equal(sctlr_at_isb[0], 0x30);
	assert_int_equal(sctlr_at_isb[1], 0x31);
	fake_sysregs.tcr_el1 = ERRATA_WALKS_TCR; /* another's meanwhile */
	errata_walks_resume(&walks);
	fake_maintain_hook(NULL, NULL);
	assert_int_equal(isbs, 4);
	assert_int_equal(sctlr_at_isb[2], 0x31);
	assert_int_equal(sctlr_at_isb[3], 0x30);
	assert_int_equal(tcr_at_isb[3], ERRATA_WALKS_TCR);
	assert_int_equal(fake_sysregs.tcr_el1, 0x19);
}

static void test_n1_with_dic(void **state)
{
	(void)state;
	fake_sysregs.midr_el1 = MIDR(0xd0c, 3, 1);
	fake_sysregs.ctr_el0 = UINT64_C(0xb444c004);
	errata_add_cpu();
	assert_true(errata_needs(ERRATA_IGNORE_DIC));
}

static void test_actions_add_up_over_cpus(void **state)
{
	(void)state;
	be_cpu(MIDR(0xd46, 0, 0), 0, 0);
	be_cpu(MIDR(0xd08, 0, 3), 0, 0);
	be_cpu(MIDR(0xd03, 0, 4), 0, 0);
	assert_true(errata_needs(ERRATA_REPEAT_TLBI));
	assert_true(errata_needs(ERRATA_SPECULATIVE_AT));
	assert_false(errata_needs(ERRATA_RECHECK_HPFAR));
}

static void count_row(void *ctx, const char *name, const char *action)
{
	assert_true(strlen(name) > 0U && strlen(action) > 0U);
	*(unsigned *)ctx += 1U;
}

static void test_report(void **state)
{
	unsigned count = 0;

	(void)state;
	errata_report(count_row, &count);
	assert_int_equal(count, 0);
	be_cpu(MIDR(0xd07, 1, 0), 0, 0);
	be_cpu(MIDR(0xd07, 1, 0), 0, 0);
	errata_report(count_row, &count);
	assert_int_equal(count, 4);
}

struct wanted_row {
	const char *name;
	bool seen;
};

static void look_for_row(void *ctx, const char *name, const char *action)
{
	struct wanted_row *wanted = ctx;

	(void)action;
	wanted->seen |= strcmp(name, wanted->name) == 0;
}

/* What is done on every CPU has no action, but is reported where it matters. */
static void test_rows_without_action(void **state)
{
	static const struct {
		uint64_t midr;
		const char *name;
		bool applies;
	} rows[] = {
		{MIDR(0xd07, 0, 0), "Cortex-A57 832075", true},
		{MIDR(0xd07, 1, 2), "Cortex-A57 832075", true},
		{MIDR(0xd07, 1, 3), "Cortex-A57 832075", false},
		{MIDR(0xd08, 0, 0), "Cortex-A57 832075", false},
		{MIDR(0xd09, 0, 0), "Cortex-A73 858921", true},
		{MIDR(0xd09, 1, 0), "Cortex-A73 858921", true},
		{MIDR(0xd0a, 0, 0), "Cortex-A73 858921", false},
		{MIDR(0xd0d, 0, 0), "Cortex-A77 1508412", true},
		{MIDR(0xd0d, 1, 0), "Cortex-A77 1508412", true},
		{MIDR(0xd0d, 1, 1), "Cortex-A77 1508412", false},
		{MIDR(0xd0b, 1, 0), "Cortex-A77 1508412", false},
		{MIDR(0xd4d, 0, 0), "Cortex-A715 2645198", true},
		{MIDR(0xd4d, 1, 3), "Cortex-A715 2645198", true},
		{MIDR(0xd47, 0, 0), "Cortex-A715 2645198", false},
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		struct wanted_row wanted = {.name = rows[i].name};

		errata_init(BOOT_CONDUIT_NONE);
		be_cpu(rows[i].midr, 0, 0);
		errata_report(look_for_row, &wanted);
		assert_int_equal(wanted.seen, rows[i].applies);
	}
}

static void test_without_firmware(void **state)
{
	(void)state;
	errata_init(BOOT_CONDUIT_NONE);
	be_cpu(MIDR(0xd07, 1, 0), 0, 0);
	assert_int_equal(errata_arch_features(WA1), -1);
	assert_int_equal(errata_arch_features(WA2), -1);
	assert_int_equal(errata_arch_features(WA3), -1);
	errata_init(BOOT_CONDUIT_NONE);
	be_cpu(MIDR(0xd4f, 0, 0), CSV2(1), SSBS);
	assert_int_equal(errata_arch_features(WA1), 1);
	assert_int_equal(errata_arch_features(WA2), 1);
	assert_int_equal(errata_arch_features(WA3), -1);
	errata_init(BOOT_CONDUIT_NONE);
	be_cpu(MIDR(0xd4f, 0, 0), CSV2(3), SSBS);
	assert_int_equal(errata_arch_features(WA3), 1);
}

static void test_old_firmware_is_not_asked(void **state)
{
	(void)state;
	firmware = (struct firmware){.version = 0x10000};
	errata_init(BOOT_CONDUIT_SMC);
	be_cpu(MIDR(0xd07, 1, 0), 0, 0);
	assert_int_equal(errata_arch_features(WA1), -1);
}

static void test_needed_and_offered(void **state)
{
	(void)state;
	start_firmware(0, 1, -1);
	be_cpu(MIDR(0xd07, 1, 0), 0, 0);
	assert_int_equal(errata_arch_features(WA1), 0);
	assert_int_equal(errata_arch_features(WA2), 1);
	assert_int_equal(errata_arch_features(WA3), -1);
	assert_int_equal(firmware.calls[1], 0);
	assert_int_equal(errata_arch_features(0x80008001), -1);
}

static void test_store_bypass_stays_mitigated(void **state)
{
	(void)state;
	start_firmware(1, 0, 1);
	be_cpu(MIDR(0xd08, 1, 0), 0, 0);
	assert_int_equal(firmware.calls[1], 1);
	assert_int_equal(firmware.wa2_argument, 1);
	assert_int_equal(errata_arch_features(WA2), 1);
}

static void test_answers_of_unlike_cpus(void **state)
{
	(void)state;
	start_firmware(1, 1, 1);
	be_cpu(MIDR(0xd03, 0, 4), 0, 0);
	assert_int_equal(errata_arch_features(WA1), 1);
	firmware.answer[0] = -1;
	be_cpu(MIDR(0xd08, 0, 3), 0, 0);
	assert_int_equal(errata_arch_features(WA1), -1);
	firmware.answer[0] = 0;
	be_cpu(MIDR(0xd07, 1, 0), 0, 0);
	assert_int_equal(errata_arch_features(WA1), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_models_and_revisions, setup),
		cmocka_unit_test_setup(test_early_completion, setup),
		cmocka_unit_test_setup(test_walks, setup),
		cmocka_unit_test_setup(test_n1_with_dic, setup),
		cmocka_unit_test_setup(test_actions_add_up_over_cpus, setup),
		cmocka_unit_test_setup(test_report, setup),
		cmocka_unit_test_setup(test_rows_without_action, setup),
		cmocka_unit_test_setup(test_without_firmware, setup),
		cmocka_unit_test_setup(test_old_firmware_is_not_asked, setup),
		cmocka_unit_test_setup(test_needed_and_offered, setup),
		cmocka_unit_test_setup(test_store_bypass_stays_mitigated, setup),
		cmocka_unit_test_setup(test_answers_of_unlike_cpus, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
