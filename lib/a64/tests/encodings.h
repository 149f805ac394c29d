/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Instruction words as GNU as 2.40 assembles the text beside them, and what the text says they do.
 */
#ifndef A64_ENCODINGS_H
#define A64_ENCODINGS_H

#include <stdint.h>

#include "a64/access.h"

enum good_flag {
	W = 1,	/* write */
	V = 2,	/* vector */
	S = 4,	/* sign_extend */
	B = 8,	/* writeback */
	P = 16, /* post_index */
	R = 32, /* replicate */
	U = 64, /* unprivileged */
};

struct good_row {
	const char *text;
	uint32_t word;
	unsigned flags;
	uint8_t element;
	uint8_t count;
	uint8_t reg[4];
	uint8_t width;
	uint8_t lane;
	uint8_t base;
	uint8_t index;
	uint8_t extend;
	uint8_t shift;
	int64_t offset;
};

struct refused_row {
	const char *text;
	uint32_t word;
	enum a64_kind kind;
};

/* clang-format off */
static const struct good_row good_rows[] = {
	{ "ldrb w1, [x2]", 0x39400041, 0, 1, 1, { 1 }, 4, A64_LANE_ALL, 2, A64_INDEX_NONE, A64_LSL, 0, 0 },
	{ "ldrb w1, [x2, #4095]", 0x397ffc41, 0, 1, 1, { 1 }, 4, A64_LANE_ALL, 2, A64_INDEX_NONE, A64_LSL, 0, 4095 },
	{ "strb w1, [x2, #7]", 0x39001c41, W, 1, 1, { 1 }, 4, A64_LANE_ALL, 2, A64_INDEX_NONE, A64_LSL, 0, 7 },
	{ "ldrh w1, [sp, #2]", 0x794007e1, 0, 2, 1, { 1 }, 4, A64_LANE_ALL, 31, A64_INDEX_NONE, A64_LSL, 0, 2 },
	{ "strh wzr, [x2, #8190]", 0x793ffc5f, W, 2, 1, { 31 }, 4, A64_LANE_ALL, 2, A64_INDEX_NONE, A64_LSL, 0, 8190 },
	{ "ldr w3, [x4, #16380]", 0xb97ffc83, 0, 4, 1, { 3 }, 4, A64_LANE_ALL, 4, A64_INDEX_NONE, A64_LSL, 0, 16380 },
	{ "ldr x3, [x4, #32760]", 0xf97ffc83, 0, 8, 1, { 3 }, 8, A64_LANE_ALL, 4, A64_INDEX_NONE, A64_LSL, 0, 32760 },
	{ "str x30, [sp]", 0xf90003fe, W, 8, 1, { 30 }, 8, A64_LANE_ALL, 31, A64_INDEX_NONE, A64_LSL, 0, 0 },
	{ "str w3, [x4]", 0xb9000083, W, 4, 1, { 3 }, 4, A64_LANE_ALL, 4, A64_INDEX_NONE, A64_LSL, 0, 0 },
	{ "ldrsb w5, [x6, #1]", 0x39c004c5, S, 1, 1, { 5 }, 4, A64_LANE_ALL, 6, A64_INDEX_NONE, A64_LSL, 0, 1 },
	{ "ldrsb x5, [x6, #1]", 0x398004c5, S, 1, 1, { 5 }, 8, A64_LANE_ALL, 6, A64_INDEX_NONE, A64_LSL, 0, 1 },
	{ "ldrsh w5, [x6, #2]", 0x79c004c5, S, 2, 1, { 5 }, 4, A64_LANE_ALL, 6, A64_INDEX_NONE, A64_LSL, 0, 2 },
	{ "ldrsh x5, [x6, #2]", 0x798004c5, S, 2, 1, { 5 }, 8, A64_LANE_ALL, 6, A64_INDEX_NONE, A64_LSL, 0, 2 },
	{ "ldrsw x5, [x6, #4]", 0xb98004c5, S, 4, 1, { 5 }, 8, A64_LANE_ALL, 6, A64_INDEX_NONE, A64_LSL, 0, 4 },
	{ "ldr x7, [x8], #-256", 0xf8500507, B | P, 8, 1, { 7 }, 8, A64_LANE_ALL, 8, A64_INDEX_NONE, A64_LSL, 0, -256 },
	{ "ldr x7, [x8, #255]!", 0xf84ffd07, B, 8, 1, { 7 }, 8, A64_LANE_ALL, 8, A64_INDEX_NONE, A64_LSL, 0, 255 },
	{ "str w7, [sp, #-16]!", 0xb81f0fe7, W | B, 4, 1, { 7 }, 4, A64_LANE_ALL, 31, A64_INDEX_NONE, A64_LSL, 0, -16 },
	{ "strb w7, [x8], #1", 0x38001507, W | B | P, 1, 1, { 7 }, 4, A64_LANE_ALL, 8, A64_INDEX_NONE, A64_LSL, 0, 1 },
	{ "ldrsw x7, [x8], #4", 0xb8804507, S | B | P, 4, 1, { 7 }, 8, A64_LANE_ALL, 8, A64_INDEX_NONE, A64_LSL, 0, 4 },
	{ "ldrsh w7, [x8, #-2]!", 0x78dfed07, S | B, 2, 1, { 7 }, 4, A64_LANE_ALL, 8, A64_INDEX_NONE, A64_LSL, 0, -2 },
	{ "ldur x9, [x10, #-8]", 0xf85f8149, 0, 8, 1, { 9 }, 8, A64_LANE_ALL, 10, A64_INDEX_NONE, A64_LSL, 0, -8 },
	{ "stur w9, [x10, #3]", 0xb8003149, W, 4, 1, { 9 }, 4, A64_LANE_ALL, 10, A64_INDEX_NONE, A64_LSL, 0, 3 },
	{ "ldurb w9, [x10, #-1]", 0x385ff149, 0, 1, 1, { 9 }, 4, A64_LANE_ALL, 10, A64_INDEX_NONE, A64_LSL, 0, -1 },
	{ "ldursw x9, [x10, #5]", 0xb8805149, S, 4, 1, { 9 }, 8, A64_LANE_ALL, 10, A64_INDEX_NONE, A64_LSL, 0, 5 },
	{ "sturh w9, [x10, #-3]", 0x781fd149, W, 2, 1, { 9 }, 4, A64_LANE_ALL, 10, A64_INDEX_NONE, A64_LSL, 0, -3 },
	{ "ldtr x11, [x12, #8]", 0xf840898b, U, 8, 1, { 11 }, 8, A64_LANE_ALL, 12, A64_INDEX_NONE, A64_LSL, 0, 8 },
	{ "sttr w11, [x12, #-4]", 0xb81fc98b, W | U, 4, 1, { 11 }, 4, A64_LANE_ALL, 12, A64_INDEX_NONE, A64_LSL, 0, -4 },
	{ "ldtrsb x11, [x12]", 0x3880098b, U | S, 1, 1, { 11 }, 8, A64_LANE_ALL, 12, A64_INDEX_NONE, A64_LSL, 0, 0 },
	{ "sttrb w11, [x12]", 0x3800098b, W | U, 1, 1, { 11 }, 4, A64_LANE_ALL, 12, A64_INDEX_NONE, A64_LSL, 0, 0 },
	{ "ldr x13, [x14, x15]", 0xf86f69cd, 0, 8, 1, { 13 }, 8, A64_LANE_ALL, 14, 15, A64_LSL, 0, 0 },
	{ "ldr x13, [x14, x15, lsl #3]", 0xf86f79cd, 0, 8, 1, { 13 }, 8, A64_LANE_ALL, 14, 15, A64_LSL, 3, 0 },
	{ "ldr w13, [x14, w15, uxtw]", 0xb86f49cd, 0, 4, 1, { 13 }, 4, A64_LANE_ALL, 14, 15, A64_UXTW, 0, 0 },
	{ "ldr w13, [x14, w15, uxtw #2]", 0xb86f59cd, 0, 4, 1, { 13 }, 4, A64_LANE_ALL, 14, 15, A64_UXTW, 2, 0 },
	{ "str x13, [x14, w15, sxtw #3]", 0xf82fd9cd, W, 8, 1, { 13 }, 8, A64_LANE_ALL, 14, 15, A64_SXTW, 3, 0 },
	{ "strb w13, [x14, w15, sxtw]", 0x382fc9cd, W, 1, 1, { 13 }, 4, A64_LANE_ALL, 14, 15, A64_SXTW, 0, 0 },
	{ "ldrh w13, [x14, x15, sxtx #1]", 0x786ff9cd, 0, 2, 1, { 13 }, 4, A64_LANE_ALL, 14, 15, A64_LSL, 1, 0 },
	{ "ldrb w13, [x14, xzr]", 0x387f69cd, 0, 1, 1, { 13 }, 4, A64_LANE_ALL, 14, 31, A64_LSL, 0, 0 },
	{ "ldr w16, .+64", 0x18000210, 0, 4, 1, { 16 }, 4, A64_LANE_ALL, A64_BASE_PC, A64_INDEX_NONE, A64_LSL, 0, 64 },
	{ "ldr x16, .-64", 0x58fffe10, 0, 8, 1, { 16 }, 8, A64_LANE_ALL, A64_BASE_PC, A64_INDEX_NONE, A64_LSL, 0, -64 },
	{ "ldrsw x16, .+8", 0x98000050, S, 4, 1, { 16 }, 8, A64_LANE_ALL, A64_BASE_PC, A64_INDEX_NONE, A64_LSL, 0, 8 },
	{ "ldr s16, .+8", 0x1c000050, V, 4, 1, { 16 }, 16, A64_LANE_ALL, A64_BASE_PC, A64_INDEX_NONE, A64_LSL, 0, 8 },
	{ "ldr d16, .+8", 0x5c000050, V, 8, 1, { 16 }, 16, A64_LANE_ALL, A64_BASE_PC, A64_INDEX_NONE, A64_LSL, 0, 8 },
	{ "ldr q16, .+1048572", 0x9c7ffff0, V, 16, 1, { 16 }, 16, A64_LANE_ALL, A64_BASE_PC, A64_INDEX_NONE, A64_LSL, 0, 1048572 },
	{ "ldp w17, w18, [x19]", 0x29404a71, 0, 4, 2, { 17, 18 }, 4, A64_LANE_ALL, 19, A64_INDEX_NONE, A64_LSL, 0, 0 },
	{ "ldp x17, x18, [x19, #504]", 0xa95fca71, 0, 8, 2, { 17, 18 }, 8, A64_LANE_ALL, 19, A64_INDEX_NONE, A64_LSL, 0, 504 },
	{ "stp x29, x30, [sp, #-512]!", 0xa9a07bfd, W | B, 8, 2, { 29, 30 }, 8, A64_LANE_ALL, 31, A64_INDEX_NONE, A64_LSL, 0, -512 },
	{ "ldp x29, x30, [sp], #16", 0xa8c17bfd, B | P, 8, 2, { 29, 30 }, 8, A64_LANE_ALL, 31, A64_INDEX_NONE, A64_LSL, 0, 16 },
	{ "stp w17, w18, [x19, #-256]", 0x29204a71, W, 4, 2, { 17, 18 }, 4, A64_LANE_ALL, 19, A64_INDEX_NONE, A64_LSL, 0, -256 },
	{ "ldpsw x17, x18, [x19, #4]", 0x6940ca71, S, 4, 2, { 17, 18 }, 8, A64_LANE_ALL, 19, A64_INDEX_NONE, A64_LSL, 0, 4 },
	{ "ldpsw x17, x18, [x19], #8", 0x68c14a71, S | B | P, 4, 2, { 17, 18 }, 8, A64_LANE_ALL, 19, A64_INDEX_NONE, A64_LSL, 0, 8 },
	{ "ldnp x17, x18, [x19, #16]", 0xa8414a71, 0, 8, 2, { 17, 18 }, 8, A64_LANE_ALL, 19, A64_INDEX_NONE, A64_LSL, 0, 16 },
	{ "stnp w17, w18, [x19, #-8]", 0x283f4a71, W, 4, 2, { 17, 18 }, 4, A64_LANE_ALL, 19, A64_INDEX_NONE, A64_LSL, 0, -8 },
	{ "ldar w20, [x21]", 0x88dffeb4, 0, 4, 1, { 20 }, 4, A64_LANE_ALL, 21, A64_INDEX_NONE, A64_LSL, 0, 0 },
	{ "ldarb w20, [x21]", 0x08dffeb4, 0, 1, 1, { 20 }, 4, A64_LANE_ALL, 21, A64_INDEX_NONE, A64_LSL, 0, 0 },
	{ "ldarh w20, [x21]", 0x48dffeb4, 0, 2, 1, { 20 }, 4, A64_LANE_ALL, 21, A64_INDEX_NONE, A64_LSL, 0, 0 },
	{ "ldar x20, [x21]", 0xc8dffeb4, 0, 8, 1, { 20 }, 8, A64_LANE_ALL, 21, A64_INDEX_NONE, A64_LSL, 0, 0 },
	{ "stlr x20, [sp]", 0xc89ffff4, W, 8, 1, { 20 }, 8, A64_LANE_ALL, 31, A64_INDEX_NONE, A64_LSL, 0, 0 },
	{ "stlrb w20, [x21]", 0x089ffeb4, W, 1, 1, { 20 }, 4, A64_LANE_ALL, 21, A64_INDEX_NONE, A64_LSL, 0, 0 },
	{ "ldlar x20, [x21]", 0xc8df7eb4, 0, 8, 1, { 20 }, 8, A64_LANE_ALL, 21, A64_INDEX_NONE, A64_LSL, 0, 0 },
	{ "stllr w20, [x21]", 0x889f7eb4, W, 4, 1, { 20 }, 4, A64_LANE_ALL, 21, A64_INDEX_NONE, A64_LSL, 0, 0 },
	{ "ldapr w20, [x21]", 0xb8bfc2b4, 0, 4, 1, { 20 }, 4, A64_LANE_ALL, 21, A64_INDEX_NONE, A64_LSL, 0, 0 },
	{ "ldapr x20, [x21]", 0xf8bfc2b4, 0, 8, 1, { 20 }, 8, A64_LANE_ALL, 21, A64_INDEX_NONE, A64_LSL, 0, 0 },
	{ "ldaprb w20, [x21]", 0x38bfc2b4, 0, 1, 1, { 20 }, 4, A64_LANE_ALL, 21, A64_INDEX_NONE, A64_LSL, 0, 0 },
	{ "ldaprh w20, [x21]", 0x78bfc2b4, 0, 2, 1, { 20 }, 4, A64_LANE_ALL, 21, A64_INDEX_NONE, A64_LSL, 0, 0 },
	{ "ldapur x20, [x21, #-8]", 0xd95f82b4, 0, 8, 1, { 20 }, 8, A64_LANE_ALL, 21, A64_INDEX_NONE, A64_LSL, 0, -8 },
	{ "stlur w20, [x21, #255]", 0x990ff2b4, W, 4, 1, { 20 }, 4, A64_LANE_ALL, 21, A64_INDEX_NONE, A64_LSL, 0, 255 },
	{ "ldapursb x20, [x21]", 0x198002b4, S, 1, 1, { 20 }, 8, A64_LANE_ALL, 21, A64_INDEX_NONE, A64_LSL, 0, 0 },
	{ "ldapursb w20, [x21]", 0x19c002b4, S, 1, 1, { 20 }, 4, A64_LANE_ALL, 21, A64_INDEX_NONE, A64_LSL, 0, 0 },
	{ "ldapursh x20, [x21]", 0x598002b4, S, 2, 1, { 20 }, 8, A64_LANE_ALL, 21, A64_INDEX_NONE, A64_LSL, 0, 0 },
	{ "ldapursw x20, [x21]", 0x998002b4, S, 4, 1, { 20 }, 8, A64_LANE_ALL, 21, A64_INDEX_NONE, A64_LSL, 0, 0 },
	{ "stlurh w20, [x21]", 0x590002b4, W, 2, 1, { 20 }, 4, A64_LANE_ALL, 21, A64_INDEX_NONE, A64_LSL, 0, 0 },
	{ "ldr b22, [x23, #1]", 0x3d4006f6, V, 1, 1, { 22 }, 16, A64_LANE_ALL, 23, A64_INDEX_NONE, A64_LSL, 0, 1 },
	{ "ldr h22, [x23, #2]", 0x7d4006f6, V, 2, 1, { 22 }, 16, A64_LANE_ALL, 23, A64_INDEX_NONE, A64_LSL, 0, 2 },
	{ "ldr s22, [x23, #4]", 0xbd4006f6, V, 4, 1, { 22 }, 16, A64_LANE_ALL, 23, A64_INDEX_NONE, A64_LSL, 0, 4 },
	{ "ldr d22, [x23, #8]", 0xfd4006f6, V, 8, 1, { 22 }, 16, A64_LANE_ALL, 23, A64_INDEX_NONE, A64_LSL, 0, 8 },
	{ "ldr q22, [x23, #16]", 0x3dc006f6, V, 16, 1, { 22 }, 16, A64_LANE_ALL, 23, A64_INDEX_NONE, A64_LSL, 0, 16 },
	{ "str q22, [x23, #65520]", 0x3dbffef6, W | V, 16, 1, { 22 }, 16, A64_LANE_ALL, 23, A64_INDEX_NONE, A64_LSL, 0, 65520 },
	{ "str b22, [x23]", 0x3d0002f6, W | V, 1, 1, { 22 }, 16, A64_LANE_ALL, 23, A64_INDEX_NONE, A64_LSL, 0, 0 },
	{ "str d22, [x23], #8", 0xfc0086f6, W | V | B | P, 8, 1, { 22 }, 16, A64_LANE_ALL, 23, A64_INDEX_NONE, A64_LSL, 0, 8 },
	{ "ldr q22, [x23, #-16]!", 0x3cdf0ef6, V | B, 16, 1, { 22 }, 16, A64_LANE_ALL, 23, A64_INDEX_NONE, A64_LSL, 0, -16 },
	{ "ldur q22, [x23, #-1]", 0x3cdff2f6, V, 16, 1, { 22 }, 16, A64_LANE_ALL, 23, A64_INDEX_NONE, A64_LSL, 0, -1 },
	{ "stur s22, [x23, #1]", 0xbc0012f6, W | V, 4, 1, { 22 }, 16, A64_LANE_ALL, 23, A64_INDEX_NONE, A64_LSL, 0, 1 },
	{ "ldr q22, [x23, x24, lsl #4]", 0x3cf87af6, V, 16, 1, { 22 }, 16, A64_LANE_ALL, 23, 24, A64_LSL, 4, 0 },
	{ "str h22, [x23, w24, uxtw #1]", 0x7c385af6, W | V, 2, 1, { 22 }, 16, A64_LANE_ALL, 23, 24, A64_UXTW, 1, 0 },
	{ "ldp s25, s26, [x27]", 0x2d406b79, V, 4, 2, { 25, 26 }, 16, A64_LANE_ALL, 27, A64_INDEX_NONE, A64_LSL, 0, 0 },
	{ "ldp d25, d26, [x27, #-512]", 0x6d606b79, V, 8, 2, { 25, 26 }, 16, A64_LANE_ALL, 27, A64_INDEX_NONE, A64_LSL, 0, -512 },
	{ "stp q25, q26, [x27, #1008]", 0xad1feb79, W | V, 16, 2, { 25, 26 }, 16, A64_LANE_ALL, 27, A64_INDEX_NONE, A64_LSL, 0, 1008 },
	{ "ldp q25, q26, [x27], #32", 0xacc16b79, V | B | P, 16, 2, { 25, 26 }, 16, A64_LANE_ALL, 27, A64_INDEX_NONE, A64_LSL, 0, 32 },
	{ "stp d25, d26, [sp, #-16]!", 0x6dbf6bf9, W | V | B, 8, 2, { 25, 26 }, 16, A64_LANE_ALL, 31, A64_INDEX_NONE, A64_LSL, 0, -16 },
	{ "ldnp q25, q26, [x27]", 0xac406b79, V, 16, 2, { 25, 26 }, 16, A64_LANE_ALL, 27, A64_INDEX_NONE, A64_LSL, 0, 0 },
	{ "ld1 {v1.16b}, [x2]", 0x4c407041, V, 16, 1, { 1 }, 16, A64_LANE_ALL, 2, A64_INDEX_NONE, A64_LSL, 0, 0 },
	{ "ld1 {v1.8b}, [x2]", 0x0c407041, V, 8, 1, { 1 }, 16, A64_LANE_ALL, 2, A64_INDEX_NONE, A64_LSL, 0, 0 },
	{ "ld1 {v1.4s, v2.4s}, [x2], #32", 0x4cdfa841, V | B | P, 16, 2, { 1, 2 }, 16, A64_LANE_ALL, 2, A64_INDEX_NONE, A64_LSL, 0, 32 },
	{ "st1 {v31.2d, v0.2d, v1.2d}, [x2], x3", 0x4c836c5f, W | V | B | P, 16, 3, { 31, 0, 1 }, 16, A64_LANE_ALL, 2, 3, A64_LSL, 0, 0 },
	{ "ld1 {v1.4h, v2.4h, v3.4h, v4.4h}, [sp]", 0x0c4027e1, V, 8, 4, { 1, 2, 3, 4 }, 16, A64_LANE_ALL, 31, A64_INDEX_NONE, A64_LSL, 0, 0 },
	{ "ld1 {v1.b}[15], [x2]", 0x4d401c41, V, 1, 1, { 1 }, 16, 15, 2, A64_INDEX_NONE, A64_LSL, 0, 0 },
	{ "ld1 {v1.h}[5], [x2]", 0x4d404841, V, 2, 1, { 1 }, 16, 5, 2, A64_INDEX_NONE, A64_LSL, 0, 0 },
	{ "st1 {v1.s}[3], [x2], #4", 0x4d9f9041, W | V | B | P, 4, 1, { 1 }, 16, 3, 2, A64_INDEX_NONE, A64_LSL, 0, 4 },
	{ "st1 {v1.d}[1], [x2], x3", 0x4d838441, W | V | B | P, 8, 1, { 1 }, 16, 1, 2, 3, A64_LSL, 0, 0 },
	{ "ld1 {v1.d}[0], [x2], #8", 0x0ddf8441, V | B | P, 8, 1, { 1 }, 16, 0, 2, A64_INDEX_NONE, A64_LSL, 0, 8 },
	{ "ld1 {v1.b}[0], [x2], #1", 0x0ddf0041, V | B | P, 1, 1, { 1 }, 16, 0, 2, A64_INDEX_NONE, A64_LSL, 0, 1 },
	{ "ld1r {v1.16b}, [x2]", 0x4d40c041, V | R, 1, 1, { 1 }, 16, A64_LANE_ALL, 2, A64_INDEX_NONE, A64_LSL, 0, 0 },
	{ "ld1r {v1.4h}, [x2], #2", 0x0ddfc441, V | R | B | P, 2, 1, { 1 }, 8, A64_LANE_ALL, 2, A64_INDEX_NONE, A64_LSL, 0, 2 },
	{ "ld1r {v1.2d}, [x2], x3", 0x4dc3cc41, V | R | B | P, 8, 1, { 1 }, 16, A64_LANE_ALL, 2, 3, A64_LSL, 0, 0 },
};

