/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What it costs to wake a vCPU (batches.h): two of them, of which each sleeps in WFI until the
 * other one sends it an SGI. On two CPUs that is a wake across them, on one a switch between vCPUs.
 * The figure is for one way: SGI, wake, handler, and the sender's going to sleep.
 */
#include "batches.h"
#include "libguest/libguest.h"

#define ROUNDS 256U
#define SGI    5U

static volatile uint32_t taken[2];
static volatile bool peer_ready;

static void handle_irq(uint32_t intid)
{
	if (intid == SGI) {
		taken[cpu_number()]++;
	}
}

/* Interrupts are off around the look: one that comes in between ends WFI all the same. */
static void sleep_beyond(uint32_t cpu, uint32_t before)
{
	while (taken[cpu] == before) {
		__asm__ volatile("wfi");
		irq_on();
		isb();
		irq_off();
	}
}

static void peer(uint32_t cpu)
{
	uint32_t before = 0;

	gic_start();
	peer_ready = true;
	for (;;) {
		sleep_beyond(cpu, before);
		before++;
		gic_send_sgi(0, SGI);
	}
}

static void there_and_back(void)
{
	uint32_t before = taken[0];

	gic_send_sgi(1, SGI);
	sleep_beyond(0, before);
}

void guest_main(void)
{
	uint64_t start;
	uint64_t ticks[BATCHES];

	on_irq(handle_irq);
	gic_start();
	check(cpu_on(1, peer) == 0, "a second vCPU");
	while (!peer_ready) {
		__asm__ volatile("yield");
	}
	there_and_back();
	for (unsigned i = 0; i < BATCHES; i++) {
		start = counter();
		for (unsigned round = 0; round < ROUNDS; round++) {
			there_and_back();
		}
		ticks[i] = counter() - start;
	}
	report("sleep_wake", ticks, 2UL * ROUNDS);
}
