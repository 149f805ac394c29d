/* SPDX-License-Identifier: Apache-2.0 */
/* Every private interrupt and 32 SPIs at the same time: far more than list registers. */
#include "gic.h"

#define EOIMODE 2UL
#define ROUNDS	8U

static uint32_t taken[GIC_IDS];

/* Scattered over 31 of the 32 priorities, about two interrupts for each, differently in each
 * round. Not 0xf8: with five bits PMR's 0xff is 0xf8, which masks it. */
static uint8_t priority_of(uint32_t intid, uint32_t round)
{
	return (uint8_t)(((intid * 13U + round * 7U) % 31U) * 8U);
}

static void make_all_pending(uint32_t round)
{
	for (uint32_t intid = 0; intid < GIC_IDS; intid++) {
		taken[intid] = 0;
		gic_set_priority(intid, priority_of(intid, round));
	}
	for (uint32_t i = 0; i < GIC_IDS; i++) {
		gic_set(GICD_ISPENDR, (i * 11U + round) % GIC_IDS);
	}
}

static bool each_once(void)
{
	bool once = true;

	for (uint32_t intid = 0; intid < GIC_IDS; intid++) {
		once = once && taken[intid] == 1U;
	}
	return once;
}

/* Takes and ends one after the other. Were they in order? */
static bool take_all(uint32_t round)
{
	uint32_t last = 0;
	bool sorted = true;
	uint32_t count = 0;

	for (uint32_t intid = gic_take(); intid < GIC_IDS && count <= GIC_IDS; intid = gic_take()) {
		sorted = sorted && priority_of(intid, round) >= last;
		last = priority_of(intid, round);
		taken[intid]++;
		count++;
		gic_end(intid);
	}
	return sorted;
}

static void test_one_by_one(void)
{
	bool sorted = true;
	bool once = true;

	for (uint32_t round = 0; round < ROUNDS; round++) {
		make_all_pending(round);
		sorted = take_all(round) && sorted;
		once = each_once() && once;
	}
	check(once, "all of them at once: each comes once");
	check(sorted, "all of them at once: in the order of priorities");
}

/* With EOImode 1 all are active together, then end in another order than they came. */
static void test_all_active(void)
{
	uint64_t ctlr = READ_SYSREG(ICC_CTLR);
	bool active = true;
	bool sorted;

	WRITE_SYSREG(ICC_CTLR, ctlr | EOIMODE);
	isb();
	make_all_pending(3);
	sorted = take_all(3);
	check(sorted && each_once(), "EOImode 1: all of them, once, in order");
	for (uint32_t intid = 0; intid < GIC_IDS; intid++) {
		active = active && gic_is_set(GICD_ISACTIVER, intid);
	}
	check(active, "EOImode 1: all are active");
	for (uint32_t i = 0; i < GIC_IDS; i++) {
		uint32_t intid = (i * 27U + 5U) % GIC_IDS;
		bool before = gic_is_set(GICD_ISACTIVER, intid);

		WRITE_SYSREG(ICC_DIR, intid);
		isb();
		active = active && before && !gic_is_set(GICD_ISACTIVER, intid);
	}
	check(active, "EOImode 1: DIR ends each of them, and no other");
	WRITE_SYSREG(ICC_CTLR, ctlr);
	isb();
}

/* As deep as there are priorities: each one preempts those before it. */
static void test_nested(void)
{
	uint32_t depth = 0;
	bool nested = true;
	bool unwound = true;

	for (uint32_t i = 0; i < 31U; i++) {
		gic_set_priority(GIC_IDS - 1U - i, (uint8_t)(0xf0U - i * 8U));
		gic_set(GICD_ISPENDR, GIC_IDS - 1U - i);
		nested = nested && gic_take() == GIC_IDS - 1U - i;
		depth++;
	}
	check(nested, "31 interrupts, one within the other");
	while (depth > 0U) {
		depth--;
		unwound = unwound && READ_SYSREG(ICC_RPR) == 0xf0U - depth * 8U;
		gic_end(GIC_IDS - 1U - depth);
	}
	check(unwound && READ_SYSREG(ICC_RPR) == 0xffU, "and out again");
}

void test_many(void)
{
	test_one_by_one();
	test_all_active();
	test_nested();
	for (uint32_t intid = 0; intid < GIC_IDS; intid++) {
		gic_set_priority(intid, 0x80);
	}
}
