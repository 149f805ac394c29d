/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Device accesses without a valid syndrome (ISV = 0: write-back forms, pairs, SIMD): read from the
 * instruction, and done part by part. Registers change only when every part is done.
 */
#include "a64/access.h"
#include "arch/esr.h"
#include "arch/pstate.h"
#include "arch/sysreg.h"
#include "base/compiler.h"
#include "base/string.h"
#include "vcpu/inject.h"

#include "exits_private.h"

struct transfer {
	struct a64_access access;
	uint64_t base;
	uint64_t index;
	uint8_t data[4][16]; /* by register, in the order of access.reg */
};

static uint64_t read_sp(void)
{
	return (vcpu_pstate() & PSTATE_MODE_MASK) == PSTATE_MODE_EL1H ? read_sp_el1()
								      : read_sp_el0();
}

static void write_sp(uint64_t v)
{
	if ((vcpu_pstate() & PSTATE_MODE_MASK) == PSTATE_MODE_EL1H) {
		write_sp_el1(v);
	} else {
		write_sp_el0(v);
	}
}

static uint64_t read_base(const struct vcpu *vcpu, unsigned base)
{
	if (base == A64_BASE_PC) {
		return vcpu_pc();
	}
	return base == A64_REG_ZR_OR_SP ? read_sp() : vcpu_get_x(&vcpu->ctx, base);
}

/* The instruction at the PC. False: it is gone already, the guest is to run into that itself. */
static bool fetch(struct vcpu *vcpu, uint32_t *instruction)
{
	ipa_t ipa;

	return exits_translate_fetch(gva_init(vcpu_pc()), &ipa) &&
	       gmem_read_u32(&vcpu->vm->gmem, ipa, instruction) == PLINTH_OK;
}

/* Which of access.reg[] this part belongs to. */
static unsigned slot_of(const struct a64_access *access, unsigned reg)
{
	unsigned slot = 0;

	while (slot + 1U < access->count && access->reg[slot] != reg) {
		slot++;
	}
	return slot;
}

/* The part of an access that lies in memory; the fault was another part's. False: it is not the
 * guest's to touch, or there is no page to be had for it. */
static bool do_memory(struct gmem *gmem, bool write, size_t size, ipa_t ipa, uint8_t *bytes)
{
	enum plinth_status status =
		write ? gmem_write(gmem, ipa, bytes, size) : gmem_read(gmem, ipa, bytes, size);

	return status == PLINTH_OK;
}

/* Memory of the guest, or a device; `size` bytes of one page. A device is accessed as a whole part
 * or not at all. */
static bool do_piece(struct vcpu *vcpu, const struct a64_access *a, uint64_t va, uint8_t *bytes,
	unsigned size, bool is_whole)
{
	struct mmio_access access = {.size = (uint8_t)size, .write = a->write};
	struct gmem *gmem = &vcpu->vm->gmem;
	ipa_t ipa;

	if (!exits_translate(gva_init(va), a->write, &ipa)) {
		vcpu_inject_abort(false, FSC_TRANSLATION | 3U, va, a->write, true);
		return false;
	}
	if (gmem_is_memory(gmem, ipa, size)) {
		if (!do_memory(gmem, a->write, size, ipa, bytes)) {
			vcpu_inject_abort(false, FSC_EXTERNAL, va, a->write, true);
			return false;
		}
		return true;
	}
	if (!is_whole) {
		vcpu_inject_abort(false, FSC_ALIGNMENT, va, a->write, true);
		return false;
	}
	if (access.write) {
		memcpy(&access.value, bytes, size);
	}
	if (!exits_mmio_one(vcpu, &access, ipa)) {
		return false;
	}
	if (!access.write) {
		memcpy(bytes, &access.value, size);
	}
	return true;
}

/* A part may lie across two pages, which need not be neighbours in the guest's memory. */
static bool do_part(
	struct vcpu *vcpu, struct transfer *t, const struct a64_part *part, unsigned slot)
{
	uint64_t va = a64_address(&t->access, t->base, t->index) + part->offset;
	uint8_t *bytes = &t->data[slot][part->reg_byte];
	unsigned room = (unsigned)(PAGE_SIZE - (va & (PAGE_SIZE - 1U)));

	if (part->size <= room) {
		return do_piece(vcpu, &t->access, va, bytes, part->size, true);
	}
	return do_piece(vcpu, &t->access, va, bytes, room, false) &&
	       do_piece(vcpu, &t->access, va + room, bytes + room, part->size - room, false);
}

/* False: the guest has an exception instead. The n-th part of a register list: parts come in the
 * registers' order, so that a register named twice keeps both. */
