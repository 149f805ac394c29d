/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a vCPU of Plinth has and has not: registers of its own, hidden features, caches, zeroed
 * memory, PV time. Needs four vCPUs; on one physical CPU they take turns.
 */
#include "features.h"

#include "libguest/libguest.h"

#define CPU_OFF	      0x84000002UL
#define AFFINITY_INFO 0xc4000004UL
#define OFF	      1U

void features_cpu_off(void)
{
	(void)hvc(CPU_OFF, 0, 0, 0);
	for (;;) {
		__asm__ volatile("wfi");
	}
}

void features_wait_off(uint32_t cpu)
{
	while (hvc(AFFINITY_INFO, cpu, 0, 0) != OFF) {
		__asm__ volatile("yield");
	}
}

void guest_main(void)
{
	test_memory();
	test_id();
	test_pvtime();
	test_switch();
}
