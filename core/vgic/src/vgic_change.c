/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a register write or a line does to one interrupt. Where the truth is in another CPU's list
 * register, pending and active are asked for; the rest is memory's in any case and takes effect
 * when the owner CPU reads the list register back.
 */
#include "vgic_private.h"

void vgic_change_enable(const struct vgic_irq *irq, bool in_lr)
{
	(void)in_lr;
	irq->bank->enable |= irq_mask(irq);
}

void vgic_change_disable(const struct vgic_irq *irq, bool in_lr)
{
	(void)in_lr;
	irq->bank->enable &= ~irq_mask(irq);
}

void vgic_change_group0(const struct vgic_irq *irq, bool in_lr)
{
	(void)in_lr;
	/* Atomic for vgic_sgi0r, which reads it without the lock; any order will do. */
	store_relaxed(&irq->bank->group1, irq->bank->group1 & ~irq_mask(irq));
}

void vgic_change_group1(const struct vgic_irq *irq, bool in_lr)
{
	(void)in_lr;
	store_relaxed(&irq->bank->group1, irq->bank->group1 | irq_mask(irq)); /* as above */
}

void vgic_change_pend(const struct vgic_irq *irq, bool in_lr)
{
	(void)in_lr;
	irq->bank->latch |= irq_mask(irq);
}

void vgic_change_unpend(const struct vgic_irq *irq, bool in_lr)
{
	irq->bank->latch &= ~irq_mask(irq);
	if (in_lr) {
		irq->bank->drop_pending |= irq_mask(irq);
	}
}

void vgic_change_activate(const struct vgic_irq *irq, bool in_lr)
{
	if (in_lr) {
		irq->bank->make_active |= irq_mask(irq);
		irq->bank->drop_active &= ~irq_mask(irq);
		return;
	}
	if (irq->home == NULL && (irq->bank->active & irq_mask(irq)) == 0U) {
		struct vgic_spi_bank *spi = vgic_spi_bank_of(irq);

		/* Somebody has to end it: whom it would have gone to. */
		spi->owner[irq->intid % 32U] = spi->route[irq->intid % 32U];
	}
	irq->bank->active |= irq_mask(irq);
}

/* A linked interrupt ends without the hardware. If it is a PPI whose vCPU is loaded on another CPU,
 * its line stays high: the guest gets it once more, and that EOI deactivates the physical one. */
static void end_linked(const struct vgic_irq *irq)
{
	struct vgic_cpu *cpu = irq->home;

	if (cpu == NULL) {
		irq->vgic->ops->deactivate(irq->vgic->ctx, 0, irq->intid);
	} else if (vgic_is_loaded_here(cpu)) {
		irq->vgic->ops->deactivate(irq->vgic->ctx, cpu->id, vgic_phys_of(cpu, irq));
	} else if (cpu->loaded_on != 0U) {
		return;
	} else {
		vgic_kick(cpu); /* asleep, it has no timer for what was live (vtimer_put): it looks
				   again */
	}
	irq->bank->line &= ~irq_mask(irq);
}

void vgic_change_deactivate(const struct vgic_irq *irq, bool in_lr)
{
	uint32_t mask = irq_mask(irq);
	struct vgic_bank *bank = irq->bank;

	if (in_lr) {
		bank->drop_active |= mask;
		bank->make_active &= ~mask;
		return;
	}
	if ((bank->active & bank->linked & bank->line & mask) != 0U) {
		end_linked(irq);
	}
	bank->active &= ~mask;
}

void vgic_change_edge(const struct vgic_irq *irq, bool in_lr)
{
	(void)in_lr;
	irq->bank->edge |= irq_mask(irq);
	irq->bank->latches |= irq_mask(irq) & ~irq->bank->linked;
}

void vgic_change_level(const struct vgic_irq *irq, bool in_lr)
{
	(void)in_lr;
	irq->bank->edge &= ~irq_mask(irq);
	irq->bank->latches &= ~irq_mask(irq);
}

void vgic_change_raise(const struct vgic_irq *irq, bool in_lr)
{
	uint32_t mask = irq_mask(irq);
	struct vgic_bank *bank = irq->bank;

	if (in_lr) {
		/* It fires only once it is inactive: the guest has ended the one before. */
		bank->refired |= mask & bank->linked;
	}
	bank->latch |= mask & bank->latches & ~bank->line;
	bank->line |= mask;
}

void vgic_change_lower(const struct vgic_irq *irq, bool in_lr)
{
	(void)in_lr;
	irq->bank->line &= ~irq_mask(irq);
}