static bool do_parts(struct vcpu *vcpu, struct transfer *t)
{
	unsigned count = a64_part_count(&t->access);

	for (unsigned i = 0; i < count; i++) {
		struct a64_part part = a64_part(&t->access, i);

		if (!do_part(vcpu, t, &part, slot_of(&t->access, part.reg))) {
			return false;
		}
	}
	return true;
}

static void read_registers(struct vcpu *vcpu, struct transfer *t)
{
	for (unsigned i = 0; i < t->access.count; i++) {
		unsigned reg = t->access.reg[i];

		if (t->access.vector) {
			memcpy(t->data[i], vcpu->ctx.fp.v[reg], sizeof(t->data[i]));
		} else {
			uint64_t v = vcpu_get_x(&vcpu->ctx, reg);

			memcpy(t->data[i], &v, sizeof(v));
		}
	}
}

static void write_vector(struct vcpu *vcpu, const struct transfer *t, unsigned i)
{
	uint64_t *v = vcpu->ctx.fp.v[t->access.reg[i]];
	size_t size = t->access.element;
	size_t width = t->access.width;

	if (t->access.replicate) {
		memset(v, 0, 16);
		for (size_t at = 0; at < width; at += size) {
			memcpy((uint8_t *)v + at, t->data[i], size);
		}
	} else if (t->access.lane != A64_LANE_ALL) {
		size_t at = (size_t)t->access.lane * size;

		memcpy((uint8_t *)v + at, &t->data[i][at], size);
	} else {
		memset(v, 0, 16);
		memcpy(v, t->data[i], size);
	}
}

static void write_registers(struct vcpu *vcpu, const struct transfer *t)
{
	for (unsigned i = 0; i < t->access.count; i++) {
		if (t->access.vector) {
			write_vector(vcpu, t, i);
		} else {
			uint64_t raw;

			memcpy(&raw, t->data[i], sizeof(raw));
			vcpu_set_x(&vcpu->ctx, t->access.reg[i], a64_extend(&t->access, raw));
		}
	}
	if (t->access.vector) {
		vcpu_fp_load(&vcpu->ctx.fp);
	}
}

static void perform(struct vcpu *vcpu, struct transfer *t)
{
	t->base = read_base(vcpu, t->access.base);
	t->index = t->access.index == A64_INDEX_NONE ? 0U : vcpu_get_x(&vcpu->ctx, t->access.index);
	if (t->access.vector) {
		vcpu_fp_save(&vcpu->ctx.fp);
	}
	memset(t->data, 0, sizeof(t->data));
	if (t->access.write) {
		read_registers(vcpu, t);
	}
	if (!do_parts(vcpu, t)) {
		return;
	}
	if (!t->access.write) {
		write_registers(vcpu, t);
	}
	if (t->access.writeback) {
		uint64_t v = a64_writeback(&t->access, t->base, t->index);

		if (t->access.base == A64_REG_ZR_OR_SP) {
			write_sp(v);
		} else {
			vcpu_set_x(&vcpu->ctx, t->access.base, v);
		}
	}
	vcpu_skip(true);
}

static void refuse(struct vcpu *vcpu, uint64_t esr, ipa_t ipa, uint64_t far, const char *what)
{
	log_limited(&vcpu->vm->log_limit, LOG_WARNING,
		"vm %s: vcpu %u: %s at 0x%llx on a device at 0x%llx refused", vcpu->vm->config.name,
		vcpu->id, what, (unsigned long long)vcpu_pc(), (unsigned long long)ipa.v);
	vcpu_inject_abort(false, FSC_EXTERNAL, far, (esr & ISS_WNR) != 0U, (esr & ESR_IL) != 0U);
}

NOINLINE enum outcome exits_mmio_decode(struct vcpu *vcpu, uint64_t esr, ipa_t ipa, uint64_t far)
{
	struct transfer t;
	uint32_t instruction;
	enum a64_kind kind;

	if ((vcpu_pstate() & PSTATE_AARCH32) != 0U) {
		refuse(vcpu, esr, ipa, far, "an AArch32 access without syndrome");
		return OUTCOME_RESUME;
	}
	if (!fetch(vcpu, &instruction)) {
		return OUTCOME_RESUME;
	}
	kind = a64_decode(instruction, &t.access);
	if (kind == A64_ACCESS) {
		perform(vcpu, &t);
	} else if (kind == A64_PREFETCH || kind == A64_CACHE) {
		vcpu_skip(true);
	} else {
		refuse(vcpu, esr, ipa, far, a64_kind_name(kind));
	}
	return OUTCOME_RESUME;
}
