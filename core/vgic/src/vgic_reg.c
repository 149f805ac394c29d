/* SPDX-License-Identifier: Apache-2.0 */
#include "vgic_reg.h"

#include "base/compiler.h"

#define CONFIGS_PER_WORD 16U

const struct vgic_reg *vgic_reg_search(
	const struct vgic_frame *frame, const struct vgic_reg *from, uint32_t offset)
{
	const struct vgic_reg *end = &frame->regs[frame->count];

	for (; from < end && offset >= from->offset; from++) {
		if (offset - from->offset < from->size) {
			return from;
		}
	}
	return NULL;
}

uint64_t vgic_reg_read_locked(const struct vgic_reg *reg, const struct vgic_reg_access *a)
{
	uint64_t value;

	lock_take(&a->cpu->vgic->lock);
	value = reg->read(a);
	lock_drop(&a->cpu->vgic->lock);
	return value;
}

void vgic_reg_write_locked(
	const struct vgic_reg *reg, const struct vgic_reg_access *a, uint64_t value)
{
	lock_take(&a->cpu->vgic->lock);
	reg->write(a, value);
	lock_drop(&a->cpu->vgic->lock);
}

/* For all frames: what is done most does not come here (exits_mmio_gicd). */
NOINLINE void vgic_reg_mmio(const struct vgic_frame *frame, struct vgic_cpu *cpu, uint32_t offset,
	struct mmio_access *access)
{
	if (access->write) {
		vgic_reg_write(frame, cpu, offset, access->size, access->value);
	} else {
		access->value = vgic_reg_read(frame, cpu, offset, access->size);
	}
}

struct vgic_bank *vgic_reg_bank(const struct vgic_reg_access *a, unsigned n)
{
	if (n >= a->cpu->vgic->bank_count || (n == 0U && !a->frame->banked)) {
		return NULL;
	}
	return vgic_bank_of(a->cpu->vgic, a->cpu, n);
}

void vgic_change_word_locked(
	const struct vgic_reg_access *a, unsigned n, uint32_t mask, vgic_change_fn *change)
{
	for (; mask != 0U; mask &= mask - 1U) {
		struct vgic_irq irq = vgic_irq_of(a->cpu->vgic, a->cpu, n * 32U + bit_lowest(mask));

		vgic_apply_locked(&irq, change);
	}
}

/* The interrupts of `changed`: to what their bits in `value` say. A guest does so once, so it is no
 * place for copies of the loop. */
static void SLOW_PATH change_to(const struct vgic_reg_access *a, unsigned n, uint32_t changed,
	uint32_t value, vgic_change_fn *set, vgic_change_fn *clear)
{
	vgic_change_word_locked(a, n, changed & value, set);
	vgic_change_word_locked(a, n, changed & ~value, clear);
}

uint64_t vgic_read_group(const struct vgic_reg_access *a)
{
	const struct vgic_bank *bank = vgic_reg_bank(a, a->offset / 4U);

	return bank != NULL ? bank->group1 : 0U;
}

uint64_t vgic_read_enable(const struct vgic_reg_access *a)
{
	const struct vgic_bank *bank = vgic_reg_bank(a, a->offset / 4U);

	return bank != NULL ? bank->enable : 0U;
}

/* Brings what is in list registers up to date: this CPU's are read back and filled again, other
 * CPUs' are asked for, so that a guest that polls sees the truth before long. */
static void SLOW_PATH refresh(const struct vgic_reg_access *a, unsigned n, uint32_t mask,
	uint32_t *pending, uint32_t *active)
{
	struct vgic_bank *bank = vgic_reg_bank(a, n);

	for (; mask != 0U; mask &= mask - 1U) {
		struct vgic_irq irq = vgic_irq_of(a->cpu->vgic, a->cpu, n * 32U + bit_lowest(mask));

		if (!vgic_pull_locked(&irq)) {
			*pending |= bank->lr_latch & ~bank->drop_pending & irq_mask(&irq);
			*active |= bank->make_active & irq_mask(&irq);
		}
		*pending |= vgic_bank_pending(bank) & irq_mask(&irq);
		*active |= bank->active & ~bank->drop_active & irq_mask(&irq);
		vgic_push_locked(&irq);
	}
}

