/* SPDX-License-Identifier: Apache-2.0 */
#include "base/check.h"
#include "vgic_lr.h"
#include "vgic_private.h"

void vgic_kick(struct vgic_cpu *cpu)
{
	cpu->vgic->ops->kick(cpu->vgic->ctx, cpu->id);
}

void vgic_mark_locked(struct vgic_cpu *cpu, unsigned bank)
{
	cpu->due_banks |= UINT32_C(1) << bank;
	/* Pairs with vgic_is_due and the exchange in vgic_flush. */
	(void)fetch_or_release(&cpu->due, VGIC_DUE_FLUSH);
}

static bool is_deliverable(const struct vgic_irq *irq)
{
	return (vgic_bank_deliverable(irq->bank, irq->vgic->group_enable) & irq_mask(irq)) != 0U;
}

static void notify_if_deliverable(struct vgic_cpu *cpu, const struct vgic_irq *irq)
{
	if (is_deliverable(irq)) {
		vgic_mark_locked(cpu, irq->intid / 32U);
		if (!vgic_is_loaded_here(cpu)) {
			vgic_kick(cpu);
		}
	}
}

void vgic_evict_locked(struct vgic_cpu *cpu, unsigned n)
{
	const struct vgic_hw *hw = cpu->vgic->hw;
	struct vgic_irq irq = vgic_irq_of(cpu->vgic, cpu, (intid_t)cpu->lr_value[n]);
	uint64_t lr = hw->read_lr(n);
	struct vgic_cpu *next;

	if ((lr & LR_STATE) != 0U || (lr & (LR_HW | LR_EOI)) == LR_EOI) {
		hw->write_lr(n, 0);
	}
	cpu->lr_used &= ~(UINT32_C(1) << n);
	if (vgic_irq_leave(cpu, &irq, cpu->lr_value[n] | (lr & LR_STATE))) {
		cpu->vgic->ops->deactivate(cpu->vgic->ctx, cpu->id, vgic_phys_of(cpu, &irq));
	}
	next = vgic_irq_target(&irq);
	if (UNLIKELY(next != cpu) && next != NULL) {
		/* Routed elsewhere meanwhile, and that vCPU has not heard of it yet. */
		notify_if_deliverable(next, &irq);
	}
}

/* Takes back the list registers that the guest has emptied. What became pending again meanwhile is
 * marked in due_banks already. */
static uint32_t reclaim(struct vgic_cpu *cpu)
{
	uint32_t empty = cpu->vgic->hw->read_elrsr() & cpu->lr_used;

	for (uint32_t left = empty; left != 0U; left &= left - 1U) {
		vgic_evict_locked(cpu, bit_lowest(left));
	}
	return empty;
}

bool vgic_place_locked(struct vgic_cpu *cpu, const struct vgic_irq *irq)
{
	uint32_t free = cpu->vgic->lr_mask & ~cpu->lr_used;
	uint64_t lr;
	unsigned n;

	if (free == 0U) {
		free = reclaim(cpu);
		if (free == 0U) {
			return false;
		}
	}
	n = bit_lowest(free);
	lr = vgic_irq_enter(cpu, irq);
	if (UNLIKELY((lr & LR_HW) != 0U && irq->home == NULL)) {
		cpu->vgic->ops->adopt(cpu->vgic->ctx, irq->intid);
	}
	cpu->vgic->hw->write_lr(n, lr);
	irq->bank->lr[irq->intid % 32U] = (uint8_t)n;
	cpu->lr_value[n] = lr & ~LR_STATE;
	cpu->lr_used |= UINT32_C(1) << n;
	return true;
}

bool vgic_pull_locked(const struct vgic_irq *irq)
{
	struct vgic_cpu *cpu;

	if ((irq->bank->in_lr & irq_mask(irq)) == 0U) {
		return true;
	}
	cpu = vgic_irq_target(irq);
	if (!vgic_is_loaded_here(cpu)) {
		return false;
	}
	vgic_evict_locked(cpu, irq->bank->lr[irq->intid % 32U]);
	return true;
}

/* Asks the CPU that holds it to read it back. */
static void request(struct vgic_cpu *cpu, const struct vgic_irq *irq)
{
	irq->bank->changed |= irq_mask(irq);
	vgic_mark_locked(cpu, irq->intid / 32U);
	vgic_kick(cpu);
}

