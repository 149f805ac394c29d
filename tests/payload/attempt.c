/* SPDX-License-Identifier: Apache-2.0 */
#include "attempt.h"

#include <stddef.h>

#include "base/compiler.h"
#include "libguest/libguest.h"

STATIC_ASSERT(offsetof(struct attempt, sp) == ATTEMPT_SP, "attempt.S");
STATIC_ASSERT(offsetof(struct attempt, pc) == ATTEMPT_PC, "attempt.S");
STATIC_ASSERT(offsetof(struct attempt, pstate) == ATTEMPT_PSTATE, "attempt.S");
STATIC_ASSERT(offsetof(struct attempt, far) == ATTEMPT_FAR, "attempt.S");
STATIC_ASSERT(offsetof(struct attempt, kind) == ATTEMPT_KIND, "attempt.S");

#define PAGE_WORDS  1024U
#define LINE_SIZE   64U
#define STACK_WORDS 64U

static uint32_t code[GUEST_CPU_MAX][PAGE_WORDS] __attribute__((aligned(4096)));
/* Where SP_EL0 points, for what pushes. */
static uint64_t scratch[GUEST_CPU_MAX][STACK_WORDS] __attribute__((aligned(16)));

void code_put(unsigned slot, uint32_t instruction)
{
	uint32_t *at = &code[cpu_number()][slot * 2U];

	at[0] = instruction;
	at[1] = INSN_BRK;
}

void code_publish(void)
{
	uint64_t at = (uint64_t)code[cpu_number()];
	uint64_t end = at + CODE_SLOTS * 8U;

	for (uint64_t line = at; line < end; line += LINE_SIZE) {
		__asm__ volatile("dc cvau, %0" ::"r"(line) : "memory");
	}
	__asm__ volatile("dsb ish" ::: "memory");
	for (uint64_t line = at; line < end; line += LINE_SIZE) {
		__asm__ volatile("ic ivau, %0" ::"r"(line) : "memory");
	}
	__asm__ volatile("dsb ish\n\tisb" ::: "memory");
}

uint64_t code_at(unsigned slot)
{
	return (uint64_t)&code[cpu_number()][slot * 2U];
}

void attempt_one(struct attempt *a, uint32_t instruction)
{
	code_put(0, instruction);
	code_publish();
	a->pc = code_at(0);
	a->pstate = PSTATE_EL1T;
	if (a->sp == 0U) {
		a->sp = (uint64_t)&scratch[cpu_number()][STACK_WORDS / 2U];
	}
	attempt_run(a);
}
