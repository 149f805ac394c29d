/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages in high bandwidth: REP OUTSB and REP INSB between the caller's memory and the channel.
 * All pages are translated before the first byte is copied, so a fault leaves nothing half done;
 * another vCPU that changes the tables in between changes only what its own guest gets.
 */
#include "backdoor_private.h"
#include "base/bits.h"
#include "command.h"

#define HALF_SHIFT 16U
#define PAGES_MAX  (BACKDOOR_MESSAGE_MAX / PAGE_SIZE + 1U)

/* One call, from its registers. */
struct transfer {
	struct channel *channel;
	uint64_t va;
	uint32_t size;
	bool to_guest;
};

static bool decode(
	struct backdoor_vm *vm, const uint64_t *x, bool to_guest, struct transfer *transfer)
{
	uint32_t number = (uint32_t)x[3] >> HALF_SHIFT;
	uint32_t high = (uint32_t)(to_guest ? x[4] : x[6]);
	uint32_t low = (uint32_t)(to_guest ? x[6] : x[5]);
	struct channel *channel = channel_find(vm, number, high, low);
	uint8_t stage = to_guest ? CHANNEL_READY : CHANNEL_SENDING;

	if (channel == NULL || channel->stage != stage || x[2] > channel->size - channel->done) {
		return false;
	}
	*transfer = (struct transfer){
		.channel = channel,
		.va = to_guest ? x[5] : x[4],
		.size = (uint32_t)x[2],
		.to_guest = to_guest,
	};
	return true;
}

static uint32_t part_of(uint64_t va, uint32_t left)
{
	return (uint32_t)min_u64(left, PAGE_SIZE - (va & (PAGE_SIZE - 1U)));
}

/* Every page of the transfer; EFAULT: the guest gets a fault. */
static enum plinth_status translate(
	const struct transfer *t, const struct backdoor_caller *caller, ipa_t *pages)
{
	uint32_t done = 0;

	for (unsigned i = 0; done < t->size; i++) {
		enum plinth_status status = caller->memory->translate(
			caller->ctx, t->va + done, t->to_guest, &pages[i]);

		if (status != PLINTH_OK) {
			return status;
		}
		done += part_of(t->va + done, t->size - done);
	}
	return PLINTH_OK;
}

static enum plinth_status copy(
	const struct transfer *t, const struct backdoor_caller *caller, const ipa_t *pages)
{
	const struct backdoor_memory *memory = caller->memory;
	uint8_t *data = t->channel->data + t->channel->done;
	enum plinth_status status = PLINTH_OK;
	uint32_t done = 0;

	for (unsigned i = 0; done < t->size && status == PLINTH_OK; i++) {
		uint32_t part = part_of(t->va + done, t->size - done);

		status = t->to_guest ? memory->write(caller->ctx, pages[i], data + done, part)
				     : memory->read(caller->ctx, pages[i], data + done, part);
		done += part;
	}
	return status;
}

/* The status of the call; *fault: the guest gets a fault instead. */
static uint32_t serve(struct backdoor_vm *vm, const uint64_t *x, bool to_guest,
	const struct backdoor_caller *caller, bool *fault)
{
	ipa_t pages[PAGES_MAX];
	struct transfer t;

	if (!decode(vm, x, to_guest, &t)) {
		return 0;
	}
	if (translate(&t, caller, pages) != PLINTH_OK) {
		*fault = true;
		return 0;
	}
	if (copy(&t, caller, pages) != PLINTH_OK) {
		return 0;
	}
	channel_advance(vm, t.channel, t.size);
	return STATUS_SUCCESS;
}

enum backdoor_result message_serve_hb(
	struct backdoor_vm *vm, uint64_t *x, bool is_read, const struct backdoor_caller *caller)
{
	bool fault = false;

	lock_take(&vm->lock);
	uint32_t status = serve(vm, x, is_read, caller, &fault);

	lock_drop(&vm->lock);
	if (fault) {
		return BACKDOOR_FAULT;
	}
	command_set_w(x, 1, status << STATUS_SHIFT);
	return BACKDOOR_DONE;
}
