/* SPDX-License-Identifier: Apache-2.0 */
#include "gic/gic.h"

#include "arch/barrier.h"
#include "arch/cpu.h"
#include "arch/mmio.h"
#include "arch/sysreg.h"
#include "base/bits.h"
#include "base/check.h"
#include "percpu/percpu.h"

#include "gic_private.h"

#define POLL_LIMIT 200000U

/* Written by gic_init() before any other CPU runs. */
static struct {
	uint64_t dist;
	uint64_t hyp_if;
	uint32_t version;
	uint32_t spi_count;
} state;

enum plinth_status gic_wait_clear(uint64_t va, uint32_t mask)
{
	for (unsigned i = 0; i < POLL_LIMIT; i++) {
		if ((arch_mmio_read32(va) & mask) == 0U) {
			return PLINTH_OK;
		}
		arch_yield();
	}
	return PLINTH_ETIMEDOUT;
}

/* All SPIs: Group 1, one priority, disabled, inactive, not pending. */
static void reset_spis(uint64_t dist)
{
	for (uint32_t n = GIC_SPI_FIRST; n < GIC_SPI_FIRST + state.spi_count; n += 32U) {
		uint64_t word = dist + n / 8U;

		arch_mmio_write32(word + GICD_ICENABLER, ~0U);
		arch_mmio_write32(word + GICD_ICPENDR, ~0U);
		arch_mmio_write32(word + GICD_ICACTIVER, ~0U);
		arch_mmio_write32(word + GICD_IGROUPR, ~0U);
		for (uint32_t i = 0; i < 32U; i += 4U) {
			arch_mmio_write32(dist + GICD_IPRIORITYR + n + i, GIC_PRIORITY_X4);
		}
	}
}

/* GICv2's distributor ends with SGI registers; GICv3's goes on with GICD_IROUTER. */
static enum plinth_status check_version(const struct boot_gic *gic)
{
	if (gic->version != 2U && gic->version != 3U) {
		return PLINTH_ENOTSUP;
	}
	return gic->dist.size < (gic->version == 3U ? KIB(64) : PAGE_SIZE) ? PLINTH_ERANGE
									   : PLINTH_OK;
}

enum plinth_status gic_init(const struct boot_gic *gic)
{
	enum plinth_status status = check_version(gic);

	if (status != PLINTH_OK) {
		return status;
	}
	state.version = gic->version;
	state.dist = gic->dist.base;
	state.hyp_if = gic->hyp_if.base;
	arch_mmio_write32(state.dist + GICD_CTLR, 0);
	/* GICv2 has no RWP: the bit reads as 0. */
	if (gic_wait_clear(state.dist + GICD_CTLR, GICD_CTLR_RWP) != PLINTH_OK) {
		return PLINTH_ETIMEDOUT;
	}
	/* ITLinesNumber: 32 (n + 1) interrupts, of which 1,020 are the most. */
	uint32_t total = 32U * ((arch_mmio_read32(state.dist + GICD_TYPER) & 0x1fU) + 1U);

	state.spi_count = (uint32_t)min_u64(total, 1020U) - GIC_SPI_FIRST;
	reset_spis(state.dist);
	return state.version == 3U ? gicv3_init(gic) : gicv2_init(gic);
}

enum plinth_status gic_init_cpu(void)
{
	if (state.version == 3U) {
		return gicv3_init_cpu();
	}
	gicv2_init_cpu();
	return PLINTH_OK;
}

uint32_t gic_version(void)
{
	return state.version;
}

uint32_t gic_spi_count(void)
{
	return state.spi_count;
}

uint64_t gic_v2_hyp_if(void)
{
	return state.version == 2U ? state.hyp_if : 0U;
}

uint32_t gic_ack(void)
{
	if (state.version == 3U) {
		uint32_t intid = (uint32_t)read_icc_iar1_el1();

		/* The device that raised it is read after the acknowledge (IHI 0069, 4.1). */
		arch_dsb_sy();
		return intid;
	}
	return gicv2_ack();
}

void gic_drop(uint32_t iar)
{
	if (state.version == 3U) {
		write_icc_eoir1_el1(iar);
		arch_isb();
	} else {
		gicv2_drop(iar);
	}
}

void gic_deactivate(uint32_t iar)
{
	if (state.version == 3U) {
		write_icc_dir_el1(iar);
		arch_isb();
	} else {
		gicv2_deactivate(iar);
	}
}

void gic_kick(cpu_id_t cpu)
{
	PLINTH_ASSERT(cpu < CPU_MAX);
	if (state.version == 3U) {
		gicv3_kick(cpu);
	} else {
		gicv2_kick(cpu);
	}
}

/* The frame whose registers hold this interrupt's bits: GICv3 keeps SGIs and PPIs in the SGI frame
 * of the redistributor, at the same offsets. */
static uint64_t frame_of(intid_t intid)
{
	PLINTH_ASSERT(intid < GIC_SPI_FIRST + state.spi_count);
	if (intid < GIC_SPI_FIRST && state.version == 3U) {
		return percpu_this()->gicr + UINT64_C(0x10000);
	}
	return state.dist;
}

static void write_bit(intid_t intid, uint32_t reg)
{
	arch_mmio_write32(frame_of(intid) + reg + intid / 32U * 4U, 1U << (intid % 32U));
}

void gic_leave_cpu(void)
{
	uint64_t frame = frame_of(0);

	arch_mmio_write32(frame + GICD_ICENABLER, ~0U);
	arch_mmio_write32(frame + GICD_ICACTIVER, ~0U);
	if (state.version == 3U) {
		gicv3_leave_cpu();
	} else {
		gicv2_leave_cpu();
	}
}

void gic_leave(void)
{
	arch_mmio_write32(state.dist + GICD_CTLR, state.version == 3U ? GICD_CTLR_ARE : 0U);
}

void gic_enable(intid_t intid)
{
	write_bit(intid, GICD_ISENABLER);
}

void gic_disable(intid_t intid)
{
	write_bit(intid, GICD_ICENABLER);
}

void gic_set_active(intid_t intid, bool active)
{
	write_bit(intid, active ? GICD_ISACTIVER : GICD_ICACTIVER);
}

void gic_clear_pending(intid_t intid)
{
	write_bit(intid, GICD_ICPENDR);
}

void gic_set_edge(intid_t intid, bool edge)
{
	uint64_t reg = frame_of(intid) + GICD_ICFGR + intid / 16U * 4U;
	uint32_t bit = 2U << (intid % 16U * 2U);
	uint32_t v = arch_mmio_read32(reg);

	arch_mmio_write32(reg, edge ? v | bit : v & ~bit);
}

/* GICv2 of QEMU 7.2 keeps for each CPU whether an SPI is active there, and asks the one that it is
 * routed to: by the distributor it is made so for all. Nobody takes it meanwhile, since it goes to
 * this CPU already, where interrupts are masked. */
void gic_move_active(intid_t intid, cpu_id_t cpu)
{
	gic_route_spi(intid, cpu);
	if (state.version == 2U) {
		gic_set_active(intid, false);
		gic_set_active(intid, true);
	}
}

void gic_route_spi(intid_t intid, cpu_id_t cpu)
{
	PLINTH_ASSERT(intid >= GIC_SPI_FIRST);
	if (state.version == 3U) {
		arch_mmio_write64(
			state.dist + GICD_IROUTER + UINT64_C(8) * intid, percpu_table[cpu]->mpidr);
	} else {
		arch_mmio_write8(state.dist + GICD_ITARGETSR + intid,
			(uint8_t)(1U << percpu_table[cpu]->gic_interface));
	}
}
