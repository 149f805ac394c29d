/* SPDX-License-Identifier: Apache-2.0 */
/* Random functions of one number: interpreted, and as instructions. */
#ifndef JIT_FUNCTION_H
#define JIT_FUNCTION_H

#include <stdint.h>

#define FUNCTION_STEPS 12U
#define FUNCTION_SIZE  128U /* bytes: two instructions a step, and RET */

enum step_kind { STEP_ADD, STEP_SUB, STEP_EOR, STEP_ORR, STEP_MUL, STEP_ROR, STEP_KINDS };

struct function {
	uint8_t kind[FUNCTION_STEPS];
	uint16_t constant[FUNCTION_STEPS];
	uint32_t steps;
};

/* xorshift64* */
uint64_t random_next(uint64_t *state);

void function_make(struct function *f, uint64_t *random);
uint64_t function_interpret(const struct function *f, uint64_t x);

/* Where the code is written and where it runs: the same, or two mappings of the same memory. */
struct place {
	uint32_t *write;
	uint32_t *run;
};

/* All of its code, or (patch) that of one step whose constant has changed; with the maintenance
 * that a program owes. Other CPUs need an ISB still. */
void function_compile(const struct function *f, const struct place *place);
void function_patch(const struct function *f, uint32_t step, const struct place *place);

static inline uint64_t function_run(const struct place *place, uint64_t x)
{
	return ((uint64_t(*)(uint64_t))(uintptr_t)place->run)(x);
}

#endif