/* False: it needs a list register of a vCPU loaded here, and there is none. */
static bool push(const struct vgic_irq *irq)
{
	struct vgic_cpu *cpu = vgic_irq_target(irq);
	uint32_t mask = irq_mask(irq);
	bool deliverable = is_deliverable(irq);

	if (cpu == NULL) {
		return true;
	}
	if ((irq->bank->in_lr & mask) != 0U) {
		request(cpu, irq);
		return true;
	}
	if (!deliverable && (irq->bank->active & mask) == 0U) {
		return true;
	}
	if (vgic_is_loaded_here(cpu)) {
		return !cpu->overflow && !cpu->evicted && vgic_place_locked(cpu, irq);
	}
	vgic_mark_locked(cpu, irq->intid / 32U);
	if (deliverable || cpu->loaded_on != 0U) {
		vgic_kick(cpu);
	}
	return true;
}

void vgic_push_locked(const struct vgic_irq *irq)
{
	/* Most changes are a guest's first settings of what has never been pending. */
	if ((vgic_bank_busy(irq->bank) & irq_mask(irq)) == 0U) {
		return;
	}
	if (!push(irq)) {
		vgic_mark_locked(vgic_irq_target(irq), irq->intid / 32U);
	}
}

void vgic_apply_locked(const struct vgic_irq *irq, vgic_change_fn *change)
{
	change(irq, !vgic_pull_locked(irq));
	vgic_push_locked(irq);
}

/* SGIs that other CPUs sent, into the bank. Not atomic any more from here on. */
static void take_sgis_locked(struct vgic_cpu *cpu, uint32_t due)
{
	cpu->bank.latch |= due & VGIC_SGI_MASK;
}

static bool is_mine(const struct vgic_cpu *cpu, const struct vgic_irq *irq)
{
	return irq->home != NULL || vgic_irq_target(irq) == cpu;
}

/* False: list registers do not suffice. */
static bool flush_bank(struct vgic_cpu *cpu, unsigned n)
{
	struct vgic *vgic = cpu->vgic;
	struct vgic_bank *bank = vgic_bank_of(vgic, cpu, n);
	uint32_t todo = bank->in_lr & (bank->changed | bank->latch);

	todo |= vgic_bank_deliverable(bank, vgic->group_enable);
	todo |= bank->active & ~bank->in_lr;
	for (; todo != 0U; todo &= todo - 1U) {
		struct vgic_irq irq = vgic_irq_of(vgic, cpu, n * 32U + bit_lowest(todo));

		if (!is_mine(cpu, &irq)) {
			continue;
		}
		(void)vgic_pull_locked(&irq);
		if (!push(&irq)) {
			return false;
		}
	}
	return true;
}

static bool flush_banks(struct vgic_cpu *cpu, uint32_t banks)
{
	for (; banks != 0U; banks &= banks - 1U) {
		if (!flush_bank(cpu, bit_lowest(banks))) {
			return false;
		}
	}
	return true;
}

/* SGIs whose list register still names them need no more than its pending bit. No lock: in_lr,
 * lr_latch and lr of private interrupts are the owner CPU's alone while the vCPU is loaded, and
 * nothing in memory changes. Returns the SGIs that need more. */
static uint32_t rearm_sgis(struct vgic_cpu *cpu, uint32_t sgis)
{
	const struct vgic_hw *hw = cpu->vgic->hw;
	uint32_t easy = cpu->overflow ? 0U : sgis & cpu->bank.in_lr & cpu->bank.lr_latch;

	for (uint32_t left = easy; left != 0U; left &= left - 1U) {
		unsigned n = cpu->bank.lr[bit_lowest(left)];
		uint64_t state = hw->read_lr(n) & LR_STATE;

		hw->write_lr(n, cpu->lr_value[n] | state | LR_PENDING);
	}
	return sgis & ~easy;
}

static void SLOW_PATH flush_slowly(struct vgic_cpu *cpu, uint32_t due)
{
	uint32_t banks;

	lock_take(&cpu->vgic->lock);
	take_sgis_locked(cpu, due);
	banks = cpu->due_banks | ((due & VGIC_SGI_MASK) != 0U ? 1U : 0U);
	cpu->due_banks = 0;
	if (!flush_banks(cpu, banks)) {
		vgic_refill_locked(cpu);
	}
	lock_drop(&cpu->vgic->lock);
}

void vgic_flush(struct vgic_cpu *cpu)
{
	/* Pairs with the fetch_or of whoever asked: what it wrote before is seen. */
	uint32_t due = exchange_acq_rel(&cpu->due, 0U);

	if ((due & VGIC_DUE_FLUSH) == 0U) {
		due = rearm_sgis(cpu, due);
	}
	if (due != 0U) {
		flush_slowly(cpu, due);
	}
}

