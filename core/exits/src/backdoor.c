/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls of the backdoor, and how they reach the memory of their caller.
 */
#include "backdoor/backdoor.h"

#include "arch/esr.h"
#include "base/bits.h"
#include "base/compiler.h"
#include "vcpu/inject.h"

#include "exits_private.h"

#define PAR_F	      BIT(0)
#define PAR_FST_SHIFT 1U
#define PAR_FST_WIDTH 6U
#define PAR_S	      BIT(9) /* stage 2 refused the walk */
#define PAR_PA	      UINT64_C(0x0000fffffffff000)
#define BRK_IMM_MASK  0xffffU
#define INSTRUCTION   4U

/* One call, and the fault that its buffer ends in. */
struct call {
	struct vcpu *vcpu;
	unsigned el;
	unsigned fsc;
	uint64_t far;
	bool is_write;
};

static enum plinth_status refuse(struct call *call, unsigned fsc, uint64_t va, bool is_write)
{
	call->fsc = fsc;
	call->far = va;
	call->is_write = is_write;
	return PLINTH_EFAULT;
}

/* Memory of the VM, or the fault that the caller would have had there. */
static enum plinth_status translate(void *ctx, uint64_t va, bool is_write, ipa_t *ipa)
{
	struct call *call = ctx;
	uint64_t par = exits_stage1(gva_init(va), call->el == 0U, is_write);

	if ((par & (PAR_F | PAR_S)) == (PAR_F | PAR_S)) {
		return refuse(call, FSC_EXTERNAL_WALK, va, is_write);
	}
	if ((par & PAR_F) != 0U) {
		return refuse(call, (unsigned)FIELD_GET(par, PAR_FST), va, is_write);
	}
	*ipa = ipa_init((par & PAR_PA) | (va & (PAGE_SIZE - 1U)));
	const struct gmem *gmem = &call->vcpu->vm->gmem;

	if (!(is_write ? gmem_is_writable(gmem, *ipa, 1) : gmem_is_memory(gmem, *ipa, 1))) {
		return refuse(call, FSC_EXTERNAL, va, is_write);
	}
	return PLINTH_OK;
}

static enum plinth_status read(void *ctx, ipa_t ipa, void *buf, size_t size)
{
	struct call *call = ctx;

	return gmem_read(&call->vcpu->vm->gmem, ipa, buf, size);
}

static enum plinth_status write(void *ctx, ipa_t ipa, const void *buf, size_t size)
{
	struct call *call = ctx;

	return gmem_write(&call->vcpu->vm->gmem, ipa, buf, size);
}

static const struct caller_memory memory = {.translate = translate, .read = read, .write = write};

enum outcome exits_backdoor(struct vcpu *vcpu, bool is_past)
{
	struct call call = {.vcpu = vcpu, .el = exits_from_el0() ? 0U : 1U};
	const struct caller caller = {.el = call.el, .memory = &memory, .ctx = &call};

	if (LIKELY(backdoor_call(&vcpu->vm->backdoor, vcpu->ctx.x, &caller) == BACKDOOR_DONE)) {
		if (!is_past) {
			vcpu_skip(true);
		}
		return OUTCOME_RESUME;
	}
	if (is_past) {
		vcpu_set_pc(vcpu_pc() - INSTRUCTION);
	}
	vcpu_inject_abort(false, call.fsc, call.far, call.is_write, true);
	return OUTCOME_RESUME;
}

/* Software breakpoints come here for VMs alone that asked for BRK as a call (MDCR_EL2.TDE). */
enum outcome exits_brk(struct vcpu *vcpu, uint64_t esr)
{
	vcpu->exits.other++;
	if (FIELD_GET(esr, ESR_EC) == EC_BRK64 && (esr & BRK_IMM_MASK) == BACKDOOR_BRK_IMM) {
		return exits_backdoor(vcpu, false);
	}
	vcpu_inject_sync(esr);
	return OUTCOME_RESUME;
}