uint64_t vgic_read_pending(const struct vgic_reg_access *a)
{
	const struct vgic_bank *bank = vgic_reg_bank(a, a->offset / 4U);
	uint32_t pending;
	uint32_t active = 0;

	if (bank == NULL) {
		return 0;
	}
	pending = vgic_bank_pending(bank) & ~bank->in_lr;
	refresh(a, a->offset / 4U, bank->in_lr, &pending, &active);
	if (a->offset < 4U) {
		pending |= load_relaxed(&a->cpu->due) & VGIC_SGI_MASK; /* not flushed yet */
	}
	return pending;
}

uint64_t vgic_read_active(const struct vgic_reg_access *a)
{
	const struct vgic_bank *bank = vgic_reg_bank(a, a->offset / 4U);
	uint32_t pending = 0;
	uint32_t active;

	if (bank == NULL) {
		return 0;
	}
	active = bank->active & ~bank->in_lr;
	refresh(a, a->offset / 4U, bank->in_lr, &pending, &active);
	return active;
}

void vgic_write_group(const struct vgic_reg_access *a, uint64_t value)
{
	unsigned n = a->offset / 4U;
	struct vgic_bank *bank = vgic_reg_bank(a, n);

	if (bank != NULL) {
		uint32_t busy = vgic_bank_busy(bank);

		/* As vgic_change_group0() does one. */
		store_relaxed(&bank->group1, (bank->group1 & busy) | ((uint32_t)value & ~busy));
		change_to(a, n, bank->group1 ^ (uint32_t)value, (uint32_t)value, vgic_change_group1,
			vgic_change_group0);
	}
}

/* SGIs of the accessing view that cannot be changed one by one (GICv2: by source instead). */
static uint32_t pendable(const struct vgic_reg_access *a)
{
	return a->offset < 4U && a->cpu->vgic->view == VGIC_VIEW_V2 ? ~VGIC_SGI_MASK : UINT32_MAX;
}

/* The interrupts that a change would find other than it leaves them; guests clear whole words when
 * they start. */
static uint32_t open_to(const struct vgic_bank *bank, vgic_change_fn *change)
{
	if (change == vgic_change_disable) {
		return bank->enable;
	}
	return change == vgic_change_deactivate ? bank->active | bank->in_lr : UINT32_MAX;
}

/* The write does nothing to the interrupts without a 1, so for 0 not even the lock is needed. */
static void write_some(const struct vgic_reg_access *a, uint32_t mask, vgic_change_fn *change)
{
	const struct vgic_bank *bank = vgic_reg_bank(a, a->offset / 4U);

	if (bank == NULL) {
		return;
	}
	lock_take(&a->cpu->vgic->lock);
	mask &= open_to(bank, change);
	vgic_change_word_locked(a, a->offset / 4U, mask, change);
	lock_drop(&a->cpu->vgic->lock);
}

static inline void write_bits(
	const struct vgic_reg_access *a, uint32_t mask, vgic_change_fn *change)
{
	if (mask != 0U) {
		write_some(a, mask, change);
	}
}

void vgic_write_set_enable(const struct vgic_reg_access *a, uint64_t value)
{
	write_bits(a, (uint32_t)value, vgic_change_enable);
}

void vgic_write_clear_enable(const struct vgic_reg_access *a, uint64_t value)
{
	write_bits(a, (uint32_t)value, vgic_change_disable);
}

void vgic_write_set_pending(const struct vgic_reg_access *a, uint64_t value)
{
	write_bits(a, (uint32_t)value & pendable(a), vgic_change_pend);
}

void vgic_write_clear_pending(const struct vgic_reg_access *a, uint64_t value)
{
	uint32_t mask = (uint32_t)value & pendable(a);

	if (a->offset < 4U && a->frame->banked) {
		/* Not flushed yet; no order between those who send and who clears. */
		(void)fetch_and_acq_rel(&a->cpu->due, ~(mask & VGIC_SGI_MASK));
	}
	write_bits(a, mask, vgic_change_unpend);
}

