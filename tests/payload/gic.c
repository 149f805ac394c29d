/* SPDX-License-Identifier: Apache-2.0 */
/* The virtual GICv3, as two vCPUs see it. */
#include "gic.h"

#define GICD_IPRIORITYR 0x400U
#define PRIVATE		32U
#define GICR_SGI_FRAME	0x10000U
#define GICR_STRIDE	0x20000U

static uint64_t frame(uint32_t intid)
{
	return intid < PRIVATE ? GUEST_GICR + cpu_number() * GICR_STRIDE + GICR_SGI_FRAME
			       : GUEST_GICD;
}

void gic_set(uint32_t offset, uint32_t intid)
{
	write32(frame(intid) + offset + intid / 32U * 4U, 1U << (intid % 32U));
}

bool gic_is_set(uint32_t offset, uint32_t intid)
{
	uint32_t word = read32(frame(intid) + offset + intid / 32U * 4U);

	return (word >> (intid % 32U) & 1U) != 0U;
}

uint64_t gic_priority_at(uint32_t intid)
{
	return frame(intid) + GICD_IPRIORITYR + intid;
}

void gic_set_priority(uint32_t intid, uint8_t priority)
{
	*(volatile uint8_t *)gic_priority_at(intid) = priority;
}

uint8_t gic_priority(uint32_t intid)
{
	return *(const volatile uint8_t *)gic_priority_at(intid);
}

uint32_t gic_take(void)
{
	uint32_t intid;

	__asm__ volatile("dsb sy\n\tisb" ::: "memory");
	intid = (uint32_t)READ_SYSREG(ICC_IAR1);
	__asm__ volatile("dsb sy" ::: "memory");
	return intid;
}

void gic_end(uint32_t intid)
{
	WRITE_SYSREG(ICC_EOIR1, intid);
	isb();
}

bool gic_is_quiet(void)
{
	bool quiet = READ_SYSREG("isr_el1") == 0U && gic_take() == GIC_SPURIOUS;

	for (uint32_t intid = 0; intid < GIC_IDS; intid++) {
		quiet = quiet && !gic_is_set(GICD_ISACTIVER, intid);
	}
	return quiet;
}

static void start(void)
{
	gic_start();
	for (uint32_t intid = 0; intid < PRIVATE; intid++) {
		gic_set_priority(intid, 0x80);
	}
	for (uint32_t intid = PRIVATE; intid < GIC_IDS; intid++) {
		gic_set_priority(intid, 0x80);
		gic_enable_spi(intid, 0);
	}
}

void guest_main(void)
{
	start();
	check(gic_is_quiet(), "quiet at the start");
	test_order();
	check(gic_is_quiet(), "quiet after SGIs");
	test_state();
	check(gic_is_quiet(), "quiet after states");
	test_many();
	check(gic_is_quiet(), "quiet after many");
	test_targets();
	check(gic_is_quiet(), "quiet at the end");
}
