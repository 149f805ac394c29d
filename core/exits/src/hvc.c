/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls by HVC and SMC: SMCCC (DEN0028) with its services, the backdoor, and UEFI's runtime
 * services.
 */
#include "arch/esr.h"
#include "backdoor/backdoor.h"
#include "base/string.h"
#include "errata/errata.h"
#include "trng/trng.h"

#include "exits_private.h"

#define SMCCC_VERSION	      UINT32_C(0x80000000)
#define SMCCC_ARCH_FEATURES   UINT32_C(0x80000001)
#define SMCCC_VENDOR_UID      UINT32_C(0x8600ff01)
#define SMCCC_VENDOR_REVISION UINT32_C(0x8600ff03)
#define SMCCC_1_2	      UINT64_C(0x10002)
#define SMCCC_NOT_SUPPORTED   (~UINT64_C(0))
#define HVC_IMM_MASK	      0xffffU

static uint64_t arch_features(const struct vcpu *vcpu, uint32_t function)
{
	if (function == SMCCC_VERSION || function == SMCCC_ARCH_FEATURES) {
		return 0;
	}
	if (function == PVTIME_CALL_FEATURES && vcpu->stolen != NULL) {
		return 0;
	}
	return (uint64_t)(int64_t)errata_arch_features(function);
}

/* The vendor's UID as the four words of DEN0028, 5.1: ours says "plinth hv" and zeroes. */
static void vendor_uid(const struct vcpu *vcpu, uint64_t *x)
{
	static const char uid[16] = "plinth hv";
	uint32_t word[4];

	if ((vcpu->vm->config.flags & (VM_FLAG_ANONYMOUS | VM_FLAG_VMWARE)) != 0U) {
		x[0] = SMCCC_NOT_SUPPORTED;
		return;
	}
	memcpy(word, uid, sizeof(word));
	for (unsigned i = 0; i < 4U; i++) {
		x[i] = word[i];
	}
}

static enum outcome psci(struct vcpu *vcpu, uint64_t *x)
{
	struct psci_reply reply;
	enum outcome outcome = psci_call(&vcpu->vm->psci, vcpu->id, x, &reply);

	if (reply.then != PSCI_THEN_GONE) {
		x[0] = reply.x0;
	}
	if (reply.then == PSCI_THEN_WAIT) {
		return exits_wait(vcpu);
	}
	if (reply.last_off) {
		log_info("vm %s: its last vcpu went off, nothing can start it again",
			vcpu->vm->config.name);
		return OUTCOME_VM_OFF;
	}
	return outcome;
}

static void arch_call(struct vcpu *vcpu, uint32_t function, uint64_t *x)
{
	switch (function) {
	case SMCCC_VERSION:
		x[0] = SMCCC_1_2;
		break;
	case SMCCC_ARCH_FEATURES:
		x[0] = arch_features(vcpu, (uint32_t)x[1]);
		break;
	case SMCCC_VENDOR_UID:
		vendor_uid(vcpu, x);
		break;
	case SMCCC_VENDOR_REVISION:
		x[0] = 0;
		x[1] = 1;
		break;
	case ERRATA_ARCH_WORKAROUND_1:
	case ERRATA_ARCH_WORKAROUND_2:
	case ERRATA_ARCH_WORKAROUND_3:
		/* This exit's vector has called the firmware already, or done as well. */
		if (errata_arch_features(function) < 0) {
			x[0] = SMCCC_NOT_SUPPORTED;
		}
		break;
	default:
		x[0] = SMCCC_NOT_SUPPORTED;
		break;
	}
}

NOINLINE static enum outcome smccc(struct vcpu *vcpu)
{
	uint64_t *x = vcpu->ctx.x;
	uint32_t function = (uint32_t)x[0];

	if (psci_is_call(function)) {
		return psci(vcpu, x);
	}
	if (trng_owns(function)) {
		trng_call(x);
	} else if (pvtime_is_call(function)) {
		x[0] = pvtime_call(vcpu->id, vcpu->stolen != NULL, function, x[1]);
	} else {
		arch_call(vcpu, function, x);
	}
	return OUTCOME_RESUME;
}

/* By HVC with a number of its own. */
NOINLINE static enum outcome numbered(struct vcpu *vcpu, uint64_t imm)
{
	if (imm == BACKDOOR_HVC_IMM && (vcpu->vm->config.flags & VM_FLAG_VMWARE) != 0U) {
		return exits_backdoor(vcpu, true);
	}
	if (uefirt_owns(imm) && uefirt_is_on(&vcpu->vm->uefirt)) {
		return exits_uefirt(vcpu, (uint32_t)imm, true);
	}
	vcpu->ctx.x[0] = SMCCC_NOT_SUPPORTED;
	return OUTCOME_RESUME;
}

enum outcome exits_hvc(struct vcpu *vcpu, uint64_t esr)
{
	uint64_t imm = esr & HVC_IMM_MASK;
	uint64_t *x = vcpu->ctx.x;

	vcpu->exits.hvc++;
	if (UNLIKELY(imm != 0U)) {
		return numbered(vcpu, imm);
	}
	return psci_answer((uint32_t)x[0], &x[0]) ? OUTCOME_RESUME : smccc(vcpu);
}

/* The conduit is HVC: an SMC reaches no firmware, and says so. HCR_EL2.TSC traps it before it
 * executes, so it is stepped over. */
enum outcome exits_smc(struct vcpu *vcpu, uint64_t esr)
{
	vcpu->exits.hvc++;
	vcpu->ctx.x[0] = SMCCC_NOT_SUPPORTED;
	vcpu_skip((esr & ESR_IL) != 0U);
	return OUTCOME_RESUME;
}
