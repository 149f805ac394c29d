/* SPDX-License-Identifier: Apache-2.0 */
/* The firmware and the CPUs are the test's: a PSCI handler that plays a CPU's arrival. */
#include "smp/smp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "arch/sysreg.h"
#include "base/compiler.h"
#include "fake/maintenance.h"
#include "fake/mmio.h"
#include "fake/smccc.h"
#include "pen.h"

/* The fake's pen: never executed. */
const uint8_t pen_code[] = {1, 2, 3, 4, 5, 6, 7, 8};
const uint32_t pen_code_size = sizeof(pen_code);

#define FREQUENCY 1000000U
#define LIMIT	  (UINT64_C(1000) * SMP_TIMEOUT_MS) /* in ticks */

ALIGNED(4096) static uint8_t pen[SMP_PEN_SIZE];
static struct machine machine;
static struct boot_cpu cpus[BOOT_CPU_MAX];
static char reports[1024];
static unsigned report_count;
static uint64_t arrival[BOOT_CPU_MAX]; /* PEN_STATE_* that the CPU reports; 0: it hangs */
static int64_t answers[BOOT_CPU_MAX];  /* CPU_ON's */
static unsigned starts;

static void report(const char *text)
{
	report_count++;
	size_t used = strlen(reports);

	snprintf(reports + used, sizeof(reports) - used, "%s\n", text);
}

static void tick(void *ctx, enum fake_op op, uint64_t address)
{
	(void)ctx;
	(void)address;
	fake_sysregs.cntpct_el0 += op == FAKE_DSB_SY ? 100 : 0;
}

static void psci(void *ctx, struct smccc_regs *regs)
{
	(void)ctx;
	if (regs->x[0] == 0x84000000) {
		regs->x[0] = 0x10001;
		return;
	}
	assert_true(regs->x[0] == 0xc4000003);
	assert_true(regs->x[2] == (uintptr_t)pen);
	for (uint32_t i = 0; i < machine.cpu_count; i++) {
		if (machine.cpu[i].mpidr == regs->x[1]) {
			struct pen_mailbox *box = (struct pen_mailbox *)(uintptr_t)regs->x[3];

			assert_true((uintptr_t)box == (uintptr_t)pen + 0x1000 + i * 64U);
			starts++;
			box->targets = UINT64_C(1) << i;
			box->state = arrival[i];
			regs->x[0] = (uint32_t)answers[i];
		}
	}
}

static int setup(void **state)
{
	(void)state;
	memset(&machine, 0, sizeof(machine));
	memset(reports, 0, sizeof(reports));
	memset(answers, 0, sizeof(answers));
	memset(cpus, 0xff, sizeof(cpus));
	report_count = 0;
	starts = 0;
	machine.psci_conduit = BOOT_CONDUIT_SMC;
	machine.cpu_count = 4;
	for (uint32_t i = 0; i < 4; i++) {
		machine.cpu[i] = (struct machine_cpu){i << 8, MACHINE_CPU_PSCI};
		arrival[i] = PEN_STATE_READY;
	}
	fake_sysregs.cntpct_el0 = 5;
	fake_sysregs.ctr_el0 = 4U << 16;
	fake_maintain_hook(tick, NULL);
	fake_smccc_hook(psci, NULL);
	fake_mmio_reset();
	return 0;
}

static uint32_t start_all(uint64_t boot_mpidr)
{
	const struct smp_request request = {&machine, boot_mpidr, pen, FREQUENCY, report};

	return smp_start_all(&request, cpus);
}

static void all_come_up(void **state)
{
	(void)state;
	assert_int_equal(start_all(0x100), 4);
	assert_int_equal(starts, 3);
	assert_int_equal(report_count, 0);
	for (uint32_t i = 0; i < 4; i++) {
		const struct pen_mailbox *box = (const struct pen_mailbox *)(pen + 0x1000) + i;

		assert_int_equal(cpus[i].status, i == 1 ? BOOT_CPU_PRIMARY : BOOT_CPU_PARKED);
		assert_true(cpus[i].mpidr == i << 8);
		assert_true(cpus[i].mailbox == (uintptr_t)box);
		/* what the core gets is an empty mailbox */
		assert_true(box->entry == 0 && box->arg == 0 && box->state == 0);
		assert_true(box->gicd == 0 && box->targets == 0);
	}
	assert_memory_equal(pen, pen_code, sizeof(pen_code));
}

