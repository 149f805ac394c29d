/* SPDX-License-Identifier: Apache-2.0 */
/* The ACPI parking protocol ("Multiprocessor Startup for ARM Platforms" 1.2): each CPU waits on a
 * page of its own until its number stands there beside an address. */
#include "arch/barrier.h"
#include "arch/cpu.h"
#include "arch/mmio.h"
#include "arch/sysreg.h"
#include "base/bits.h"
#include "cache/cache.h"
#include "smp/smp.h"

#define GICD_SGIR	  0xf00U
#define GICD_SGIR_TARGET  16U /* CPUTargetList */
#define GICV2_CPUS	  8U
#define ICC_SRE_SRE	  BIT(0)
#define CURRENTEL_EL2	  (UINT64_C(2) << 2)
#define SGI1R_TARGET_BITS 16U

/* ICC_SGI1R_EL1 for SGI 0 to one CPU (DDI 0487, D19.8): Aff3 in [55:48], Aff2 in [39:32], Aff1 in
 * [23:16], Aff0 as a range of 16 and a bit in it. */
static uint64_t sgi1r_of(uint64_t mpidr)
{
	uint64_t aff0 = mpidr & 0xffU;

	return (mpidr >> 32 & 0xffU) << 48 | (aff0 / SGI1R_TARGET_BITS) << 44 |
	       (mpidr >> 16 & 0xffU) << 32 | (mpidr >> 8 & 0xffU) << 16 |
	       BIT(aff0 % SGI1R_TARGET_BITS);
}

/* A parked CPU may sleep in WFI. Whether the SGI gets through is up to how its firmware left the
 * interrupt controller; one that polls does not need it. */
static void send_sgi(const struct machine *machine, const struct machine_cpu *cpu)
{
	if (machine->gic.version == 2U && cpu->interface < GICV2_CPUS) {
		arch_mmio_write32(machine->gic.dist.base + GICD_SGIR,
			(uint32_t)BIT(GICD_SGIR_TARGET + cpu->interface));
	} else if (machine->gic.version == 3U) {
		if (read_currentel() == CURRENTEL_EL2) {
			write_icc_sre_el2(read_icc_sre_el2() | ICC_SRE_SRE);
		} else {
			write_icc_sre_el1(read_icc_sre_el1() | ICC_SRE_SRE);
		}
		arch_isb();
		write_icc_sgi1r_el1(sgi1r_of(cpu->mpidr));
		arch_isb();
	}
}

static enum plinth_status start_by_parking(const struct smp_start *start, int64_t *answer)
{
	uint64_t page = start->cpu->address;

	(void)answer;
	if (page == 0U || !is_aligned(page, SMP_PARKING_PAGE_SIZE) ||
		!machine_is_memory(start->machine, page, SMP_PARKING_PAGE_SIZE)) {
		return PLINTH_EFAULT;
	}
	cache_clean((const void *)(uintptr_t)page, sizeof(uint64_t));
	if (arch_mmio_read32(page + SMP_PARKING_ID) != SMP_PARKING_READY) {
		return PLINTH_EBUSY;
	}
	/* The address has to be there before the number is. */
	arch_mmio_write64(page + SMP_PARKING_JUMP, start->entry);
	cache_clean((const void *)(uintptr_t)page, 2U * sizeof(uint64_t));
	arch_mmio_write32(page + SMP_PARKING_ID, start->cpu->interface);
	cache_clean((const void *)(uintptr_t)page, sizeof(uint64_t));
	arch_sev();
	send_sgi(start->machine, start->cpu);
	return PLINTH_OK;
}

const struct smp_method smp_parking = {
	.id = MACHINE_CPU_PARKING,
	.name = "parking-protocol",
	.start = start_by_parking,
};
