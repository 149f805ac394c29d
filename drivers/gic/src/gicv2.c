/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/barrier.h"
#include "arch/mmio.h"
#include "base/bits.h"
#include "gic/gic.h"
#include "percpu/percpu.h"

#include "gic_private.h"

#define GICC_CTLR 0x0000U
#define GICC_PMR  0x0004U
#define GICC_BPR  0x0008U
#define GICC_IAR  0x000cU
#define GICC_EOIR 0x0010U
#define GICC_DIR  0x1000U

#define GICC_CTLR_ENABLE  0x1U
#define GICC_CTLR_EOIMODE 0x200U /* the non-secure view's bit 9 */

/* Set by gicv2_init(). */
static struct boot_gic gic;

/* The banked ITARGETSR0 names this CPU's interface; a machine with one CPU reads 0. */
static uint32_t own_interface(void)
{
	uint32_t mask = arch_mmio_read32(gic.dist.base + GICD_ITARGETSR) & 0xffU;

	return mask != 0U ? bit_lowest(mask) : 0U;
}

enum plinth_status gicv2_init(const struct boot_gic *boot)
{
	gic = *boot;
	/* GICC_DIR lies in the second page. */
	if (gic.cpu_if.size < 2U * PAGE_SIZE || gic.hyp_if.size == 0U || gic.guest_if.size == 0U) {
		return PLINTH_ERANGE;
	}
	/* Group 1 as the non-secure view has it; with one security state the bit is EnableGrp0,
	 * and all interrupts are put in Group 0 below. */
	uint32_t targets = UINT32_C(0x01010101) << own_interface();

	for (intid_t n = GIC_SPI_FIRST; n < GIC_SPI_FIRST + gic_spi_count(); n += 32U) {
		arch_mmio_write32(gic.dist.base + GICD_IGROUPR + n / 8U, 0);
	}
	for (intid_t n = GIC_SPI_FIRST; n < GIC_SPI_FIRST + gic_spi_count(); n += 4U) {
		arch_mmio_write32(gic.dist.base + GICD_ITARGETSR + n, targets);
	}
	arch_mmio_write32(gic.dist.base + GICD_CTLR, 1U);
	return PLINTH_OK;
}

void gicv2_init_cpu(void)
{
	uint64_t dist = gic.dist.base;
	struct percpu *cpu = percpu_this();

	cpu->gic_interface = own_interface();
	arch_mmio_write32(dist + GICD_ICENABLER, ~0U);
	arch_mmio_write32(dist + GICD_ICPENDR, ~0U);
	arch_mmio_write32(dist + GICD_ICACTIVER, ~0U);
	arch_mmio_write32(dist + GICD_IGROUPR, 0);
	for (uint32_t i = 0; i < GIC_SPI_FIRST; i += 4U) {
		arch_mmio_write32(dist + GICD_IPRIORITYR + i, GIC_PRIORITY_X4);
	}
	arch_mmio_write32(dist + GICD_ISENABLER, 1U << GIC_SGI_KICK);
	arch_mmio_write32(gic.cpu_if.base + GICC_PMR, 0xff);
	arch_mmio_write32(gic.cpu_if.base + GICC_BPR, 0);
	arch_mmio_write32(gic.cpu_if.base + GICC_CTLR, GICC_CTLR_ENABLE | GICC_CTLR_EOIMODE);
}

void gicv2_leave_cpu(void)
{
	arch_mmio_write32(gic.cpu_if.base + GICC_CTLR, 0);
}

uint32_t gicv2_ack(void)
{
	uint32_t iar = arch_mmio_read32(gic.cpu_if.base + GICC_IAR);

	/* What it announces is read after the acknowledge: a kick's words lie in Normal memory,
	 * whose loads may otherwise come first. */
	arch_dsb_sy();
	return iar;
}

void gicv2_drop(uint32_t iar)
{
	arch_mmio_write32(gic.cpu_if.base + GICC_EOIR, iar);
}

void gicv2_deactivate(uint32_t iar)
{
	arch_mmio_write32(gic.cpu_if.base + GICC_DIR, iar);
}

void gicv2_kick(cpu_id_t cpu)
{
	arch_dsb_ishst(); /* the target reads what was stored before */
	arch_mmio_write32(gic.dist.base + GICD_SGIR,
		(1U << (16U + percpu_table[cpu]->gic_interface)) | GIC_SGI_KICK);
}
