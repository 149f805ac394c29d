/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The balloon: the guest's driver gives pages to the machine ("locks" them) until as many are gone
 * as the owner wishes, and takes them back. The driver asks for that number once a second.
 *
 * X1 and X4 are the arguments; W0 is the status, W1 the wished number of pages. Facts: Linux,
 * drivers/misc/vmw_balloon.c.
 */
#include "backdoor_private.h"
#include "base/bits.h"
#include "base/compiler.h"
#include "base/nospec.h"
#include "command.h"

enum balloon_status {
	BALLOON_SUCCESS = 0,
	BALLOON_COMMAND_INVALID = 1,
	BALLOON_PAGE_INVALID = 2,
	BALLOON_PAGE_LOCKED = 3,
	BALLOON_PAGE_UNLOCKED = 4,
	BALLOON_PAGE_PINNED = 5,
	BALLOON_RESET = 7, /* the driver is to begin anew with START */
	BALLOON_BUSY = 8,
};

#define STATUS_WITH_CAPABILITIES UINT32_C(0x03000000)

#define CAPABILITY_BASIC      UINT32_C(0x2)
#define CAPABILITY_BATCHED    UINT32_C(0x4)
#define CAPABILITY_BATCHED_2M UINT32_C(0x8)
#define CAPABILITIES	      (CAPABILITY_BASIC | CAPABILITY_BATCHED | CAPABILITY_BATCHED_2M)

/* A batch: a page of entries, each an address with the status in its low bits. */
#define BATCH_ENTRIES	  (PAGE_SIZE / sizeof(uint64_t))
#define ENTRY_STATUS_MASK UINT64_C(0x1f)
#define ENTRY_ADDRESS	  (~(PAGE_SIZE - 1U))

/* Between two looks at interrupts: entries for a page, or one for 2 MiB, which may be 512 pages. */
#define STEP_PAGES 32U

/* One call. */
struct balloon_call {
	struct backdoor_vm *vm;
	const struct caller *caller; /* its memory: where a batch is */
	struct backdoor_batch *batch;
	uint64_t *x;
	const struct balloon_row *row;
};

/* What a command is. serve() is one step of it. */
struct balloon_row {
	enum backdoor_result (*serve)(const struct balloon_call *call);
	uint32_t capability; /* that the driver has asked for; 0: none */
	bool is_large;	     /* 2 MiB */
	bool is_lock;	     /* else unlock */
};

static enum backdoor_result answer(const struct balloon_call *call, enum balloon_status status)
{
	command_set_w(call->x, 0, status);
	command_set_w(call->x, 1, call->vm->state->balloon.target);
	return BACKDOOR_DONE;
}

static enum balloon_status status_of(enum plinth_status status)
{
	switch (status) {
	case PLINTH_OK:
		return BALLOON_SUCCESS;
	case PLINTH_EEXIST:
		return BALLOON_PAGE_LOCKED;
	case PLINTH_ENOENT:
		return BALLOON_PAGE_UNLOCKED;
	case PLINTH_EPERM:
		return BALLOON_PAGE_PINNED;
	case PLINTH_ENOMEM:
		return BALLOON_BUSY;
	case PLINTH_EINVAL:
	case PLINTH_ERANGE:
	case PLINTH_EFAULT:
	case PLINTH_ENOTSUP:
	case PLINTH_EBUSY:
	case PLINTH_ETIMEDOUT:
	case PLINTH_EAGAIN:
		break;
	}
	return BALLOON_PAGE_INVALID;
}

/* A driver begins, or ends with no capability, which is answered as an error: Linux's would take a
 * success for a host without 2 MiB pages, and never free those that it has. It holds no page then,
 * so all that was given away comes back. */
static enum backdoor_result start(const struct balloon_call *call)
{
	const struct backdoor_config *config = &call->vm->config;
	struct balloon *balloon = &call->vm->state->balloon;
	uint32_t capabilities = (uint32_t)call->x[1] & CAPABILITIES;
	enum plinth_status status = config->balloon->take_all(config->balloon_ctx);

	balloon->is_started = status == PLINTH_OK && (capabilities & CAPABILITY_BASIC) != 0U;
	balloon->capabilities = capabilities;
	if (status == PLINTH_EAGAIN) {
		return BACKDOOR_AGAIN;
	}
	if (!balloon->is_started) {
		command_set_w(
			call->x, 0, status == PLINTH_OK ? BALLOON_COMMAND_INVALID : BALLOON_BUSY);
		return BACKDOOR_DONE;
	}
	command_set_w(call->x, 0,
		capabilities == CAPABILITY_BASIC ? BALLOON_SUCCESS : STATUS_WITH_CAPABILITIES);
	command_set_w(call->x, 2, capabilities);
	return BACKDOOR_DONE;
}

static enum backdoor_result get_target(const struct balloon_call *call)
{
	return answer(call, BALLOON_SUCCESS);
}

/* Which system the guest is: no matter. */
static enum backdoor_result guest_id(const struct balloon_call *call)
{
	command_set_w(call->x, 0, BALLOON_SUCCESS);
	return BACKDOOR_DONE;
}

static enum balloon_status move(const struct balloon_call *call, uint64_t address)
{
	const struct backdoor_config *config = &call->vm->config;
	const ipa_t ipa = ipa_init(address);

	return status_of(
		call->row->is_lock
			? config->balloon->give(config->balloon_ctx, ipa, call->row->is_large)
			: config->balloon->take(config->balloon_ctx, ipa, call->row->is_large));
}

