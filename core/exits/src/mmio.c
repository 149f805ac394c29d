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

NOINLINE static bool refuse(const struct mmio_access *access, bool aligned)
{
	vcpu_inject_abort(
		false, aligned ? FSC_EXTERNAL : FSC_ALIGNMENT, read_far_el2(), access->write, true);
	return false;
}

/* Of the distributor exits_data_abort() knows by itself where it is. */
static const struct mmio_region *find_device(struct vcpu *vcpu, ipa_t ipa)
{
	const struct mmio_region *device = vcpu->device;

	if (!mmio_region_has(device, ipa)) {
		device = mmio_find(&vcpu->vm->mmio, ipa);
		if (device != NULL && device->base != VM_GICD_BASE) {
			vcpu->device = device;
		}
	}
	return device;
}

static inline bool access_device(
	const struct mmio_region *device, struct mmio_access *access, ipa_t ipa, unsigned size)
{
	if (UNLIKELY(!is_aligned(ipa.v, size))) {
		return refuse(access, false);
	}
	access->offset = ipa.v - device->base;
	return LIKELY(device->handler(device->ctx, access) == MMIO_DONE) || refuse(access, true);
}

NOINLINE bool exits_mmio_one(struct vcpu *vcpu, struct mmio_access *access, ipa_t ipa)
{
	const struct mmio_region *device = find_device(vcpu, ipa);

	access->vcpu = vcpu->id;
	if (device == NULL) {
		return refuse(access, is_aligned(ipa.v, access->size));
	}
	if (!access_device(device, access, ipa, access->size)) {
		return false;
	}
	if (load_relaxed(&trace_enabled)) {
		trace_write(TRACE_MMIO, vcpu->vm->id, vcpu->id, ipa.v, access->value);
	}
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

/* What a store writes; 0: a load. */
static inline uint64_t value_of(const struct vcpu *vcpu, uint64_t esr)
{
	return (esr & ISS_WNR) != 0U
		       ? cut(esr, vcpu_get_x(&vcpu->ctx, (unsigned)FIELD_GET(esr, ISS_SRT)))
		       : 0U;
}

static inline void finish_load(struct vcpu *vcpu, uint64_t esr, uint64_t value)
{
	vcpu_set_x(&vcpu->ctx, (unsigned)FIELD_GET(esr, ISS_SRT),
		UNLIKELY((esr & ISS_SSE) != 0U) ? extend(esr, value) : value);
}

/* By a valid syndrome. */
static inline void begin(struct mmio_access *access, const struct vcpu *vcpu, uint64_t esr)
{
	access->vcpu = vcpu->id;
	access->size = (uint8_t)size_of(esr);
	access->write = (esr & ISS_WNR) != 0U;
	access->value = value_of(vcpu, esr);
}

enum outcome exits_mmio_last(struct vcpu *vcpu, uint64_t esr, ipa_t ipa)
{
	struct mmio_access access;

	begin(&access, vcpu, esr);
	if (UNLIKELY(!access_device(vcpu->device, &access, ipa, size_of(esr)))) {
		return OUTCOME_RESUME;
	}
	if ((esr & ISS_WNR) == 0U) {
		finish_load(vcpu, esr, access.value);
	}
	vcpu_skip_plainly();
	return OUTCOME_RESUME;
}

enum outcome exits_mmio_gicd(struct vcpu *vcpu, uint64_t esr, uint32_t offset)
{
	unsigned size = size_of(esr);

	if (UNLIKELY(!is_aligned(offset, size))) {
		vcpu_inject_abort(
			false, FSC_ALIGNMENT, read_far_el2(), (esr & ISS_WNR) != 0U, true);
		return OUTCOME_RESUME;
	}
	if ((esr & ISS_WNR) != 0U) {
		vgic_dist_write(&vcpu->gic, offset, size, value_of(vcpu, esr));
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
	begin(&access, vcpu, esr);
	if (!exits_mmio_one(vcpu, &access, ipa)) {
		return OUTCOME_RESUME;
	}
	if (!access.write) {
		finish_load(vcpu, esr, access.value);
	}
	vcpu_skip((esr & ESR_IL) != 0U);
	return OUTCOME_RESUME;
}
