/* SPDX-License-Identifier: Apache-2.0 */
#include "base/string.h"
#include "vgic_reg.h"

/* The hardware's reset value of the CPU interface is all zero but for the binary points, which
 * saturate at their minimum when written. */
#define VMCR_RESET 0U

static void reset_bank(struct vgic_bank *bank, uint32_t edge)
{
	uint32_t line = bank->line;
	uint32_t linked = bank->linked;

	memset(bank, 0, sizeof(*bank));
	bank->line = line & ~linked; /* what a linked one had is stale; it fires anew */
	bank->linked = linked;
	bank->edge = edge;
	bank->latches = edge & ~linked;
}

static void reset_interface(struct vgic_cpu *cpu)
{
	cpu->vmcr = VMCR_RESET;
	memset(cpu->apr, 0, sizeof(cpu->apr));
	memset(cpu->sgi_pending, 0, sizeof(cpu->sgi_pending));
	memset(cpu->sgi_source, 0, sizeof(cpu->sgi_source));
	cpu->due_banks = 0;
	cpu->asleep = 1;
	store_relaxed(&cpu->due, 0U); /* nobody else is there to ask for anything */
}

static void reset_spis(struct vgic *vgic)
{
	for (unsigned n = 0; n < VGIC_SPI_MAX / 32U; n++) {
		struct vgic_spi_bank *spi = &vgic->spi[n];
		/* GICv2: as the reset value of ITARGETSR leaves it, nowhere; but a VM with one
		 * vCPU has them all there (IHI 0048, 4.3.12). GICv3: IROUTER 0 is vCPU 0. */
		bool nowhere = vgic->view == VGIC_VIEW_V2 && vgic->vcpu_count > 1U;

		reset_bank(&spi->bank, 0);
		memset(spi->affinity, 0, sizeof(spi->affinity));
		memset(spi->route, nowhere ? VGIC_NO_VCPU : 0, sizeof(spi->route));
		memset(spi->owner, 0, sizeof(spi->owner));
		for (unsigned i = 0; vgic->view == VGIC_VIEW_V2 && !nowhere && i < 32U; i++) {
			spi->affinity[i] = 1;
		}
	}
}

enum plinth_status vgic_init(struct vgic *vgic, const struct vgic_config *config)
{
	const struct vgic_hw *hw = config->hw;
	bool v2 = config->view == VGIC_VIEW_V2;

	if (hw == NULL || config->ops == NULL || hw->lr_count == 0U || hw->lr_count > VGIC_LR_MAX ||
		hw->priority_bits < 4U || hw->priority_bits > 8U || hw->apr_count == 0U ||
		hw->apr_count > VGIC_APR_MAX || (!v2 && config->view != VGIC_VIEW_V3)) {
		return PLINTH_EINVAL;
	}
	if (config->vcpu_count == 0U ||
		config->vcpu_count > (v2 ? VGIC_V2_VCPU_MAX : VGIC_VCPU_MAX) ||
		config->spi_count > VGIC_SPI_MAX || config->spi_count % 32U != 0U) {
		return PLINTH_ERANGE;
	}
	memset(vgic, 0, sizeof(*vgic));
	lock_init(&vgic->lock, LOCK_RANK_VGIC);
	vgic->view = config->view;
	vgic->vcpu_count = config->vcpu_count;
	vgic->spi_count = config->spi_count;
	vgic->bank_count = 1U + config->spi_count / 32U;
	vgic->priority_mask = (uint8_t)(0xff00U >> hw->priority_bits);
	vgic->lr_mask = (uint32_t)MASK_BELOW(hw->lr_count);
	vgic->hw = hw;
	vgic->dist = config->view == VGIC_VIEW_V2 ? &vgic_dist_v2_frame : &vgic_dist_v3_frame;
	vgic->ops = config->ops;
	vgic->ctx = config->ctx;
	reset_spis(vgic);
	return PLINTH_OK;
}

enum plinth_status vgic_cpu_init(struct vgic *vgic, struct vgic_cpu *cpu, vcpu_id_t id)
{
	if (id >= vgic->vcpu_count) {
		return PLINTH_ERANGE;
	}
	if (vgic->cpu[id] != NULL) {
		return PLINTH_EEXIST;
	}
	memset(cpu, 0, sizeof(*cpu));
	cpu->vgic = vgic;
	cpu->id = (uint8_t)id;
	reset_interface(cpu);
	reset_bank(&cpu->bank, VGIC_SGI_MASK);
	vgic->cpu[id] = cpu;
	return PLINTH_OK;
}

enum plinth_status vgic_reset(struct vgic *vgic)
{
	enum plinth_status status = PLINTH_OK;

	lock_take(&vgic->lock);
	for (unsigned i = 0; i < vgic->vcpu_count; i++) {
		if (vgic->cpu[i] != NULL && vgic->cpu[i]->loaded_on != 0U) {
			status = PLINTH_EBUSY;
		}
	}
	if (status == PLINTH_OK) {
		vgic->group_enable = 0;
		reset_spis(vgic);
		for (unsigned i = 0; i < vgic->vcpu_count; i++) {
			if (vgic->cpu[i] != NULL) {
				reset_interface(vgic->cpu[i]);
				reset_bank(&vgic->cpu[i]->bank, VGIC_SGI_MASK);
			}
		}
	}
	lock_drop(&vgic->lock);
	return status;
}

enum plinth_status vgic_cpu_reset(struct vgic_cpu *cpu)
{
	enum plinth_status status = PLINTH_OK;

	lock_take(&cpu->vgic->lock);
	if (cpu->loaded_on != 0U) {
		status = PLINTH_EBUSY;
	} else {
		cpu->bank.active = 0;
		cpu->bank.latch &= ~VGIC_SGI_MASK;
		cpu->bank.line &= ~cpu->bank.linked;
		reset_interface(cpu);
		/* PPIs' lines and SPIs that go to it stay. */
		cpu->due_banks = (uint32_t)MASK_BELOW(cpu->vgic->bank_count);
		vgic_mark_locked(cpu, 0);
	}
	lock_drop(&cpu->vgic->lock);
	return status;
}