static void the_failed_are_left_out(void **state)
{
	(void)state;
	answers[1] = -2;
	arrival[1] = PEN_STATE_ABSENT;
	arrival[2] = PEN_STATE_ABSENT; /* never arrives */
	arrival[3] = PEN_STATE_NOT_EL2;
	assert_int_equal(start_all(0), 1);
	assert_int_equal(cpus[0].status, BOOT_CPU_PRIMARY);
	assert_int_equal(cpus[1].status, BOOT_CPU_FAILED);
	assert_int_equal(cpus[2].status, BOOT_CPU_FAILED);
	assert_int_equal(cpus[3].status, BOOT_CPU_FAILED);
	assert_int_equal(report_count, 3);
	assert_non_null(strstr(reports, "CPU 1 (MPIDR 0x100) is left out: the firmware refuses"));
	assert_non_null(strstr(reports, "(-2)"));
	assert_non_null(strstr(reports, "CPU 2 (MPIDR 0x200) is left out: it did not arrive"));
	assert_non_null(strstr(reports, "CPU 3 (MPIDR 0x300) is left out: it started below EL2"));
	/* one time limit for all, not one for each */
	assert_true(fake_sysregs.cntpct_el0 >= LIMIT);
	assert_true(fake_sysregs.cntpct_el0 < LIMIT + LIMIT / 10);
}

static void unknown_methods(void **state)
{
	(void)state;
	machine.cpu[1].method = MACHINE_CPU_SPIN_TABLE;
	machine.cpu[2].method = MACHINE_CPU_UNKNOWN;
	arrival[3] = PEN_STATE_E2H;
	assert_int_equal(start_all(0), 1);
	assert_int_equal(starts, 1);
	assert_non_null(strstr(reports, "spin-table"));
	assert_non_null(strstr(reports, "unknown"));
	assert_non_null(strstr(reports, "E2H"));
}

static void without_psci(void **state)
{
	(void)state;
	machine.psci_conduit = BOOT_CONDUIT_NONE;
	assert_int_equal(start_all(0), 1);
	assert_int_equal(starts, 0);
	assert_int_equal(report_count, 3);
	assert_int_equal(smp_psci_version(BOOT_CONDUIT_NONE), 0);
	assert_int_equal(smp_psci_version(BOOT_CONDUIT_HVC), 0x10001);
}

static void boot_cpu_must_be_listed(void **state)
{
	(void)state;
	assert_int_equal(start_all(0x999), 0);
	assert_int_equal(starts, 0);
}

static uint64_t read_targets(void *ctx, uint64_t offset, unsigned size)
{
	(void)ctx;
	assert_int_equal(offset, 0x800);
	assert_int_equal(size, 4);
	return 0x01010101;
}

static void gicv2_interface_numbers(void **state)
{
	static const struct fake_device gicd = {0x8000000, 0x1000, NULL, read_targets, NULL};

	(void)state;
	fake_mmio_add(&gicd);
	machine.gic.version = 2;
	machine.gic.dist.base = 0x8000000;
	assert_int_equal(start_all(0), 4);
	for (uint32_t i = 0; i < 4; i++) {
		assert_int_equal(cpus[i].gicv2_interface, i);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(all_come_up, setup),
		cmocka_unit_test_setup(the_failed_are_left_out, setup),
		cmocka_unit_test_setup(unknown_methods, setup),
		cmocka_unit_test_setup(without_psci, setup),
		cmocka_unit_test_setup(boot_cpu_must_be_listed, setup),
		cmocka_unit_test_setup(gicv2_interface_numbers, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
