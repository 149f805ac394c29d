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

/* Apart, so that an access pays for the test alone. */
NOINLINE static void trace_access(const struct vcpu *vcpu, ipa_t ipa, uint64_t value)
{
	trace_write(TRACE_MMIO, vcpu->vm->id, vcpu->id, ipa.v, value);
}

/* The vCPU's last device is mostly the next one, too. */
static inline const struct mmio_region *find_device(struct vcpu *vcpu, ipa_t ipa)
{
	const struct mmio_region *device = vcpu->device;

	if (UNLIKELY(!mmio_region_has(device, ipa))) {
		device = mmio_find(&vcpu->vm->mmio, ipa);
		vcpu->device = device != NULL ? device : vcpu->device;
	}
	return device;
}

static ALWAYS_INLINE inline bool access_device(
	struct vcpu *vcpu, struct mmio_access *access, ipa_t ipa, unsigned size)
{
	const struct mmio_region *device;

	if (UNLIKELY(!is_aligned(ipa.v, size))) {
		return refuse(access, false);
	}
	device = find_device(vcpu, ipa);
	if (UNLIKELY(device == NULL)) {
		return refuse(access, true);
	}
	access->offset = ipa.v - device->base;
	if (UNLIKELY(device->handler(device->ctx, access) != MMIO_DONE)) {
		return refuse(access, true);
	}
	if (UNLIKELY(load_relaxed(&trace_enabled))) {
		trace_access(vcpu, ipa, access->value);
	}
	return true;
}

NOINLINE bool exits_mmio_one(struct vcpu *vcpu, struct mmio_access *access, ipa_t ipa)
{
	access->vcpu = vcpu->id;
	return access_device(vcpu, access, ipa, access->size);
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

/* By a valid syndrome. False: the guest has been given an exception. */
static ALWAYS_INLINE inline bool access_plainly(struct vcpu *vcpu, uint64_t esr, ipa_t ipa)
{
	unsigned rt = (unsigned)FIELD_GET(esr, ISS_SRT);
	unsigned size = 1U << FIELD_GET(esr, ISS_SAS);
	bool write = (esr & ISS_WNR) != 0U;
	struct mmio_access access;

	access.vcpu = vcpu->id;
	access.size = (uint8_t)size;
	access.write = write;
	access.value = write ? cut(esr, vcpu_get_x(&vcpu->ctx, rt)) : 0U;
	if (UNLIKELY(!access_device(vcpu, &access, ipa, size))) {
		return false;
	}
	if (!write) {
		vcpu_set_x(&vcpu->ctx, rt,
			UNLIKELY((esr & ISS_SSE) != 0U) ? extend(esr, access.value) : access.value);
	}
	return true;
}

enum outcome exits_mmio_plain(struct vcpu *vcpu, uint64_t esr, ipa_t ipa)
{
	if (LIKELY(access_plainly(vcpu, esr, ipa))) {
		vcpu_skip_plainly();
	}
	return OUTCOME_RESUME;
}

enum outcome exits_mmio(struct vcpu *vcpu, uint64_t esr, ipa_t ipa, uint64_t far)
{
	if ((esr & ISS_ISV) == 0U) {
		return exits_mmio_decode(vcpu, esr, ipa, far);
	}
	if (access_plainly(vcpu, esr, ipa)) {
		vcpu_skip((esr & ESR_IL) != 0U);
	}
	return OUTCOME_RESUME;
}
