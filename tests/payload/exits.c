/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What exits cost, in instructions: run under `-icount shift=0`, where one instruction is one
 * nanosecond of the counter. Each event is repeated until the counter's tick (16 instructions)
 * does not matter; the loop itself is measured and taken off. With two CPUs the counter adds both.
 * Prints "BENCH: name value-in-hundredths".
 */
#include "libguest/libguest.h"

#define ROUNDS		4096U
#define PSCI_VERSION	0x84000000UL
#define SGI_PING	3U
#define SGI_PONG	4U
#define VTIMER		27U
#define GICD_IIDR	0x8UL
#define GICD_ISENABLER1 0x104UL

static volatile uint32_t pings;
static volatile uint32_t pongs;
static volatile uint64_t timer_taken;
static volatile bool peer_ready;

static void handle_irq(uint32_t intid)
{
	if (intid == SGI_PING) {
		pings++;
	} else if (intid == SGI_PONG) {
		pongs++;
	} else if (intid == VTIMER) {
		timer_taken = counter();
		WRITE_SYSREG("cntv_ctl_el0", 0);
		isb();
	}
}

static uint64_t nanoseconds(uint64_t ticks)
{
	return ticks * (1000000000UL / READ_SYSREG("cntfrq_el0"));
}

static void report(const char *name, uint64_t ticks, uint64_t rounds)
{
	print("BENCH: %s %lu\n", name, nanoseconds(ticks) * 100UL / rounds);
}

static void do_nothing(void)
{
	__asm__ volatile("" ::: "memory");
}

static void do_hvc(void)
{
	(void)hvc(PSCI_VERSION, 0, 0, 0);
}

static void do_sysreg(void)
{
	(void)READ_SYSREG("id_aa64isar0_el1");
}

static void do_gic_read(void)
{
	(void)read32(GUEST_GICD + GICD_IIDR);
}

static void do_gic_write(void)
{
	write32(GUEST_GICD + GICD_ISENABLER1, 0);
}

static void do_eoi(void)
{
	WRITE_SYSREG("S3_0_C12_C12_1", 1023); /* ICC_EOIR1_EL1, spurious: only the access counts */
	isb();
}

static void do_sgi_self(void)
{
	uint32_t before = pings;

	gic_send_sgi(cpu_number(), SGI_PING);
	while (pings == before) {
		__asm__ volatile("yield");
	}
}

static void do_ipi(void)
{
	uint32_t before = pongs;

	gic_send_sgi(1, SGI_PING);
	while (pongs == before) {
		__asm__ volatile("yield");
	}
}

static uint64_t measure(void (*event)(void), uint64_t rounds)
{
	uint64_t start;

	event(); /* pages, caches and TLBs of the first time */
	start = counter();
	for (uint64_t i = 0; i < rounds; i++) {
		event();
	}
	return counter() - start;
}

/* From the moment that the timer should fire to its handler. */
static uint64_t measure_timer(uint64_t rounds)
{
	uint64_t sum = 0;

	for (uint64_t i = 0; i < rounds; i++) {
		uint64_t due = counter() + 2000U;

		timer_taken = 0;
		WRITE_SYSREG("cntv_cval_el0", due);
		WRITE_SYSREG("cntv_ctl_el0", 1);
		isb();
		while (timer_taken == 0U) {
			__asm__ volatile("" ::: "memory");
		}
		sum += timer_taken - due;
	}
	return sum;
}

static void peer_irq(uint32_t intid)
{
	if (intid == SGI_PING && cpu_number() == 1U) {
		gic_send_sgi(0, SGI_PONG);
		return;
	}
	handle_irq(intid);
}

static void peer(uint32_t cpu)
{
	(void)cpu;
	gic_start();
	irq_on();
	peer_ready = true;
	/* Awake, as the peers' figures have it: what a sleeping one costs is another event. */
	for (;;) {
		__asm__ volatile("yield");
	}
}

static const struct {
	const char *name;
	void (*event)(void);
} events[] = {
	{"hvc", do_hvc},
	{"sysreg_trap", do_sysreg},
	{"vgic_mmio_read", do_gic_read},
	{"vgic_mmio_write", do_gic_write},
	{"eoi", do_eoi},
	{"sgi_self", do_sgi_self},
};

void guest_main(void)
{
	uint64_t loop;

	on_irq(handle_irq);
	gic_start();
	irq_on();
	loop = measure(do_nothing, ROUNDS);
	report("loop", loop, ROUNDS);
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		report(events[i].name, measure(events[i].event, ROUNDS) - loop, ROUNDS);
	}
	report("timer", measure_timer(256), 256);
	on_irq(peer_irq);
	if (cpu_on(1, peer) == 0) {
		while (!peer_ready) {
			__asm__ volatile("yield");
		}
		report("ipi", measure(do_ipi, ROUNDS) - loop, ROUNDS);
	}
	check(true, "bench finished");
}
