/* SPDX-License-Identifier: Apache-2.0 */
#include "batches.h"

#include "libguest/libguest.h"

static void sort(uint64_t ticks[BATCHES])
{
	for (unsigned i = 1; i < BATCHES; i++) {
		uint64_t value = ticks[i];
		unsigned at = i;

		for (; at != 0U && ticks[at - 1U] > value; at--) {
			ticks[at] = ticks[at - 1U];
		}
		ticks[at] = value;
	}
}

static uint64_t hundredths(uint64_t ticks, uint64_t rounds)
{
	return ticks * (1000000000UL / READ_SYSREG("cntfrq_el0")) * 100UL / rounds;
}

void report(const char *name, uint64_t ticks[BATCHES], uint64_t rounds)
{
	sort(ticks);
	print("BENCH: %s %lu %lu\n", name, hundredths(ticks[BATCHES / 2U], rounds),
		hundredths(ticks[0], rounds));
}

static void do_nothing(void)
{
	__asm__ volatile("" ::: "memory");
}

static uint64_t batch(void (*event)(void), uint64_t rounds)
{
	uint64_t start = counter();

	for (uint64_t i = 0; i < rounds; i++) {
		event();
	}
	return counter() - start;
}

void measure(const char *name, void (*event)(void), uint64_t rounds)
{
	uint64_t loop = batch(do_nothing, rounds);
	uint64_t ticks[BATCHES];

	event();
	for (unsigned i = 0; i < BATCHES; i++) {
		uint64_t taken = batch(event, rounds);

		ticks[i] = taken > loop ? taken - loop : 0U;
	}
	report(name, ticks, rounds);
}
