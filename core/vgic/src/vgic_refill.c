/* SPDX-License-Identifier: Apache-2.0 */
/*
 * More interrupts than list registers. The best pending one always has a list register, then the
 * active ones by priority (so that it is the guest's last ends that fall on those without one),
 * then the other pending ones by priority. For those left out the hardware tells us when to look
 * again:
 *	pending (overflow): NPIE, when no list register is pending any more; and, since a pending
 *		one of a disabled group would block that, when the guest changes a group enable
 *	active (evicted): LRENPIE, when the guest ends one that has no list register. EOIcount says
 *		how many, not which: with EOImode 0 it is the highest priority first. With EOImode
 *		1 ICC_DIR may name any, so it traps meanwhile (TDIR); without TDIR (GICv2) the same
 *		order is assumed.
 */
#include "ich.h"
#include "vgic_lr.h"
#include "vgic_private.h"

#define KEY_MASKED	   BIT(40) /* of a group that the CPU interface has disabled */
#define KEY_PRIORITY_SHIFT 24U

/* The best few of a set: the smaller the key, the better. */
struct best {
	uint64_t key[VGIC_LR_MAX];
	unsigned count; /* in key[] */
	unsigned seen;
};

static void best_init(struct best *best)
{
	best->count = 0;
	best->seen = 0;
}

static intid_t key_intid(uint64_t key)
{
	return (intid_t)(key & MASK_BELOW(KEY_PRIORITY_SHIFT));
}

static void best_add(struct best *best, unsigned max, uint64_t key)
{
	unsigned i;

	best->seen++;
	if (best->count < max) {
		best->count++;
	} else if (max == 0U || best->key[max - 1U] < key) {
		return; /* so each key that is read was written */
	}
	for (i = best->count - 1U; i > 0U && best->key[i - 1U] > key; i--) {
		best->key[i] = best->key[i - 1U];
	}
	best->key[i] = key;
}

static uint64_t key_of(const struct vgic_irq *irq, uint32_t vmcr)
{
	uint64_t enable =
		(irq->bank->group1 & irq_mask(irq)) != 0U ? ICH_VMCR_VENG1 : ICH_VMCR_VENG0;
	uint64_t key = (vmcr & enable) != 0U ? 0U : KEY_MASKED;

	key |= (uint64_t)irq->bank->priority[irq->intid % 32U] << KEY_PRIORITY_SHIFT;
	return key | irq->intid;
}

static void collect_bank(
	struct vgic_cpu *cpu, unsigned n, struct best *pending, struct best *active)
{
	struct vgic *vgic = cpu->vgic;
	struct vgic_bank *bank = vgic_bank_of(vgic, cpu, n);
	uint32_t deliverable = vgic_bank_deliverable(bank, vgic->group_enable);
	uint32_t todo = deliverable | (bank->active & ~bank->in_lr);
	uint32_t vmcr;

	if (todo == 0U) {
		return;
	}
	vmcr = vgic->hw->read_vmcr();
	for (; todo != 0U; todo &= todo - 1U) {
		struct vgic_irq irq = vgic_irq_of(vgic, cpu, n * 32U + bit_lowest(todo));

		if (vgic_irq_target(&irq) == cpu) {
			best_add((deliverable & irq_mask(&irq)) != 0U ? pending : active,
				vgic->hw->lr_count, key_of(&irq, vmcr));
		}
	}
}

/* There are list registers for all of them. */
static void place_all(struct vgic_cpu *cpu, const struct best *best)
{
	for (unsigned i = 0; i < best->count; i++) {
		struct vgic_irq irq = vgic_irq_of(cpu->vgic, cpu, key_intid(best->key[i]));

		(void)vgic_place_locked(cpu, &irq);
	}
}

/* The other groups' interrupts get the list registers when a group is enabled or disabled. Group 0
 * disabled beside a disabled group 1 gives them to nobody, so it is not asked for; QEMU 7.2 takes
 * VENG1 for VENG0 there, and would interrupt for ever. */
static uint64_t group_events(uint32_t vmcr)
{
	bool group0 = (vmcr & ICH_VMCR_VENG0) != 0U;
	bool group1 = (vmcr & ICH_VMCR_VENG1) != 0U;
	uint64_t events = group1 ? ICH_HCR_VGRP1DIE : ICH_HCR_VGRP1EIE;

	if (!group0) {
		events |= ICH_HCR_VGRP0EIE;
	} else if (group1) {
		events |= ICH_HCR_VGRP0DIE;
	}
	return events;
}

