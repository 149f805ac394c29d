/* SPDX-License-Identifier: Apache-2.0 */
/* The firmware and the CPUs are the test's: a PSCI handler, and words that play a CPU's arrival. */
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
const uint8_t pen_code_back[] = {0};
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
static void *parking; /* smp_request's */
static bool e2h_off;

static void report(const char *text)
{
	report_count++;
	size_t used = strlen(reports);

	snprintf(reports + used, sizeof(reports) - used, "%s\n", text);
}

/* Looks for the CPUs that are started: at STILL_AT the machine stands still for twice the time
 * limit, and at LATE_AT CPU `late` arrives (0: neither). */
static unsigned looks;
static uint32_t late;

#define STILL_AT 5U
#define LATE_AT	 10U

static void tick(void *ctx, enum fake_op op, uint64_t address)
{
	struct pen_mailbox *box = (struct pen_mailbox *)(pen + SMP_PEN_CODE_SIZE);

	(void)ctx;
	(void)address;
	if (op != FAKE_DSB_SY) {
		return;
	}
	fake_sysregs.cntpct_el0 += 100;
	looks += late != 0U && starts == machine.cpu_count - 1U ? 1U : 0U;
	if (looks == STILL_AT) {
		fake_sysregs.cntpct_el0 += 2U * LIMIT;
	} else if (looks == LATE_AT) {
		box[late].state = PEN_STATE_READY;
	}
}

/* What the pen's code does, for the CPU of that MPIDR. */
static void arrive(uint32_t cpu)
{
	struct pen_mailbox *box = (struct pen_mailbox *)(pen + SMP_PEN_CODE_SIZE);

	for (uint32_t i = 0; i < PEN_COUNT; i++) {
		if (box[i].key == ~machine.cpu[cpu].mpidr) {
			assert_int_equal(i, cpu);
			assert_int_equal(box[i].need & PEN_NEED_EL, 2 << 2);
			box[i].targets = UINT64_C(1) << cpu;
			box[i].state = arrival[cpu];
			starts++;
		}
	}
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
			arrive(i);
			regs->x[0] = (uint32_t)answers[i];
		}
	}
}

/* One page of firmware's memory: spin-table words, a parking page or the example's words. */
static uint64_t words[512];
static uint64_t words_read(void *ctx, uint64_t offset, unsigned size)
{
	uint64_t v = words[offset / 8U];

	(void)ctx;
	return size == 4U ? (uint32_t)v : v;
}

static void words_write(void *ctx, uint64_t offset, unsigned size, uint64_t v)
{
	void (*written)(uint64_t offset, uint64_t v) = ctx;

	words[offset / 8U] = size == 4U ? (words[offset / 8U] & ~UINT64_C(0xffffffff)) | v : v;
	if (written != NULL) {
		written(offset, v);
	}
}

#define WORDS_AT 0x7000U

/* CPU 1 has that method with its words at WORDS_AT, in reserved memory; `written` sees them. */
static void one_cpu_by(enum machine_cpu_method method, void (*written)(uint64_t, uint64_t))
{
	static struct fake_device device;

	memset(words, 0, sizeof(words));
	device = (struct fake_device){
		WORDS_AT, sizeof(words), (void *)written, words_read, words_write};
	fake_mmio_add(&device);
	machine.cpu_count = 2;
	machine.cpu[1].method = method;
	machine.cpu[1].address = WORDS_AT;
	machine.cpu[1].interface = 7;
	machine.reserved[0] = (struct boot_range){WORDS_AT, sizeof(words)};
	machine.reserved_count = 1;
	machine.psci_conduit = BOOT_CONDUIT_NONE;
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
	looks = 0;
	late = 0;
	parking = NULL;
	e2h_off = false;
	machine.psci_conduit = BOOT_CONDUIT_SMC;
	machine.cpu_count = 4;
	for (uint32_t i = 0; i < 4; i++) {
		machine.cpu[i] = (struct machine_cpu){.mpidr = i << 8, .method = MACHINE_CPU_PSCI};
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
	const struct smp_request request = {
		.machine = &machine,
		.boot_mpidr = boot_mpidr,
		.pen = pen,
		.parking = parking,
		.level = 2,
		.e2h_off = e2h_off,
		.frequency = FREQUENCY,
		.report = report,
	};

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
		assert_true(box->gicd == 0 && box->targets == 0 && box->key == 0);
		assert_true(box->parking == 0 && box->need == 0);
	}
	assert_memory_equal(pen, pen_code, sizeof(pen_code));
}

