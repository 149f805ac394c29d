/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages in high bandwidth: REP OUTSB and REP INSB between the caller's memory and the channel.
 */
#include "backdoor_private.h"
#include "command.h"

#define HALF_SHIFT 16U

_Static_assert(BACKDOOR_MESSAGE_MAX <= CALLER_COPY_MAX, "a message is copied at once");

/* One call, from its registers. */
struct transfer {
	struct channel *channel;
	uint64_t va;
	uint32_t size;
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
	};
	return true;
}

/* The status of the call; *fault: the guest gets a fault instead. */
static uint32_t serve(struct backdoor_vm *vm, const uint64_t *x, bool to_guest,
	const struct caller *caller, bool *fault)
{
	struct transfer t;

	if (!decode(vm, x, to_guest, &t)) {
		return 0;
	}
	uint8_t *data = t.channel->data + t.channel->done;
	enum plinth_status status = to_guest ? caller_write(caller, t.va, data, t.size, fault)
					     : caller_read(caller, t.va, data, t.size, fault);

	if (status != PLINTH_OK) {
		return 0;
	}
	channel_advance(vm, t.channel, t.size);
	return STATUS_SUCCESS;
}

enum backdoor_result message_serve_hb(
	struct backdoor_vm *vm, uint64_t *x, bool is_read, const struct caller *caller)
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
