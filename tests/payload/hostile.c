/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bootargs: seed=N (else of the start), ms=N (how long, 2000), reset=N (1: resets itself at the
 * end, by turns with SYSTEM_RESET and SYSTEM_RESET2, instead of powering off), gic=2 (on a GICv2).
 */
#include "hostile.h"

#include "base/compiler.h"
#include "libguest/libguest.h"
#include "options.h"

#define DEFAULT_MS    2000U
#define MS_PER_SECOND 1000U
#define HEARTBEAT_S   10U
#define TICK_HZ	      500U
#define PSCI_VERSION  0x84000000UL
#define PSCI_RESET    0x84000009UL
#define PSCI_RESET2   0xc4000012UL
#define GUARD_WORDS   512U
#define GUARD(i)      (0x5ca1ab1e00000000UL ^ ((i)*0x9e3779b97f4a7c15UL))

static const struct {
	hostile_attack_fn *fn;
	uint32_t weight;
} attacks[] = {
	{attack_accesses, 20},
	{attack_fetch, 5},
	{attack_sysregs, 10},
	{attack_mmu_off, 1},
	{attack_calls, 20},
	{attack_backdoor, 5},
	{attack_gic, 10},
	{attack_sgi_storm, 5},
	{attack_timer_storm, 5},
	{attack_wfi_storm, 2},
	{attack_tables, 15},
	{attack_eret, 10},
};

static struct hostile state[GUEST_CPU_MAX];
static uint64_t guard[GUARD_WORDS]; /* memory that nobody is to change */
static volatile uint64_t deadline;  /* 0: not yet */
static uint64_t first_seed;
static uint32_t cpu_count;
static volatile uint64_t bad_sysregs;

static hostile_attack_fn *choose(struct hostile *h)
{
	uint64_t total = 0;
	uint64_t at;

	for (unsigned i = 0; i < ARRAY_SIZE(attacks); i++) {
		total += attacks[i].weight;
	}
	at = hostile_below(h, total);
	for (unsigned i = 0; i < ARRAY_SIZE(attacks); i++) {
		if (at < attacks[i].weight) {
			return attacks[i].fn;
		}
		at -= attacks[i].weight;
	}
	return attack_accesses;
}

/* An interrupt to end each WFI, whatever the attacks have done to the GIC. */
static void arm_tick(void)
{
	WRITE_SYSREG("cntv_cval_el0", counter() + READ_SYSREG("cntfrq_el0") / TICK_HZ);
	WRITE_SYSREG("cntv_ctl_el0", 1);
	hostile_gic_start();
}

static void attack_until_deadline(struct hostile *h)
{
	uint64_t frequency = READ_SYSREG("cntfrq_el0");
	uint64_t beat = counter() + HEARTBEAT_S * frequency;

	while (deadline == 0U) {
		__asm__ volatile("yield");
	}
	while (counter() < deadline) {
		arm_tick();
		choose(h)(h);
		h->rounds++;
		if (h->cpu == 0U && counter() >= beat) {
			beat += HEARTBEAT_S * frequency;
			print("hostile: round %lu\n", h->rounds);
		}
	}
}

static void start_state(uint32_t cpu)
{
	state[cpu].cpu = cpu;
	if (state[cpu].random == 0U) {
		state[cpu].random = (first_seed ^ (cpu * 0x9e3779b97f4a7c15UL)) | 1U;
	}
}

/* Takes seconds: not before each reset. */
static void sweep(struct hostile *h)
{
	if (option("reset", 0) == 0U) {
		uint64_t bad = hostile_sweep_sysregs(h, cpu_count);

		__atomic_fetch_add(&bad_sysregs, bad, __ATOMIC_RELAXED);
	}
}

/* CPUs that PSCI turned off in an attack come here again, with what they had counted. */
static void other_cpu(uint32_t cpu)
{
	struct hostile *h = &state[cpu];
	bool again = h->random != 0U;

	start_state(cpu);
	if (!again) {
		sweep(h);
	}
	attack_until_deadline(h);
}

static void start_cpus(void)
{
	cpu_count = 1;
	while (cpu_count < GUEST_CPU_MAX && cpu_on(cpu_count, other_cpu) == 0) {
		cpu_count++;
	}
}

static bool guard_is_intact(void)
{
	for (uint64_t i = 0; i < GUARD_WORDS; i++) {
		if (guard[i] != GUARD(i)) {
			return false;
		}
	}
	return true;
}

static struct hostile sum_of_all(void)
{
	struct hostile sum = {0};

	for (unsigned i = 0; i < GUEST_CPU_MAX; i++) {
		sum.rounds += state[i].rounds;
		sum.exceptions += state[i].exceptions;
		sum.interrupts += state[i].interrupts;
		sum.serrors += state[i].serrors;
	}
	return sum;
}

static void report(void)
{
	struct hostile sum = sum_of_all();

	hostile_gic_start();
	print("hostile: %lu rounds, %lu exceptions, %lu interrupts\n", sum.rounds, sum.exceptions,
		sum.interrupts);
	check(sum.rounds > 0U && sum.exceptions > 0U, "attacks were made");
	check(bad_sysregs == 0U, "system registers are done or UNDEFINED");
	check(sum.serrors == 0U, "no SError");
	check(guard_is_intact(), "memory is as it was");
	check(hvc(PSCI_VERSION, 0, 0, 0) == 0x10001U, "calls are still answered");
}

static void reset_myself(void)
{
	print("hostile: reset\n");
	if ((first_seed & 2U) != 0U) {
		(void)hvc(PSCI_RESET, 0, 0, 0);
	}
	(void)hvc(PSCI_RESET2, 0, 0, 0);
	check(false, "reset returned");
}

void guest_main(void)
{
	first_seed = option("seed", seed_of_start());
	print("hostile: seed 0x%lx\n", first_seed);
	for (uint64_t i = 0; i < GUARD_WORDS; i++) {
		guard[i] = GUARD(i);
	}
	hostile_gic_start();
	start_state(0);
	start_cpus();
	sweep(&state[0]);
	deadline = counter() + READ_SYSREG("cntfrq_el0") / MS_PER_SECOND * option("ms", DEFAULT_MS);
	attack_until_deadline(&state[0]);
	if (option("reset", 0) != 0U) {
		reset_myself();
	}
	report();
}
