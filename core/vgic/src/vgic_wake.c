/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Would the virtual CPU interface signal something? (IHI 0069, 4.8: enables, priority mask,
 * preemption.)
 */
#include "base/check.h"
#include "ich.h"
#include "vgic_lr.h"
#include "vgic_private.h"

struct interface {
	uint32_t vmcr;
	unsigned running; /* priority of the highest active one, 256: none */
};

static unsigned running_priority(const struct vgic_hw *hw)
{
	unsigned levels = 32U * hw->apr_count;

	for (unsigned i = 0; i < hw->apr_count; i++) {
		uint32_t both = hw->read_apr(0, i) | hw->read_apr(1, i);

		if (both != 0U) {
			return (i * 32U + bit_lowest(both)) * (256U / levels);
		}
	}
	return 256U;
}

/* The bits of a priority that preemption compares. */
static uint32_t group_mask(uint32_t vmcr, bool group1)
{
	uint64_t bpr0 = FIELD_GET(vmcr, ICH_VMCR_VBPR0);

	if (!group1 || (vmcr & ICH_VMCR_VCBPR) != 0U) {
		return (UINT32_C(0xff) << (bpr0 + 1U)) & 0xffU;
	}
	return (UINT32_C(0xff) << FIELD_GET(vmcr, ICH_VMCR_VBPR1)) & 0xffU;
}

static bool is_signalled(const struct interface *cpu_if, unsigned priority, bool group1)
{
	uint64_t enable = group1 ? ICH_VMCR_VENG1 : ICH_VMCR_VENG0;

	return (cpu_if->vmcr & enable) != 0U && priority < FIELD_GET(cpu_if->vmcr, ICH_VMCR_VPMR) &&
	       (cpu_if->running == 256U ||
		       (priority & group_mask(cpu_if->vmcr, group1)) < cpu_if->running);
}

static bool has_in_lrs(struct vgic_cpu *cpu)
{
	const struct vgic_hw *hw = cpu->vgic->hw;
	struct interface cpu_if = {.vmcr = hw->read_vmcr(), .running = running_priority(hw)};

	for (uint32_t used = cpu->lr_used; used != 0U; used &= used - 1U) {
		uint64_t lr = hw->read_lr(bit_lowest(used));

		if ((lr & LR_STATE) == LR_PENDING &&
			is_signalled(&cpu_if, (unsigned)FIELD_GET(lr, LR_PRIORITY),
				(lr & LR_GROUP1) != 0U)) {
			return true;
		}
	}
	return false;
}

bool vgic_has_deliverable(struct vgic_cpu *cpu)
{
	PLINTH_ASSERT(vgic_is_loaded_here(cpu));
	if (vgic_is_due(cpu)) {
		vgic_flush(cpu);
	}
	return has_in_lrs(cpu);
}