void vgic_maintenance(struct vgic_cpu *cpu)
{
	bool full;

	lock_take(&cpu->vgic->lock);
	full = cpu->overflow || cpu->evicted;
	if (!full) {
		uint32_t ended = cpu->vgic->hw->read_eisr() & cpu->lr_used;

		for (; ended != 0U; ended &= ended - 1U) {
			struct vgic_irq irq = vgic_irq_of(
				cpu->vgic, cpu, (intid_t)cpu->lr_value[bit_lowest(ended)]);

			(void)vgic_pull_locked(&irq);
			full |= !push(&irq);
		}
	}
	if (full) {
		vgic_refill_locked(cpu);
	}
	lock_drop(&cpu->vgic->lock);
}

/* From the vCPU's memory, where `due` is 0 if no bank holds anything for it: vgic_put has looked,
 * and all that has changed since was marked. */
void vgic_load(struct vgic_cpu *cpu)
{
	struct vgic *vgic = cpu->vgic;
	const struct vgic_hw *hw = vgic->hw;
	uint32_t due;

	lock_take(&vgic->lock);
	PLINTH_CHECK(cpu->loaded_on == 0U);
	store_relaxed(&cpu->loaded_on, (uint8_t)(cpu_this() + 1U)); /* read in vgic_set_ppi */
	hw->write_vmcr(cpu->vmcr);
	hw->write_apr(0, 0, cpu->apr[0][0]);
	hw->write_apr(1, 0, cpu->apr[1][0]);
	for (unsigned i = 1; i < hw->apr_count; i++) {
		hw->write_apr(0, i, cpu->apr[0][i]);
		hw->write_apr(1, i, cpu->apr[1][i]);
	}
	due = load_relaxed(&cpu->due);
	if (due != 0U) {
		due = exchange_acq_rel(&cpu->due, 0U); /* as in vgic_flush */
		take_sgis_locked(cpu, due);
		cpu->due_banks |= (due & VGIC_SGI_MASK) != 0U ? 1U : 0U;
	}
	vgic_fill_locked(cpu);
	lock_drop(&vgic->lock);
}

/* Where something is left in memory, the next vgic_load is to look at it. */
static void mark_rest(struct vgic_cpu *cpu)
{
	if (UNLIKELY(cpu->overflow || cpu->evicted)) {
		cpu->due_banks = (uint32_t)MASK_BELOW(cpu->vgic->bank_count);
		vgic_mark_locked(cpu, 0);
	}
	/* Disabled or not: vgic_linked_is_live. */
	if (((cpu->bank.line | cpu->bank.active) & cpu->bank.linked) != 0U) {
		vgic_mark_locked(cpu, 0);
	}
}

static void SLOW_PATH put_back(struct vgic_cpu *cpu, unsigned n)
{
	struct vgic_irq irq = vgic_irq_of(cpu->vgic, cpu, (intid_t)cpu->lr_value[n]);

	vgic_evict_locked(cpu, n);
	if (((vgic_bank_pending(irq.bank) | irq.bank->active) & irq_mask(&irq)) != 0U) {
		vgic_mark_locked(cpu, irq.intid / 32U);
	}
}

void vgic_put(struct vgic_cpu *cpu)
{
	struct vgic *vgic = cpu->vgic;
	const struct vgic_hw *hw = vgic->hw;

	lock_take(&vgic->lock);
	PLINTH_CHECK(vgic_is_loaded_here(cpu));
	if (UNLIKELY(cpu->evicted)) {
		vgic_take_eoicount_locked(cpu);
	}
	while (cpu->lr_used != 0U) {
		put_back(cpu, bit_lowest(cpu->lr_used));
	}
	mark_rest(cpu);
	cpu->vmcr = hw->read_vmcr();
	cpu->apr[0][0] = hw->read_apr(0, 0);
	cpu->apr[1][0] = hw->read_apr(1, 0);
	for (unsigned i = 1; i < hw->apr_count; i++) {
		cpu->apr[0][i] = hw->read_apr(0, i);
		cpu->apr[1][i] = hw->read_apr(1, i);
	}
	hw->write_hcr(0);
	cpu->hcr = 0;
	cpu->overflow = false;
	cpu->evicted = false;
	store_relaxed(&cpu->loaded_on, (uint8_t)0);
	lock_drop(&vgic->lock);
}
