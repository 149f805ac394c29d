/* SPDX-License-Identifier: Apache-2.0 */
/* PSCI, SMCCC and TRNG as a guest with two or more vCPUs calls them. Bootargs: cycles=N. */
#include "base/compiler.h"
#include "libguest/libguest.h"
#include "options.h"

#define BIT_64	       0x40000000UL
#define VERSION	       0x84000000UL
#define CPU_SUSPEND    0x84000001UL
#define CPU_OFF	       0x84000002UL
#define CPU_ON	       0x84000003UL
#define AFFINITY_INFO  0x84000004UL
#define MIGRATE	       0x84000005UL
#define MIGRATE_TYPE   0x84000006UL
#define FEATURES       0x8400000aUL
#define SYSTEM_SUSPEND 0x8400000eUL
#define SYSTEM_RESET2  0x84000012UL
#define SMCCC_VERSION  0x80000000UL
#define SMCCC_FEATURES 0x80000001UL
#define TRNG_VERSION   0x84000050UL
#define TRNG_RND       0xc4000053UL

#define NOT_SUPPORTED	   (-1L)
#define INVALID_PARAMETERS (-2L)
#define DENIED		   (-3L)
#define ALREADY_ON	   (-4L)
#define INVALID_ADDRESS	   (-9L)
#define OFF		   1L
#define MS		   (READ_SYSREG("cntfrq_el0") / 1000U)

extern const char secondary_start[];

static volatile uint32_t arrivals;
static volatile uint64_t arrived_context;
static volatile bool go;
static volatile uint32_t race_wins;
static volatile uint32_t racers_ready;
static volatile uint64_t suspend_due;

static int64_t call(uint64_t function, uint64_t a, uint64_t b, uint64_t c)
{
	uint64_t result = hvc(function, a, b, c);

	/* A 32-bit call answers with 32 bits, sign-extended or not. */
	return (function & BIT_64) != 0U ? (int64_t)result : (int32_t)result;
}

static void go_off(uint32_t cpu)
{
	arrived_context = cpu;
	__atomic_fetch_add(&arrivals, 1U, __ATOMIC_RELEASE);
	(void)hvc(CPU_OFF, 0, 0, 0);
	check(false, "CPU_OFF returned");
}

static void wait_until_off(uint64_t cpu)
{
	while (call(AFFINITY_INFO, cpu, 0, 0) != OFF) {
		__asm__ volatile("yield");
	}
}

static void test_simple_calls(void)
{
	check(call(VERSION, 0, 0, 0) == 0x10001, "version 1.1");
	check(call(MIGRATE_TYPE, 0, 0, 0) == 2, "no migration needed");
	check(call(MIGRATE, 0, 0, 0) == NOT_SUPPORTED, "MIGRATE is not supported");
	check(call(FEATURES, CPU_ON, 0, 0) == 0, "FEATURES: CPU_ON");
	check(call(FEATURES, CPU_ON | BIT_64, 0, 0) == 0, "FEATURES: 64-bit CPU_ON");
	check(call(FEATURES, SYSTEM_RESET2 | BIT_64, 0, 0) == 0, "FEATURES: 64-bit RESET2");
	check(call(FEATURES, SYSTEM_SUSPEND, 0, 0) == 0, "FEATURES: SYSTEM_SUSPEND");
	check(call(FEATURES, SMCCC_VERSION, 0, 0) == 0, "FEATURES: SMCCC_VERSION");
	check(call(FEATURES, MIGRATE, 0, 0) == NOT_SUPPORTED, "FEATURES: not MIGRATE");
	check(call(FEATURES, VERSION | BIT_64, 0, 0) == NOT_SUPPORTED,
		"FEATURES: VERSION has no 64-bit form");
	check(call(0x8400001fUL, 0, 0, 0) == NOT_SUPPORTED, "an unknown function");
	check(call(SMCCC_VERSION, 0, 0, 0) == 0x10002, "SMCCC 1.2");
	check(call(SMCCC_FEATURES, SMCCC_VERSION, 0, 0) == 0, "SMCCC features of itself");
	check(call(SMCCC_FEATURES, 0x80001234UL, 0, 0) == NOT_SUPPORTED, "SMCCC unknown feature");
}

