/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Channels: each holds one message at a time, in one buffer, whichever way it goes.
 */
#include "arch/sysreg.h"
#include "backdoor_private.h"
#include "base/nospec.h"
#include "base/string.h"
#include "entropy/entropy.h"

/* A channel that nobody has used for so long may be taken from whoever has left it open, once no
 * other is free: a process that dies closes nothing. */
#define ABANDONED_SECONDS 60U

uint32_t channel_number(const struct backdoor_vm *vm, const struct channel *channel)
{
	return (uint32_t)(channel - vm->state->channel);
}

struct channel *channel_find(
	struct backdoor_vm *vm, uint32_t number, uint32_t cookie_high, uint32_t cookie_low)
{
	if (number >= BACKDOOR_CHANNELS) {
		return NULL;
	}
	struct channel *channel = &vm->state->channel[index_nospec(number, BACKDOOR_CHANNELS)];

	if (channel->stage == CHANNEL_CLOSED) {
		return NULL;
	}
	if (channel->has_cookie &&
		(channel->cookie_high != cookie_high || channel->cookie_low != cookie_low)) {
		return NULL;
	}
	channel->last_use = read_cntpct_el0();
	return channel;
}

/* A channel that is closed, or the one that was abandoned longest ago. */
static struct channel *find_free(struct backdoor_vm *vm)
{
	uint64_t limit = ABANDONED_SECONDS * read_cntfrq_el0();
	uint64_t now = read_cntpct_el0();
	struct channel *oldest = NULL;

	for (uint32_t i = 0; i < BACKDOOR_CHANNELS; i++) {
		struct channel *channel = &vm->state->channel[i];

		if (channel->stage == CHANNEL_CLOSED) {
			return channel;
		}
		if (now - channel->last_use > limit &&
			(oldest == NULL || channel->last_use < oldest->last_use)) {
			oldest = channel;
		}
	}
	if (oldest != NULL) {
		channel_close(vm, oldest);
	}
	return oldest;
}

/* Processes of a guest keep their channels apart by cookies that they cannot guess of each other.
 * Without entropy, they are numbers: such a machine promises no secrets. */
static uint32_t fresh_cookie(struct backdoor_vm *vm)
{
	struct backdoor_state *state = vm->state;

	if (state->cookie_count == 0U) {
		if (entropy_fill(state->cookies, sizeof(state->cookies)) != PLINTH_OK) {
			return (uint32_t)read_cntpct_el0();
		}
		state->cookie_count = COOKIE_POOL;
	}
	state->cookie_count--;
	return state->cookies[state->cookie_count];
}

struct channel *channel_open(struct backdoor_vm *vm, bool is_tclo, bool wants_cookie)
{
	struct channel *channel = find_free(vm);

	if (channel == NULL) {
		return NULL;
	}
	*channel = (struct channel){
		.stage = CHANNEL_IDLE,
		.is_tclo = is_tclo,
		.has_cookie = wants_cookie,
		.last_use = read_cntpct_el0(),
		.asked = TCLO_NOTHING,
	};
	if (wants_cookie) {
		channel->cookie_high = fresh_cookie(vm);
		channel->cookie_low = fresh_cookie(vm);
	}
	vm->state->open++;
	return channel;
}

static void drop_buffer(struct backdoor_vm *vm, struct channel *channel)
{
	block_free(vm, (struct block){.data = channel->data, .order = channel->order});
	channel->data = NULL;
	channel->size = 0;
	channel->done = 0;
}

void channel_close(struct backdoor_vm *vm, struct channel *channel)
{
	if (channel->stage == CHANNEL_CLOSED) {
		return;
	}
	if (channel->is_tclo) {
		tclo_closed(vm, channel);
	}
	drop_buffer(vm, channel);
	channel->stage = CHANNEL_CLOSED;
	vm->state->open--;
}

bool channel_reserve(struct backdoor_vm *vm, struct channel *channel, uint32_t size)
{
	struct block block;

	if (channel->data != NULL && size <= (PAGE_SIZE << channel->order)) {
		return true;
	}
	drop_buffer(vm, channel);
	if (size > BACKDOOR_MESSAGE_MAX || block_alloc(vm, size, &block) != PLINTH_OK) {
		return false;
	}
	channel->data = block.data;
	channel->order = (uint8_t)block.order;
	return true;
}

/* The guest's message is whole. */
static void complete(struct backdoor_vm *vm, struct channel *channel)
{
	channel->stage = CHANNEL_IDLE;
	if (channel->is_tclo) {
		tclo_answer(vm, channel);
	} else {
		rpci_run(vm, channel);
	}
}

bool channel_begin(struct backdoor_vm *vm, struct channel *channel, uint32_t size)
{
	channel->stage = CHANNEL_IDLE;
	channel->size = 0;
	channel->done = 0;
	/* Also for an empty message, whose answer wants room, too. */
	if (!channel_reserve(vm, channel, size)) {
		return false;
	}
	if (size == 0U) {
		complete(vm, channel);
		return true;
	}
	channel->stage = CHANNEL_SENDING;
	channel->size = size;
	return true;
}

void channel_advance(struct backdoor_vm *vm, struct channel *channel, uint32_t size)
{
	channel->done += size;
	if (channel->stage == CHANNEL_SENDING && channel->done == channel->size) {
		complete(vm, channel);
	}
}

bool channel_put(struct backdoor_vm *vm, struct channel *channel, const char *head,
	const void *data, uint32_t size)
{
	uint32_t head_size = (uint32_t)strlen(head);

	channel->stage = CHANNEL_IDLE;
	if (!channel_reserve(vm, channel, head_size + size)) {
		return false;
	}
	memcpy(channel->data, head, head_size);
	block_copy(channel->data + head_size, data, size);
	channel->size = head_size + size;
	channel->done = 0;
	channel->stage = CHANNEL_READY;
	return true;
}
