/* SPDX-License-Identifier: Apache-2.0 */
/* A CPU's traps as they are set, and SErrors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../src/exits_private.h"
#include "arch/esr.h"
#include "arch/hcr.h"
#include "exits_rig.h"
#include "fake/panic.h"

#define HPMN	      6U
#define HPME	      BIT(7)
#define PFR0_RAS      (UINT64_C(1) << 28)
#define DFR0_PMUV3    (UINT64_C(1) << 8)
#define SERROR(aet)   (((uint64_t)EC_SERROR << ESR_EC_SHIFT) | (uint64_t)(aet) << 10 | 0x11U)
#define SERROR_IMPDEF (((uint64_t)EC_SERROR << ESR_EC_SHIFT) | BIT(24))

static const struct errata_predictors no_defence = {ERRATA_DEFENCE_NONE, 0};

static int teardown(void **state)
{
	fake_sysregs.id_aa64pfr0_el1 = 0;
	fake_sysregs.id_aa64dfr0_el1 = 0;
	fake_sysregs.hcr_el2 &= ~HCR_VSE;
	return rig_teardown(state);
}

/* EL2's counter runs with the guests' PMU trapped, whatever firmware left in MDCR_EL2. */
static void a_cpu_counts_and_guests_have_no_pmu(void **state)
{
	const uint64_t traps = MDCR_TPM | MDCR_TPMCR | MDCR_TDA | MDCR_TDRA | MDCR_TDOSA;

	(void)state;
	fake_sysregs.id_aa64dfr0_el1 = DFR0_PMUV3;
	fake_sysregs.pmcr_el0 = HPMN << 11; /* N */
	fake_sysregs.mdcr_el2 = HPMN | BIT(17);
	exits_cpu_init(&no_defence);
	assert_int_equal(fake_sysregs.mdcr_el2 & 0x1fU, HPMN);
	assert_int_equal(fake_sysregs.mdcr_el2 & traps, traps);
	assert_int_equal(fake_sysregs.mdcr_el2 & HPME, HPME);
	assert_int_equal(fake_sysregs.mdcr_el2 & BIT(17), 0);
	assert_int_equal(fake_sysregs.pmcr_el0 & 1U, 1);
	fake_sysregs.id_aa64dfr0_el1 = 0;
	exits_cpu_init(&no_defence);
	assert_int_equal(fake_sysregs.mdcr_el2 & HPME, 0);
	assert_int_equal(fake_sysregs.vpidr_el2, fake_sysregs.midr_el1);
}

static bool is_given(uint64_t pfr0, uint64_t esr)
{
	fake_sysregs.hcr_el2 &= ~HCR_VSE;
	fake_sysregs.id_aa64pfr0_el1 = pfr0;
	fake_sysregs.esr_el2 = esr;
	assert_ptr_equal(exits_serror(&rig.vcpu->ctx), &rig.vcpu->ctx);
	return (fake_sysregs.hcr_el2 & HCR_VSE) != 0U;
}

static void a_contained_serror_is_the_guests(void **state)
{
	(void)state;
	for (unsigned aet = 1; aet <= 3U; aet++) {
		assert_true(is_given(PFR0_RAS, SERROR(aet)));
	}
	/* Nothing is known of these: as CPUs without FEAT_RAS have it. */
	assert_true(is_given(PFR0_RAS, SERROR_IMPDEF));
	assert_true(is_given(0, SERROR(0)));
	assert_true(is_given(PFR0_RAS, SERROR(0) & ~UINT64_C(0x3f)));
}

static void a_corrected_one_is_nobodys(void **state)
{
	(void)state;
	assert_false(is_given(PFR0_RAS, SERROR(6)));
}

static void an_uncontained_one_ends_the_machine(void **state)
{
	(void)state;
	fake_sysregs.id_aa64pfr0_el1 = PFR0_RAS;
	fake_sysregs.esr_el2 = SERROR(0);
	assert_true(FAKE_EXPECT_PANIC("not contained", (void)exits_serror(&rig.vcpu->ctx)));
}

/* What its stores end in, found when it leaves the CPU. */
static void a_late_one_is_whose_store_it_was(void **state)
{
	(void)state;
	fake_sysregs.id_aa64pfr0_el1 = PFR0_RAS;
	fake_sysregs.disr_el1 = 0x11;
	exits_settle_stores(rig.vcpu);
	assert_int_equal(fake_sysregs.hcr_el2 & HCR_VSE, 0);
	fake_sysregs.disr_el1 = BIT(31) | 1U << 10 | 0x11U;
	exits_settle_stores(rig.vcpu);
	assert_int_equal(fake_sysregs.hcr_el2 & HCR_VSE, HCR_VSE);
	assert_int_equal(fake_sysregs.disr_el1, 0);
	fake_sysregs.hcr_el2 &= ~HCR_VSE;
	fake_sysregs.disr_el1 = BIT(31) | 1U << 10 | 0x11U;
	fake_sysregs.id_aa64pfr0_el1 = 0; /* no such register */
	exits_settle_stores(rig.vcpu);
	assert_int_equal(fake_sysregs.hcr_el2 & HCR_VSE, 0);
	fake_sysregs.disr_el1 = 0;
}

static void a_virtual_one_has_a_syndrome(void **state)
{
	(void)state;
	fake_sysregs.vsesr_el2 = 0x1234;
	exits_cpu_init(&no_defence);
	assert_int_equal(fake_sysregs.vsesr_el2, 0x1234); /* no such register */
	fake_sysregs.id_aa64pfr0_el1 = PFR0_RAS;
	exits_cpu_init(&no_defence);
	assert_int_equal(fake_sysregs.vsesr_el2, BIT(24));
}

static void its_vectors_are_those_of_its_defence(void **state)
{
	const struct {
		struct errata_predictors predictors;
		const char *vectors;
	} rows[] = {
		{{ERRATA_DEFENCE_HISTORY, 24}, exits_vectors_history},
		{{ERRATA_DEFENCE_FIRMWARE, ERRATA_ARCH_WORKAROUND_3}, exits_vectors_firmware},
		{{ERRATA_DEFENCE_NONE, 0}, exits_vectors},
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		exits_cpu_init(&rows[i].predictors);
		assert_int_equal(fake_sysregs.vbar_el2, (uintptr_t)rows[i].vectors);
		assert_int_equal(percpu_this()->defence_argument, rows[i].predictors.argument);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_cpu_counts_and_guests_have_no_pmu),
		TEST(a_contained_serror_is_the_guests),
		TEST(a_corrected_one_is_nobodys),
		TEST(an_uncontained_one_ends_the_machine),
		TEST(a_late_one_is_whose_store_it_was),
		TEST(a_virtual_one_has_a_syndrome),
		TEST(its_vectors_are_those_of_its_defence),
	};

	return cmocka_run_group_tests(tests, rig_group_setup, NULL);
}
