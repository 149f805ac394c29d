/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PAYLOAD_BACKDOOR_H
#define PAYLOAD_BACKDOOR_H

#include <stdbool.h>
#include <stdint.h>

#include "attempt.h"
#include "pages.h"

#define INSN_MRS_CALL 0xd533011fU /* mrs xzr, MDCCSR_EL0 */
#define INSN_HVC_CALL 0xd40010c2U /* hvc #0x86 */
#define INSN_BRK_CALL 0xd42010c0U /* brk #0x86 */

#define MAGIC	   0x564d5868UL
#define PORT	   0x5658UL
#define PORT_HB	   0x5659UL
#define PORT_OLD   0x565bUL
#define X7(w7)	   ((0x86UL << 32) | (w7))
#define X7_IN	   X7(0x0eUL)
#define X7_HB_IN   X7(0x1cUL)
#define X7_HB_OUT  X7(0x18UL)
#define UNKNOWN	   0xffffffffUL
#define SUCCESS	   1U
#define CLOSED	   4U
#define JUNK	   0xdeadbeef00000000UL
#define MESSAGE_64 0x10000UL

struct call {
	struct attempt a;
	uint64_t before[31];
	uint32_t instruction;
	bool faulted; /* it took an exception, in a */
};

/* Fills all registers with junk and those of a low-bandwidth call with theirs. */
void call_prepare(struct call *c, uint64_t command);

/* Runs it, at the pstate's level with all flags set. */
void call_run(struct call *c, uint64_t pstate);

/* Are the flags and all registers but those named by `results` (a bit each) as before? */
bool call_kept(const struct call *c, uint32_t results);

/* One message step on a channel; the status. */
uint32_t message(struct call *c, uint32_t type, uint64_t bx, uint64_t pstate);

struct handle {
	uint32_t number;
	uint32_t high;
	uint32_t low;
};

bool open_channel(struct handle *h);
uint32_t step(const struct handle *h, uint32_t type, uint64_t bx);

/* backdoor_buffers.c */
void test_buffers(void);

#endif
