/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Register frames as tables, sorted by offset, without overlaps. What no row covers is RAZ/WI.
 */
#ifndef VGIC_REG_H
#define VGIC_REG_H

#include "vgic_private.h"

/* Allowed access sizes, as bits of their value in bytes. */
#define WIDTH_8	 1U
#define WIDTH_32 4U
#define WIDTH_64 8U

struct vgic_frame;

struct vgic_reg_access {
	struct vgic_cpu *cpu; /* whose SGIs and PPIs ids 0 to 31 are, where the frame has them;
			       * GICv2: who accesses */
	const struct vgic_frame *frame;
	uint32_t offset; /* from the row's */
	uint32_t size;	 /* in bytes; one of the row's widths */
};

typedef uint64_t vgic_reg_read_fn(const struct vgic_reg_access *a);
typedef void vgic_reg_write_fn(const struct vgic_reg_access *a, uint64_t value);

enum vgic_reg_lock {
	LOCKED,	     /* handlers are called with the VM's lock */
	READ_LOCKED, /* the reader is; the writer takes it itself, if it needs it */
	UNLOCKED,    /* neither needs it */
};

struct vgic_reg {
	uint32_t offset;
	uint32_t size; /* of all that the row covers */
	uint8_t widths;
	enum vgic_reg_lock lock;
	vgic_reg_read_fn *read;	  /* NULL: zero */
	vgic_reg_write_fn *write; /* NULL: ignored */
};

struct vgic_frame {
	const struct vgic_reg *regs;
	uint32_t count;
	uint32_t words; /* so many rows at the start are a word each, from offset 0 on */
	bool banked;	/* it has ids 0 to 31 */
	/* Of each 128 bytes below 4 KiB, and last of all above: a row not past the one that covers
	 * them. */
	const uint8_t *hints;
};

#define VGIC_HINT_SHIFT 7U
#define VGIC_HINT_COUNT 32U

extern const struct vgic_frame vgic_dist_v3_frame;
extern const struct vgic_frame vgic_dist_v2_frame;
extern const struct vgic_frame vgic_rd_frame;
extern const struct vgic_frame vgic_sgi_frame;

/* The row of `offset` from `from` on, or NULL. */
const struct vgic_reg *vgic_reg_search(
	const struct vgic_frame *frame, const struct vgic_reg *from, uint32_t offset);

/* The row of `offset`, or NULL. Guests wait for this one and those below: they are part of the
 * frames' handlers. */
static inline const struct vgic_reg *vgic_reg_find(const struct vgic_frame *frame, uint32_t offset)
{
	uint32_t slot = offset >> VGIC_HINT_SHIFT;
	const struct vgic_reg *reg;

	if (slot == 0U && offset / 4U < frame->words) {
		return &frame->regs[offset / 4U];
	}
	reg = &frame->regs[frame->hints[slot < VGIC_HINT_COUNT ? slot : VGIC_HINT_COUNT]];
	if (LIKELY(offset - reg->offset < reg->size)) {
		return reg;
	}
	return vgic_reg_search(frame, reg, offset);
}

/* Call the row's handler with the VM's lock. */
uint64_t vgic_reg_read_locked(const struct vgic_reg *reg, const struct vgic_reg_access *a);
void vgic_reg_write_locked(
	const struct vgic_reg *reg, const struct vgic_reg_access *a, uint64_t value);

/* `size` bytes at `offset` of `frame`: 1, 2, 4 or 8, and aligned to as much. */
static inline uint64_t vgic_reg_read(
	const struct vgic_frame *frame, struct vgic_cpu *cpu, uint32_t offset, uint32_t size)
{
	const struct vgic_reg *reg = vgic_reg_find(frame, offset);
	struct vgic_reg_access a;

	if (UNLIKELY(reg == NULL) || (reg->widths & size) == 0U || reg->read == NULL) {
		return 0;
	}
	a = (struct vgic_reg_access){cpu, frame, offset - reg->offset, size};
	return reg->lock != UNLOCKED ? vgic_reg_read_locked(reg, &a) : reg->read(&a);
}

static inline void vgic_reg_write(const struct vgic_frame *frame, struct vgic_cpu *cpu,
	uint32_t offset, uint32_t size, uint64_t value)
{
	const struct vgic_reg *reg = vgic_reg_find(frame, offset);
	struct vgic_reg_access a;

	if (UNLIKELY(reg == NULL) || (reg->widths & size) == 0U || reg->write == NULL) {
		return;
	}
	a = (struct vgic_reg_access){cpu, frame, offset - reg->offset, size};
	if (reg->lock == LOCKED) {
		vgic_reg_write_locked(reg, &a, value);
	} else {
		reg->write(&a, value);
	}
}

/* One of both, as `access` says, whose offset does not count. */
void vgic_reg_mmio(const struct vgic_frame *frame, struct vgic_cpu *cpu, uint32_t offset,
	struct mmio_access *access);

/* One bit for each interrupt; the row's first word is bank 0. */
vgic_reg_read_fn vgic_read_group, vgic_read_enable, vgic_read_pending, vgic_read_active;
vgic_reg_write_fn vgic_write_group, vgic_write_set_enable, vgic_write_clear_enable;
vgic_reg_write_fn vgic_write_set_pending, vgic_write_clear_pending;
vgic_reg_write_fn vgic_write_set_active, vgic_write_clear_active;
/* Eight and two bits. */
vgic_reg_read_fn vgic_read_priority, vgic_read_config;
vgic_reg_write_fn vgic_write_priority, vgic_write_config;

/* Applies `change` to the interrupts in `mask` of bank `n`. Lock held. */
void vgic_change_word_locked(
	const struct vgic_reg_access *a, unsigned n, uint32_t mask, vgic_change_fn *change);
/* Bank n as this access sees it, or NULL. */
struct vgic_bank *vgic_reg_bank(const struct vgic_reg_access *a, unsigned n);

/* vgic_dist.c, also of the GICv2 view. */
vgic_reg_read_fn vgic_read_dist_ctlr;
vgic_reg_write_fn vgic_write_dist_ctlr;
/* Sets where SPI `irq` goes, VGIC_NO_VCPU: nowhere. Lock held. */
void vgic_set_route_locked(const struct vgic_irq *irq, uint32_t affinity, uint8_t route);

/* IIDR of distributor and redistributors: Arm as implementer, so that no guest applies somebody
 * else's errata; product 'P' is in no table of theirs. */
#define VGIC_IIDR UINT32_C(0x5000043b)

/* The identification registers at the end of a frame: PIDR4-7, PIDR0-3, CIDR0-3, from PIDR4 on. */
uint64_t vgic_read_id_block(uint32_t offset, unsigned architecture);

#endif