static void test_errors(void)
{
	uint64_t entry = (uint64_t)secondary_start;

	check(call(CPU_ON | BIT_64, 0x1000, entry, 0) == INVALID_PARAMETERS, "CPU_ON: no such CPU");
	check(call(CPU_ON | BIT_64, 1UL << 32, entry, 0) == INVALID_PARAMETERS,
		"CPU_ON: no such Aff3");
	check(call(CPU_ON | BIT_64, 1UL << 24, entry, 0) == INVALID_PARAMETERS,
		"CPU_ON: bits that are no affinity");
	check(call(CPU_ON | BIT_64, 0, entry, 0) == ALREADY_ON, "CPU_ON: itself");
	check(call(CPU_ON | BIT_64, 1, 0x09000000, 0) == INVALID_ADDRESS, "CPU_ON: a device");
	check(call(CPU_ON | BIT_64, 1, entry + 2U, 0) == INVALID_ADDRESS, "CPU_ON: unaligned");
	check(call(CPU_ON | BIT_64, 1, 1UL << 45, 0) == INVALID_ADDRESS, "CPU_ON: beyond RAM");
	check(call(AFFINITY_INFO, 0, 0, 0) == 0, "AFFINITY_INFO: on");
	check(call(AFFINITY_INFO, 1, 0, 0) == OFF, "AFFINITY_INFO: off");
	check(call(AFFINITY_INFO, 0x77, 0, 0) == INVALID_PARAMETERS, "AFFINITY_INFO: no such CPU");
	check(call(AFFINITY_INFO, 0, 4, 0) == INVALID_PARAMETERS, "AFFINITY_INFO: no such level");
	check(call(SYSTEM_RESET2 | BIT_64, 1, 0, 0) == INVALID_PARAMETERS, "RESET2: no such type");
	check(call(SYSTEM_RESET2 | BIT_64, 0x80000000UL, 0, 0) == INVALID_PARAMETERS,
		"RESET2: no vendor's type");
	check(call(CPU_SUSPEND | BIT_64, 0x80000000UL, entry, 0) == INVALID_PARAMETERS,
		"CPU_SUSPEND: reserved bits");
	check(call(CPU_SUSPEND | BIT_64, 0x10000UL, 3, 0) == INVALID_ADDRESS,
		"CPU_SUSPEND: bad entry");
}

static void test_cycles(void)
{
	uint64_t cycles = option("cycles", 1000);
	uint64_t wrong = 0;

	for (uint64_t i = 0; i < cycles; i++) {
		arrived_context = 0;
		wrong += cpu_on(1, go_off) == 0 ? 0U : 1U;
		wait_until_off(1);
		wrong += arrived_context == 1U ? 0U : 1U;
	}
	check(wrong == 0U && arrivals == cycles, "CPU_ON and CPU_OFF, over and over");
}

static void racer(uint32_t cpu)
{
	__atomic_fetch_add(&racers_ready, 1U, __ATOMIC_RELEASE);
	while (!go) {
		__asm__ volatile("yield");
	}
	if (cpu_on(3, go_off) == 0) {
		__atomic_fetch_add(&race_wins, 1U, __ATOMIC_RELEASE);
	}
	__atomic_fetch_sub(&racers_ready, 1U, __ATOMIC_RELEASE);
	(void)hvc(CPU_OFF, cpu, 0, 0);
}

/* Two CPUs start a third one at the same time: it must start as often as somebody was told so. */
static void test_race(void)
{
	arrivals = 0;
	for (unsigned i = 0; i < 50U; i++) {
		go = false;
		if (cpu_on(1, racer) != 0 || cpu_on(2, racer) != 0) {
			check(false, "racers start");
			return;
		}
		while (racers_ready != 2U) {
			__asm__ volatile("yield");
		}
		go = true;
		wait_until_off(1);
		wait_until_off(2);
		wait_until_off(3);
	}
	check(race_wins >= 50U && arrivals == race_wins, "CPU_ON of one CPU by two at a time");
}

