/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages over the backdoor. The host's pace is the guest's: each step is one call.
 */
#include "plinth/backdoor.h"

#include "base/string.h"

#define MESSAGE	       UINT64_C(30)
#define COOKIES	       UINT64_C(0x80000000)
#define HB_MESSAGE     UINT64_C(0x10000)
#define HALF_SHIFT     16U
#define HALF_MASK      UINT64_C(0xffff)
#define WORD	       UINT64_C(0xffffffff)
#define STATUS_SUCCESS 1U
#define STATUS_DORECV  2U

enum type { OPEN, SENDSIZE, SENDPAYLOAD, RECVSIZE, RECVPAYLOAD, RECVSTATUS, CLOSE };

/* One step; its status. */
static uint64_t step(
	const struct plinth_channel *channel, enum type type, uint64_t bx, struct plinth_regs *regs)
{
	*regs = (struct plinth_regs){
		.ax = PLINTH_MAGIC,
		.bx = bx,
		.cx = (uint64_t)type << HALF_SHIFT | MESSAGE,
		.dx = (uint64_t)channel->number << HALF_SHIFT | PLINTH_PORT,
		.si = channel->cookie_high,
		.di = channel->cookie_low,
	};
	plinth_call_in(regs);
	return regs->cx >> HALF_SHIFT & HALF_MASK;
}

int plinth_open(struct plinth_channel *channel, uint32_t protocol)
{
	struct plinth_regs regs;

	*channel = (struct plinth_channel){0};
	if ((step(channel, OPEN, protocol | COOKIES, &regs) & STATUS_SUCCESS) == 0U) {
		return PLINTH_BAD_RPC;
	}
	channel->number = (uint32_t)(regs.dx >> HALF_SHIFT & HALF_MASK);
	channel->cookie_high = (uint32_t)regs.si;
	channel->cookie_low = (uint32_t)regs.di;
	return 0;
}

int plinth_close(const struct plinth_channel *channel)
{
	struct plinth_regs regs;

	return (step(channel, CLOSE, 0, &regs) & STATUS_SUCCESS) != 0U ? 0 : PLINTH_BAD_RPC;
}

int plinth_send(const struct plinth_channel *channel, const void *data, size_t size)
{
	struct plinth_regs regs;
	uint64_t status = step(channel, SENDSIZE, size, &regs);

	for (size_t done = 0; done < size && (status & STATUS_SUCCESS) != 0U; done += 4U) {
		uint32_t word = 0;

		memcpy(&word, (const char *)data + done, size - done < 4U ? size - done : 4U);
		status = step(channel, SENDPAYLOAD, word, &regs);
	}
	return (status & STATUS_SUCCESS) != 0U ? 0 : PLINTH_BAD_RPC;
}

int plinth_send_hb(const struct plinth_channel *channel, const void *data, size_t size)
{
	struct plinth_regs regs;

	if ((step(channel, SENDSIZE, size, &regs) & STATUS_SUCCESS) == 0U) {
		return PLINTH_BAD_RPC;
	}
	regs = (struct plinth_regs){
		.ax = PLINTH_MAGIC,
		.bx = HB_MESSAGE,
		.cx = size,
		.dx = (uint64_t)channel->number << HALF_SHIFT | PLINTH_PORT_HB,
		.si = (uint64_t)(uintptr_t)data,
		.di = channel->cookie_low,
		.bp = channel->cookie_high,
	};
	plinth_call_outs(&regs);
	return (regs.bx >> HALF_SHIFT & STATUS_SUCCESS) != 0U ? 0 : PLINTH_BAD_RPC;
}

/* What waits: its size, 0, or PLINTH_BAD_RPC. */
static long receive_size(const struct plinth_channel *channel, size_t max)
{
	struct plinth_regs regs;
	uint64_t status = step(channel, RECVSIZE, 0, &regs);

	if ((status & STATUS_SUCCESS) == 0U) {
		return PLINTH_BAD_RPC;
	}
	if ((status & STATUS_DORECV) == 0U) {
		return 0;
	}
	if ((regs.bx & WORD) > max) {
		(void)step(channel, RECVSTATUS, 0, &regs);
		return PLINTH_BAD_RPC;
	}
	return (long)(regs.bx & WORD);
}

static long acknowledge(const struct plinth_channel *channel, long size)
{
	struct plinth_regs regs;
	uint64_t status = step(channel, RECVSTATUS, STATUS_SUCCESS, &regs);

	return (status & STATUS_SUCCESS) != 0U ? size : PLINTH_BAD_RPC;
}

long plinth_receive(const struct plinth_channel *channel, void *data, size_t max)
{
	struct plinth_regs regs;
	long size = receive_size(channel, max);

	if (size <= 0) {
		return size;
	}
	for (size_t done = 0; done < (size_t)size; done += 4U) {
		size_t left = (size_t)size - done;

		if ((step(channel, RECVPAYLOAD, STATUS_SUCCESS, &regs) & STATUS_SUCCESS) == 0U) {
			return PLINTH_BAD_RPC;
		}
		uint32_t word = (uint32_t)regs.bx;

		memcpy((char *)data + done, &word, left < 4U ? left : 4U);
	}
	return acknowledge(channel, size);
}

long plinth_receive_hb(const struct plinth_channel *channel, void *data, size_t max)
{
	long size = receive_size(channel, max);

	if (size <= 0) {
		return size;
	}
	struct plinth_regs regs = {
		.ax = PLINTH_MAGIC,
		.bx = HB_MESSAGE,
		.cx = (uint64_t)size,
		.dx = (uint64_t)channel->number << HALF_SHIFT | PLINTH_PORT_HB,
		.si = channel->cookie_high,
		.di = (uint64_t)(uintptr_t)data,
		.bp = channel->cookie_low,
	};

	plinth_call_ins(&regs);
	return (regs.bx >> HALF_SHIFT & STATUS_SUCCESS) != 0U ? acknowledge(channel, size)
							      : PLINTH_BAD_RPC;
}

long plinth_rpc(const char *request, size_t size, void *reply, size_t max)
{
	struct plinth_channel channel;
	long result = PLINTH_BAD_RPC;

	if (plinth_open(&channel, PLINTH_RPCI) != 0) {
		return result;
	}
	if (plinth_send(&channel, request, size) == 0) {
		result = plinth_receive(&channel, reply, max);
	}
	return plinth_close(&channel) == 0 ? result : PLINTH_BAD_RPC;
}
