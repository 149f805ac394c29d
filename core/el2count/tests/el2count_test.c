/* SPDX-License-Identifier: Apache-2.0 */
#include "el2count/el2count.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "arch/cpu.h"
#include "arch/sysreg.h"
#include "percpu/percpu.h"

#define CPUS 2U

static struct percpu cpu[CPUS];

static int setup(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < CPUS; i++) {
		cpu[i].id = (cpu_id_t)i;
	}
	percpu_count = CPUS;
	arch_percpu_set(&cpu[0]);
	return 0;
}

static void caches_add_up_over_cpus(void **state)
{
	struct el2count_caches before = el2count_caches();
	struct el2count_caches after;

	(void)state;
	el2count_add_caches(5, 0);
	el2count_add_caches(2, 1);
	arch_percpu_set(&cpu[1]);
	el2count_add_caches(100, 3);
	after = el2count_caches();
	assert_int_equal(after.data_lines - before.data_lines, 107);
	assert_int_equal(after.icache_all - before.icache_all, 4);
}

static void scrubbing_adds_up_over_cpus(void **state)
{
	uint64_t before = el2count_scrub();

	(void)state;
	el2count_add_scrub(7);
	arch_percpu_set(&cpu[1]);
	el2count_add_scrub(8);
	assert_int_equal(el2count_scrub() - before, 15);
}

/* Without a PMU there is nothing to count. */
static void no_pmu_counts_nothing(void **state)
{
	(void)state;
	fake_sysregs.id_aa64dfr0_el1 = 0;
	el2count_cpu_init();
	fake_sysregs.pmevcntr0_el0 = 1000;
	assert_int_equal(el2count_now(), 0);
	assert_int_equal(el2count_total(), 0);
}

static void icache_of_cortex_a57(void **state)
{
	(void)state;
	fake_sysregs.id_aa64mmfr2_el1 = 0;
	fake_sysregs.csselr_el1 = 4;
	fake_sysregs.ccsidr_el1 = 0x201fe012; /* 48 KiB, 3 ways, 256 sets */
	assert_int_equal(el2count_icache_lines(), 768);
	assert_int_equal(fake_sysregs.csselr_el1, 4); /* the guest's */
}

static void icache_in_the_wide_format(void **state)
{
	(void)state;
	fake_sysregs.id_aa64mmfr2_el1 = UINT64_C(1) << 20;
	fake_sysregs.ccsidr_el1 = UINT64_C(255) << 32 | 3U << 3 | 2U;
	assert_int_equal(el2count_icache_lines(), 1024);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(caches_add_up_over_cpus, setup),
		cmocka_unit_test_setup(scrubbing_adds_up_over_cpus, setup),
		cmocka_unit_test_setup(no_pmu_counts_nothing, setup),
		cmocka_unit_test_setup(icache_of_cortex_a57, setup),
		cmocka_unit_test_setup(icache_in_the_wide_format, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
