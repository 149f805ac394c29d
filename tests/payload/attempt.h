/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs code that may do anything, and comes back: every exception of it ends the attempt. The
 * program's own state (stack, vectors, callee-saved registers) is kept apart from it.
 */
#ifndef PAYLOAD_ATTEMPT_H
#define PAYLOAD_ATTEMPT_H

/* Offsets for attempt.S, asserted in attempt.c. */
#define ATTEMPT_SP     248
#define ATTEMPT_PC     256
#define ATTEMPT_PSTATE 264
#define ATTEMPT_FAR    280
#define ATTEMPT_KIND   288

#ifndef __ASSEMBLER__
#include <stdbool.h>
#include <stdint.h>

#define PSTATE_EL0	  0x3c0UL /* all with DAIF masked */
#define PSTATE_EL1T	  0x3c4UL
#define PSTATE_EL1H	  0x3c5UL
#define PSTATE_A32_USER	  0x1d0UL
#define PSTATE_IRQ_MASKED 0x80UL

#define EC_UNDEFINED  0x00U
#define EC_ILLEGAL    0x0eU
#define EC_SVC64      0x15U
#define EC_MSR_TRAP   0x18U
#define EC_IABT_EL0   0x20U
#define EC_IABT	      0x21U
#define EC_PC_ALIGN   0x22U
#define EC_DABT	      0x25U
#define EC_SP_ALIGN   0x26U
#define EC_BREAKPOINT 0x31U
#define EC_STEP_EL0   0x32U
#define EC_STEP	      0x33U
#define EC_WATCHPOINT 0x35U
#define EC_BRK	      0x3cU

#define FSC_ALIGNMENT 0x21U
#define FSC_EXTERNAL  0x10U

#define KIND_SYNC   0U /* kind % 4 */
#define KIND_IRQ    1U
#define KIND_FIQ    2U
#define KIND_SERROR 3U

#define INSN_BRK 0xd4200000U
#define INSN_NOP 0xd503201fU

/* In: registers to start with. Out: registers at the exception, and what it was. */
struct attempt {
	uint64_t x[31];
	uint64_t sp; /* SP_EL0 */
	uint64_t pc;
	uint64_t pstate;
	uint64_t esr;
	uint64_t far;
	uint64_t kind; /* number of the vector, 0 to 15 */
};

/* Goes to attempt->pc with attempt->pstate, until an exception reaches EL1. Called with all
 * interrupts masked; returns so. */
void attempt_run(struct attempt *attempt);

/* The exception class; of synchronous exceptions only. */
static inline unsigned attempt_ec(const struct attempt *a)
{
	return (unsigned)(a->esr >> 26) & 0x3fU;
}

static inline bool attempt_is_sync(const struct attempt *a)
{
	return a->kind % 4U == KIND_SYNC;
}

/* Did it run into the BRK that code_put() leaves behind each instruction? */
static inline bool attempt_finished(const struct attempt *a)
{
	return attempt_is_sync(a) && attempt_ec(a) == EC_BRK;
}

/* This CPU's page of instructions, each followed by a BRK. */
#define CODE_SLOTS 256U

void code_put(unsigned slot, uint32_t instruction); /* slot < CODE_SLOTS */
void code_publish(void);			    /* after the last code_put() */
uint64_t code_at(unsigned slot);

/* Puts one instruction into slot 0 and runs it at EL1 with a's registers. */
void attempt_one(struct attempt *a, uint32_t instruction);
#endif
#endif
