/* SPDX-License-Identifier: Apache-2.0 */
#include "backdoor/backdoor.h"

#include "abi/control.h"
#include "backdoor_private.h"
#include "base/compiler.h"
#include "base/string.h"
#include "command.h"
#include "decode.h"
#include "hypmap/hypmap.h"
#include "pmem/pmem.h"

#define COMMAND_MASK UINT32_C(0xffff)
#define COMMAND_SIZE 4U
#define HB_SIZE	     1U
#define HB_MESSAGE   0U

_Static_assert(sizeof(struct backdoor_state) <= PAGE_SIZE << STATE_ORDER, "the state's pages");

enum plinth_status backdoor_init(struct backdoor_vm *vm, const struct backdoor_config *config)
{
	enum plinth_status status;

	*vm = (struct backdoor_vm){.config = *config};
	lock_init(&vm->lock, LOCK_RANK_DEVICE);
	if (!config->vmware) {
		return PLINTH_OK;
	}
	status = pmem_alloc(STATE_ORDER, PMEM_CLEAN | PMEM_USER_CORE, &vm->pages);
	if (status == PLINTH_OK) {
		vm->state = pa_to_va(vm->pages);
		vm->state->used = PAGE_SIZE << STATE_ORDER;
	}
	return status;
}

void backdoor_reset(struct backdoor_vm *vm)
{
	struct backdoor_state *state = vm->state;

	if (state == NULL) {
		return;
	}
	lock_take(&vm->lock);
	for (uint32_t i = 0; i < BACKDOOR_CHANNELS; i++) {
		channel_close(vm, &state->channel[i]);
	}
	state->report = (struct backdoor_report){0};
	state->tools = (struct tools){0};
	state->balloon = (struct balloon){.target = state->balloon.target};
	lock_drop(&vm->lock);
}

void backdoor_off(struct backdoor_vm *vm)
{
	if (vm->state == NULL) {
		return;
	}
	backdoor_reset(vm);
	lock_take(&vm->lock);
	info_forget(vm);
	vm->state->sync_time = false;
	vm->state->balloon.target = 0;
	lock_drop(&vm->lock);
}

void backdoor_fini(struct backdoor_vm *vm)
{
	if (vm->state == NULL) {
		return;
	}
	backdoor_off(vm);
	pmem_free(vm->pages, STATE_ORDER);
	vm->state = NULL;
}

static enum backdoor_result unknown(uint64_t *x)
{
	command_set_w(x, 0, BACKDOOR_UNKNOWN);
	return BACKDOOR_DONE;
}

static enum backdoor_result low_bandwidth(
	struct backdoor_vm *vm, uint64_t *x, const struct backdoor_io *io, unsigned el)
{
	const struct command_row *command;

	if (io->form != BACKDOOR_IN || io->size != COMMAND_SIZE) {
		return unknown(x);
	}
	command = command_find((uint32_t)x[2] & COMMAND_MASK, el);
	if (command == NULL) {
		return unknown(x);
	}
	command->serve(vm, x);
	return BACKDOOR_DONE;
}

static enum backdoor_result high_bandwidth(struct backdoor_vm *vm, uint64_t *x,
	const struct backdoor_io *io, const struct caller *caller)
{
	if (!io->repeat || io->backward || io->size != HB_SIZE ||
		((uint32_t)x[1] & COMMAND_MASK) != HB_MESSAGE) {
		return unknown(x);
	}
	return message_serve_hb(vm, x, io->form == BACKDOOR_INS, caller);
}

static bool is_call(const uint64_t *x, const struct backdoor_io *io, uint32_t magic, uint32_t port)
{
	return (uint32_t)x[0] == magic && io->port == port && io->form == BACKDOOR_IN &&
	       io->size == COMMAND_SIZE;
}

/* What is not VMware's interface: the balloon, which is the kernel's, a control call, which is a
 * process's, or nothing. Apart, and given a copy, so that a greeting keeps its in registers. */
NOINLINE static enum backdoor_result other(struct backdoor_vm *vm, uint64_t *x,
	struct backdoor_io io, const struct caller *caller, struct backdoor_batch *batch)
{
	if (vm->state != NULL && caller->el != 0U &&
		is_call(x, &io, BACKDOOR_BALLOON_MAGIC, BACKDOOR_BALLOON_PORT)) {
		return balloon_serve(vm, x, caller, batch);
	}
	if (vm->config.control && caller->el == 0U &&
		is_call(x, &io, CONTROL_MAGIC, CONTROL_PORT)) {
		return BACKDOOR_CONTROL;
	}
	return unknown(x);
}

enum backdoor_result backdoor_call(struct backdoor_vm *vm, uint64_t x[BACKDOOR_REGS],
	const struct caller *caller, struct backdoor_batch *batch)
{
	struct backdoor_io io = backdoor_decode((uint32_t)x[7], (uint32_t)x[3]);

	if (vm->state == NULL || io.form == BACKDOOR_BROKEN || (uint32_t)x[0] != BACKDOOR_MAGIC) {
		return other(vm, x, io, caller, batch);
	}
	switch (io.port) {
	case BACKDOOR_PORT:
		return low_bandwidth(vm, x, &io, caller->el);
	case BACKDOOR_HB_PORT:
	case BACKDOOR_HB_PORT_OLD:
		return high_bandwidth(vm, x, &io, caller);
	default:
		return unknown(x);
	}
}