void vgic_write_set_active(const struct vgic_reg_access *a, uint64_t value)
{
	write_bits(a, (uint32_t)value, vgic_change_activate);
}

void vgic_write_clear_active(const struct vgic_reg_access *a, uint64_t value)
{
	write_bits(a, (uint32_t)value, vgic_change_deactivate);
}

uint64_t vgic_read_priority(const struct vgic_reg_access *a)
{
	const struct vgic_bank *bank = vgic_reg_bank(a, a->offset / 32U);
	uint64_t value = 0;

	if (bank == NULL) {
		return 0;
	}
	for (uint32_t i = 0; i < a->size; i++) {
		value |= (uint64_t)bank->priority[(a->offset + i) % 32U] << (8U * i);
	}
	return value;
}

/* Apart, so that the rest needs no struct on the stack. */
NOINLINE static void set_priority_of_busy(
	const struct vgic_reg_access *a, intid_t intid, uint8_t priority)
{
	struct vgic_irq irq = vgic_irq_of(a->cpu->vgic, a->cpu, intid);

	(void)vgic_pull_locked(&irq);
	irq.bank->priority[intid % 32U] = priority;
	vgic_push_locked(&irq);
}

void vgic_write_priority(const struct vgic_reg_access *a, uint64_t value)
{
	struct vgic_bank *bank = vgic_reg_bank(a, a->offset / 32U);
	uint32_t first = a->offset % 32U; /* interrupt in its bank */

	if (bank == NULL) {
		return;
	}
	for (uint32_t i = 0; i < a->size; i++) {
		uint8_t priority = (uint8_t)((value >> (8U * i)) & a->cpu->vgic->priority_mask);

		if (bank->priority[first + i] == priority) {
			continue;
		}
		if ((vgic_bank_busy(bank) >> (first + i) & 1U) != 0U) {
			set_priority_of_busy(a, a->offset + i, priority);
		} else {
			bank->priority[first + i] = priority;
		}
	}
}

uint64_t vgic_read_config(const struct vgic_reg_access *a)
{
	const struct vgic_bank *bank = vgic_reg_bank(a, a->offset / 8U);
	uint32_t first = a->offset % 8U * 4U; /* interrupt in its bank */
	uint64_t value = 0;

	if (bank == NULL) {
		return 0;
	}
	for (uint32_t i = 0; i < CONFIGS_PER_WORD; i++) {
		value |= (uint64_t)((bank->edge >> (first + i)) & 1U) << (2U * i + 1U);
	}
	return value;
}

void vgic_write_config(const struct vgic_reg_access *a, uint64_t value)
{
	unsigned n = a->offset / 8U;
	uint32_t first = a->offset % 8U * 4U;
	const struct vgic_bank *bank = vgic_reg_bank(a, n);
	uint32_t edge = 0;

	if (n == 0U || bank == NULL) {
		return; /* SGIs are edge-triggered, PPIs as the machine is wired */
	}
	for (uint32_t i = 0; i < CONFIGS_PER_WORD; i++) {
		edge |= (uint32_t)((value >> (2U * i + 1U)) & 1U) << (first + i);
	}
	change_to(a, n, edge ^ (bank->edge & (UINT32_C(0xffff) << first)), edge, vgic_change_edge,
		vgic_change_level);
}

uint64_t vgic_read_id_block(uint32_t offset, unsigned architecture)
{
	/* PIDR4..7, PIDR0..3, CIDR0..3 as Arm's own GICs have them; PIDR2[7:4] is ArchRev. */
	static const uint8_t ids[] = {0x44, 0, 0, 0, 0x92, 0xb4, 0x0b, 0, 0x0d, 0xf0, 0x05, 0xb1};
	uint32_t i = (uint32_t)index_nospec(offset / 4U, ARRAY_SIZE(ids));

	return i == 6U ? ids[i] | (architecture << 4) : ids[i];
}
