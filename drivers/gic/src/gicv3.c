/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/barrier.h"
#include "arch/mmio.h"
#include "arch/sysreg.h"
#include "base/bits.h"
#include "gic/gic.h"
#include "percpu/percpu.h"

#include "gic_private.h"

#define GICR_TYPER	 0x0008U
#define GICR_WAKER	 0x0014U
#define GICR_SGI_FRAME	 UINT64_C(0x10000)
#define GICR_TYPER_VLPIS BIT(1)
#define GICR_TYPER_LAST	 BIT(4)
#define GICR_STRIDE_V3	 UINT64_C(0x20000)
#define GICR_STRIDE_V4	 UINT64_C(0x40000)

#define WAKER_PROCESSOR_SLEEP 0x2U
#define WAKER_CHILDREN_ASLEEP 0x4U

#define SRE_SRE	       BIT(0)
#define SRE_EL1_ENABLE BIT(3)
#define SRE_ALL	       UINT64_C(7) /* SRE, DFB, DIB */
#define CTLR_EOIMODE   BIT(1)

/* Set by gicv3_init(). */
static struct boot_gic gic;

enum plinth_status gicv3_init(const struct boot_gic *boot)
{
	gic = *boot;
	arch_mmio_write32(gic.dist.base + GICD_CTLR, GICD_CTLR_ARE);
	if (gic_wait_clear(gic.dist.base + GICD_CTLR, GICD_CTLR_RWP) != PLINTH_OK) {
		return PLINTH_ETIMEDOUT;
	}
	for (intid_t n = GIC_SPI_FIRST; n < GIC_SPI_FIRST + gic_spi_count(); n++) {
		gic_route_spi(n, cpu_this());
	}
	arch_mmio_write32(gic.dist.base + GICD_CTLR, GICD_CTLR_ARE | GICD_CTLR_ENABLE_GRP1);
	return gic_wait_clear(gic.dist.base + GICD_CTLR, GICD_CTLR_RWP);
}

/* Aff3.Aff2.Aff1.Aff0 as GICR_TYPER[63:32] has them. */
static uint32_t packed_affinity(mpidr_t mpidr)
{
	return (uint32_t)((mpidr & 0xffffffU) | ((mpidr >> 8) & 0xff000000U));
}

static uint64_t find_in_region(const struct boot_range *region, uint32_t affinity)
{
	for (uint64_t at = region->base; at - region->base + GICR_STRIDE_V3 <= region->size;) {
		uint64_t typer = arch_mmio_read64(at + GICR_TYPER);

		if ((uint32_t)(typer >> 32) == affinity) {
			return at;
		}
		if ((typer & GICR_TYPER_LAST) != 0U) {
			break;
		}
		if (gic.redist_stride != 0U) {
			at += gic.redist_stride;
		} else {
			at += (typer & GICR_TYPER_VLPIS) != 0U ? GICR_STRIDE_V4 : GICR_STRIDE_V3;
		}
	}
	return 0;
}

static uint64_t find_redistributor(mpidr_t mpidr)
{
	for (uint32_t i = 0; i < gic.redist_count; i++) {
		uint64_t at = find_in_region(&gic.redist[i], packed_affinity(mpidr));

		if (at != 0U) {
			return at;
		}
	}
	return 0;
}

static void init_private_interrupts(uint64_t gicr)
{
	uint64_t sgi = gicr + GICR_SGI_FRAME;

	arch_mmio_write32(sgi + GICD_ICENABLER, ~0U);
	arch_mmio_write32(sgi + GICD_ICPENDR, ~0U);
	arch_mmio_write32(sgi + GICD_ICACTIVER, ~0U);
	arch_mmio_write32(sgi + GICD_IGROUPR, ~0U);
	for (uint32_t i = 0; i < GIC_SPI_FIRST; i += 4U) {
		arch_mmio_write32(sgi + GICD_IPRIORITYR + i, GIC_PRIORITY_X4);
	}
	arch_mmio_write32(sgi + GICD_ISENABLER, 1U << GIC_SGI_KICK);
}

static void init_cpu_interface(void)
{
	/* Without Enable a guest's ICC_SRE_EL1 traps: on a GIC with a legacy interface one VM could
	 * else take the system registers from the next. */
	write_icc_sre_el2((read_icc_sre_el2() | SRE_SRE) & ~SRE_EL1_ENABLE);
	arch_isb();
	write_icc_sre_el1(SRE_ALL);
	arch_isb();
	write_icc_pmr_el1(0xff);
	write_icc_bpr1_el1(0);
	write_icc_ctlr_el1(CTLR_EOIMODE);
	write_icc_igrpen1_el1(1);
	arch_isb();
}

/* ICC_SGI1R_EL1 (IHI 0069, 12.2.26): one target, by Aff0 in the list with its range selector. */
static uint64_t kick_of(mpidr_t m)
{
	uint64_t aff0 = m & 0xffU;

	return (UINT64_C(1) << (aff0 & 0xfU)) | ((aff0 >> 4) << 44) | (((m >> 8) & 0xffU) << 16) |
	       (((m >> 16) & 0xffU) << 32) | (((m >> 32) & 0xffU) << 48) |
	       ((uint64_t)GIC_SGI_KICK << 24);
}

enum plinth_status gicv3_init_cpu(void)
{
	struct percpu *cpu = percpu_this();
	uint64_t gicr = find_redistributor(cpu->mpidr);

	if (gicr == 0U) {
		return PLINTH_ENOENT;
	}
	cpu->gicr = gicr;
	cpu->kick = kick_of(cpu->mpidr);
	arch_mmio_write32(
		gicr + GICR_WAKER, arch_mmio_read32(gicr + GICR_WAKER) & ~WAKER_PROCESSOR_SLEEP);
	if (gic_wait_clear(gicr + GICR_WAKER, WAKER_CHILDREN_ASLEEP) != PLINTH_OK) {
		return PLINTH_ETIMEDOUT;
	}
	init_private_interrupts(gicr);
	init_cpu_interface();
	return PLINTH_OK;
}

void gicv3_leave_cpu(void)
{
	write_icc_igrpen1_el1(0);
	arch_isb();
}

void gicv3_kick(cpu_id_t cpu)
{
	arch_dsb_ishst(); /* the target reads what was stored before */
	write_icc_sgi1r_el1(percpu_table[cpu]->kick);
	arch_isb();
}
