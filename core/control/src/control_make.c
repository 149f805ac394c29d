/* SPDX-License-Identifier: Apache-2.0 */
/*
 * VMs made and taken away while others run. What is sent is checked as what boot/ says is, and
 * nobody gives a VM more rights than he has.
 */
#include "base/bits.h"
#include "base/string.h"
#include "control_private.h"

/* Under the lock of calls. */
static const char *why = "";
static uint32_t maker; /* serial of the VM that began the one that is being made */

static enum control_status refused(enum plinth_status status, const char *text)
{
	if (status != PLINTH_OK) {
		why = text;
	}
	return control_of(status);
}

static bool is_draft(const struct call *call)
{
	return vm_draft() != NULL && vm_draft()->id == call->id;
}

/* What another one has begun has that one's rights: nobody else goes on with it. The ticket is for
 * the maker's own processes: the handle may be another VM's by now. */
static bool is_own_draft(const struct call *call)
{
	return is_draft(call) && maker == call->self->serial && call->arg2 == vm_draft()->serial;
}

enum control_status control_create(struct call *call)
{
	const struct vm_config *config = (const struct vm_config *)(void *)call->data;
	const char *text = NULL;
	struct vm *vm;

	if ((config->rights & ~call->self->config.rights) != 0U) {
		return refused(PLINTH_EPERM, "it would have rights that its maker lacks");
	}
	enum plinth_status status = vm_make_begin(config, call->arg, &vm, &text);

	if (status == PLINTH_OK) {
		maker = call->self->serial;
		call->done = sizeof(*config);
		call->result[0] = vm->id;
		call->result[1] = vm->serial;
	}
	return refused(status, text);
}

enum control_status control_create_step(struct call *call)
{
	const char *text = NULL;

	if (!is_own_draft(call)) {
		return CONTROL_NO_SUCH_VM;
	}
	enum plinth_status status = vm_make_step(&call->result[0], &text);

	if (status == PLINTH_EAGAIN) {
		call->result[1] = 1;
		status = PLINTH_OK;
	}
	return refused(status, text);
}

enum control_status control_create_put(struct call *call)
{
	if (!is_own_draft(call)) {
		return CONTROL_NO_SUCH_VM;
	}
	call->done = call->size;
	return refused(vm_make_put(call->arg, call->data, call->size),
		"its images are to come in order, in whole pages");
}

enum control_status control_create_why(struct call *call)
{
	size_t length = strnlen(why, CONTROL_LOG_TEXT - 1U);

	memset(call->data, 0, CONTROL_LOG_TEXT);
	memcpy(call->data, why, length);
	call->done = CONTROL_LOG_TEXT;
	return CONTROL_OK;
}

enum control_status control_destroy(struct call *call)
{
	struct vm *vm = control_find(call);

	if (call->arg2 != 0U && !is_own_draft(call)) {
		return CONTROL_NO_SUCH_VM;
	}
	if (is_draft(call)) {
		vm_make_drop();
		return CONTROL_OK;
	}
	return vm != NULL ? control_of(vm_destroy(vm)) : CONTROL_NO_SUCH_VM;
}
