/* SPDX-License-Identifier: Apache-2.0 */
/*
 * States of one interrupt, in memory (pending and active are two bits each of which may be set)
 * and in a list register:
 *	memory --enter--> list register	the latch moves along; the line stays
 *	list register --leave--> memory	a pending one gets its latch back if that made it pending
 *	empty list register --leave-->	ended by the guest; a linked line is low until it fires anew
 *					(which it may have done on another CPU: refired)
 */
#include "vgic_lr.h"
#include "vgic_private.h"

uint32_t vgic_bank_pending(const struct vgic_bank *bank)
{
	return bank->latch | vgic_bank_high(bank);
}

uint32_t vgic_bank_ready(const struct vgic_bank *bank, uint32_t group_enable)
{
	uint32_t groups = 0;

	if ((group_enable & VGIC_GROUP1) != 0U) {
		groups |= bank->group1;
	}
	if ((group_enable & VGIC_GROUP0) != 0U) {
		groups |= ~bank->group1;
	}
	return bank->enable & groups;
}

uint32_t vgic_bank_deliverable(const struct vgic_bank *bank, uint32_t group_enable)
{
	return vgic_bank_ready(bank, group_enable) & vgic_bank_pending(bank) & ~bank->active &
	       ~bank->in_lr;
}

static bool is_v2_sgi(const struct vgic_irq *irq)
{
	return irq->intid < VGIC_SGI_COUNT && irq->vgic->view == VGIC_VIEW_V2;
}

static void move_latch(struct vgic_bank *bank, uint32_t mask)
{
	bank->latch &= ~mask;
	bank->lr_latch |= mask;
}

/* The state and HW bits of one without SGI sources. */
static uint64_t enter_state(struct vgic_cpu *cpu, const struct vgic_irq *irq, uint32_t ready)
{
	struct vgic_bank *bank = irq->bank;
	uint32_t mask = irq_mask(irq);
	bool active = (bank->active & mask) != 0U;
	bool high = (vgic_bank_high(bank) & mask) != 0U;
	bool latched = (bank->latch & ready & mask) != 0U;
	uint64_t lr = active ? LR_ACTIVE : 0U;

	if (high && (bank->linked & mask) != 0U && !(active && latched)) {
		/* Pending and active at once is not allowed with HW (IHI 0069, 12.4.6). */
		lr |= LR_HW | FIELD_PREP(LR_PHYS, vgic_phys_of(cpu, irq));
	} else if (high) {
		/* At the end of it the line has to be looked at again. */
		lr |= LR_EOI;
	}
	if (latched && active && cpu->overflow) {
		/* It would count as pending for NPIE, yet can't be taken. */
		lr |= LR_EOI;
	} else if (latched) {
		move_latch(bank, mask);
		lr |= LR_PENDING;
	} else if (high && !active && (ready & mask) != 0U) {
		lr |= LR_PENDING;
	}
	return lr;
}

uint64_t vgic_irq_enter(struct vgic_cpu *cpu, const struct vgic_irq *irq)
{
	struct vgic_bank *bank = irq->bank;
	uint32_t mask = irq_mask(irq);
	unsigned bit = irq->intid % 32U;
	uint64_t lr = irq->intid | FIELD_PREP(LR_PRIORITY, bank->priority[bit]);

	if ((bank->group1 & mask) != 0U) {
		lr |= LR_GROUP1;
	}
	if (UNLIKELY(is_v2_sgi(irq))) {
		lr |= vgic_v2_sgi_enter(cpu, irq->intid);
	} else {
		lr |= enter_state(cpu, irq, vgic_bank_ready(bank, irq->vgic->group_enable));
	}
	bank->in_lr |= mask;
	if (irq->home == NULL) {
		vgic_spi_bank_of(irq)->owner[bit] = cpu->id;
	}
	return lr;
}

static void forget_requests(struct vgic_bank *bank, uint32_t mask)
{
	bank->in_lr &= ~mask;
	bank->lr_latch &= ~mask;
	bank->changed &= ~mask;
	bank->drop_pending &= ~mask;
	bank->drop_active &= ~mask;
	bank->make_active &= ~mask;
	bank->refired &= ~mask;
}

bool vgic_irq_leave(struct vgic_cpu *cpu, const struct vgic_irq *irq, uint64_t lr)
{
	struct vgic_bank *bank = irq->bank;
	uint32_t mask = irq_mask(irq);
	bool pending = (lr & LR_PENDING) != 0U && (bank->drop_pending & mask) == 0U;
	bool was_active = (lr & LR_ACTIVE) != 0U;
	bool active = was_active && (bank->drop_active & mask) == 0U;
	bool linked = (bank->linked & mask) != 0U;
	bool ended = (lr & LR_STATE) == 0U;
	bool orphan = linked && (bank->line & mask) != 0U &&
		      ((was_active && !active) || (ended && (lr & LR_HW) == 0U));

	if (pending && (bank->lr_latch & mask) != 0U) {
		bank->latch |= mask;
		if (UNLIKELY(is_v2_sgi(irq))) {
			vgic_v2_sgi_requeue(cpu, irq->intid);
		}
	}
	if (linked && (ended || orphan)) {
		bank->line &= ~mask | bank->refired;
	}
	if (active || (bank->make_active & mask) != 0U) {
		bank->active |= mask;
	} else {
		bank->active &= ~mask;
	}
	forget_requests(bank, mask);
	return orphan;
}

struct vgic_cpu *vgic_irq_target(const struct vgic_irq *irq)
{
	struct vgic_spi_bank *spi;
	unsigned bit = irq->intid % 32U;
	uint8_t id;

	if (irq->home != NULL) {
		return irq->home;
	}
	spi = vgic_spi_bank_of(irq);
	id = ((irq->bank->active | irq->bank->in_lr) & irq_mask(irq)) != 0U ? spi->owner[bit]
									    : spi->route[bit];
	return id < irq->vgic->vcpu_count ? irq->vgic->cpu[id] : NULL;
}
