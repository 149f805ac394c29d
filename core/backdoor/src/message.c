/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages in low bandwidth, command 30: one row for each type. A message is kept as long as its
 * channel is open, also while the VM is paused, so a guest is never told to restart one (CPT).
 */
#include "backdoor_private.h"
#include "base/compiler.h"
#include "base/string.h"
#include "command.h"

#define PROTOCOL_RPCI	 UINT32_C(0x49435052)
#define PROTOCOL_TCLO	 UINT32_C(0x4f4c4354)
#define PROTOCOL_COOKIES UINT32_C(0x80000000)

#define TYPE_OPEN	 0U
#define TYPE_SENDSIZE	 1U
#define TYPE_SENDPAYLOAD 2U

#define PAYLOAD_SIZE 4U
#define HALF_SHIFT   16U
#define HALF_MASK    UINT32_C(0xffff)

static void set_high_half_of_3(uint64_t *x, uint32_t half)
{
	command_set_w(x, 3, (half << HALF_SHIFT) | ((uint32_t)x[3] & HALF_MASK));
}

/* Each returns the status; `channel` is NULL for OPEN alone. */
typedef uint32_t message_fn(struct backdoor_vm *vm, struct channel *channel, uint64_t *x);

static uint32_t open(struct backdoor_vm *vm, struct channel *channel, uint64_t *x)
{
	uint32_t protocol = (uint32_t)x[1] & ~PROTOCOL_COOKIES;

	if (protocol != PROTOCOL_RPCI && protocol != PROTOCOL_TCLO) {
		return 0;
	}
	channel = channel_open(
		vm, protocol == PROTOCOL_TCLO, ((uint32_t)x[1] & PROTOCOL_COOKIES) != 0U);
	if (channel == NULL) {
		return 0;
	}
	set_high_half_of_3(x, channel_number(vm, channel));
	command_set_w(x, 4, channel->cookie_high);
	command_set_w(x, 5, channel->cookie_low);
	return STATUS_SUCCESS;
}

static uint32_t send_size(struct backdoor_vm *vm, struct channel *channel, uint64_t *x)
{
	uint32_t size = (uint32_t)x[1];

	if (size > BACKDOOR_MESSAGE_MAX || !channel_begin(vm, channel, size)) {
		return 0;
	}
	return STATUS_SUCCESS | (size != 0U ? STATUS_HB : 0U);
}

/* What is missing of the message, at most one register of it. */
static uint32_t next_size(const struct channel *channel)
{
	uint32_t left = channel->size - channel->done;

	return left < PAYLOAD_SIZE ? left : PAYLOAD_SIZE;
}

static uint32_t send_payload(struct backdoor_vm *vm, struct channel *channel, uint64_t *x)
{
	uint32_t word = (uint32_t)x[1];
	uint32_t size = next_size(channel);

	if (channel->stage != CHANNEL_SENDING) {
		return 0;
	}
	memcpy(channel->data + channel->done, &word, size);
	channel_advance(vm, channel, size);
	return STATUS_SUCCESS;
}

static uint32_t receive_size(struct backdoor_vm *vm, struct channel *channel, uint64_t *x)
{
	if (channel->is_tclo && channel->stage == CHANNEL_IDLE) {
		tclo_next(vm, channel);
	}
	if (channel->stage != CHANNEL_READY) {
		return STATUS_SUCCESS;
	}
	channel->done = 0;
	command_set_w(x, 1, channel->size);
	set_high_half_of_3(x, TYPE_SENDSIZE);
	return STATUS_SUCCESS | STATUS_DORECV | STATUS_HB;
}

static uint32_t receive_payload(struct backdoor_vm *vm, struct channel *channel, uint64_t *x)
{
	uint32_t word = 0;
	uint32_t size = next_size(channel);

	if (channel->stage != CHANNEL_READY || size == 0U) {
		return 0;
	}
	memcpy(&word, channel->data + channel->done, size);
	channel_advance(vm, channel, size);
	command_set_w(x, 1, word);
	set_high_half_of_3(x, TYPE_SENDPAYLOAD);
	return STATUS_SUCCESS;
}

/* Acknowledged or not, the guest is through with the message. */
static uint32_t receive_status(struct backdoor_vm *vm, struct channel *channel, uint64_t *x)
{
	(void)vm;
	(void)x;
	if (channel->stage == CHANNEL_READY) {
		channel->stage = CHANNEL_IDLE;
	}
	return STATUS_SUCCESS;
}

static uint32_t close(struct backdoor_vm *vm, struct channel *channel, uint64_t *x)
{
	(void)x;
	channel_close(vm, channel);
	return STATUS_SUCCESS;
}

static message_fn *const rows[] = {
	open,
	send_size,
	send_payload,
	receive_size,
	receive_payload,
	receive_status,
	close,
};

static uint32_t serve(struct backdoor_vm *vm, uint64_t *x)
{
	uint32_t type = (uint32_t)x[2] >> HALF_SHIFT;
	struct channel *channel = NULL;

	if (type >= ARRAY_SIZE(rows)) {
		return 0;
	}
	if (type != TYPE_OPEN) {
		channel = channel_find(
			vm, (uint32_t)x[3] >> HALF_SHIFT, (uint32_t)x[4], (uint32_t)x[5]);
		if (channel == NULL) {
			return STATUS_CLOSED;
		}
	}
	return rows[type](vm, channel, x);
}

void message_serve(struct backdoor_vm *vm, uint64_t *x)
{
	lock_take(&vm->lock);
	uint32_t status = serve(vm, x);

	lock_drop(&vm->lock);
	command_set_w(x, 2, status << STATUS_SHIFT);
}
