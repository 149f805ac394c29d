/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The redistributors: for each vCPU RD_base (control, LPIs: none) and SGI_base (its SGIs and PPIs);
 * IHI 0069, 12.11. Contiguous, the last one says so.
 */
#include "vgic_reg.h"

#define FRAME_SIZE UINT32_C(0x10000)

#define CTLR_RWP	     BIT(3)
#define TYPER_LAST	     BIT(4)
#define TYPER_NUMBER_SHIFT   8U
#define TYPER_AFFINITY_SHIFT 32U
#define WAKER_SLEEP	     UINT32_C(2)
#define WAKER_CHILDREN	     UINT32_C(4)

static uint64_t read_ctlr(const struct vgic_reg_access *a)
{
	return a->cpu->bank.changed != 0U ? CTLR_RWP : 0U;
}

static uint64_t read_iidr(const struct vgic_reg_access *a)
{
	(void)a;
	return VGIC_IIDR;
}

static uint64_t read_typer(const struct vgic_reg_access *a)
{
	const struct vgic_cpu *cpu = a->cpu;
	uint64_t value = vgic_affinity(cpu->id) << TYPER_AFFINITY_SHIFT;

	value |= (uint64_t)cpu->id << TYPER_NUMBER_SHIFT;
	value |= cpu->id + 1U == a->cpu->vgic->vcpu_count ? TYPER_LAST : 0U;
	if (a->size == 8U) {
		return value;
	}
	return (value >> (8U * a->offset)) & MASK_BELOW(32);
}

/* ProcessorSleep is kept and ChildrenAsleep follows at once; delivery does not depend on it, for
 * guests that do not know of it run on hardware that comes up awake. */
static uint64_t read_waker(const struct vgic_reg_access *a)
{
	return a->cpu->asleep != 0U ? WAKER_SLEEP | WAKER_CHILDREN : 0U;
}

static void write_waker(const struct vgic_reg_access *a, uint64_t value)
{
	a->cpu->asleep = (uint32_t)value & WAKER_SLEEP;
}

static uint64_t read_ids(const struct vgic_reg_access *a)
{
	return vgic_read_id_block(a->offset, 3);
}

#define W32 WIDTH_32
#define P8  (WIDTH_8 | WIDTH_32)

/* SETLPIR, PROPBASER, PENDBASER, INVLPIR and so on: RAZ/WI, there being no LPIs. SYNCR: RAZ,
 * nothing is ever under way. */
static const struct vgic_reg rd_regs[] = {
	{0x0000, 0x04, W32, LOCKED, read_ctlr, NULL},
	{0x0004, 0x04, W32, UNLOCKED, read_iidr, NULL},
	{0x0008, 0x08, W32 | WIDTH_64, UNLOCKED, read_typer, NULL},
	{0x0014, 0x04, W32, LOCKED, read_waker, write_waker},
	{0xffd0, 0x30, W32, UNLOCKED, read_ids, NULL},
};

static const uint8_t rd_hints[VGIC_HINT_COUNT + 1U] = {0};

const struct vgic_frame vgic_rd_frame = {rd_regs, ARRAY_SIZE(rd_regs), 2, true, rd_hints};

static const struct vgic_reg sgi_regs[] = {
	{0x0080, 0x04, W32, LOCKED, vgic_read_group, vgic_write_group},
	{0x0100, 0x04, W32, READ_LOCKED, vgic_read_enable, vgic_write_set_enable},
	{0x0180, 0x04, W32, READ_LOCKED, vgic_read_enable, vgic_write_clear_enable},
	{0x0200, 0x04, W32, READ_LOCKED, vgic_read_pending, vgic_write_set_pending},
	{0x0280, 0x04, W32, READ_LOCKED, vgic_read_pending, vgic_write_clear_pending},
	{0x0300, 0x04, W32, READ_LOCKED, vgic_read_active, vgic_write_set_active},
	{0x0380, 0x04, W32, READ_LOCKED, vgic_read_active, vgic_write_clear_active},
	{0x0400, 0x20, P8, LOCKED, vgic_read_priority, vgic_write_priority},
	{0x0c00, 0x08, W32, LOCKED, vgic_read_config, vgic_write_config},
};

static const uint8_t sgi_hints[VGIC_HINT_COUNT + 1U] = {0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 8, 8, 8, 8, 8,
	8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8};

const struct vgic_frame vgic_sgi_frame = {sgi_regs, ARRAY_SIZE(sgi_regs), 0, true, sgi_hints};

enum mmio_result vgic_redist_mmio(void *ctx, struct mmio_access *access)
{
	struct vgic *vgic = ctx;
	uint64_t id = access->offset / VGIC_REDIST_SIZE;
	uint32_t offset = (uint32_t)(access->offset % VGIC_REDIST_SIZE);

	if (access->vcpu >= vgic->vcpu_count || id >= vgic->vcpu_count) {
		return MMIO_FAULT;
	}
	vgic_reg_mmio(offset < FRAME_SIZE ? &vgic_rd_frame : &vgic_sgi_frame,
		vgic->cpu[index_nospec(id, vgic->vcpu_count)], offset % FRAME_SIZE, access);
	return MMIO_DONE;
}
