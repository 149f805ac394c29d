/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls of the backdoor and of UEFI's runtime services.
 */
#include "backdoor/backdoor.h"

#include "arch/esr.h"
#include "base/compiler.h"
#include "control/control.h"
#include "vcpu/inject.h"

#include "exits_private.h"

#define INSTRUCTION 4U

/* Back to the calling instruction. */
static void undo(bool is_past)
{
	if (is_past) {
		vcpu_set_pc(vcpu_pc() - INSTRUCTION);
	}
}

/* The call is to be made again: at once, or when there is memory. */
static enum outcome again(const struct exits_caller *from)
{
	if (from->fsc == EXITS_CALL_AGAIN) {
		return OUTCOME_RESUME;
	}
	vm_out_of_memory(from->vcpu->vm, ipa_init(from->far));
	return OUTCOME_RESCHED;
}

/* What is not done as it should: a control call, which may have paused or stopped its own VM, a
 * balloon's batch, which goes on, or a fault. */
NOINLINE static enum outcome finish(
	const struct exits_caller *from, bool is_past, enum backdoor_result result)
{
	struct vcpu *vcpu = from->vcpu;

	if (result == BACKDOOR_CONTROL &&
		control_call(vcpu->vm, vcpu->ctx.x, &from->caller) == BACKDOOR_DONE) {
		vcpu_skip(true);
		return OUTCOME_RESCHED;
	}
	undo(is_past);
	if (result == BACKDOOR_AGAIN) {
		return OUTCOME_RESUME;
	}
	if (from->fsc >= EXITS_CALL_STARVED) {
		return again(from);
	}
	vcpu_inject_abort(false, from->fsc, from->far, from->is_write, true);
	return OUTCOME_RESUME;
}

enum outcome exits_backdoor(struct vcpu *vcpu, bool is_past)
{
	struct exits_caller from;
	enum backdoor_result result;

	exits_caller_init(&from, vcpu);
	result = backdoor_call(&vcpu->vm->backdoor, vcpu->ctx.x, &from.caller, &vcpu->batch);
	if (LIKELY(result == BACKDOOR_DONE)) {
		if (!is_past) {
			vcpu_skip(true);
		}
		return OUTCOME_RESUME;
	}
	return finish(&from, is_past, result);
}

NOINLINE enum outcome exits_uefirt(struct vcpu *vcpu, uint32_t operand, bool is_past)
{
	uint64_t *x = vcpu->ctx.x;
	struct exits_caller from;
	uint64_t x0 = x[0];
	enum outcome outcome;

	exits_caller_init(&from, vcpu);
	from.fsc = 0;
	outcome = uefirt_call(&vcpu->vm->uefirt, operand, x, &from.caller);
	if (UNLIKELY(from.fsc >= EXITS_CALL_STARVED || x[0] == UEFIRT_AGAIN)) {
		/* It has refused its buffer, or is in the middle of it: it returns X0 alone. */
		x[0] = x0;
		undo(is_past);
		return from.fsc >= EXITS_CALL_STARVED ? again(&from) : OUTCOME_RESUME;
	}
	if (!is_past) {
		vcpu_skip(true);
	}
	return outcome;
}

bool exits_is_uefirt_mrs(const struct vcpu *vcpu)
{
	const struct vm *vm = vcpu->vm;
	const uint64_t *x = vcpu->ctx.x;

	return uefirt_owns((uint32_t)x[7]) && uefirt_is_on(&vm->uefirt) &&
	       (vm->config.rights & VM_RIGHT_CONFIG) != 0U &&
	       (!exits_from_el0() || vm_is_token(vm, x[5], x[6]));
}
