/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Would the virtual CPU interface signal something? (IHI 0069, 4.8: enables, priority mask,
 * preemption.)
 */
#include "ich.h"
#include "vgic_lr.h"
#include "vgic_private.h"

/* The CPU interface's state, wherever it is. */
struct interface {
	uint32_t vmcr;
	unsigned running; /* priority of the highest active one, 256: none */
};

static unsigned running_priority(const struct vgic_hw *hw, const uint32_t apr[2][VGIC_APR_MAX])
{
	unsigned levels = 32U * hw->apr_count;

	for (unsigned i = 0; i < hw->apr_count; i++) {
		uint32_t both = apr[0][i] | apr[1][i];

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
	struct interface cpu_if = {.vmcr = hw->read_vmcr()};
	uint32_t apr[2][VGIC_APR_MAX] = {0};

	for (unsigned i = 0; i < hw->apr_count; i++) {
		apr[0][i] = hw->read_apr(0, i);
		apr[1][i] = hw->read_apr(1, i);
	}
	cpu_if.running = running_priority(hw, apr);
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

static bool has_in_bank(struct vgic_cpu *cpu, unsigned n, const struct interface *cpu_if)
{
	struct vgic_bank *bank = vgic_bank_of(cpu->vgic, cpu, n);
	uint32_t todo = vgic_bank_deliverable(bank, cpu->vgic->group_enable);

	for (; todo != 0U; todo &= todo - 1U) {
		struct vgic_irq irq = vgic_irq_of(cpu->vgic, cpu, n * 32U + bit_lowest(todo));

		if (vgic_irq_target(&irq) == cpu &&
			is_signalled(cpu_if, bank->priority[irq.intid % 32U],
				(bank->group1 & irq_mask(&irq)) != 0U)) {
			return true;
		}
	}
	return false;
}

static bool has_in_memory_locked(struct vgic_cpu *cpu)
{
	struct interface cpu_if = {
		.vmcr = cpu->vmcr, .running = running_priority(cpu->vgic->hw, cpu->apr)};
	uint32_t sgis;

	/* As in vgic_flush, but that vgic_load is still to look at the banks. */
	sgis = fetch_and_acq_rel(&cpu->due, ~VGIC_SGI_MASK) & VGIC_SGI_MASK;
	if (sgis != 0U) {
		cpu->bank.latch |= sgis;
		vgic_mark_locked(cpu, 0);
	}
	for (uint32_t banks = cpu->due_banks; banks != 0U; banks &= banks - 1U) {
		if (has_in_bank(cpu, bit_lowest(banks), &cpu_if)) {
			return true;
		}
	}
	return false;
}

bool vgic_has_deliverable(struct vgic_cpu *cpu)
{
	bool yes;

	lock_take(&cpu->vgic->lock);
	if (vgic_is_loaded_here(cpu)) {
		lock_drop(&cpu->vgic->lock);
		if (vgic_is_due(cpu)) {
			vgic_flush(cpu);
		}
		return has_in_lrs(cpu);
	}
	yes = cpu->loaded_on != 0U ? vgic_is_due(cpu) : has_in_memory_locked(cpu);
	lock_drop(&cpu->vgic->lock);
	return yes;
}
