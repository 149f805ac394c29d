/* SPDX-License-Identifier: Apache-2.0 */
#include "exits.h"

#include "batches.h"
#include "libguest/libguest.h"

#define ROUNDS	     256U
#define TIMER_ROUNDS 16U
#define TIMER_DELAY  2000U /* ticks */

#define SGI_PING 3U
#define VTIMER	 27U

#define UART_IMSC 0x38UL
#define UART_TX	  0x20U

static volatile uint32_t pings[2]; /* of each CPU */
static volatile uint32_t spis;
static volatile uint64_t timer_taken;
static volatile bool peer_ready;

static void handle_irq(uint32_t intid)
{
	if (intid == SGI_PING) {
		pings[cpu_number()]++;
	} else if (intid == GUEST_UART_IRQ) {
		write32(GUEST_UART + UART_IMSC, 0);
		spis++;
	} else if (intid == VTIMER) {
		timer_taken = counter();
		WRITE_SYSREG("cntv_ctl_el0", 0);
		isb();
	}
}

static void wait_beyond(volatile uint32_t *count, uint32_t before)
{
	while (*count == before) {
		__asm__ volatile("yield");
	}
}

static void send(uint32_t cpu)
{
	uint32_t before = pings[cpu];

	gic_send_sgi(cpu, SGI_PING);
	wait_beyond(&pings[cpu], before);
}

static void do_sgi_self(void)
{
	send(0);
}

/* A device's interrupt, from the store that raises it to behind the one that lowers it. */
static void do_spi(void)
{
	uint32_t before = spis;

	write32(GUEST_UART + UART_IMSC, UART_TX);
	wait_beyond(&spis, before);
}

/* Until it is handled: one way. */
static void do_ipi(void)
{
	send(1);
}

/* From the moment that the timer should fire to its handler. */
static uint64_t timer_ticks(void)
{
	uint64_t due = counter() + TIMER_DELAY;

	timer_taken = 0;
	WRITE_SYSREG("cntv_cval_el0", due);
	WRITE_SYSREG("cntv_ctl_el0", 1);
	isb();
	while (timer_taken == 0U) {
		__asm__ volatile("" ::: "memory");
	}
	return timer_taken - due;
}

static void measure_timer(void)
{
	uint64_t ticks[BATCHES];

	for (unsigned i = 0; i < BATCHES; i++) {
		ticks[i] = 0;
		for (unsigned round = 0; round < TIMER_ROUNDS; round++) {
			ticks[i] += timer_ticks();
		}
	}
	report("timer", ticks, TIMER_ROUNDS);
}

static void peer(uint32_t cpu)
{
	(void)cpu;
	gic_start();
	irq_on();
	peer_ready = true;
	/* Awake: what a sleeping one costs is another event, of exits_sleep.c. */
	for (;;) {
		__asm__ volatile("yield");
	}
}

void measure_interrupts(void)
{
	on_irq(handle_irq);
	irq_on();
	gic_enable_spi(GUEST_UART_IRQ, 0);
	measure("sgi_self", do_sgi_self, ROUNDS);
	measure("spi_injection", do_spi, ROUNDS);
	measure_timer();
	if (cpu_on(1, peer) == 0) {
		while (!peer_ready) {
			__asm__ volatile("yield");
		}
		measure("ipi", do_ipi, ROUNDS);
	}
}