/* A soft restart: CPU 2 does not come back, CPU 3 never was there. */
static void cpus_are_taken_back(void **state)
{
	struct boot_mailbox *box = (struct boot_mailbox *)(pen + SMP_PEN_CODE_SIZE);

	(void)state;
	arrival[3] = PEN_STATE_ABSENT;
	assert_int_equal(start_all(0), 3);
	assert_int_equal(cpus[3].status, BOOT_CPU_FAILED);
	report_count = 0;
	box[1].returned = 1;
	assert_int_equal(smp_take_back(cpus, 4, report), 2);
	assert_int_equal(cpus[0].status, BOOT_CPU_PRIMARY);
	assert_int_equal(cpus[1].status, BOOT_CPU_PARKED);
	assert_int_equal(cpus[2].status, BOOT_CPU_FAILED);
	assert_int_equal(cpus[3].status, BOOT_CPU_FAILED);
	assert_int_equal(report_count, 1);
	assert_non_null(strstr(reports, "CPU 2 (MPIDR 0x200) is left out: it did not come back"));
	/* Once more: who was there is asked again. */
	assert_int_equal(box[1].returned, 0);
	assert_int_equal(smp_take_back(cpus, 4, report), 1);
}

static void the_way_back_is_in_the_pen(void **state)
{
	(void)state;
	assert_true(smp_back_entry(pen) - (uintptr_t)pen ==
		    (uintptr_t)pen_code_back - (uintptr_t)pen_code);
}

static void the_failed_are_left_out(void **state)
{
	(void)state;
	answers[1] = -2;
	arrival[1] = PEN_STATE_ABSENT;
	arrival[2] = PEN_STATE_ABSENT; /* never arrives */
	arrival[3] = PEN_STATE_OTHER_EL;
	assert_int_equal(start_all(0), 1);
	assert_int_equal(cpus[0].status, BOOT_CPU_PRIMARY);
	assert_int_equal(cpus[1].status, BOOT_CPU_FAILED);
	assert_int_equal(cpus[2].status, BOOT_CPU_FAILED);
	assert_int_equal(cpus[3].status, BOOT_CPU_FAILED);
	assert_int_equal(report_count, 3);
	assert_non_null(strstr(reports, "CPU 1 (MPIDR 0x100) is left out: the firmware refuses"));
	assert_non_null(strstr(reports, "(-2)"));
	assert_non_null(strstr(reports, "CPU 2 (MPIDR 0x200) is left out: it did not arrive"));
	assert_non_null(strstr(
		reports, "CPU 3 (MPIDR 0x300) is left out: it started at another level than EL2"));
	/* one time limit for all, not one for each */
	assert_true(fake_sysregs.cntpct_el0 >= LIMIT);
	assert_true(fake_sysregs.cntpct_el0 < LIMIT + LIMIT / 10);
}

static void a_machine_that_stands_still_loses_no_cpu(void **state)
{
	(void)state;
	late = 2;
	arrival[late] = PEN_STATE_ABSENT;
	assert_int_equal(start_all(0), 4);
	assert_int_equal(cpus[late].status, BOOT_CPU_PARKED);
	assert_int_equal(report_count, 0);
	assert_true(looks >= LATE_AT);
	assert_true(fake_sysregs.cntpct_el0 > 2U * LIMIT);
}

static void unknown_methods(void **state)
{
	(void)state;
	machine.cpu[2].method = MACHINE_CPU_UNKNOWN;
	arrival[3] = PEN_STATE_E2H;
	assert_int_equal(start_all(0), 2);
	assert_int_equal(starts, 2);
	assert_non_null(strstr(reports, "CPU 2 (MPIDR 0x200) is left out: its enable-method"));
	assert_non_null(strstr(reports, "E2H"));
}

