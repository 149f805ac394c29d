/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What GICv2 has of its own: targets as bit masks, SGIs that remember who sent them (IHI
 * 0048, 4.3). Of an SGI that several sent, one source at a time is in the list register; its end
 * then brings a maintenance interrupt for the next.
 */
#include "vgic_lr.h"
#include "vgic_reg.h"

#define SGIR_FILTER_SHIFT  24U
#define SGIR_FILTER_WIDTH  2U
#define SGIR_TARGETS_SHIFT 16U
#define SGIR_TARGETS_WIDTH 8U
#define SGIR_INTID_SHIFT   0U
#define SGIR_INTID_WIDTH   4U

enum sgir_filter { SGIR_LIST, SGIR_OTHERS, SGIR_SELF };

uint64_t vgic_v2_sgi_enter(struct vgic_cpu *cpu, intid_t intid)
{
	struct vgic_bank *bank = &cpu->bank;
	unsigned sgi = intid % VGIC_SGI_COUNT;
	uint32_t mask = UINT32_C(1) << sgi;
	uint32_t ready = vgic_bank_ready(bank, cpu->vgic->group_enable);
	uint64_t lr = 0;

	if ((bank->active & mask) != 0U) {
		lr = LR_ACTIVE;
	} else if ((bank->latch & ready & mask) != 0U && cpu->sgi_pending[sgi] != 0U) {
		cpu->sgi_source[sgi] = (uint8_t)bit_lowest(cpu->sgi_pending[sgi]);
		cpu->sgi_pending[sgi] &= (uint8_t)(cpu->sgi_pending[sgi] - 1U);
		bank->lr_latch |= mask;
		lr = LR_PENDING;
	}
	if (cpu->sgi_pending[sgi] == 0U) {
		bank->latch &= ~mask;
	} else {
		lr |= LR_EOI;
	}
	return lr | FIELD_PREP(LR_SOURCE, cpu->sgi_source[sgi]);
}

void vgic_v2_sgi_requeue(struct vgic_cpu *cpu, intid_t intid)
{
	unsigned sgi = intid % VGIC_SGI_COUNT;

	cpu->sgi_pending[sgi] |= (uint8_t)(1U << cpu->sgi_source[sgi]);
}

static void set_source(struct vgic_cpu *cpu, intid_t sgi, uint8_t sources)
{
	struct vgic_irq irq = vgic_irq_of(cpu->vgic, cpu, sgi % VGIC_SGI_COUNT);
	bool in_lr = !vgic_pull_locked(&irq);

	cpu->sgi_pending[irq.intid] |= sources;
	if (sources != 0U) {
		vgic_change_pend(&irq, in_lr);
	}
	vgic_push_locked(&irq);
}

static void clear_source(struct vgic_cpu *cpu, intid_t sgi, uint8_t sources)
{
	struct vgic_irq irq = vgic_irq_of(cpu->vgic, cpu, sgi % VGIC_SGI_COUNT);
	bool in_lr = !vgic_pull_locked(&irq);

	cpu->sgi_pending[irq.intid] &= (uint8_t) ~(unsigned)sources;
	if (cpu->sgi_pending[irq.intid] == 0U) {
		irq.bank->latch &= ~irq_mask(&irq);
	}
	if (in_lr && (((unsigned)sources >> cpu->sgi_source[irq.intid]) & 1U) != 0U) {
		irq.bank->drop_pending |= irq_mask(&irq);
	}
	vgic_push_locked(&irq);
}

static uint32_t sgir_targets(const struct vgic_reg_access *a, uint64_t value)
{
	uint32_t all = (uint32_t)MASK_BELOW(a->cpu->vgic->vcpu_count);

	switch (FIELD_GET(value, SGIR_FILTER)) {
	case SGIR_LIST:
		return (uint32_t)FIELD_GET(value, SGIR_TARGETS) & all;
	case SGIR_OTHERS:
		return all & ~(UINT32_C(1) << a->cpu->id);
	case SGIR_SELF:
		return UINT32_C(1) << a->cpu->id;
	default: /* reserved */
		return 0;
	}
}

static void write_sgir(const struct vgic_reg_access *a, uint64_t value)
{
	uint32_t targets = sgir_targets(a, value);

	for (; targets != 0U; targets &= targets - 1U) {
		set_source(a->cpu->vgic->cpu[bit_lowest(targets)],
			(intid_t)FIELD_GET(value, SGIR_INTID), (uint8_t)(1U << a->cpu->id));
	}
}

static uint64_t read_sgi_pending(const struct vgic_reg_access *a)
{
	uint64_t value = 0;

	for (uint32_t i = 0; i < a->size; i++) {
		struct vgic_irq irq = vgic_irq_of(a->cpu->vgic, a->cpu, a->offset + i);

		(void)vgic_pull_locked(&irq);
		value |= (uint64_t)a->cpu->sgi_pending[irq.intid % VGIC_SGI_COUNT] << (8U * i);
		vgic_push_locked(&irq);
	}
	return value;
}

