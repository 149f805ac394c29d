/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The distributor, GICv3 view: one security state (DS = 1), affinity routing always on (ARE = 1),
 * so that SGIs and PPIs are RAZ/WI here (IHI 0069, 12.9).
 */
#include "vgic_reg.h"

#define CTLR_GROUPS (VGIC_GROUP0 | VGIC_GROUP1)
#define CTLR_ARE    BIT(4)
#define CTLR_DS	    BIT(6)
#define CTLR_RWP    BIT(31)

#define TYPER_CPUS_SHIFT 5U
#define TYPER_IDBITS	 (UINT32_C(9) << 19) /* 10 bits */
#define TYPER_NO1N	 BIT(25)	     /* no "any of the CPUs" */

#define IROUTER_AFF3_SHIFT 32U
#define IROUTER_AFF3_WIDTH 8U
#define IROUTER_LOW_SHIFT  0U
#define IROUTER_LOW_WIDTH  24U

/* Is an SPI still to be read back, so that a change of it has not taken effect? */
static bool has_writes_pending(const struct vgic *vgic)
{
	uint32_t changed = 0;

	for (unsigned n = 1; n < vgic->bank_count; n++) {
		changed |= vgic->spi[n - 1U].bank.changed;
	}
	return changed != 0U;
}

uint64_t vgic_read_dist_ctlr(const struct vgic_reg_access *a)
{
	uint64_t value = a->cpu->vgic->group_enable;

	if (a->cpu->vgic->view == VGIC_VIEW_V3) {
		value |= CTLR_ARE | CTLR_DS | (has_writes_pending(a->cpu->vgic) ? CTLR_RWP : 0U);
	}
	return value;
}

/* Interrupts in list registers whose group has been disabled go back to memory. */
static void take_back_groups(struct vgic *vgic, struct vgic_cpu *cpu, unsigned n, uint32_t disabled)
{
	struct vgic_bank *bank = vgic_bank_of(vgic, cpu, n);
	uint32_t todo =
		bank->in_lr & (((disabled & VGIC_GROUP1) != 0U ? bank->group1 : 0U) |
				      ((disabled & VGIC_GROUP0) != 0U ? ~bank->group1 : 0U));

	for (; todo != 0U; todo &= todo - 1U) {
		struct vgic_irq irq = vgic_irq_of(vgic, cpu, n * 32U + bit_lowest(todo));

		(void)vgic_pull_locked(&irq);
		vgic_push_locked(&irq);
	}
}

void vgic_write_dist_ctlr(const struct vgic_reg_access *a, uint64_t value)
{
	struct vgic *vgic = a->cpu->vgic;
	uint32_t old = vgic->group_enable;
	uint32_t groups = (uint32_t)value & CTLR_GROUPS;

	if (groups == old) {
		return;
	}
	vgic->group_enable = groups;
	for (unsigned n = 1; n < vgic->bank_count; n++) {
		take_back_groups(vgic, NULL, n, old & ~groups);
	}
	for (unsigned i = 0; i < vgic->vcpu_count; i++) {
		struct vgic_cpu *cpu = vgic->cpu[i];

		take_back_groups(vgic, cpu, 0, old & ~groups);
		if ((groups & ~old) != 0U) {
			cpu->due_banks = (uint32_t)MASK_BELOW(vgic->bank_count);
			vgic_mark_locked(cpu, 0);
			if (!vgic_is_loaded_here(cpu)) {
				vgic_kick(cpu);
			}
		}
	}
}

static uint64_t read_typer(const struct vgic_reg_access *a)
{
	uint64_t value = a->cpu->vgic->bank_count - 1U;

	if (a->cpu->vgic->view == VGIC_VIEW_V2) {
		return value | ((uint64_t)(a->cpu->vgic->vcpu_count - 1U) << TYPER_CPUS_SHIFT);
	}
	return value | TYPER_IDBITS | TYPER_NO1N;
}

static uint64_t read_iidr(const struct vgic_reg_access *a)
{
	(void)a;
	return VGIC_IIDR;
}

static uint64_t read_v3_ids(const struct vgic_reg_access *a)
{
	return vgic_read_id_block(a->offset, 3);
}

static uint8_t vcpu_of_affinity(const struct vgic *vgic, uint32_t affinity)
{
	uint32_t id = (affinity >> 8) * 16U + (affinity & 0xffU);

	return affinity <= 0xffffU && (affinity & 0xf0U) == 0U && id < vgic->vcpu_count
		       ? (uint8_t)id
		       : VGIC_NO_VCPU;
}

void vgic_set_route_locked(const struct vgic_irq *irq, uint32_t affinity, uint8_t route)
{
	struct vgic_spi_bank *spi = vgic_spi_bank_of(irq);
	unsigned bit = irq->intid % 32U;

	if (spi->affinity[bit] == affinity) {
		return;
	}
	(void)vgic_pull_locked(irq);
	spi->affinity[bit] = affinity;
	spi->route[bit] = route;
	vgic_push_locked(irq);
}