static enum backdoor_result one_page(const struct balloon_call *call)
{
	uint64_t address = (uint64_t)(uint32_t)call->x[1] * PAGE_SIZE;

	return answer(call, move(call, address));
}

/* The page that the batch itself is in stays: its statuses are owed. */
static bool holds(const struct balloon_row *row, uint64_t address, uint64_t batch)
{
	return row->is_lock && batch - address < (row->is_large ? BLOCK_2M : PAGE_SIZE);
}

/* Entries [done, done + count) of the batch at `page`, copied once, with their statuses back. */
static enum plinth_status batch_step(
	const struct balloon_call *call, uint64_t page, uint32_t done, uint32_t count)
{
	const struct caller *caller = call->caller;
	const ipa_t at = ipa_init(page + done * sizeof(uint64_t));
	uint64_t entry[STEP_PAGES];
	enum plinth_status status =
		caller_copy_ipa(caller, at, entry, NULL, count * sizeof(entry[0]));

	if (status != PLINTH_OK) {
		return status;
	}
	for (uint32_t i = 0; i < count; i++) {
		/* NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult): above */
		uint64_t address = entry[i] & ENTRY_ADDRESS;
		enum balloon_status result =
			holds(call->row, address, page) ? BALLOON_PAGE_PINNED : move(call, address);

		entry[i] = (entry[i] & ~ENTRY_STATUS_MASK) | (uint64_t)result;
	}
	return caller_copy_ipa(caller, at, NULL, entry, count * sizeof(entry[0]));
}

/* Goes on where this vCPU's call was left; another call begins anew. */
static struct backdoor_batch *batch_of(const struct balloon_call *call)
{
	struct backdoor_batch *batch = call->batch;
	uint32_t command = (uint32_t)call->x[2];
	uint32_t page = (uint32_t)call->x[1];
	uint32_t count = (uint32_t)call->x[4];

	if (batch->command != command || batch->page != page || batch->count != count) {
		*batch = (struct backdoor_batch){
			.command = command,
			.page = page,
			.count = count,
		};
	}
	return batch;
}

static enum backdoor_result many_pages(const struct balloon_call *call)
{
	struct backdoor_batch *batch = batch_of(call);
	uint32_t step = call->row->is_large ? 1U : STEP_PAGES;
	enum plinth_status status;

	if (batch->count == 0U || batch->count > BATCH_ENTRIES) {
		return answer(call, BALLOON_COMMAND_INVALID);
	}
	step = (uint32_t)min_u64(step, batch->count - batch->done);
	status = batch_step(call, batch->page * PAGE_SIZE, batch->done, step);
	batch->done += step;
	if (status == PLINTH_OK && batch->done < batch->count) {
		return BACKDOOR_AGAIN;
	}
	return answer(call, status_of(status));
}

/* By number; 5 is none, 10 sets a doorbell of VMCI, which there is not. */
static const struct balloon_row rows[] = {
	[0] = {start, 0, false, false},
	[1] = {get_target, 0, false, false},
	[2] = {one_page, CAPABILITY_BASIC, false, true},
	[3] = {one_page, CAPABILITY_BASIC, false, false},
	[4] = {guest_id, 0, false, false},
	[6] = {many_pages, CAPABILITY_BATCHED, false, true},
	[7] = {many_pages, CAPABILITY_BATCHED, false, false},
	[8] = {many_pages, CAPABILITY_BATCHED_2M, true, true},
	[9] = {many_pages, CAPABILITY_BATCHED_2M, true, false},
};

/* Is the balloon as its driver believes? Not before START, nor when the guest has touched what it
 * gave away. */
static bool is_in_step(const struct balloon_call *call)
{
	const struct backdoor_config *config = &call->vm->config;

	return call->vm->state->balloon.is_started &&
	       !config->balloon->was_touched(config->balloon_ctx);
}

static enum backdoor_result serve(const struct balloon_call *call)
{
	if (call->row == NULL || call->row->serve == NULL) {
		command_set_w(call->x, 0, BALLOON_COMMAND_INVALID);
		return BACKDOOR_DONE;
	}
	if (call->row->serve != start && !is_in_step(call)) {
		return answer(call, BALLOON_RESET);
	}
	if ((call->row->capability & ~call->vm->state->balloon.capabilities) != 0U) {
		return answer(call, BALLOON_COMMAND_INVALID);
	}
	return call->row->serve(call);
}

enum backdoor_result balloon_serve(struct backdoor_vm *vm, uint64_t *x, const struct caller *caller,
	struct backdoor_batch *batch)
{
	uint32_t command = (uint32_t)x[2];
	const struct balloon_row *row =
		command < ARRAY_SIZE(rows) ? &rows[index_nospec(command, ARRAY_SIZE(rows))] : NULL;
	const struct balloon_call call = {vm, caller, batch, x, row};

	lock_take(&vm->lock);
	enum backdoor_result result = serve(&call);

	lock_drop(&vm->lock);
	if (result != BACKDOOR_AGAIN) {
		/* A call's end, whichever it is: a batch that was left is not gone on with. */
		*batch = (struct backdoor_batch){0};
	}
	return result;
}

enum plinth_status backdoor_set_balloon(struct backdoor_vm *vm, uint64_t size)
{
	if (vm->state == NULL) {
		return PLINTH_ENOTSUP;
	}
	if (size > vm->config.ram_size) {
		return PLINTH_EINVAL;
	}
	lock_take(&vm->lock);
	vm->state->balloon.target = (uint32_t)(size / PAGE_SIZE);
	lock_drop(&vm->lock);
	return PLINTH_OK;
}
