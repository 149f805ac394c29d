/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The memory of a trapped vCPU's software: AT by the form of the level that it called from.
 */
#include "arch/esr.h"
#include "base/bits.h"
#include "base/compiler.h"

#include "exits_private.h"

#define PAR_F	      BIT(0)
#define PAR_FST_SHIFT 1U
#define PAR_FST_WIDTH 6U
#define PAR_S	      BIT(9) /* stage 2 refused the walk */
#define PAR_PA	      UINT64_C(0x0000fffffffff000)

static enum plinth_status refuse(
	struct exits_caller *from, unsigned fsc, uint64_t va, bool is_write)
{
	from->fsc = fsc;
	from->far = va;
	from->is_write = is_write;
	return PLINTH_EFAULT;
}

static enum plinth_status refuse_par(
	struct exits_caller *from, uint64_t par, uint64_t va, bool is_write)
{
	return refuse(from,
		(par & PAR_S) != 0U ? FSC_EXTERNAL_WALK : (unsigned)FIELD_GET(par, PAR_FST), va,
		is_write);
}

/* Memory of the VM, or the fault that the caller would have had there. */
static enum plinth_status translate(void *ctx, uint64_t va, bool is_write, ipa_t *ipa)
{
	struct exits_caller *from = ctx;
	const struct gmem *gmem = &from->vcpu->vm->gmem;
	uint64_t par = exits_stage1(gva_init(va), from->caller.el == 0U, is_write);

	if (UNLIKELY((par & PAR_F) != 0U)) {
		return refuse_par(from, par, va, is_write);
	}
	*ipa = ipa_init((par & PAR_PA) | (va & (PAGE_SIZE - 1U)));
	if (LIKELY(gmem_is_ram(gmem, *ipa))) {
		return PLINTH_OK;
	}
	if (!(is_write ? gmem_is_writable(gmem, *ipa, 1) : gmem_is_memory(gmem, *ipa, 1))) {
		return refuse(from, FSC_EXTERNAL, va, is_write);
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
