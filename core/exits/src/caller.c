/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The memory of a trapped vCPU's software: AT by the form of the level that it called from.
 */
#include "caller.h"

#include "arch/esr.h"
#include "base/bits.h"
#include "base/compiler.h"

/* In a VM whose memory is not guaranteed the page is brought before anything is done: without
 * memory for it the call is to be made again. What else is wrong with it the copy will tell. */
NOINLINE static enum plinth_status bring(struct exits_caller *from, ipa_t ipa)
{
	if (gmem_bring(&from->vcpu->vm->gmem, ipa, true) != PLINTH_ENOMEM) {
		return PLINTH_OK;
	}
	return exits_caller_refuse(from, EXITS_CALL_STARVED, ipa.v, true);
}

/* Memory of the VM, or the fault that the caller would have had there. */
static enum plinth_status translate(void *ctx, uint64_t va, bool is_write, ipa_t *ipa)
{
	struct exits_caller *from = ctx;
	const struct gmem *gmem = &from->vcpu->vm->gmem;
	uint64_t par = exits_stage1(gva_init(va), from->caller.el == 0U, is_write);

	if (UNLIKELY((par & PAR_F) != 0U)) {
		return exits_caller_failed(from, par, va, is_write);
	}
	*ipa = ipa_init((par & PAR_PA) | (va & (PAGE_SIZE - 1U)));
	if (LIKELY(gmem_is_ram(gmem, *ipa))) {
		return UNLIKELY(gmem->overcommit) && is_write ? bring(from, *ipa) : PLINTH_OK;
	}
	if (!(is_write ? gmem_is_writable(gmem, *ipa, 1) : gmem_is_memory(gmem, *ipa, 1))) {
		return exits_caller_refuse(from, FSC_EXTERNAL, va, is_write);
	}
	return PLINTH_OK;
}

static enum plinth_status copy(void *ctx, const struct gmem_part *parts, unsigned count, bool write)
{
	struct exits_caller *from = ctx;

	return gmem_copy_parts(&from->vcpu->vm->gmem, parts, count, write);
}

static const struct caller_memory memory = {.translate = translate, .copy = copy};

void exits_caller_init(struct exits_caller *from, struct vcpu *vcpu)
{
	from->vcpu = vcpu;
	from->caller = (struct caller){
		.el = exits_from_el0() ? 0U : 1U,
		.memory = &memory,
		.ctx = from,
	};
}
