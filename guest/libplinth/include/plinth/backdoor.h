/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The call of VMware's backdoor for guest programs, with or without privilege: one source for Arm,
 * where the I/O instruction is named in a register and trapped, and x86-64, where it is executed.
 * On a machine without the backdoor the call may end in a signal or an exception: ask for it only
 * where SMBIOS or the owner says that it is there.
 */
#ifndef PLINTH_BACKDOOR_H
#define PLINTH_BACKDOOR_H

#include <stddef.h>
#include <stdint.h>

#define PLINTH_MAGIC   UINT64_C(0x564d5868)
#define PLINTH_PORT    UINT64_C(0x5658)
#define PLINTH_PORT_HB UINT64_C(0x5659)
#define PLINTH_RPC_MAX 65536U /* bytes of a message */
#define PLINTH_BAD_RPC (-1)

/* rax to rbp, or X0 to X6; in and out. */
struct plinth_regs {
	uint64_t ax;
	uint64_t bx;
	uint64_t cx;
	uint64_t dx;
	uint64_t si;
	uint64_t di;
	uint64_t bp;
};

/* IN EAX, DX; REP INSB; REP OUTSB. */
void plinth_call_in(struct plinth_regs *regs);
void plinth_call_ins(struct plinth_regs *regs);
void plinth_call_outs(struct plinth_regs *regs);

struct plinth_channel {
	uint32_t number;
	uint32_t cookie_high;
	uint32_t cookie_low;
};

/* Protocols of plinth_open(). */
#define PLINTH_RPCI UINT32_C(0x49435052)
#define PLINTH_TCLO UINT32_C(0x4f4c4354)

/* 0, or PLINTH_BAD_RPC: refused. */
int plinth_open(struct plinth_channel *channel, uint32_t protocol);
int plinth_close(const struct plinth_channel *channel);

/* A whole message, by registers or straight from memory (`_hb`). 0 or PLINTH_BAD_RPC. */
int plinth_send(const struct plinth_channel *channel, const void *data, size_t size);
int plinth_send_hb(const struct plinth_channel *channel, const void *data, size_t size);

/* The message that waits: its size, 0 where there is none; PLINTH_BAD_RPC also where it is larger
 * than `max`. */
long plinth_receive(const struct plinth_channel *channel, void *data, size_t max);
long plinth_receive_hb(const struct plinth_channel *channel, void *data, size_t max);

/* A request on a channel of its own; the reply as plinth_receive(). */
long plinth_rpc(const char *request, size_t size, void *reply, size_t max);

#endif