/* IROUTER<n> of the SPI at a->offset, false: there is none. */
static bool find_routed(const struct vgic_reg_access *a, struct vgic_irq *irq)
{
	uint32_t spi = a->offset / 8U;

	if (spi >= a->cpu->vgic->spi_count) {
		return false;
	}
	*irq = vgic_irq_of(a->cpu->vgic, NULL, VGIC_SPI_FIRST + spi);
	return true;
}

static uint64_t router_of(const struct vgic_irq *irq)
{
	uint64_t affinity = vgic_spi_bank_of(irq)->affinity[irq->intid % 32U];

	return FIELD_PREP(IROUTER_AFF3, affinity >> 24) | FIELD_PREP(IROUTER_LOW, affinity);
}

static uint64_t read_irouter(const struct vgic_reg_access *a)
{
	struct vgic_irq irq;

	if (!find_routed(a, &irq)) {
		return 0;
	}
	return a->offset % 8U != 0U ? router_of(&irq) >> 32
	       : a->size == 4U	    ? (uint32_t)router_of(&irq)
				    : router_of(&irq);
}

static void write_irouter(const struct vgic_reg_access *a, uint64_t value)
{
	struct vgic_irq irq;
	uint64_t router;
	uint32_t affinity;

	if (!find_routed(a, &irq)) {
		return;
	}
	router = router_of(&irq);
	if (a->size == 8U) {
		router = value;
	} else if (a->offset % 8U != 0U) {
		router = (router & MASK_BELOW(32)) | (value << 32);
	} else {
		router = (router & ~MASK_BELOW(32)) | (value & MASK_BELOW(32));
	}
	affinity =
		(uint32_t)(FIELD_GET(router, IROUTER_AFF3) << 24 | FIELD_GET(router, IROUTER_LOW));
	vgic_set_route_locked(&irq, affinity, vcpu_of_affinity(a->cpu->vgic, affinity));
}

#define W32 WIDTH_32
#define P8  (WIDTH_8 | WIDTH_32)

static const struct vgic_reg v3_regs[] = {
	{0x0000, 0x04, W32, LOCKED, vgic_read_dist_ctlr, vgic_write_dist_ctlr},
	{0x0004, 0x04, W32, UNLOCKED, read_typer, NULL},
	{0x0008, 0x04, W32, UNLOCKED, read_iidr, NULL},
	{0x0080, 0x80, W32, LOCKED, vgic_read_group, vgic_write_group},
	{0x0100, 0x80, W32, READ_LOCKED, vgic_read_enable, vgic_write_set_enable},
	{0x0180, 0x80, W32, READ_LOCKED, vgic_read_enable, vgic_write_clear_enable},
	{0x0200, 0x80, W32, READ_LOCKED, vgic_read_pending, vgic_write_set_pending},
	{0x0280, 0x80, W32, READ_LOCKED, vgic_read_pending, vgic_write_clear_pending},
	{0x0300, 0x80, W32, READ_LOCKED, vgic_read_active, vgic_write_set_active},
	{0x0380, 0x80, W32, READ_LOCKED, vgic_read_active, vgic_write_clear_active},
	{0x0400, 0x400, P8, LOCKED, vgic_read_priority, vgic_write_priority},
	{0x0c00, 0x100, W32, LOCKED, vgic_read_config, vgic_write_config},
	{0x6100, 0x1ee0, W32 | WIDTH_64, LOCKED, read_irouter, write_irouter},
	{0xffd0, 0x30, W32, UNLOCKED, read_v3_ids, NULL},
};

static const uint8_t v3_hints[VGIC_HINT_COUNT + 1U] = {0, 3, 4, 5, 6, 7, 8, 9, 10, 10, 10, 10, 10,
	10, 10, 10, 11, 11, 11, 11, 11, 11, 11, 11, 11, 11, 12, 12, 12, 12, 12, 12, 12};

const struct vgic_frame vgic_dist_v3_frame = {v3_regs, ARRAY_SIZE(v3_regs), 3, false, v3_hints};

uint64_t vgic_dist_read(struct vgic_cpu *cpu, uint32_t offset, uint32_t size)
{
	return vgic_reg_read(cpu->vgic->dist, cpu, offset, size);
}

void vgic_dist_write(struct vgic_cpu *cpu, uint32_t offset, uint32_t size, uint64_t value)
{
	vgic_reg_write(cpu->vgic->dist, cpu, offset, size, value);
}

enum mmio_result vgic_dist_mmio(void *ctx, struct mmio_access *access)
{
	struct vgic *vgic = ctx;

	if (access->vcpu >= vgic->vcpu_count || access->offset >= VGIC_DIST_SIZE) {
		return MMIO_FAULT;
	}
	vgic_reg_mmio(vgic->dist, vgic->cpu[access->vcpu], (uint32_t)access->offset, access);
	return MMIO_DONE;
}
