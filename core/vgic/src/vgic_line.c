/* SPDX-License-Identifier: Apache-2.0 */
#include "base/check.h"
#include "vgic_lr.h"
#include "vgic_private.h"

/* The SPI, with the VM's lock held from now on; false: it has no such SPI. */
static inline bool lock_spi(struct vgic *vgic, intid_t intid, struct vgic_irq *irq)
{
	if (intid < VGIC_SPI_FIRST || intid - VGIC_SPI_FIRST >= vgic->spi_count) {
		return false;
	}
	lock_take(&vgic->lock);
	*irq = vgic_irq_of(vgic, NULL, intid);
	PLINTH_CHECK(irq->bank != NULL); /* the range has been checked */
	return true;
}

enum plinth_status vgic_set_spi(struct vgic *vgic, intid_t intid, bool high)
{
	struct vgic_irq irq;

	if (!lock_spi(vgic, intid, &irq)) {
		return PLINTH_ERANGE;
	}
	if (((irq.bank->line & irq_mask(&irq)) != 0U) != high ||
		(high && (irq.bank->linked & irq_mask(&irq)) != 0U)) {
		vgic_apply_locked(&irq, high ? vgic_change_raise : vgic_change_lower);
	}
	lock_drop(&vgic->lock);
	return PLINTH_OK;
}

/* A linked interrupt fires again after the guest has ended it: its list register still names it,
 * so that its pending bit is all that is needed. The line has been high in memory since it was
 * placed. Without the lock for the reasons given at rearm_sgis. */
static bool rearm_linked(struct vgic_cpu *cpu, intid_t intid)
{
	const struct vgic_hw *hw = cpu->vgic->hw;
	uint32_t mask = UINT32_C(1) << intid;
	unsigned n = cpu->bank.lr[intid];

	if ((cpu->bank.linked & cpu->bank.in_lr & mask) == 0U || (cpu->lr_value[n] & LR_HW) == 0U ||
		(hw->read_lr(n) & LR_STATE) != 0U) {
		return false;
	}
	hw->write_lr(n, cpu->lr_value[n] | LR_PENDING);
	return true;
}

static void SLOW_PATH set_ppi_slowly(struct vgic_cpu *cpu, intid_t intid, bool high)
{
	struct vgic_irq irq;
	bool was_high;

	lock_take(&cpu->vgic->lock);
	irq = vgic_irq_of(cpu->vgic, cpu, intid);
	was_high = (irq.bank->line & irq_mask(&irq)) != 0U;
	if (was_high != high || (irq.bank->linked & irq_mask(&irq)) != 0U) {
		vgic_apply_locked(&irq, high ? vgic_change_raise : vgic_change_lower);
	}
	lock_drop(&cpu->vgic->lock);
}

void vgic_set_ppi(struct vgic_cpu *cpu, intid_t intid, bool high)
{
	PLINTH_CHECK(intid >= VGIC_SGI_COUNT && intid < VGIC_PRIVATE_COUNT);
	if (!high || !vgic_is_loaded_here(cpu) || !rearm_linked(cpu, intid)) {
		set_ppi_slowly(cpu, intid, high);
	}
}

bool vgic_linked_is_live(struct vgic_cpu *cpu, intid_t intid)
{
	struct vgic_irq irq;
	uint32_t state;

	PLINTH_CHECK(intid >= VGIC_SGI_COUNT && intid < VGIC_PRIVATE_COUNT);
	/* Without the lock: since vgic_put found it live, `due` would be set. */
	if (load_relaxed(&cpu->loaded_on) == 0U && !vgic_is_due(cpu)) {
		return false;
	}
	lock_take(&cpu->vgic->lock);
	irq = vgic_irq_of(cpu->vgic, cpu, intid);
	/* To ask changes nothing, and wakes nobody: back goes only what was in a list register. */
	bool was_in_lr = (irq.bank->in_lr & irq_mask(&irq)) != 0U;

	if (vgic_pull_locked(&irq)) {
		state = (irq.bank->line | irq.bank->active) & irq_mask(&irq);
		if (was_in_lr) {
			vgic_push_locked(&irq);
		}
	} else {
		state = irq_mask(&irq); /* loaded elsewhere: not for the caller to ask */
	}
	lock_drop(&cpu->vgic->lock);
	return state != 0U;
}

enum plinth_status vgic_link_spi(struct vgic *vgic, intid_t intid)
{
	struct vgic_irq irq;

	if (!lock_spi(vgic, intid, &irq)) {
		return PLINTH_ERANGE;
	}
	irq.bank->linked |= irq_mask(&irq);
	irq.bank->latches &= ~irq_mask(&irq);
	lock_drop(&vgic->lock);
	return PLINTH_OK;
}

enum plinth_status vgic_link_ppi(struct vgic_cpu *cpu, intid_t intid, intid_t phys)
{
	enum plinth_status status = PLINTH_OK;

	if (intid < VGIC_SGI_COUNT || intid >= VGIC_PRIVATE_COUNT || phys > 1019U) {
		return PLINTH_EINVAL;
	}
	lock_take(&cpu->vgic->lock);
	if (cpu->loaded_on != 0U) {
		status = PLINTH_EBUSY;
	} else {
		cpu->phys[intid] = phys;
		cpu->bank.linked |= UINT32_C(1) << intid;
	}
	lock_drop(&cpu->vgic->lock);
	return status;
}
