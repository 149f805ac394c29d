/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Accesses to emulated devices with a valid syndrome.
 */
#include "arch/esr.h"
#include "arch/sysreg.h"
#include "base/bits.h"
#include "base/compiler.h"
#include "trace/trace.h"
#include "vcpu/inject.h"

#include "exits_private.h"

/* false, which is what became of the access. */
NOINLINE static bool refuse(bool write, unsigned fsc)
{
	vcpu_inject_abort(false, fsc, read_far_el2(), write, true);
	return false;
}

NOINLINE bool exits_mmio_one(struct vcpu *vcpu, struct mmio_access *access, ipa_t ipa)
{
	const struct mmio_region *device = mmio_find(&vcpu->vm->mmio, ipa);

	if (!is_aligned(ipa.v, access->size)) {
		return refuse(access->write, FSC_ALIGNMENT);
	}
	if (device == NULL) {
		return refuse(access->write, FSC_EXTERNAL);
	}
	access->vcpu = vcpu->id;
	access->offset = ipa.v - device->base;
	if (device->handler(device->ctx, access) != MMIO_DONE) {
		return refuse(access->write, FSC_EXTERNAL);
	}
	trace(TRACE_MMIO, vcpu->vm->id, vcpu->id, ipa.v, access->value);
	return true;
}

/* The low 2^SAS bytes. */
static inline uint64_t cut(uint64_t esr, uint64_t value)
{
	unsigned unused = 64U - (8U << FIELD_GET(esr, ISS_SAS));

	return (value << unused) >> unused;
}

/* What a load that extends the sign leaves in its register. */
static uint64_t extend(uint64_t esr, uint64_t value)
{
	unsigned unused = 64U - (8U << FIELD_GET(esr, ISS_SAS));

	value = (uint64_t)((int64_t)(value << unused) >> unused);
	return (esr & ISS_SF) != 0U ? value : (uint32_t)value;
}

static inline unsigned size_of(uint64_t esr)
{
	return 1U << FIELD_GET(esr, ISS_SAS);
}

static inline bool is_store(uint64_t esr)
{
	return (esr & ISS_WNR) != 0U;
}

/* What a store has in its register, without regard to its size. */
static inline uint64_t value_of(const struct vcpu *vcpu, uint64_t esr)
{
	return vcpu_get_x(&vcpu->ctx, (unsigned)FIELD_GET(esr, ISS_SRT));
}

static inline void finish_load(struct vcpu *vcpu, uint64_t esr, uint64_t value)
{
	vcpu_set_x(&vcpu->ctx, (unsigned)FIELD_GET(esr, ISS_SRT),
		UNLIKELY((esr & ISS_SSE) != 0U) ? extend(esr, value) : value);
}

enum outcome exits_mmio_uart(struct vcpu *vcpu, uint64_t esr, uint32_t offset)
{
	struct vuart *uart = &vcpu->terminal->uart;
	unsigned size = size_of(esr);

	if (UNLIKELY(size > VUART_ACCESS_MAX || !is_aligned(offset, size))) {
		(void)refuse(
			is_store(esr), is_aligned(offset, size) ? FSC_EXTERNAL : FSC_ALIGNMENT);
		return OUTCOME_RESUME;
	}
	if (is_store(esr)) {
		vuart_write(uart, offset, size, value_of(vcpu, esr));
	} else {
		finish_load(vcpu, esr, vuart_read(uart, offset, size));
	}
	vcpu_skip_plainly();
	return OUTCOME_RESUME;
}

enum outcome exits_mmio_gicd(struct vcpu *vcpu, uint64_t esr, uint32_t offset)
{
	unsigned size = size_of(esr);

	if (UNLIKELY(!is_aligned(offset, size))) {
		(void)refuse(is_store(esr), FSC_ALIGNMENT);
		return OUTCOME_RESUME;
	}
	if (is_store(esr)) {
		vgic_dist_write(&vcpu->gic, offset, size, cut(esr, value_of(vcpu, esr)));
	} else {
		finish_load(vcpu, esr, vgic_dist_read(&vcpu->gic, offset, size));
	}
	vcpu_skip_plainly();
	return OUTCOME_RESUME;
}

enum outcome exits_mmio(struct vcpu *vcpu, uint64_t esr, ipa_t ipa, uint64_t far)
{
	struct mmio_access access;

	if ((esr & ISS_ISV) == 0U) {
		return exits_mmio_decode(vcpu, esr, ipa, far);
	}
	access.size = (uint8_t)size_of(esr);
	access.write = is_store(esr);
	access.value = access.write ? cut(esr, value_of(vcpu, esr)) : 0U;
	if (!exits_mmio_one(vcpu, &access, ipa)) {
		return OUTCOME_RESUME;
	}
	if (!access.write) {
		finish_load(vcpu, esr, access.value);
	}
	vcpu_skip((esr & ESR_IL) != 0U);
	return OUTCOME_RESUME;
}
