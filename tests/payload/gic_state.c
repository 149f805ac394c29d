/* SPDX-License-Identifier: Apache-2.0 */
/* Pending and active as registers, the two ends of EOImode 1, and what configuration reads back. */
#include "gic.h"

#define GICD_TYPER   0x004U
#define GICD_IROUTER 0x6000U
#define EOIMODE	     2UL
#define ONLY_SGIS    0xaaaaaaaaU
#define EDGE	     2U

static void test_pending(uint32_t intid)
{
	gic_set(GICD_ISPENDR, intid);
	check(gic_is_set(GICD_ISPENDR, intid) && gic_is_set(GICD_ICPENDR, intid),
		"ISPENDR makes it pending");
	gic_set(GICD_ICPENDR, intid);
	check(!gic_is_set(GICD_ISPENDR, intid) && gic_take() == GIC_SPURIOUS, "ICPENDR undoes it");
	gic_set(GICD_ISPENDR, intid);
	gic_set(GICD_ICENABLER, intid);
	check(gic_take() == GIC_SPURIOUS, "a disabled one does not come");
	gic_set(GICD_ISENABLER, intid);
	check(gic_take() == intid, "an enabled one does");
	check(gic_is_set(GICD_ISACTIVER, intid), "it is active then");
	gic_set(GICD_ISPENDR, intid);
	check(gic_is_set(GICD_ISPENDR, intid), "pending and active");
	gic_end(intid);
	check(!gic_is_set(GICD_ISACTIVER, intid), "EOI ends it");
	check(gic_take() == intid, "the pending one comes");
	gic_end(intid);
}

static void test_active(uint32_t intid)
{
	gic_set(GICD_ISACTIVER, intid);
	gic_set(GICD_ISPENDR, intid);
	check(gic_is_set(GICD_ICACTIVER, intid), "ISACTIVER makes it active");
	check(gic_take() == GIC_SPURIOUS, "an active one does not come");
	gic_set(GICD_ICACTIVER, intid);
	check(!gic_is_set(GICD_ISACTIVER, intid), "ICACTIVER undoes it");
	check(gic_take() == intid, "then it comes");
	gic_end(intid);
}

static void test_eoimode(uint32_t intid)
{
	uint64_t ctlr = READ_SYSREG(ICC_CTLR);

	WRITE_SYSREG(ICC_CTLR, ctlr | EOIMODE);
	isb();
	check((READ_SYSREG(ICC_CTLR) & EOIMODE) != 0U, "EOImode reads back");
	gic_set(GICD_ISPENDR, intid);
	check(gic_take() == intid, "EOImode 1: it comes");
	gic_end(intid);
	check(READ_SYSREG(ICC_RPR) == 0xffU, "EOImode 1: EOIR drops the priority");
	check(gic_is_set(GICD_ISACTIVER, intid), "EOImode 1: EOIR leaves it active");
	gic_set(GICD_ISPENDR, intid);
	check(gic_take() == GIC_SPURIOUS, "EOImode 1: it does not come again");
	WRITE_SYSREG(ICC_DIR, intid);
	isb();
	check(!gic_is_set(GICD_ISACTIVER, intid), "EOImode 1: DIR ends it");
	check(gic_take() == intid, "EOImode 1: then it comes");
	gic_end(intid);
	WRITE_SYSREG(ICC_DIR, intid);
	WRITE_SYSREG(ICC_CTLR, ctlr);
	isb();
}

static bool route_reads_back(uint32_t cpu)
{
	volatile uint64_t *route = (volatile uint64_t *)(GUEST_GICD + GICD_IROUTER) + GIC_SPI;

	*route = cpu;
	return *route == cpu;
}

static void test_readback(void)
{
	uint64_t config = GUEST_GICD + GICD_ICFGR + GIC_SPI / 16U * 4U;
	uint32_t shift = GIC_SPI % 16U * 2U;
	uint32_t before = read32(config);
	uint32_t group = read32(GUEST_GICD + GICD_IGROUPR + 4U);

	check((read32(GUEST_GICD + GICD_TYPER) & 0x1fU) >= 1U, "there are SPIs");
	check(route_reads_back(1) && route_reads_back(0), "IROUTER reads back");
	gic_set_priority(GIC_SPI, 0x38);
	check(gic_priority(GIC_SPI) == 0x38U && gic_priority(GIC_SPI + 1U) == 0x80U,
		"IPRIORITYR reads back, by byte");
	write32(gic_priority_at(GIC_SPI), 0x80706050U);
	check(read32(gic_priority_at(GIC_SPI)) == 0x80706050U, "IPRIORITYR by word");
	write32(gic_priority_at(GIC_SPI), 0x80808080U);
	write32(config, before ^ (EDGE << shift));
	check(read32(config) == (before ^ (EDGE << shift)), "ICFGR reads back");
	write32(config, before);
	write32(GUEST_GICR + 0x10000U + GICD_ICFGR, 0);
	check(read32(GUEST_GICR + 0x10000U + GICD_ICFGR) == ONLY_SGIS, "SGIs are edges");
	write32(GUEST_GICD + GICD_IGROUPR + 4U, group ^ 0x100U);
	check(read32(GUEST_GICD + GICD_IGROUPR + 4U) == (group ^ 0x100U), "IGROUPR reads back");
	write32(GUEST_GICD + GICD_IGROUPR + 4U, group);
	check(gic_is_set(GICD_ISENABLER, GIC_SPI), "ISENABLER reads back");
}

void test_state(void)
{
	test_readback();
	print("an SPI:\n");
	test_pending(GIC_SPI);
	test_active(GIC_SPI);
	test_eoimode(GIC_SPI);
	print("an SGI:\n");
	test_pending(6);
	test_active(6);
	test_eoimode(6);
	print("a PPI:\n");
	test_pending(20);
	test_active(20);
	test_eoimode(20);
}
