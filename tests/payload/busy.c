/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Never waits, and tells how much of a CPU it had: rounds of ROUND instructions within `ms`. Before
 * and after it is as busy, so that VMs that start a little apart measure beside each other. It
 * takes SErrors, of which none is its own.
 */
#include "libguest/libguest.h"
#include "options.h"

#define ROUND	   2000U
#define WINDOW_MS  300U
#define MARGIN_MS  30U
#define MS_PER_SEC 1000U

static void one_round(void)
{
	uint64_t left = ROUND / 2U;

	/* Without the hint QEMU's one thread under -icount would never come to another CPU. */
	__asm__ volatile("1:	subs	%0, %0, #1\n\tb.ne	1b\n\tyield" : "+r"(left)::"cc");
}

static uint64_t rounds_until(uint64_t end)
{
	uint64_t rounds = 0;

	while (counter() < end) {
		one_round();
		rounds++;
	}
	return rounds;
}

void guest_main(void)
{
	uint64_t per_ms = READ_SYSREG("cntfrq_el0") / MS_PER_SEC;
	uint64_t margin = option("margin", MARGIN_MS) * per_ms;
	uint64_t ms = option("ms", WINDOW_MS);
	uint64_t start = counter() + margin;
	uint64_t end = start + ms * per_ms;
	uint64_t rounds;

	__asm__ volatile("msr daifclr, #4");
	(void)rounds_until(start);
	rounds = rounds_until(end);
	(void)rounds_until(end + margin);
	print("busy: %lu rounds of %u in %lu ms\n", rounds, ROUND, ms);
	check(rounds != 0U, "had a CPU");
}
