/* SPDX-License-Identifier: Apache-2.0 */
/* Four vCPUs with different registers, which they look at again and again while they take turns. */
#include "base/compiler.h"
#include "base/string.h"
#include "features.h"
#include "libguest/libguest.h"

#define VIRT_TIMER 27U
#define MS	   (READ_SYSREG("cntfrq_el0") / 1000U)
#define RUN_MS	   200U
#define BUSY_MS	   7U /* more than a turn */
#define SLEEP_MS   1U
#define ROUNDS_MIN 5U

#define FPSR_FLAGS 0x0800009fUL /* QC and the exceptions */
#define PAR_PA	   0x0000fffffffff000UL
#define ISAR1_AUTH 0xff000ff0UL /* APA, API, GPA, GPI */

/* Registers that are a vCPU's own and disturb nothing here: a name, and what can be set in it. */
#define REGISTERS(X)                                                                               \
	X(0, "tpidr_el0", ~0UL)                                                                    \
	X(1, "tpidrro_el0", ~0UL)                                                                  \
	X(2, "sp_el0", ~0UL)                                                                       \
	X(3, "contextidr_el1", 0xffffffffUL)                                                       \
	X(4, "afsr0_el1", 0xffffffffUL)                                                            \
	X(5, "afsr1_el1", 0xffffffffUL)                                                            \
	X(6, "cntkctl_el1", 0xf3UL)                                                                \
	X(7, "csselr_el1", 0x3UL)                                                                  \
	X(8, "ttbr1_el1", 0x0000fffffffff000UL)                                                    \
	X(9, "far_el1", ~0UL)
#define REGISTER_COUNT 10U

static const char *const register_names[REGISTER_COUNT] = {
#define NAME(i, name, mask) [i] = "switch: " name,
	REGISTERS(NAME)
#undef NAME
};

struct result {
	uint32_t rounds;
	uint32_t wrong_fp;
	uint32_t wrong_register[REGISTER_COUNT];
	uint32_t wrong_tpidr;
	uint32_t wrong_mair;
	uint32_t wrong_par;
	uint32_t wrong_key;
	uint64_t stolen_ns;
};

static struct result results[FEATURES_CPUS];
static struct fp_state fp_own[FEATURES_CPUS];
static struct fp_state fp_now[FEATURES_CPUS];
static volatile bool woken[FEATURES_CPUS];
static uint8_t pages[FEATURES_CPUS][4096] __attribute__((aligned(4096)));

static uint64_t pattern(uint32_t cpu, uint32_t i)
{
	uint64_t state = (cpu + 1UL) * 0x9e3779b97f4a7c15UL + i;

	return random_next(&state);
}

static void make_fp(struct fp_state *fp, uint32_t cpu)
{
	for (uint32_t i = 0; i < 32U; i++) {
		fp->q[i][0] = pattern(cpu, 2U * i);
		fp->q[i][1] = pattern(cpu, 2U * i + 1U);
	}
	fp->fpsr = pattern(cpu, 100) & FPSR_FLAGS;
	fp->fpcr = (uint64_t)cpu << 22; /* RMode */
}

static void set_registers(uint32_t cpu, uint64_t expected[REGISTER_COUNT])
{
#define SET(i, name, mask)                                                                         \
	WRITE_SYSREG(name, pattern(cpu, 200U + (i)) & (mask));                                     \
	isb();                                                                                     \
	expected[i] = READ_SYSREG(name);
	REGISTERS(SET)
#undef SET
}

static void compare_registers(const uint64_t expected[REGISTER_COUNT], struct result *r)
{
#define COMPARE(i, name, mask) r->wrong_register[i] += READ_SYSREG(name) == expected[i] ? 0U : 1U;
	REGISTERS(COMPARE)
#undef COMPARE
}

/* cpu_number() looks at the lower half alone. */
static uint64_t own_tpidr(uint32_t cpu)
{
	return (pattern(cpu, 300) << 32) | cpu;
}

/* Attributes 0 and 1 are in use; the third is free. */
static uint64_t own_mair(uint32_t cpu)
{
	static const uint8_t attribute[FEATURES_CPUS] = {0x08, 0x0c, 0x44, 0xbb};

	return 0xff04UL | ((uint64_t)attribute[cpu] << 16);
}

static bool has_keys(void)
{
	return (READ_SYSREG("id_aa64isar1_el1") & ISAR1_AUTH) != 0U;
}

static void set_own(uint32_t cpu)
{
	WRITE_SYSREG("tpidr_el1", own_tpidr(cpu));
	WRITE_SYSREG("mair_el1", own_mair(cpu));
	if (has_keys()) {
		WRITE_SYSREG("S3_0_C2_C1_0", pattern(cpu, 301)); /* APIAKeyLo_EL1 */
	}
	__asm__ volatile("at s1e1r, %0" ::"r"(pages[cpu]) : "memory");
	isb();
}