static uint64_t seen_need;

static void note_need(uint64_t offset, uint64_t v)
{
	(void)offset;
	(void)v;
	seen_need = ((struct pen_mailbox *)(pen + SMP_PEN_CODE_SIZE))[1].need;
	arrive(1);
}

static void needs_reach_the_pen(void **state)
{
	(void)state;
	one_cpu_by(MACHINE_CPU_SPIN_TABLE, note_need);
	assert_int_equal(start_all(0), 2);
	assert_true(seen_need == (2U << 2 | UINT64_C(7) << 32));
	setup(NULL);
	e2h_off = true;
	one_cpu_by(MACHINE_CPU_SPIN_TABLE, note_need);
	assert_int_equal(start_all(0), 2);
	assert_true(seen_need == (2U << 2 | 1U | UINT64_C(7) << 32));
}

static void spin_table_word(uint64_t offset, uint64_t v)
{
	assert_int_equal(offset, 0);
	assert_true(v == (uintptr_t)pen);
	arrive(1);
}

static void spin_table(void **state)
{
	(void)state;
	one_cpu_by(MACHINE_CPU_SPIN_TABLE, spin_table_word);
	assert_int_equal(start_all(0), 2);
	assert_int_equal(cpus[1].status, BOOT_CPU_PARKED);
	assert_int_equal(report_count, 0);
}

/* CPUs 1 and 2 wait on one word: the first store brings both. */
static void shared_word(uint64_t offset, uint64_t v)
{
	(void)offset;
	(void)v;
	if (starts == 0U) {
		arrive(1);
		arrive(2);
	}
}

static void spin_table_words_are_shared(void **state)
{
	(void)state;
	one_cpu_by(MACHINE_CPU_SPIN_TABLE, shared_word);
	machine.cpu_count = 3;
	machine.cpu[2] = machine.cpu[1];
	machine.cpu[2].mpidr = 0x200;
	assert_int_equal(start_all(0), 3);
	assert_int_equal(report_count, 0);
}

static void bad_release_words(void **state)
{
	static const uint64_t bad[] = {0, 0x7ffc, 0x7001, 0x8000, UINT64_MAX - 7};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		setup(state);
		one_cpu_by(MACHINE_CPU_SPIN_TABLE, NULL);
		machine.cpu[1].address = bad[i];
		assert_int_equal(start_all(0), 1);
		assert_int_equal(cpus[1].status, BOOT_CPU_FAILED);
		assert_non_null(strstr(reports, "CPU 1 (MPIDR 0x100) is left out: its spin-table "
						"mailbox at"));
		assert_non_null(strstr(reports, "misaligned or no memory"));
	}
}

static unsigned parking_step;

/* The address first, then the number. */
static void parking_words(uint64_t offset, uint64_t v)
{
	if (offset == SMP_PARKING_JUMP) {
		assert_true(v == (uintptr_t)pen);
		assert_int_equal(parking_step++, 0);
	} else {
		assert_int_equal(offset, SMP_PARKING_ID);
		assert_int_equal(v, 7);
		assert_int_equal(parking_step++, 1);
		arrive(1);
	}
}

static void parked_cpu(void **state)
{
	(void)state;
	one_cpu_by(MACHINE_CPU_PARKING, parking_words);
	machine.cpu[1].mpidr = 0x0300020113;
	machine.gic.version = 3;
	fake_sysregs.currentel = 2U << 2;
	parking_step = 0;
	words[0] = SMP_PARKING_READY;
	assert_int_equal(start_all(0), 2);
	assert_int_equal(parking_step, 2);
	/* SGI 0 to 3.2.1.19 */
	assert_true(fake_sysregs.icc_sgi1r_el1 == 0x0003100200010008);
	assert_int_equal(fake_sysregs.icc_sre_el2 & 1U, 1);
}

static void bad_parking_pages(void **state)
{
	setup(state);
	one_cpu_by(MACHINE_CPU_PARKING, NULL);
	words[0] = 3; /* another CPU's number: it does not wait */
	assert_int_equal(start_all(0), 1);
	assert_non_null(strstr(reports, "does not wait on its parking-protocol mailbox at 0x7000"));
	setup(state);
	one_cpu_by(MACHINE_CPU_PARKING, NULL);
	machine.cpu[1].address = 0x7008;
	assert_int_equal(start_all(0), 1);
	assert_non_null(strstr(reports, "misaligned or no memory"));
}

