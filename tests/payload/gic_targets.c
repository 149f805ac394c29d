/* SPDX-License-Identifier: Apache-2.0 */
/* Interrupts for the other CPU, and group 0, which arrives as FIQ. */
#include "attempt.h"
#include "gic.h"

#define GICD_CTLR      0x0U
#define GICD_CTLR_BOTH 0x13U /* ARE, group 1, group 0 */
#define GICD_CTLR_GRP1 0x12U
#define PSTATE_F       0x40UL
#define ISR_FIQ	       0x40UL
#define SGI_COUNT      50U
#define FIQ_SGI	       7U
#define LONG	       (READ_SYSREG("cntfrq_el0") * 10U) /* the test's host may be busy */

static volatile uint32_t came[2][GIC_IDS];
static volatile bool peer_ready;

static void count_irq(uint32_t intid)
{
	came[cpu_number()][intid % GIC_IDS]++;
}

static void peer(uint32_t cpu)
{
	(void)cpu;
	gic_start();
	irq_on();
	peer_ready = true;
	for (;;) {
		__asm__ volatile("wfi");
	}
}

static bool comes(uint32_t cpu, uint32_t intid, uint32_t times)
{
	uint64_t end = counter() + LONG;

	while (came[cpu][intid] < times && counter() < end) {
		__asm__ volatile("yield");
	}
	return came[cpu][intid] == times;
}

static void test_other_sgi(void)
{
	bool all = true;

	for (uint32_t i = 1; i <= SGI_COUNT; i++) {
		gic_send_sgi(1, 4);
		all = all && comes(1, 4, i);
	}
	check(all, "SGIs to the other CPU, one after the other");
	for (uint32_t sgi = 8; sgi < 16U; sgi++) {
		gic_send_sgi(1, sgi);
	}
	for (uint32_t sgi = 8; sgi < 16U; sgi++) {
		all = comes(1, sgi, 1) && all;
	}
	check(all, "several SGIs to the other CPU");
	check(gic_take() == GIC_SPURIOUS, "none of them came here");
	WRITE_SYSREG("S3_0_C12_C11_5", (1UL << 40) | (3UL << 24)); /* ICC_SGI1R_EL1: IRM, SGI 3 */
	isb();
	check(comes(1, 3, 1) && gic_take() == GIC_SPURIOUS, "an SGI to all the others");
}

/* It may still be active there: the count is made before the end of interrupt. */
static uint32_t take_soon(void)
{
	uint64_t end = counter() + LONG;
	uint32_t intid = gic_take();

	while (intid == GIC_SPURIOUS && counter() < end) {
		intid = gic_take();
	}
	return intid;
}

static void test_other_spi(void)
{
	gic_enable_spi(GIC_SPI, 1);
	gic_set(GICD_ISPENDR, GIC_SPI);
	check(comes(1, GIC_SPI, 1), "an SPI that is routed to the other CPU");
	check(gic_take() == GIC_SPURIOUS, "it does not come here");
	gic_enable_spi(GIC_SPI, 0);
	gic_set(GICD_ISPENDR, GIC_SPI);
	check(take_soon() == GIC_SPI, "routed back, it does");
	gic_end(GIC_SPI);
	check(came[1][GIC_SPI] == 1U, "and not there");
}

/* Runs a NOP with FIQs unmasked: what arrives? */
static bool fiq_arrives(void)
{
	struct attempt a = {.pstate = PSTATE_EL1T & ~PSTATE_F};

	code_put(0, INSN_NOP);
	code_publish();
	a.pc = code_at(0);
	attempt_run(&a);
	return a.kind % 4U == KIND_FIQ;
}

static void test_group0(void)
{
	uint64_t groups = GUEST_GICR + 0x10000U + GICD_IGROUPR;

	check(!fiq_arrives(), "no FIQ");
	write32(GUEST_GICD + GICD_CTLR, GICD_CTLR_BOTH);
	write32(groups, ~(1U << FIQ_SGI));
	WRITE_SYSREG(ICC_IGRPEN0, 1);
	isb();
	WRITE_SYSREG(ICC_SGI0R, ((uint64_t)FIQ_SGI << 24) | 1U);
	isb();
	check(READ_SYSREG("isr_el1") == ISR_FIQ, "group 0: ISR_EL1 says FIQ");
	check(fiq_arrives(), "group 0 arrives as FIQ");
	check(gic_take() == GIC_SPURIOUS, "group 0 is not in IAR1");
	check((uint32_t)READ_SYSREG(ICC_IAR0) == FIQ_SGI, "group 0 is in IAR0");
	WRITE_SYSREG(ICC_EOIR0, FIQ_SGI);
	isb();
	check(READ_SYSREG("isr_el1") == 0U && !fiq_arrives(), "group 0: EOIR0 ends it");
	WRITE_SYSREG(ICC_IGRPEN0, 0);
	isb();
	write32(groups, ~0U);
	write32(GUEST_GICD + GICD_CTLR, GICD_CTLR_GRP1);
}

void test_targets(void)
{
	on_irq(count_irq);
	check(cpu_on(1, peer) == 0, "second CPU");
	while (!peer_ready) {
		__asm__ volatile("yield");
	}
	test_other_sgi();
	test_other_spi();
	test_group0();
}
