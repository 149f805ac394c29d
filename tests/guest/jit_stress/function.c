/* SPDX-License-Identifier: Apache-2.0 */
#include "function.h"

#define INSN_MOVZ_X9(v) (0xd2800009U | (uint32_t)(v) << 5)
#define INSN_RET	0xd65f03c0U

/* x0 = x0 OP x9 */
static const uint32_t instruction[STEP_KINDS] = {
	[STEP_ADD] = 0x8b090000U,
	[STEP_SUB] = 0xcb090000U,
	[STEP_EOR] = 0xca090000U,
	[STEP_ORR] = 0xaa090000U,
	[STEP_MUL] = 0x9b097c00U,
	[STEP_ROR] = 0x9ac92c00U,
};

uint64_t random_next(uint64_t *state)
{
	uint64_t v = *state;

	v ^= v >> 12;
	v ^= v << 25;
	v ^= v >> 27;
	*state = v;
	return v * UINT64_C(0x2545f4914f6cdd1d);
}

void function_make(struct function *f, uint64_t *random)
{
	f->steps = 1U + (uint32_t)(random_next(random) % FUNCTION_STEPS);
	for (uint32_t i = 0; i < f->steps; i++) {
		uint64_t bits = random_next(random);

		f->kind[i] = (uint8_t)(bits % STEP_KINDS);
		f->constant[i] = (uint16_t)(bits >> 32);
	}
}

static uint64_t one_step(uint8_t kind, uint64_t x, uint64_t constant)
{
	unsigned turn = constant % 64U;

	switch ((enum step_kind)kind) {
	case STEP_ADD:
		return x + constant;
	case STEP_SUB:
		return x - constant;
	case STEP_EOR:
		return x ^ constant;
	case STEP_ORR:
		return x | constant;
	case STEP_MUL:
		return x * constant;
	case STEP_ROR:
		return turn == 0U ? x : x >> turn | x << (64U - turn);
	case STEP_KINDS:
		break;
	}
	return 0;
}

uint64_t function_interpret(const struct function *f, uint64_t x)
{
	for (uint32_t i = 0; i < f->steps; i++) {
		x = one_step(f->kind[i], x, f->constant[i]);
	}
	return x;
}

/* Cleaned by the address that was written, invalidated by the one that runs: the lines' sizes are
 * in CTR_EL0. */
static void maintain(const struct place *place, uint32_t first, uint32_t count)
{
	uintptr_t written = (uintptr_t)&place->write[first];
	uintptr_t run = (uintptr_t)&place->run[first];
	uintptr_t size = count * sizeof(uint32_t);
	uint64_t ctr;
	uintptr_t dline;
	uintptr_t iline;

	__asm__("mrs %0, ctr_el0" : "=r"(ctr));
	dline = (uintptr_t)4U << ((ctr >> 16) & 0xfU);
	iline = (uintptr_t)4U << (ctr & 0xfU);
	for (uintptr_t at = written & ~(dline - 1U); at < written + size; at += dline) {
		__asm__ volatile("dc cvau, %0" ::"r"(at) : "memory");
	}
	__asm__ volatile("dsb ish" ::: "memory");
	for (uintptr_t at = run & ~(iline - 1U); at < run + size; at += iline) {
		__asm__ volatile("ic ivau, %0" ::"r"(at) : "memory");
	}
	__asm__ volatile("dsb ish\n\tisb" ::: "memory");
}

void function_compile(const struct function *f, const struct place *place)
{
	volatile uint32_t *code = place->write;
	uint32_t length = 0;

	for (uint32_t i = 0; i < f->steps; i++) {
		code[length++] = INSN_MOVZ_X9(f->constant[i]);
		code[length++] = instruction[f->kind[i]];
	}
	code[length++] = INSN_RET;
	maintain(place, 0, length);
}

void function_patch(const struct function *f, uint32_t step, const struct place *place)
{
	volatile uint32_t *code = place->write;

	code[2U * step] = INSN_MOVZ_X9(f->constant[step]);
	maintain(place, 2U * step, 1);
}