/* The example's CPU: takes the call when its own number is there. */
static void example_words(uint64_t offset, uint64_t v)
{
	if (offset == 0U && v == (UINT64_C(1) << 63 | 0x100)) {
		assert_true(words[1] == (uintptr_t)pen);
		words[0] = 0;
		arrive(1);
	}
}

static void example_vendor(void **state)
{
	(void)state;
	one_cpu_by(MACHINE_CPU_EXAMPLE, example_words);
	machine.reserved_count = 0; /* a device is no memory */
	assert_int_equal(start_all(0), 2);
	assert_int_equal(report_count, 0);
}

static uint64_t passing_time(void *ctx, uint64_t offset, unsigned size)
{
	fake_sysregs.cntpct_el0 += 1000;
	return words_read(ctx, offset, size);
}

static void example_vendor_does_not_answer(void **state)
{
	static const struct fake_device silent = {0x9000, 0x1000, NULL, passing_time, words_write};

	(void)state;
	one_cpu_by(MACHINE_CPU_EXAMPLE, NULL);
	fake_mmio_add(&silent);
	machine.cpu[1].address = 0x9000;
	assert_int_equal(start_all(0), 1);
	assert_non_null(strstr(reports, "did not answer its plinth,example-pen mailbox in 500 ms"));
	assert_true(words[0] == 0); /* withdrawn: the words are free for another CPU */
	assert_true(fake_sysregs.cntpct_el0 < LIMIT / 2);
}

ALIGNED(4096) static uint8_t parking_pages[2][4096];

static void parking_is_offered(void **state)
{
	(void)state;
	machine.cpu_count = 2;
	parking = parking_pages;
	memset(parking_pages, 0xaa, sizeof(parking_pages));
	assert_int_equal(start_all(0), 2);
	/* the CPU that arrived is ready; the boot CPU's page is nobody's */
	assert_true(*(uint32_t *)(void *)parking_pages[1] == SMP_PARKING_READY);
	assert_true(*(uint64_t *)(void *)(parking_pages[1] + 8) == 0);
	assert_true(*(uint32_t *)(void *)parking_pages[0] == 0);
	setup(NULL);
	machine.cpu_count = 2;
	parking = parking_pages;
	arrival[1] = PEN_STATE_ABSENT;
	assert_int_equal(start_all(0), 1);
	assert_true(*(uint32_t *)(void *)parking_pages[1] == 0);
}

static void without_psci(void **state)
{
	(void)state;
	machine.psci_conduit = BOOT_CONDUIT_NONE;
	assert_int_equal(start_all(0), 1);
	assert_int_equal(starts, 0);
	assert_int_equal(report_count, 3);
	assert_non_null(strstr(reports, "the machine has no psci"));
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
		cmocka_unit_test_setup(cpus_are_taken_back, setup),
		cmocka_unit_test_setup(the_way_back_is_in_the_pen, setup),
		cmocka_unit_test_setup(a_machine_that_stands_still_loses_no_cpu, setup),
		cmocka_unit_test_setup(unknown_methods, setup),
		cmocka_unit_test_setup(needs_reach_the_pen, setup),
		cmocka_unit_test_setup(spin_table, setup),
		cmocka_unit_test_setup(spin_table_words_are_shared, setup),
		cmocka_unit_test_setup(bad_release_words, setup),
		cmocka_unit_test_setup(parked_cpu, setup),
		cmocka_unit_test_setup(bad_parking_pages, setup),
		cmocka_unit_test_setup(example_vendor, setup),
		cmocka_unit_test_setup(example_vendor_does_not_answer, setup),
		cmocka_unit_test_setup(parking_is_offered, setup),
		cmocka_unit_test_setup(without_psci, setup),
		cmocka_unit_test_setup(boot_cpu_must_be_listed, setup),
		cmocka_unit_test_setup(gicv2_interface_numbers, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
