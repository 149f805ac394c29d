/* SPDX-License-Identifier: Apache-2.0 */
/* The first guest: prints where it runs, starts what CPUs there are, powers off. */
#include "libguest/libguest.h"

static volatile uint32_t up;

static void other(uint32_t cpu)
{
	(void)cpu;
	__atomic_fetch_add(&up, 1U, __ATOMIC_RELEASE);
}

void guest_main(void)
{
	uint32_t started = 0;

	print("hello from EL%lu, MPIDR 0x%lx\n", READ_SYSREG("currentel") >> 2,
		READ_SYSREG("mpidr_el1"));
	for (uint32_t cpu = 1; cpu < GUEST_CPU_MAX && cpu_on(cpu, other) == 0; cpu++) {
		started++;
	}
	while (up != started) {
		__asm__ volatile("yield");
	}
	print("%u CPUs\n", started + 1U);
	check(true, "alive");
}
