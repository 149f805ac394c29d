/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A VM's memory and registers. Under its lock, so that it does not begin or end a run meanwhile.
 */
#include "arch/pstate.h"
#include "base/nospec.h"
#include "base/string.h"
#include "control_private.h"

static enum control_status access_memory(struct call *call, bool is_write)
{
	struct vm *vm = call->vm;
	ipa_t ipa = ipa_init(call->arg);
	enum plinth_status status = PLINTH_EPERM;

	lock_take(&vm->lock);
	if (vm_has_memory(vm)) {
		status = is_write ? gmem_write(&vm->gmem, ipa, call->data, call->size)
				  : gmem_read(&vm->gmem, ipa, call->data, call->size);
	}
	lock_drop(&vm->lock);
	call->done = call->size;
	return control_of(status);
}

enum control_status control_memory_read(struct call *call)
{
	return access_memory(call, false);
}

enum control_status control_memory_write(struct call *call)
{
	return access_memory(call, true);
}

/* The vCPU, if its registers lie in memory and stay there: vm->lock held. */
static struct vcpu *resting(struct call *call, enum control_status *status)
{
	struct vm *vm = call->vm;

	if (call->arg2 >= vm->config.vcpu_count) {
		*status = CONTROL_NOT_FOUND;
		return NULL;
	}
	struct vcpu *vcpu = &vm->vcpu[index_nospec(call->arg2, VM_VCPU_MAX)];

	if (vm->state != VM_PAUSED && vm->state != VM_CRASHED) {
		*status = CONTROL_BAD_STATE;
		return NULL;
	}
	if (!sched_is_off(&vcpu->sched)) {
		*status = CONTROL_BUSY;
		return NULL;
	}
	*status = CONTROL_OK;
	return vcpu;
}

static void read_registers(const struct vcpu_context *ctx, struct control_registers *r)
{
	const struct vcpu_sysregs *sys = &ctx->sys;

	*r = (struct control_registers){
		.pc = ctx->pc,
		.pstate = ctx->pstate,
		.sp_el0 = sys->sp_el0,
		.sp_el1 = sys->sp_el1,
		.fpsr = ctx->fp.fpsr,
		.fpcr = ctx->fp.fpcr,
		.sctlr_el1 = sys->sctlr_el1,
		.tcr_el1 = sys->tcr_el1,
		.ttbr0_el1 = sys->ttbr0_el1,
		.ttbr1_el1 = sys->ttbr1_el1,
		.mair_el1 = sys->mair_el1,
		.vbar_el1 = sys->vbar_el1,
		.elr_el1 = sys->elr_el1,
		.spsr_el1 = sys->spsr_el1,
		.esr_el1 = sys->esr_el1,
		.far_el1 = sys->far_el1,
		.contextidr_el1 = sys->contextidr_el1,
		.tpidr_el0 = sys->tpidr_el0,
		.tpidr_el1 = sys->tpidr_el1,
		.tpidrro_el0 = sys->tpidrro_el0,
		.mpidr_el1 = ctx->vmpidr,
	};
	memcpy(r->x, ctx->x, sizeof(r->x));
	memcpy(r->fp, ctx->fp.v, sizeof(r->fp));
}

enum control_status control_registers_read(struct call *call)
{
	enum control_status status;

	lock_take(&call->vm->lock);
	const struct vcpu *vcpu = resting(call, &status);

	if (vcpu != NULL) {
		read_registers(&vcpu->ctx, (struct control_registers *)(void *)call->data);
		call->done = sizeof(struct control_registers);
	}
	lock_drop(&call->vm->lock);
	return status;
}

/* What a guest can be in: a level of EL2 or above would be ours. */
static bool is_guest_pstate(uint64_t pstate)
{
	uint64_t mode = pstate & PSTATE_MODE_MASK;

	return (pstate & ~PSTATE_AARCH64) == 0U &&
	       (mode == PSTATE_MODE_EL0T || mode == PSTATE_MODE_EL1T || mode == PSTATE_MODE_EL1H);
}

enum control_status control_registers_write(struct call *call)
{
	const struct control_registers *r = (const struct control_registers *)(void *)call->data;
	enum control_status status;

	lock_take(&call->vm->lock);
	struct vcpu *vcpu = resting(call, &status);

	if (vcpu != NULL && r->pstate != vcpu->ctx.pstate && !is_guest_pstate(r->pstate)) {
		status = CONTROL_INVALID;
	} else if (vcpu != NULL) {
		struct vcpu_context *ctx = &vcpu->ctx;

		memcpy(ctx->x, r->x, sizeof(r->x));
		memcpy(ctx->fp.v, r->fp, sizeof(r->fp));
		ctx->fp.fpsr = r->fpsr;
		ctx->fp.fpcr = r->fpcr;
		ctx->pc = r->pc;
		ctx->pstate = r->pstate;
		ctx->sys.sp_el0 = r->sp_el0;
		ctx->sys.sp_el1 = r->sp_el1;
		ctx->sys.spsr_el1 = r->spsr_el1; /* its own ERET looks at that */
		call->done = sizeof(*r);
	}
	lock_drop(&call->vm->lock);
	return status;
}