static void compare_own(uint32_t cpu, struct result *r)
{
	r->wrong_tpidr += READ_SYSREG("tpidr_el1") == own_tpidr(cpu) ? 0U : 1U;
	r->wrong_mair += READ_SYSREG("mair_el1") == own_mair(cpu) ? 0U : 1U;
	r->wrong_par += (READ_SYSREG("par_el1") & (PAR_PA | 1U)) == (uint64_t)pages[cpu] ? 0U : 1U;
	if (has_keys()) {
		r->wrong_key += READ_SYSREG("S3_0_C2_C1_0") == pattern(cpu, 301) ? 0U : 1U;
	}
}

static void handle_irq(uint32_t intid)
{
	if (intid == VIRT_TIMER) {
		WRITE_SYSREG("cntv_ctl_el0", 0);
		isb();
		woken[cpu_number()] = true;
	}
}

static void stay_busy(uint64_t ms)
{
	uint64_t end = counter() + ms * MS;

	while (counter() < end) {
		__asm__ volatile("yield");
	}
}

static void sleep_ms(uint64_t ms)
{
	uint32_t cpu = cpu_number();

	woken[cpu] = false;
	WRITE_SYSREG("cntv_cval_el0", counter() + ms * MS);
	WRITE_SYSREG("cntv_ctl_el0", 1);
	isb();
	while (!woken[cpu]) {
		__asm__ volatile("wfi");
		irq_on();
		isb();
		irq_off();
	}
}

static void take_turns(uint32_t cpu)
{
	struct result *r = &results[cpu];
	uint64_t end = counter() + RUN_MS * MS;
	uint64_t expected[REGISTER_COUNT];

	make_fp(&fp_own[cpu], cpu);
	set_own(cpu);
	set_registers(cpu, expected);
	fp_load(&fp_own[cpu]);
	while (counter() < end || r->rounds < ROUNDS_MIN) {
		if (r->rounds % 2U == 0U) {
			stay_busy(BUSY_MS);
		} else {
			sleep_ms(SLEEP_MS);
		}
		fp_save(&fp_now[cpu]);
		r->wrong_fp +=
			memcmp(&fp_own[cpu], &fp_now[cpu], sizeof(fp_now[cpu])) == 0 ? 0U : 1U;
		compare_registers(expected, r);
		compare_own(cpu, r);
		r->rounds++;
	}
	r->stolen_ns = pvtime_stolen_ns();
	WRITE_SYSREG("tpidr_el1", cpu);
}

static void peer(uint32_t cpu)
{
	gic_start();
	take_turns(cpu);
	features_cpu_off();
}

/* A register that cannot be set would pass for ever. */
static void check_patterns(void)
{
	struct fp_state *other = &fp_own[1];

	make_fp(&fp_own[0], 0);
	fp_load(&fp_own[0]);
	fp_save(&fp_now[0]);
	check(memcmp(&fp_own[0], &fp_now[0], sizeof(fp_now[0])) == 0,
		"FP/SIMD: all of it can be set");
	make_fp(other, 1);
	check(fp_now[0].fpsr != other->fpsr && fp_now[0].fpcr != other->fpcr,
		"FPSR and FPCR differ between CPUs");
}

static void report(void)
{
	struct result all = {0};
	uint32_t preempted = 0;

	for (uint32_t cpu = 0; cpu < FEATURES_CPUS; cpu++) {
		const struct result *r = &results[cpu];

		all.rounds += r->rounds >= ROUNDS_MIN ? 1U : 0U;
		all.wrong_fp += r->wrong_fp;
		all.wrong_tpidr += r->wrong_tpidr;
		all.wrong_mair += r->wrong_mair;
		all.wrong_par += r->wrong_par;
		all.wrong_key += r->wrong_key;
		for (unsigned i = 0; i < REGISTER_COUNT; i++) {
			all.wrong_register[i] += r->wrong_register[i];
		}
		preempted += r->stolen_ns != 0U ? 1U : 0U;
	}
	check(all.rounds == FEATURES_CPUS && preempted != 0U, "the vCPUs took turns");
	check(all.wrong_fp == 0U, "switch: FP/SIMD registers, FPSR, FPCR");
	for (unsigned i = 0; i < REGISTER_COUNT; i++) {
		check(all.wrong_register[i] == 0U, register_names[i]);
	}
	check(all.wrong_tpidr == 0U, "switch: TPIDR_EL1");
	check(all.wrong_mair == 0U, "switch: MAIR_EL1");
	check(all.wrong_par == 0U, "switch: PAR_EL1");
	check(all.wrong_key == 0U, "switch: pointer authentication's key");
}

void test_switch(void)
{
	on_irq(handle_irq);
	gic_start();
	check_patterns();
	for (uint32_t cpu = 1; cpu < FEATURES_CPUS; cpu++) {
		check(cpu_on(cpu, peer) == 0, "another vCPU");
	}
	take_turns(0);
	for (uint32_t cpu = 1; cpu < FEATURES_CPUS; cpu++) {
		features_wait_off(cpu);
	}
	report();
}
