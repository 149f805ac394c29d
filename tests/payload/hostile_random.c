/* SPDX-License-Identifier: Apache-2.0 */
/* What attacks are made of: random addresses and values; and running them. */
#include "hostile.h"

#include "base/compiler.h"
#include "libguest/libguest.h"
#include "options.h"

#define MIB	       0x100000UL
#define GIB	       0x40000000UL
#define OFFSET_REACH   0x12000UL /* the largest immediate offset, and some more */
#define PROBE_STEP     (16U * MIB)
#define ADDRESS_SPACE  (512U * GIB) /* what libguest maps */
#define INSN_LDR_X1_X0 0xf9400001U

#define GICD_CTLR	0x0UL
#define GICD_ISENABLER0 0x100UL
#define GICC_BASE	0x08010000UL
#define GICC_CTLR	0x0UL
#define GICC_PMR	0x4UL
#define GICC_IAR	0xcUL
#define GICC_EOIR	0x10UL
#define GICR_STRIDE	0x20000UL
#define GICR_WAKER	0x14UL
#define GICR_IGROUPR0	0x10080UL
#define GICR_ISENABLER0 0x10100UL
#define SPURIOUS	1020U

/* Devices and holes of the map (abi/guest_map.h), below RAM. */
static const struct {
	uint64_t base;
	uint64_t size;
} places[] = {
	{0x00000000, 0x08000000}, /* flash, absent */
	{0x08000000, 0x10000},	  /* distributor */
	{0x08010000, 0x10000},	  /* GICv2 CPU interface, absent with GICv3 */
	{0x08080000, 0x20000},	  /* ITS, absent */
	{0x080a0000, 0x100000},	  /* redistributors: ours and behind */
	{0x09000000, 0x1000},	  /* UART */
	{0x09010000, 0x1000},	  /* RTC */
	{0x09020000, 0x30000},	  /* fw_cfg, GPIO */
	{0x090a0000, 0x10000},	  /* PV time */
	{0x0a000000, 0x4000},	  /* virtio */
	{0x10000000, 0x2eff0000}, /* PCIe */
	{0x3eff0000, 0x1000000},
};

uint64_t hostile_random(struct hostile *h)
{
	return random_next(&h->random);
}

uint64_t hostile_below(struct hostile *h, uint64_t limit)
{
	return (hostile_random(h) >> 8) % limit;
}

bool hostile_one_in(struct hostile *h, uint64_t n)
{
	return hostile_below(h, n) == 0U;
}

uint64_t hostile_ram_end(void)
{
	static uint64_t end;
	struct attempt a = {0};
	uint64_t at = GUEST_RAM;

	if (end != 0U) {
		return end;
	}
	do {
		at += PROBE_STEP;
		a.x[0] = at;
		attempt_one(&a, INSN_LDR_X1_X0);
	} while (attempt_finished(&a) && at < ADDRESS_SPACE - PROBE_STEP);
	end = at;
	return end;
}

/* Every third at a page's end, to cross it. */
static uint64_t spread(struct hostile *h, uint64_t base, uint64_t size)
{
	uint64_t at = base + hostile_below(h, size);

	switch (hostile_below(h, 3)) {
	case 0:
		return at & ~7UL;
	case 1:
		return (at | 0xfffUL) - hostile_below(h, 16);
	default:
		return at;
	}
}

uint64_t hostile_address(struct hostile *h)
{
	unsigned n = (unsigned)hostile_below(h, ARRAY_SIZE(places) + 3U);
	uint64_t end = hostile_ram_end();

	if (n < ARRAY_SIZE(places)) {
		uint64_t at = spread(h, places[n].base, places[n].size);

		return at < GUEST_RAM - OFFSET_REACH ? at : at - 2U * OFFSET_REACH;
	}
	switch (n - ARRAY_SIZE(places)) {
	case 0: /* right behind RAM */
		return spread(h, end + OFFSET_REACH, MIB);
	case 1: /* anywhere behind it */
		return spread(h, end + OFFSET_REACH, ADDRESS_SPACE - end - MIB);
	default: /* nothing is mapped in the upper half, nor above what libguest maps */
		return hostile_random(h) | ADDRESS_SPACE;
	}
}

uint64_t hostile_value(struct hostile *h)
{
	switch (hostile_below(h, 6)) {
	case 0:
		return 0;
	case 1:
		return ~0UL;
	case 2:
		return 1UL << hostile_below(h, 64);
	case 3:
		return hostile_address(h);
	case 4:
		return hostile_below(h, 4096);
	default:
		return hostile_random(h);
	}
}

void hostile_registers(struct hostile *h, struct attempt *a)
{
	for (unsigned i = 0; i < ARRAY_SIZE(a->x); i++) {
		a->x[i] = hostile_value(h);
	}
	a->sp = hostile_address(h);
}

bool hostile_has_gicv2(void)
{
	static uint64_t version;

	if (version == 0U) {
		version = option("gic", 3);
	}
	return version == 2U;
}

/* Not gic_start(): that waits for the redistributor to wake, and another CPU may put it to sleep.
 */
static void start_gicv3(void)
{
	uint64_t gicr = GUEST_GICR + cpu_number() * GICR_STRIDE;

	if (cpu_number() == 0U) {
		write32(GUEST_GICD + GICD_CTLR, 0x12); /* ARE, group 1 */
	}
	write32(gicr + GICR_WAKER, 0);
	write32(gicr + GICR_IGROUPR0, ~0U);
	write32(gicr + GICR_ISENABLER0, ~0U);
	WRITE_SYSREG("S3_0_C4_C6_0", 0xff); /* ICC_PMR_EL1 */
	WRITE_SYSREG("S3_0_C12_C12_7", 1);  /* ICC_IGRPEN1_EL1 */
	isb();
}

void hostile_gic_start(void)
{
	if (!hostile_has_gicv2()) {
		start_gicv3();
		return;
	}
	write32(GUEST_GICD + GICD_CTLR, 1);
	write32(GUEST_GICD + GICD_ISENABLER0, ~0U);
	write32(GICC_BASE + GICC_PMR, 0xff);
	write32(GICC_BASE + GICC_CTLR, 1);
}

static void take_from_gicv2(void)
{
	uint32_t iar = read32(GICC_BASE + GICC_IAR);

	if ((iar & 0x3ffU) < SPURIOUS) {
		write32(GICC_BASE + GICC_EOIR, iar);
	}
}

static void take_from_gicv3(void)
{
	uint64_t intid = READ_SYSREG("S3_0_C12_C12_0"); /* ICC_IAR1_EL1 */

	if (intid < SPURIOUS) {
		WRITE_SYSREG("S3_0_C12_C12_1", intid);
	}
	intid = READ_SYSREG("S3_0_C12_C8_0"); /* ICC_IAR0_EL1 */
	if (intid < SPURIOUS) {
		WRITE_SYSREG("S3_0_C12_C8_1", intid);
	}
}

void hostile_take_interrupt(void)
{
	if (hostile_has_gicv2()) {
		take_from_gicv2();
	} else {
		take_from_gicv3();
	}
	WRITE_SYSREG("cntv_ctl_el0", 0);
	WRITE_SYSREG("cntp_ctl_el0", 0);
	isb();
}

void hostile_run(struct hostile *h, struct attempt *a)
{
	attempt_run(a);
	switch (a->kind % 4U) {
	case KIND_SYNC:
		h->exceptions += attempt_finished(a) ? 0U : 1U;
		break;
	case KIND_SERROR:
		h->serrors++;
		break;
	default:
		h->interrupts++;
		hostile_take_interrupt();
		break;
	}
}
