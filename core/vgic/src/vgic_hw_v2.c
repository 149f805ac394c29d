/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GICv2's virtual interface control (GICH, IHI 0048, 5.3), banked by CPU at one address.
 */
#include "arch/mmio.h"
#include "vgic_hw_private.h"
#include "vgic_lr.h"

#define GICH_HCR    0x000U
#define GICH_VTR    0x004U
#define GICH_VMCR   0x008U
#define GICH_EISR0  0x020U
#define GICH_ELRSR0 0x030U
#define GICH_APR    0x0f0U
#define GICH_LR0    0x100U

static uintptr_t gich; /* set once at boot */

static uint64_t read_lr(unsigned n)
{
	return vgic_lr_from_v2(arch_mmio_read32(gich + GICH_LR0 + 4U * n));
}

static void write_lr(unsigned n, uint64_t lr)
{
	arch_mmio_write32(gich + GICH_LR0 + 4U * n, vgic_lr_to_v2(lr));
}

static uint32_t read_hcr(void)
{
	return arch_mmio_read32(gich + GICH_HCR);
}

static void write_hcr(uint32_t v)
{
	arch_mmio_write32(gich + GICH_HCR, v);
}

/* Priority mask: the upper five of GICv3's eight bits, at the same place. */
static uint32_t read_vmcr(void)
{
	return arch_mmio_read32(gich + GICH_VMCR);
}

static void write_vmcr(uint32_t v)
{
	arch_mmio_write32(gich + GICH_VMCR, v);
}

/* One register holds the levels of both groups: it counts as group 1's. */
static uint32_t read_apr(unsigned group, unsigned n)
{
	return group == 1U && n == 0U ? arch_mmio_read32(gich + GICH_APR) : 0U;
}

static void write_apr(unsigned group, unsigned n, uint32_t v)
{
	if (group == 1U && n == 0U) {
		arch_mmio_write32(gich + GICH_APR, v);
	}
}

static uint32_t read_elrsr(void)
{
	return arch_mmio_read32(gich + GICH_ELRSR0);
}

static uint32_t read_eisr(void)
{
	return arch_mmio_read32(gich + GICH_EISR0);
}

static uint32_t read_vtr(void)
{
	return arch_mmio_read32(gich + GICH_VTR);
}

/* Filled once at boot, read only afterwards. */
static struct vgic_hw hw_v2 = {
	.read_lr = read_lr,
	.write_lr = write_lr,
	.read_hcr = read_hcr,
	.write_hcr = write_hcr,
	.read_vmcr = read_vmcr,
	.write_vmcr = write_vmcr,
	.read_apr = read_apr,
	.write_apr = write_apr,
	.read_elrsr = read_elrsr,
	.read_eisr = read_eisr,
	.read_vtr = read_vtr,
};

enum plinth_status vgic_hw_v2_init(uintptr_t base, const struct vgic_hw **hw)
{
	enum plinth_status status;

	gich = base;
	status = vgic_hw_decode(&hw_v2, read_vtr());
	if (status == PLINTH_OK) {
		*hw = &hw_v2;
	}
	return status;
}