static uint32_t hcr_for(const struct vgic_cpu *cpu)
{
	uint64_t hcr = ICH_HCR_EN;

	if (cpu->overflow) {
		uint32_t vmcr = cpu->vgic->hw->read_vmcr();

		hcr |= ICH_HCR_NPIE;
		hcr |= group_events(vmcr);
	}
	if (cpu->evicted) {
		hcr |= ICH_HCR_LRENPIE;
		hcr |= cpu->vgic->hw->has_tdir != 0U ? ICH_HCR_TDIR : 0U;
	}
	return (uint32_t)hcr;
}

static void set_hcr(struct vgic_cpu *cpu)
{
	uint32_t hcr = hcr_for(cpu);

	/* While interrupts are evicted every write clears EOIcount, which has been taken. */
	if (hcr != cpu->hcr || cpu->evicted) {
		cpu->vgic->hw->write_hcr(hcr);
		cpu->hcr = hcr;
	}
}

static void take_back(struct vgic_cpu *cpu)
{
	vgic_take_eoicount_locked(cpu);
	while (cpu->lr_used != 0U) {
		vgic_evict_locked(cpu, bit_lowest(cpu->lr_used));
	}
}

/* What the banks hold, into list registers, of which none is in use. */
static void SLOW_PATH fill_from(struct vgic_cpu *cpu, uint32_t banks)
{
	/* Not zeroed each time: their keys are written before they are read. */
	struct best pending;
	struct best active;
	unsigned slots = cpu->vgic->hw->lr_count;
	unsigned first;
	unsigned rest;

	best_init(&pending);
	best_init(&active);
	for (; banks != 0U; banks &= banks - 1U) {
		collect_bank(cpu, bit_lowest(banks), &pending, &active);
	}
	first = pending.count != 0U ? 1U : 0U;
	active.count = active.count < slots - first ? active.count : slots - first;
	rest = slots - first - active.count;
	pending.count = pending.count < first + rest ? pending.count : first + rest;
	cpu->overflow = pending.seen > pending.count;
	cpu->evicted = active.seen > active.count;
	place_all(cpu, &active);
	place_all(cpu, &pending);
}

void vgic_fill_locked(struct vgic_cpu *cpu)
{
	uint32_t banks = cpu->due_banks;

	if (banks == 0U) { /* the usual switch */
		cpu->hcr = (uint32_t)ICH_HCR_EN;
		cpu->vgic->hw->write_hcr(cpu->hcr);
		return;
	}
	cpu->due_banks = 0;
	fill_from(cpu, banks);
	set_hcr(cpu);
}

void vgic_refill_locked(struct vgic_cpu *cpu)
{
	take_back(cpu);
	cpu->due_banks = (uint32_t)MASK_BELOW(cpu->vgic->bank_count);
	vgic_fill_locked(cpu);
}

/* The active interrupt without list register that the guest must have ended first. */
static bool find_ended(struct vgic_cpu *cpu, struct vgic_irq *ended)
{
	struct vgic *vgic = cpu->vgic;
	unsigned best = 256U;

	for (unsigned n = 0; n < vgic->bank_count; n++) {
		struct vgic_bank *bank = vgic_bank_of(vgic, cpu, n);
		uint32_t todo = bank->active & ~bank->in_lr;

		for (; todo != 0U; todo &= todo - 1U) {
			struct vgic_irq irq = vgic_irq_of(vgic, cpu, n * 32U + bit_lowest(todo));

			if (bank->priority[irq.intid % 32U] < best &&
				vgic_irq_target(&irq) == cpu) {
				best = bank->priority[irq.intid % 32U];
				*ended = irq;
			}
		}
	}
	return best != 256U;
}

void vgic_take_eoicount_locked(struct vgic_cpu *cpu)
{
	const struct vgic_hw *hw = cpu->vgic->hw;
	struct vgic_irq irq;
	uint64_t count;

	if (!cpu->evicted) {
		return;
	}
	if (hw->has_tdir != 0U && (hw->read_vmcr() & ICH_VMCR_VEOIM) != 0U) {
		/* Only ICC_DIR would count, and it traps. QEMU 7.2 counts EOIR all the same. */
		return;
	}
	count = FIELD_GET(hw->read_hcr(), ICH_HCR_EOICOUNT);
	while (count-- != 0U && find_ended(cpu, &irq)) {
		vgic_change_deactivate(&irq, false);
		if (vgic_irq_target(&irq) != cpu) {
			vgic_push_locked(&irq); /* pending again, and routed elsewhere meanwhile */
		}
	}
}
