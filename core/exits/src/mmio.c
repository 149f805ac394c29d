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

static inline bool access_device(struct vcpu *vcpu, struct mmio_access *access, ipa_t ipa)
{
	const struct mmio_region *region = mmio_find(&vcpu->vm->mmio, ipa, access->size);
	bool aligned = is_aligned(ipa.v, access->size);

	if (LIKELY(aligned && region != NULL)) {
		access->offset = ipa.v - region->base;
		access->vcpu = vcpu->id;
		if (LIKELY(region->handler(region->ctx, access) == MMIO_DONE)) {
			trace(TRACE_MMIO, vcpu->vm->id, vcpu->id, ipa.v, access->value);
			return true;
		}
	}
	vcpu_inject_abort(
		false, aligned ? FSC_EXTERNAL : FSC_ALIGNMENT, read_far_el2(), access->write, true);
	return false;
}

bool exits_mmio_one(struct vcpu *vcpu, struct mmio_access *access, ipa_t ipa)
{
	return access_device(vcpu, access, ipa);
}

/* What a load of `size` bytes leaves in its register. */
static uint64_t extend(uint64_t esr, uint64_t value, unsigned size)
{
	unsigned unused = 64U - 8U * size;

	if (size == 8U) {
		return value;
	}
	value = (value << unused) >> unused;
	if ((esr & ISS_SSE) != 0U) {
		value = (uint64_t)((int64_t)(value << unused) >> unused);
		if ((esr & ISS_SF) == 0U) {
			value = (uint32_t)value;
		}
	}
	return value;
}

enum outcome exits_mmio(struct vcpu *vcpu, uint64_t esr, ipa_t ipa, uint64_t far)
{
	unsigned rt = (unsigned)FIELD_GET(esr, ISS_SRT);
	struct mmio_access access = {
		.size = (uint8_t)(1U << FIELD_GET(esr, ISS_SAS)),
		.write = (esr & ISS_WNR) != 0U,
	};

	if ((esr & ISS_ISV) == 0U) {
		return exits_mmio_decode(vcpu, esr, ipa, far);
	}
	if (access.write) {
		access.value = vcpu_get_x(&vcpu->ctx, rt) & MASK_BELOW(8U * access.size);
	}
	if (!access_device(vcpu, &access, ipa)) {
		return OUTCOME_RESUME;
	}
	if (!access.write) {
		vcpu_set_x(&vcpu->ctx, rt, extend(esr, access.value, access.size));
	}
	vcpu_skip((esr & ESR_IL) != 0U);
	return OUTCOME_RESUME;
}