static const struct refused_row refused_rows[] = {
	{ "ldxr w1, [x2]", 0x885f7c41, A64_EXCLUSIVE },
	{ "ldaxr x1, [x2]", 0xc85ffc41, A64_EXCLUSIVE },
	{ "stxr w0, w1, [x2]", 0x88007c41, A64_EXCLUSIVE },
	{ "stlxrb w0, w1, [x2]", 0x0800fc41, A64_EXCLUSIVE },
	{ "ldxp x1, x2, [x3]", 0xc87f0861, A64_EXCLUSIVE },
	{ "stlxp w0, w1, w2, [x3]", 0x88208861, A64_EXCLUSIVE },
	{ "cas w1, w2, [x3]", 0x88a17c62, A64_ATOMIC },
	{ "caspal x0, x1, x2, x3, [x4]", 0x4860fc82, A64_ATOMIC },
	{ "casp w0, w1, w2, w3, [x4]", 0x08207c82, A64_ATOMIC },
	{ "casab w1, w2, [x3]", 0x08e17c62, A64_ATOMIC },
	{ "ldadd w1, w2, [x3]", 0xb8210062, A64_ATOMIC },
	{ "swpal x1, x2, [x3]", 0xf8e18062, A64_ATOMIC },
	{ "stset x1, [x2]", 0xf821305f, A64_ATOMIC },
	{ "ldumaxb w1, w2, [x3]", 0x38216062, A64_ATOMIC },
	{ "ld64b x0, [x8]", 0xf83fd100, A64_ATOMIC },
	{ "st64b x0, [x8]", 0xf83f9100, A64_ATOMIC },
	{ "ld2 {v1.4s, v2.4s}, [x2]", 0x4c408841, A64_STRUCTURE },
	{ "st3 {v1.8b, v2.8b, v3.8b}, [x2], #24", 0x0c9f4041, A64_STRUCTURE },
	{ "ld4 {v1.b, v2.b, v3.b, v4.b}[3], [x2]", 0x0d602c41, A64_STRUCTURE },
	{ "ld2r {v1.4s, v2.4s}, [x2]", 0x4d60c841, A64_STRUCTURE },
	{ "ld3r {v1.4s, v2.4s, v3.4s}, [x2]", 0x4d40e841, A64_STRUCTURE },
	{ "prfm pldl1keep, [x1, #8]", 0xf9800420, A64_PREFETCH },
	{ "prfum pldl1keep, [x1, #-8]", 0xf89f8020, A64_PREFETCH },
	{ "prfm pldl1keep, [x1, x2, lsl #3]", 0xf8a27820, A64_PREFETCH },
	{ "prfm pldl1keep, .+8", 0xd8000040, A64_PREFETCH },
	{ "dc civac, x1", 0xd50b7e21, A64_CACHE },
	{ "dc cvac, x1", 0xd50b7a21, A64_CACHE },
	{ "dc cvau, x1", 0xd50b7b21, A64_CACHE },
	{ "dc ivac, x1", 0xd5087621, A64_CACHE },
	{ "dc cvap, x1", 0xd50b7c21, A64_CACHE },
	{ "dc isw, x1", 0xd5087641, A64_CACHE },
	{ "ic ivau, x1", 0xd50b7521, A64_CACHE },
	{ "ic iallu", 0xd508751f, A64_CACHE },
	{ "dc zva, x1", 0xd50b7421, A64_ZERO },
	{ "dc gva, x1", 0xd50b7461, A64_TAG },
	{ "dc gzva, x1", 0xd50b7481, A64_ZERO },
	{ "stg x1, [x2]", 0xd9200841, A64_TAG },
	{ "ldg x1, [x2]", 0xd9600041, A64_TAG },
	{ "stgp x1, x2, [x3]", 0x69000861, A64_TAG },
	{ "stz2g x1, [x2]", 0xd9e00841, A64_TAG },
	{ "stzgm x1, [x2]", 0xd9200041, A64_TAG },
	{ "ldraa x1, [x2, #8]", 0xf8201441, A64_AUTH },
	{ "ldrab x1, [x2, #-8]!", 0xf8fffc41, A64_AUTH },
	{ "at s1e1r, x1", 0xd5087801, A64_OTHER },
	{ "add x1, x2, x3", 0x8b030041, A64_OTHER },
	{ "nop", 0xd503201f, A64_OTHER },
	{ "tlbi vmalle1", 0xd508871f, A64_OTHER },
	{ "ld1b {z0.b}, p0/z, [x0]", 0xa400a000, A64_OTHER },
	{ "ldr z0, [x0]", 0x85804000, A64_OTHER },
	{ "cpyfp [x0]!, [x1]!, x2!", 0x19010440, A64_OTHER },
	{ "opc = 11, 32-bit pair", 0xe9400000, A64_OTHER },
	{ "non-temporal LDPSW", 0x68400000, A64_OTHER },
	{ "LDR literal opc = 11, vector", 0xdc000000, A64_OTHER },
	{ "signed 32-bit into 32", 0xb9c00000, A64_OTHER },
	{ "size 3, opc 3", 0xf9c00000, A64_OTHER },
	{ "vector opc 2, size 1", 0x7d800000, A64_OTHER },
	{ "register offset, option 000", 0xf8600800, A64_OTHER },
	{ "vector unprivileged", 0x7c400800, A64_OTHER },
	{ "prefetch with write-back", 0xf8800c00, A64_OTHER },
	{ "LD1 of 64 bits, S = 1", 0x0d409400, A64_OTHER },
	{ "LD1 of 16 bits, size<0> = 1", 0x0d404400, A64_OTHER },
	{ "LD1 multiple, bit 31", 0x8c407000, A64_OTHER },
	{ "LD1 multiple, opcode 1", 0x0c401000, A64_OTHER },
	{ "LD1 without write-back, Rm = 1", 0x0c417000, A64_OTHER },
	{ "ST1R", 0x0d00c000, A64_OTHER },
	{ "LD1R, S = 1", 0x0d40d000, A64_OTHER },
	{ "zero word", 0x00000000, A64_OTHER },
	{ "all ones", 0xffffffff, A64_OTHER },
	{ "compare and swap with vectors", 0x3c200000, A64_OTHER },
};
/* clang-format on */

#endif
