/* SPDX-License-Identifier: Apache-2.0 */
/* SGIs to itself: priorities among pending ones, the mask, and preemption. */
#include "gic.h"

#define SGIS 8U

#define LOW_SGI	 1U /* its handler sends the other two */
#define HIGH_SGI 2U
#define SAME_SGI 3U

static volatile uint32_t order[8];
static volatile uint32_t order_count;

static void test_self(void)
{
	check(READ_SYSREG(ICC_RPR) == 0xffU, "nothing runs: RPR is idle");
	gic_send_sgi(0, 5);
	check(gic_is_set(GICD_ISPENDR, 5), "SGI to itself: pending");
	check(READ_SYSREG("isr_el1") == 0x80U, "ISR_EL1 says IRQ");
	check((uint32_t)READ_SYSREG(ICC_HPPIR1) == 5U, "HPPIR says which");
	check(gic_take() == 5U, "SGI to itself");
	check(READ_SYSREG(ICC_RPR) == 0x80U, "RPR is its priority");
	check(gic_is_set(GICD_ISACTIVER, 5) && !gic_is_set(GICD_ISPENDR, 5),
		"acknowledged: active, no longer pending");
	gic_send_sgi(0, 5);
	check(gic_take() == GIC_SPURIOUS, "sent again while active: waits");
	gic_end(5);
	check(gic_take() == 5U, "and comes after the end");
	gic_end(5);
}

/* Sent in another order than that of their priorities. */
static void test_several(void)
{
	bool sorted = true;

	for (uint32_t sgi = 0; sgi < SGIS; sgi++) {
		gic_set_priority(sgi, (uint8_t)(0x40U + ((sgi * 5U + 3U) % SGIS) * 0x10U));
		gic_send_sgi(0, sgi);
	}
	for (uint32_t place = 0; place < SGIS; place++) {
		uint32_t intid = gic_take();

		sorted = sorted && intid < SGIS && (intid * 5U + 3U) % SGIS == place;
		gic_end(intid);
	}
	check(sorted, "several SGIs in the order of their priorities");
	check(gic_take() == GIC_SPURIOUS, "and each once");
}

static void test_mask(void)
{
	gic_set_priority(5, 0xa0);
	gic_send_sgi(0, 5);
	WRITE_SYSREG(ICC_PMR, 0xa0);
	isb();
	check(READ_SYSREG(ICC_PMR) == 0xa0U, "PMR reads back");
	check(gic_take() == GIC_SPURIOUS, "PMR of its own priority masks");
	check(READ_SYSREG("isr_el1") == 0U, "a masked one is not in ISR_EL1");
	WRITE_SYSREG(ICC_PMR, 0xa8);
	isb();
	check(gic_take() == 5U, "PMR above it does not");
	gic_end(5);
	WRITE_SYSREG(ICC_PMR, 0xff);
	isb();
}

static void preempted(uint32_t intid)
{
	order[order_count++ % 8U] = intid;
	if (intid != LOW_SGI) {
		return;
	}
	irq_on();
	gic_send_sgi(0, SAME_SGI);
	isb();
	gic_send_sgi(0, HIGH_SGI);
	while (order_count < 2U) {
		__asm__ volatile("yield");
	}
	order[order_count++ % 8U] = GIC_SPURIOUS; /* the handler's end */
	irq_off();
}

static void test_preemption(void)
{
	gic_set_priority(LOW_SGI, 0xa0);
	gic_set_priority(SAME_SGI, 0xa0);
	gic_set_priority(HIGH_SGI, 0x60);
	on_irq(preempted);
	irq_on();
	gic_send_sgi(0, LOW_SGI);
	while (order_count < 4U) {
		__asm__ volatile("yield");
	}
	irq_off();
	check(order[0] == LOW_SGI && order[1] == HIGH_SGI, "a higher priority preempts");
	check(order[2] == GIC_SPURIOUS && order[3] == SAME_SGI, "the same one waits");
	check(order_count == 4U, "and each once");
}

void test_order(void)
{
	test_self();
	test_several();
	test_mask();
	test_preemption();
}
