/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the library executes on this machine (x86-64) and, from the arm64 object that the build
 * assembles, on Arm: the instruction's bytes, and the X7 that our own decoder understands.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "decode.h"
#include "plinth/backdoor.h"

#define MRS_XZR_MDCCSR UINT32_C(0xd533011f)
#define MOV_X7	       UINT32_C(0xd2800007) /* movz x7, #imm: imm << 5 */
#define MOVK_X7_32     UINT32_C(0xf2c00007)
#define IMM_MASK       UINT32_C(0x001fffe0)
#define IMM_SHIFT      5U

extern const uint8_t plinth_call_in_instruction[];
extern const uint8_t plinth_call_ins_instruction[];
extern const uint8_t plinth_call_outs_instruction[];

static void x86_executes_the_instruction(void **state)
{
	(void)state;
	assert_int_equal(plinth_call_in_instruction[0], 0xed); /* in eax, dx */
	assert_int_equal(plinth_call_ins_instruction[0], 0xf3);
	assert_int_equal(plinth_call_ins_instruction[1], 0x6c); /* rep insb */
	assert_int_equal(plinth_call_outs_instruction[0], 0xf3);
	assert_int_equal(plinth_call_outs_instruction[1], 0x6e); /* rep outsb */
}

/* The next word of the arm64 code that has all bits of `opcode`, with `mask` left out. */
static uint32_t next(FILE *file, uint32_t opcode, uint32_t mask)
{
	uint32_t word;

	while (fread(&word, sizeof(word), 1, file) == 1U) {
		if ((word & ~mask) == opcode) {
			return word;
		}
	}
	fail_msg("the arm64 code has no %08x", opcode);
	return 0;
}

static void arm_names_it_in_x7(void **state)
{
	static const struct backdoor_io calls[] = {
		{.form = BACKDOOR_IN, .size = 4, .port = 0x5658},
		{.form = BACKDOOR_INS, .size = 1, .port = 0x5659, .repeat = true},
		{.form = BACKDOOR_OUTS, .size = 1, .port = 0x5659, .repeat = true},
	};
	FILE *file = fopen(ARM64_CODE, "rb");

	(void)state;
	assert_non_null(file);
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		uint32_t w7 = (next(file, MOV_X7, IMM_MASK) & IMM_MASK) >> IMM_SHIFT;
		uint32_t magic = (next(file, MOVK_X7_32, IMM_MASK) & IMM_MASK) >> IMM_SHIFT;
		struct backdoor_io io = backdoor_decode(w7, calls[i].port);

		(void)next(file, MRS_XZR_MDCCSR, 0);
		assert_int_equal(magic, 0x86);
		assert_int_equal(io.form, calls[i].form);
		assert_int_equal(io.size, calls[i].size);
		assert_int_equal(io.port, calls[i].port);
		assert_int_equal(io.repeat, calls[i].repeat);
		assert_false(io.backward);
	}
	fclose(file);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(x86_executes_the_instruction),
		cmocka_unit_test(arm_names_it_in_x7),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
