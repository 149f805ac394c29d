/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A CPU that waits for ever inside an interrupt's handler, as Linux parks its CPUs before it powers
 * off, while its timer falls due: it cannot take that interrupt, nothing may wake it, and the other
 * CPU's time is its own. On a machine with one CPU, under -icount.
 */
#include "libguest/libguest.h"

#define SGI_STOP     1U
#define WINDOW_MS    20U
#define MS_PER_SEC   1000U
#define PERCENT_LEFT 95U

static volatile uint32_t is_parked;

/* Not yet ended: no interrupt of this priority is signalled any more. */
static void park(uint32_t intid)
{
	(void)intid;
	WRITE_SYSREG("cntv_tval_el0", READ_SYSREG("cntfrq_el0") / MS_PER_SEC);
	WRITE_SYSREG("cntv_ctl_el0", 1);
	isb();
	is_parked = 1;
	for (;;) {
		__asm__ volatile("wfi");
	}
}

static void peer(uint32_t cpu)
{
	gic_start();
	irq_on();
	gic_send_sgi(cpu, SGI_STOP);
	for (;;) {
		__asm__ volatile("wfi");
	}
}

static uint64_t rounds(void)
{
	uint64_t end = counter() + READ_SYSREG("cntfrq_el0") / MS_PER_SEC * WINDOW_MS;
	uint64_t count = 0;

	while (counter() < end) {
		count++;
	}
	return count;
}

void guest_main(void)
{
	uint64_t before = rounds();
	uint64_t after;

	on_irq(park);
	gic_start();
	check(cpu_on(1, peer) == 0, "second CPU");
	while (is_parked == 0U) {
		__asm__ volatile("yield");
	}
	(void)rounds(); /* its timer falls due */
	after = rounds();
	print("parked: %lu rounds, %lu before\n", after, before);
	check(after * 100U >= before * PERCENT_LEFT, "its time is its own");
}
