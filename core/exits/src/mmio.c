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

/* The vCPU's last device is mostly the next one, too. */
static inline const struct mmio_region *find_device(struct vcpu *vcpu, ipa_t ipa, unsigned size)
{
	const struct mmio_region *device = vcpu->device;

	if (UNLIKELY(!mmio_region_has(device, ipa, size))) {
		device = mmio_find(&vcpu->vm->mmio, ipa, size);
		vcpu->device = device != NULL ? device : vcpu->device;
	}
	return device;
}

static inline bool access_device(struct vcpu *vcpu, struct mmio_access *access, ipa_t ipa)
{
	const struct mmio_region *device;

	if (UNLIKELY(!is_aligned(ipa.v, access->size))) {
		return refuse(access, false);
	}
	device = find_device(vcpu, ipa, access->size);
	if (UNLIKELY(device == NULL)) {
		return refuse(access, true);
	}
	access->offset = ipa.v - device->base;
	if (UNLIKELY(device->handler(device->ctx, access) != MMIO_DONE)) {
		return refuse(access, true);
	}
	trace(TRACE_MMIO, vcpu->vm->id, vcpu->id, ipa.v, access->value);
	return true;
}

NOINLINE bool exits_mmio_one(struct vcpu *vcpu, struct mmio_access *access, ipa_t ipa)
{
	access->vcpu = vcpu->id;
	return access_device(vcpu, access, ipa);
}

/* How many bits of a register an access of 2^SAS bytes leaves out. */
static inline unsigned unused_bits(uint64_t esr)
{
	return 64U - (8U << FIELD_GET(esr, ISS_SAS));
}

/* What a load leaves in its register. */
static inline uint64_t extend(uint64_t esr, uint64_t value)
{
	unsigned unused = unused_bits(esr);

	if (UNLIKELY((esr & ISS_SSE) != 0U)) {
		value = (uint64_t)((int64_t)(value << unused) >> unused);
		return (esr & ISS_SF) != 0U ? value : (uint32_t)value;
	}
	return (value << unused) >> unused;
}

enum outcome exits_mmio(struct vcpu *vcpu, uint64_t esr, ipa_t ipa, uint64_t far)
{
	unsigned rt = (unsigned)FIELD_GET(esr, ISS_SRT);
	struct mmio_access access;

	if (UNLIKELY((esr & ISS_ISV) == 0U)) {
		return exits_mmio_decode(vcpu, esr, ipa, far);
	}
	access = (struct mmio_access){
		.vcpu = vcpu->id,
		.size = (uint8_t)(1U << FIELD_GET(esr, ISS_SAS)),
		.write = (esr & ISS_WNR) != 0U,
	};
	if (access.write) {
		unsigned unused = unused_bits(esr);

		access.value = (vcpu_get_x(&vcpu->ctx, rt) << unused) >> unused;
	}
	if (UNLIKELY(!access_device(vcpu, &access, ipa))) {
		return OUTCOME_RESUME;
	}
	if (!access.write) {
		vcpu_set_x(&vcpu->ctx, rt, extend(esr, access.value));
	}
	vcpu_skip((esr & ESR_IL) != 0U);
	return OUTCOME_RESUME;
}
