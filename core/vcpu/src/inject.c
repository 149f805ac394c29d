/* SPDX-License-Identifier: Apache-2.0 */
#include "vcpu/inject.h"

#include "arch/esr.h"
#include "arch/pstate.h"
#include "arch/sysreg.h"
#include "vcpu/context.h"

#define VECTOR_CURRENT_SP0 0x000U
#define VECTOR_CURRENT_SPX 0x200U
#define VECTOR_LOWER_A64   0x400U
#define VECTOR_LOWER_A32   0x600U

#define SCTLR_SPAN  BIT(23)
#define SCTLR_DSSBS BIT(44)

#define MAKE_ESR(ec, il, iss) (((uint64_t)(ec) << ESR_EC_SHIFT) | ((il) ? ESR_IL : 0U) | (iss))

static bool is_from_el1(uint64_t pstate)
{
	uint64_t mode = pstate & PSTATE_MODE_MASK;

	return mode == PSTATE_MODE_EL1T || mode == PSTATE_MODE_EL1H;
}

static uint64_t vector_offset(uint64_t pstate)
{
	if ((pstate & PSTATE_AARCH32) != 0U) {
		return VECTOR_LOWER_A32;
	}
	switch (pstate & PSTATE_MODE_MASK) {
	case PSTATE_MODE_EL1T:
		return VECTOR_CURRENT_SP0;
	case PSTATE_MODE_EL1H:
		return VECTOR_CURRENT_SPX;
	default:
		return VECTOR_LOWER_A64;
	}
}

/* What PSTATE becomes on an exception to EL1 (DDI 0487, D1.3.1). DIT and PAN have the same place
 * in both forms of SPSR_EL2. */
static uint64_t handler_pstate(uint64_t pstate)
{
	const struct vcpu_features *f = vcpu_features();
	uint64_t sctlr = read_sctlr_el1();
	uint64_t next = PSTATE_MODE_EL1H | PSTATE_DAIF | (pstate & PSTATE_NZCV);

	if (f->has_dit) {
		next |= pstate & PSTATE_DIT;
	}
	if (f->has_pan) {
		next |= pstate & PSTATE_PAN;
		if ((sctlr & SCTLR_SPAN) == 0U) {
			next |= PSTATE_PAN;
		}
	}
	if (f->has_ssbs && (sctlr & SCTLR_DSSBS) != 0U) {
		next |= PSTATE_SSBS;
	}
	return next;
}

void vcpu_inject_sync(uint64_t esr)
{
	uint64_t pstate = vcpu_pstate();

	write_esr_el1(esr);
	write_elr_el1(vcpu_pc());
	write_spsr_el1(pstate);
	vcpu_set_pc(read_vbar_el1() + vector_offset(pstate));
	vcpu_set_pstate(handler_pstate(pstate));
}

void vcpu_inject_undef(bool il)
{
	vcpu_inject_sync(MAKE_ESR(EC_UNKNOWN, il, 0U));
}

void vcpu_inject_abort(bool is_fetch, unsigned fsc, uint64_t far, bool is_write, bool il)
{
	bool same = is_from_el1(vcpu_pstate());
	uint64_t ec = is_fetch ? (same ? EC_IABT_SAME : EC_IABT_LOWER)
			       : (same ? EC_DABT_SAME : EC_DABT_LOWER);

	write_far_el1(far);
	vcpu_inject_sync(MAKE_ESR(ec, il, (uint64_t)fsc | (is_write ? ISS_WNR : 0U)));
}
