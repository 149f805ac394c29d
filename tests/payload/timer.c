/* SPDX-License-Identifier: Apache-2.0 */
/* Both timers of both CPUs: when they fire, what their registers say, and the counters. */
#include "libguest/libguest.h"

#define VIRT_TIMER 27U
#define PHYS_TIMER 30U
#define ENABLE	   1UL
#define IMASK	   2UL
#define ISTATUS	   4UL
#define TICKS	   (READ_SYSREG("cntfrq_el0") / 100U) /* 10 ms */
#define LATE	   (READ_SYSREG("cntfrq_el0") / 2U)   /* the test's host may be busy */
#define CPUS	   2U

static volatile uint64_t fired_at[CPUS][32];
static volatile uint32_t fired[CPUS][32];
static volatile bool peer_done;
static volatile bool printing;

static void handle_irq(uint32_t intid)
{
	uint32_t cpu = cpu_number();

	if (intid == VIRT_TIMER) {
		fired_at[cpu][intid] = counter();
		WRITE_SYSREG("cntv_ctl_el0", 0);
	} else if (intid == PHYS_TIMER) {
		fired_at[cpu][intid] = counter();
		WRITE_SYSREG("cntp_ctl_el0", 0);
	}
	isb();
	fired[cpu][intid & 31U]++;
}

/* Lines of two CPUs do not mix. */
static void say(bool ok, const char *name)
{
	while (__atomic_exchange_n(&printing, true, __ATOMIC_ACQUIRE)) {
		__asm__ volatile("yield");
	}
	check(ok, name);
	__atomic_store_n(&printing, false, __ATOMIC_RELEASE);
}

static bool came_after(uint32_t intid, uint64_t due)
{
	uint64_t at = fired_at[cpu_number()][intid];

	return fired[cpu_number()][intid] == 1U && at >= due && at - due < LATE;
}

static void wait_for(uint32_t intid, bool wfi)
{
	while (fired[cpu_number()][intid] == 0U) {
		if (wfi) {
			__asm__ volatile("wfi");
		} else {
			__asm__ volatile("yield");
		}
	}
}

#define TEST_TIMER(timer, intid, title)                                                            \
	static void test_##timer(bool wfi)                                                         \
	{                                                                                          \
		uint64_t due = counter() + TICKS;                                                  \
                                                                                                   \
		fired[cpu_number()][intid] = 0;                                                    \
		WRITE_SYSREG(#timer "_cval_el0", due);                                             \
		WRITE_SYSREG(#timer "_ctl_el0", ENABLE);                                           \
		isb();                                                                             \
		say(READ_SYSREG(#timer "_cval_el0") == due, title ": CVAL reads back");            \
		wait_for(intid, wfi);                                                              \
		say(came_after(intid, due),                                                        \
			wfi ? title ": wakes a WFI" : title ": fires in time");                    \
		fired[cpu_number()][intid] = 0;                                                    \
		due = counter() + TICKS;                                                           \
		WRITE_SYSREG(#timer "_tval_el0", TICKS);                                           \
		WRITE_SYSREG(#timer "_ctl_el0", ENABLE);                                           \
		isb();                                                                             \
		wait_for(intid, wfi);                                                              \
		say(came_after(intid, due), title ": fires by TVAL");                              \
	}                                                                                          \
                                                                                                   \
	static void test_##timer##_registers(void)                                                 \
	{                                                                                          \
		fired[cpu_number()][intid] = 0;                                                    \
		WRITE_SYSREG(#timer "_ctl_el0", 0);                                                \
		WRITE_SYSREG(#timer "_cval_el0", 1);                                               \
		WRITE_SYSREG(#timer "_ctl_el0", ENABLE | IMASK);                                   \
		isb();                                                                             \
		say(READ_SYSREG(#timer "_ctl_el0") == (ENABLE | IMASK | ISTATUS),                  \
			title ": ISTATUS with IMASK");                                             \
		say((int32_t)READ_SYSREG(#timer "_tval_el0") < 0, title ": TVAL below zero");      \
		WRITE_SYSREG(#timer "_tval_el0", 0x40000000UL);                                    \
		isb();                                                                             \
		say(READ_SYSREG(#timer "_ctl_el0") == (ENABLE | IMASK), title ": not yet due");    \
		say((READ_SYSREG(#timer "_tval_el0") >> 32) == 0U, title ": TVAL has 32 bits");    \
		WRITE_SYSREG(#timer "_tval_el0", 0xffffffffUL);                                    \
		isb();                                                                             \
		say((READ_SYSREG(#timer "_ctl_el0") & ISTATUS) != 0U,                              \
			title ": TVAL is sign-extended");                                          \
		say(fired[cpu_number()][intid] == 0U, title ": IMASK keeps it quiet");             \
		WRITE_SYSREG(#timer "_ctl_el0", ENABLE);                                           \
		isb();                                                                             \
		wait_for(intid, false);                                                            \
		say(fired[cpu_number()][intid] == 1U, title ": fires once when unmasked");         \
	}

TEST_TIMER(cntv, VIRT_TIMER, "virtual timer")
TEST_TIMER(cntp, PHYS_TIMER, "physical timer")

static void test_counters(void)
{
	bool ordered = true;

	for (unsigned i = 0; i < 1000U; i++) {
		uint64_t virt = counter();
		uint64_t phys = READ_SYSREG("cntpct_el0");

		isb();
		ordered = ordered && phys >= virt && READ_SYSREG("cntvct_el0") >= phys &&
			  phys - virt < LATE;
		isb();
	}
	say(ordered, "CNTPCT and CNTVCT are one clock");
}

static void test_cpu(void)
{
	gic_start();
	irq_on();
	test_counters();
	test_cntv(false);
	test_cntv(true);
	test_cntv_registers();
	test_cntp(false);
	test_cntp(true);
	test_cntp_registers();
}

static void peer(uint32_t cpu)
{
	(void)cpu;
	test_cpu();
	peer_done = true;
}

void guest_main(void)
{
	on_irq(handle_irq);
	gic_start();
	check(cpu_on(1, peer) == 0, "second CPU");
	test_cpu();
	while (!peer_done) {
		__asm__ volatile("yield");
	}
}
