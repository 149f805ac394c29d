/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Trapped system registers and instructions (EC 0x18). What has no row is UNDEFINED for guests:
 * PMU, trace, LOR, implementation-defined registers, and what is not allocated.
 */
#include "a64/sysreg.h"
#include "arch/esr.h"
#include "arch/hcr.h"
#include "arch/pstate.h"
#include "arch/sysreg.h"
#include "backdoor/backdoor.h"
#include "base/check.h"
#include "base/compiler.h"
#include "vcpu/inject.h"

#include "exits_private.h"
#include "sysreg_table.h"

static const struct sysreg_row *find_row(a64_sysreg_t reg)
{
	size_t low = 0;
	size_t high = sysreg_row_count;

	while (low < high) {
		size_t middle = (low + high) / 2U;

		if (sysreg_rows[middle].reg == reg) {
			return &sysreg_rows[middle];
		}
		if (sysreg_rows[middle].reg < reg) {
			low = middle + 1U;
		} else {
			high = middle;
		}
	}
	return NULL;
}

static enum outcome undefined(struct vcpu *vcpu, uint64_t esr)
{
	uint32_t iss = (uint32_t)FIELD_GET(esr, ESR_ISS);
	a64_sysreg_t reg = a64_sysreg_of_iss(iss);

	log_limited(&vcpu->vm->log_limit, LOG_DEBUG,
		"vm %s: vcpu %u: %s of S%u_%u_C%u_C%u_%u is undefined here, pc 0x%llx",
		vcpu->vm->config.name, vcpu->id, a64_sysreg_iss_is_read(iss) ? "read" : "write",
		a64_sysreg_op0(reg), a64_sysreg_op1(reg), a64_sysreg_crn(reg), a64_sysreg_crm(reg),
		a64_sysreg_op2(reg), (unsigned long long)vcpu_pc());
	vcpu_inject_undef((esr & ESR_IL) != 0U);
	return OUTCOME_RESUME;
}

static enum outcome debug(struct vcpu *vcpu, uint64_t esr, a64_sysreg_t reg)
{
	uint32_t iss = (uint32_t)FIELD_GET(esr, ESR_ISS);
	bool is_read = a64_sysreg_iss_is_read(iss);
	unsigned rt = a64_sysreg_iss_rt(iss);
	uint64_t value = is_read ? 0U : vcpu_get_x(&vcpu->ctx, rt);

	switch (debugregs_access(&vcpu->debug, reg, exits_from_el0() ? 0U : 1U, !is_read, &value)) {
	case DEBUGREGS_DONE:
		break;
	case DEBUGREGS_INJECT:
		vcpu_inject_sync(esr);
		return OUTCOME_RESUME;
	case DEBUGREGS_UNDEF:
		return undefined(vcpu, esr);
	}
	if (is_read) {
		vcpu_set_x(&vcpu->ctx, rt, value);
	}
	vcpu_skip(true);
	return OUTCOME_RESUME;
}

static enum outcome by_row(struct vcpu *vcpu, uint64_t esr, const struct sysreg_row *row)
{
	uint32_t iss = (uint32_t)FIELD_GET(esr, ESR_ISS);
	bool is_read = a64_sysreg_iss_is_read(iss);
	sysreg_fn *fn = is_read ? row->read : row->write;
	unsigned rt = a64_sysreg_iss_rt(iss);
	uint64_t value = is_read ? 0U : vcpu_get_x(&vcpu->ctx, rt);

	if (fn == NULL) {
		return undefined(vcpu, esr);
	}
	if (!fn(vcpu, &value)) {
		/* More to do: the guest executes it again, and may be interrupted in between. */
		return OUTCOME_RESUME;
	}
	if (is_read) {
		vcpu_set_x(&vcpu->ctx, rt, value);
	}
	vcpu_skip(true);
	return OUTCOME_RESUME;
}

/* A call by MRS. */
static enum outcome call(struct vcpu *vcpu)
{
	return exits_is_uefirt_mrs(vcpu) ? exits_uefirt(vcpu, (uint32_t)vcpu->ctx.x[7], false)
					 : exits_backdoor(vcpu, false);
}

/* Apart, so that the two below need no frame for it. */
NOINLINE static enum outcome any_register(struct vcpu *vcpu, uint64_t esr)
{
	uint32_t iss = (uint32_t)FIELD_GET(esr, ESR_ISS);
	a64_sysreg_t reg = a64_sysreg_of_iss(iss);
	const struct sysreg_row *row;

	if (a64_sysreg_op0(reg) == 2U) {
		return backdoor_is_call(&vcpu->vm->backdoor, iss, vcpu->ctx.x[7])
			       ? call(vcpu)
			       : debug(vcpu, esr, reg);
	}
	row = find_row(reg);
	return row != NULL ? by_row(vcpu, esr, row) : undefined(vcpu, esr);
}

/* Does the ISS say `direction` (0, or ISS_SYS_READ) of one of the registers that agree with `reg`
 * in `mask`? Both are constants, so that it is one comparison. */
static inline bool is_access(uint64_t esr, uint64_t direction, a64_sysreg_t reg, a64_sysreg_t mask)
{
	uint64_t bits = a64_sysreg_to_iss(mask) | ISS_SYS_READ;

	return (esr & bits) == ((a64_sysreg_to_iss(reg) & bits) | direction);
}

/* Ahead of the table what guests do most: ID registers, and every IPI, which stands there too. */
enum outcome exits_sysreg(struct vcpu *vcpu, uint64_t esr)
{
	uint32_t iss = (uint32_t)FIELD_GET(esr, ESR_ISS);
	unsigned rt = a64_sysreg_iss_rt(iss);

	vcpu->exits.sysreg++;
	if (is_access(esr, ISS_SYS_READ, VM_IDREG_FIRST, VM_IDREG_MASK)) {
		vcpu_set_x(&vcpu->ctx, rt, vm_idreg(vcpu->vm, a64_sysreg_of_iss(iss)));
	} else if (is_access(esr, 0, SYSREG_ICC_SGI1R_EL1, A64_SYSREG_ALL)) {
		vgic_sgi1r(&vcpu->gic, vcpu_get_x(&vcpu->ctx, rt));
	} else {
		return any_register(vcpu, esr);
	}
	vcpu_skip(true);
	return OUTCOME_RESUME;
}
