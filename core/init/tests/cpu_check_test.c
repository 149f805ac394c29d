/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "arch/sysreg.h"
#include "base/bits.h"
#include "base/compiler.h"
#include "cpu_check.h"

/* A Cortex-A72 as the boot CPU sees it. */
static struct cpu_ids a72(void)
{
	return (struct cpu_ids){.reg = {
					[CPU_PFR0] = 0x01002222,
					[CPU_DFR0] = 0x10305106,
					[CPU_ISAR0] = 0x11120,
					[CPU_MMFR0] = 0x00001124,
					[CPU_DCZID] = 4,
					[CPU_CNTFRQ] = 62500000,
				}};
}

static void test_alike(void **state)
{
	struct cpu_ids promised = a72();
	struct cpu_ids cpu = a72();

	(void)state;
	assert_null(cpu_lacks(&promised, &cpu));
	/* More is not told to anybody. */
	cpu.reg[CPU_ISAR0] |= 0x200000; /* atomics */
	cpu.reg[CPU_MMFR2] |= UINT64_C(1) << 40;
	assert_null(cpu_lacks(&promised, &cpu));
	/* A core without speculation control, or with another PMU: nobody relies on it. */
	cpu.reg[CPU_PFR0] |= UINT64_C(1) << 56;
	cpu.reg[CPU_DFR0] &= ~UINT64_C(0xf00);
	assert_null(cpu_lacks(&promised, &cpu));
}

static void test_each_register_is_named(void **state)
{
	static const struct {
		enum cpu_id_reg reg;
		unsigned shift;
		const char *name;
	} cases[] = {
		{CPU_PFR0, 48, "ID_AA64PFR0_EL1"},   /* DIT */
		{CPU_PFR1, 4, "ID_AA64PFR1_EL1"},    /* SSBS */
		{CPU_DFR0, 12, "ID_AA64DFR0_EL1"},   /* breakpoints */
		{CPU_ISAR0, 20, "ID_AA64ISAR0_EL1"}, /* atomics */
		{CPU_ISAR1, 4, "ID_AA64ISAR1_EL1"},  /* pointer authentication */
		{CPU_ISAR2, 8, "ID_AA64ISAR2_EL1"},
		{CPU_MMFR0, 4, "ID_AA64MMFR0_EL1"},  /* ASIDs of 16 bits */
		{CPU_MMFR1, 4, "ID_AA64MMFR1_EL1"},  /* VMIDs of 16 bits */
		{CPU_MMFR2, 40, "ID_AA64MMFR2_EL1"}, /* FWB */
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		struct cpu_ids promised = a72();
		struct cpu_ids cpu = a72();
		uint64_t one = UINT64_C(1) << cases[i].shift;

		promised.reg[cases[i].reg] &= ~(UINT64_C(0xf) << cases[i].shift);
		cpu.reg[cases[i].reg] = promised.reg[cases[i].reg];
		promised.reg[cases[i].reg] |= 2U * one;
		cpu.reg[cases[i].reg] |= one;
		assert_string_equal(cpu_lacks(&promised, &cpu), cases[i].name);
		assert_null(cpu_lacks(&cpu, &promised));
	}
}

/* In these 0xf says that there is none. */
static void test_signed_fields(void **state)
{
	struct cpu_ids promised = a72();
	struct cpu_ids cpu = a72();

	(void)state;
	cpu.reg[CPU_PFR0] |= 0xff0000; /* neither FP nor AdvSIMD */
	assert_string_equal(cpu_lacks(&promised, &cpu), "ID_AA64PFR0_EL1");
	assert_null(cpu_lacks(&cpu, &promised));
	cpu = a72();
	cpu.reg[CPU_MMFR0] |= 0xf000000; /* no granule of 64 KiB */
	assert_string_equal(cpu_lacks(&promised, &cpu), "ID_AA64MMFR0_EL1");
}

static void test_what_must_be_the_same(void **state)
{
	struct cpu_ids promised = a72();
	struct cpu_ids cpu = a72();

	(void)state;
	cpu.reg[CPU_DCZID] = 5; /* guests read it on one CPU and zero on another */
	assert_string_equal(cpu_lacks(&promised, &cpu), "DCZID_EL0");
	assert_string_equal(cpu_lacks(&cpu, &promised), "DCZID_EL0");
	cpu = a72();
	cpu.reg[CPU_CNTFRQ] = 0; /* firmware that forgot it */
	assert_string_equal(cpu_lacks(&promised, &cpu), "CNTFRQ_EL0");
}

/* A Cortex-A53 beside it has 40 address bits: enough where memory ends below them. */
static void test_addresses(void **state)
{
	struct cpu_ids promised = a72();
	struct cpu_ids cpu = a72();

	(void)state;
	cpu.reg[CPU_MMFR0] = 0x00001122;
	assert_string_equal(cpu_lacks(&promised, &cpu), "ID_AA64MMFR0_EL1");
	promised.reg[CPU_MMFR0] = (promised.reg[CPU_MMFR0] & ~UINT64_C(0xf)) | cpu_pa_range_for(40);
	assert_null(cpu_lacks(&promised, &cpu));
	assert_int_equal(cpu_pa_range_for(1), 0);
	assert_int_equal(cpu_pa_range_for(32), 0);
	assert_int_equal(cpu_pa_range_for(33), 1);
	assert_int_equal(cpu_pa_range_for(41), 3);
	assert_int_equal(cpu_pa_range_for(48), 5);
	assert_int_equal(cpu_pa_range_for(64), 5);
}

static void test_ids_are_this_cpu_s(void **state)
{
	struct cpu_ids ids;

	(void)state;
	fake_sysregs.id_aa64isar0_el1 = 0x1234;
	fake_sysregs.dczid_el0 = 7;
	ids = cpu_ids_read();
	assert_int_equal(ids.reg[CPU_ISAR0], 0x1234);
	assert_int_equal(ids.reg[CPU_DCZID], 7);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_alike),
		cmocka_unit_test(test_each_register_is_named),
		cmocka_unit_test(test_signed_fields),
		cmocka_unit_test(test_what_must_be_the_same),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_ids_are_this_cpu_s),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
