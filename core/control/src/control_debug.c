/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A debugger's session (core/vm), for a control VM: abi/control_debug.h.
 */
#include <stddef.h>

#include "base/bits.h"
#include "base/compiler.h"
#include "control_private.h"
#include "event/event.h"
#include "vm/vm_debug.h"

STATIC_ASSERT(sizeof(struct control_debug_registers) == sizeof(struct debugregs_debugger) &&
		      CONTROL_DEBUG_PAIRS == DEBUGREGS_PAIR_MAX,
	"the registers of core/debugregs");
STATIC_ASSERT(
	sizeof(struct control_debug_stop) == sizeof(struct vm_debug_stopped) &&
		offsetof(struct control_debug_stop, far) == offsetof(struct vm_debug_stopped, far),
	"the stops of core/vm");
STATIC_ASSERT((int)CONTROL_DEBUG_BY_PATCH == (int)VM_DEBUG_PATCH &&
		      (int)CONTROL_DEBUG_BY_STEP == (int)VM_DEBUG_STEP,
	"the reasons of core/vm");
STATIC_ASSERT(CONTROL_DEBUG_PATCHES == GMEM_PATCH_MAX, "the breakpoints of core/gmem");
STATIC_ASSERT((int)CONTROL_EVENT_DEBUG == (int)EVENT_DEBUG, "the kinds of core/event");

#define VCPU_MASK UINT64_C(0xffffffff)
#define KNOWN	  (VCPU_MASK | CONTROL_DEBUG_STEPS | CONTROL_DEBUG_MASKED | CONTROL_DEBUG_ALONE)
#define PATCH_PUT UINT64_C(1)

/* Of a step: EAGAIN is told apart. */
static enum control_status answer(struct call *call, enum plinth_status status)
{
	call->result[1] = status == PLINTH_EAGAIN ? 1U : 0U;
	return status == PLINTH_EAGAIN ? CONTROL_OK : control_of(status);
}

enum control_status control_debug_attach(struct call *call)
{
	uint32_t ticket = call->arg2;

	if (call->vm == call->self) {
		return CONTROL_INVALID; /* it would stop itself for ever */
	}
	enum plinth_status status = vm_debug_attach(call->vm, &ticket);

	call->result[0] = ticket;
	return answer(call, status);
}

enum control_status control_debug_detach(struct call *call)
{
	return answer(call, vm_debug_detach(call->vm, call->arg2));
}

enum control_status control_debug_set(struct call *call)
{
	call->done = sizeof(struct control_debug_registers);
	call->result[0] = debugregs_breakpoints();
	call->result[1] = debugregs_watchpoints();
	return control_of(vm_debug_set(
		call->vm, call->arg2, (const struct debugregs_debugger *)(const void *)call->data));
}

enum control_status control_debug_patch(struct call *call)
{
	bool put = (call->arg & PATCH_PUT) != 0U;

	return control_of(
		vm_debug_patch(call->vm, call->arg2, ipa_init(call->arg & ~PATCH_PUT), put));
}

enum control_status control_debug_resume(struct call *call)
{
	const struct vm_debug_run run = {
		.id = (uint32_t)(call->arg & VCPU_MASK),
		.steps = (call->arg & CONTROL_DEBUG_STEPS) != 0U,
		.masks = (call->arg & CONTROL_DEBUG_MASKED) != 0U,
		.alone = (call->arg & CONTROL_DEBUG_ALONE) != 0U,
	};

	if ((call->arg & ~KNOWN) != 0U || (run.masks && !run.steps) ||
		(run.id == VM_DEBUG_NONE && (run.steps || run.alone))) {
		return CONTROL_INVALID;
	}
	return control_of(vm_debug_resume(call->vm, call->arg2, &run));
}

enum control_status control_debug_look(struct call *call)
{
	struct vm_debug_look look = {
		.to = (struct vm_debug_stopped *)(void *)call->data,
		.room = call->size / (uint32_t)sizeof(struct vm_debug_stopped),
		.next = call->arg,
	};
	enum plinth_status status = vm_debug_look(call->vm, call->arg2, &look);

	call->done = look.count * (uint32_t)sizeof(struct vm_debug_stopped);
	call->result[0] = look.next;
	call->result[1] = look.at_rest ? 1U : 0U;
	return control_of(status);
}