static void stay(uint32_t cpu)
{
	(void)cpu;
	__atomic_fetch_add(&arrivals, 1U, __ATOMIC_RELEASE);
	while (!go) {
		__asm__ volatile("yield");
	}
	(void)hvc(CPU_OFF, 0, 0, 0);
}

static void arm_timer(uint64_t ms)
{
	gic_start();
	WRITE_SYSREG("cntv_cval_el0", counter() + ms * MS);
	WRITE_SYSREG("cntv_ctl_el0", 1);
	isb();
}

/* Its interrupt is still pending: CPU_SUSPEND does not take it. */
static void take_timer(void)
{
	WRITE_SYSREG("cntv_ctl_el0", 2);
	irq_on();
	isb();
	irq_off();
}

#define RESUME_NUMBER 5U /* no CPU's: the context with which CPU 0 comes back */

static void resumed(uint32_t number)
{
	uint64_t late = counter() - suspend_due;

	check((int64_t)late >= 0 && late < 1000U * MS, "SYSTEM_SUSPEND: the timer wakes it");
	check(number == RESUME_NUMBER, "SYSTEM_SUSPEND: its context");
	guest_done();
}

static void test_suspend(void)
{
	uint64_t before = counter();

	arm_timer(20);
	check(call(CPU_SUSPEND, 0, 0, 0) == 0, "CPU_SUSPEND: standby");
	check(counter() - before >= 19U * MS, "CPU_SUSPEND: until the timer");
	take_timer();
	arrivals = 0;
	go = false;
	(void)cpu_on(1, stay);
	while (arrivals == 0U) {
		__asm__ volatile("yield");
	}
	check(call(SYSTEM_SUSPEND | BIT_64, (uint64_t)secondary_start, 0, 0) == DENIED,
		"SYSTEM_SUSPEND: not while another CPU is on");
	go = true;
	wait_until_off(1);
	check(call(SYSTEM_SUSPEND | BIT_64, 0x09000000, 0, 0) == INVALID_ADDRESS,
		"SYSTEM_SUSPEND: bad entry");
	check(cpu_on(RESUME_NUMBER, resumed) == INVALID_PARAMETERS, "no CPU of that number");
	arm_timer(20);
	suspend_due = READ_SYSREG("cntv_cval_el0");
	(void)hvc(SYSTEM_SUSPEND | BIT_64, (uint64_t)secondary_start, RESUME_NUMBER, 0);
	check(false, "SYSTEM_SUSPEND returned");
}

static void test_trng(void)
{
	struct guest_call one = {.x = {TRNG_RND, 192}};
	struct guest_call two = one;

	if (call(TRNG_VERSION, 0, 0, 0) == NOT_SUPPORTED) {
		print("no TRNG\n");
		return;
	}
	hvc_call(&one);
	hvc_call(&two);
	check(one.x[0] == 0U && two.x[0] == 0U, "TRNG answers");
	check(one.x[3] != two.x[3] || one.x[2] != two.x[2], "TRNG answers differ");
	one = (struct guest_call){.x = {TRNG_RND, 193}};
	hvc_call(&one);
	check((int64_t)one.x[0] == INVALID_PARAMETERS, "TRNG: too many bits");
	one = (struct guest_call){.x = {TRNG_RND, 0}};
	hvc_call(&one);
	check((int64_t)one.x[0] == INVALID_PARAMETERS, "TRNG: no bits");
	one = (struct guest_call){.x = {TRNG_RND, 10}};
	hvc_call(&one);
	check(one.x[0] == 0U && one.x[1] == 0U && one.x[2] == 0U && one.x[3] < 1024U,
		"TRNG: no more bits than asked for");
}

void guest_main(void)
{
	test_simple_calls();
	test_errors();
	test_cycles();
	test_race();
	test_trng();
	test_suspend();
}