static void write_sgi_set(const struct vgic_reg_access *a, uint64_t value)
{
	uint8_t all = (uint8_t)MASK_BELOW(a->cpu->vgic->vcpu_count);

	for (uint32_t i = 0; i < a->size; i++) {
		set_source(a->cpu, a->offset + i, (uint8_t)(value >> (8U * i)) & all);
	}
}

static void write_sgi_clear(const struct vgic_reg_access *a, uint64_t value)
{
	for (uint32_t i = 0; i < a->size; i++) {
		clear_source(a->cpu, a->offset + i, (uint8_t)(value >> (8U * i)));
	}
}

static bool is_spi(const struct vgic_reg_access *a, intid_t intid)
{
	return intid >= VGIC_SPI_FIRST && intid - VGIC_SPI_FIRST < a->cpu->vgic->spi_count;
}

static uint64_t read_targets(const struct vgic_reg_access *a)
{
	uint64_t value = 0;

	for (uint32_t i = 0; i < a->size; i++) {
		intid_t intid = a->offset + i;
		uint32_t targets = 0;

		if (intid < VGIC_SPI_FIRST) {
			targets = UINT32_C(1) << a->cpu->id; /* how a CPU learns its number */
		} else if (is_spi(a, intid)) {
			struct vgic_irq irq = vgic_irq_of(a->cpu->vgic, NULL, intid);

			targets = vgic_spi_bank_of(&irq)->affinity[intid % 32U];
		}
		value |= (uint64_t)targets << (8U * i);
	}
	return value;
}

/* An SPI with several targets goes to the lowest one: the 1-of-N model leaves the choice to us. */
static void write_targets(const struct vgic_reg_access *a, uint64_t value)
{
	uint32_t all = (uint32_t)MASK_BELOW(a->cpu->vgic->vcpu_count);

	for (uint32_t i = 0; i < a->size; i++) {
		uint32_t targets = (uint32_t)(value >> (8U * i)) & all;
		intid_t intid = a->offset + i;

		if (is_spi(a, intid)) {
			struct vgic_irq irq = vgic_irq_of(a->cpu->vgic, NULL, intid);

			vgic_set_route_locked(&irq, targets,
				targets != 0U ? (uint8_t)bit_lowest(targets) : VGIC_NO_VCPU);
		}
	}
}

static uint64_t read_typer(const struct vgic_reg_access *a)
{
	return (a->cpu->vgic->bank_count - 1U) | ((uint64_t)(a->cpu->vgic->vcpu_count - 1U) << 5);
}

static uint64_t read_iidr(const struct vgic_reg_access *a)
{
	(void)a;
	return VGIC_IIDR;
}

static uint64_t read_ids(const struct vgic_reg_access *a)
{
	return vgic_read_id_block(a->offset, 2);
}

#define W32 WIDTH_32
#define P8  (WIDTH_8 | WIDTH_32)

static const struct vgic_reg v2_regs[] = {
	{0x000, 0x04, W32, LOCKED, vgic_read_dist_ctlr, vgic_write_dist_ctlr},
	{0x004, 0x04, W32, UNLOCKED, read_typer, NULL},
	{0x008, 0x04, W32, UNLOCKED, read_iidr, NULL},
	{0x080, 0x80, W32, LOCKED, vgic_read_group, vgic_write_group},
	{0x100, 0x80, W32, READ_LOCKED, vgic_read_enable, vgic_write_set_enable},
	{0x180, 0x80, W32, READ_LOCKED, vgic_read_enable, vgic_write_clear_enable},
	{0x200, 0x80, W32, READ_LOCKED, vgic_read_pending, vgic_write_set_pending},
	{0x280, 0x80, W32, READ_LOCKED, vgic_read_pending, vgic_write_clear_pending},
	{0x300, 0x80, W32, READ_LOCKED, vgic_read_active, vgic_write_set_active},
	{0x380, 0x80, W32, READ_LOCKED, vgic_read_active, vgic_write_clear_active},
	{0x400, 0x400, P8, LOCKED, vgic_read_priority, vgic_write_priority},
	{0x800, 0x400, P8, LOCKED, read_targets, write_targets},
	{0xc00, 0x100, W32, LOCKED, vgic_read_config, vgic_write_config},
	{0xf00, 0x04, W32, LOCKED, NULL, write_sgir},
	{0xf10, 0x10, P8, LOCKED, read_sgi_pending, write_sgi_clear},
	{0xf20, 0x10, P8, LOCKED, read_sgi_pending, write_sgi_set},
	{0xfd0, 0x30, W32, UNLOCKED, read_ids, NULL},
};

static const uint8_t v2_hints[VGIC_HINT_COUNT + 1U] = {0, 3, 4, 5, 6, 7, 8, 9, 10, 10, 10, 10, 10,
	10, 10, 10, 11, 11, 11, 11, 11, 11, 11, 11, 12, 12, 12, 12, 13, 13, 13, 16, 16};

const struct vgic_frame vgic_dist_v2_frame = {v2_regs, ARRAY_SIZE(v2_regs), 3, true, v2_hints};
