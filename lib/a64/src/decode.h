/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fields of A64 loads and stores, as their encoding diagrams name them (DDI 0487, C4.1.94).
 */
#ifndef A64_DECODE_H
#define A64_DECODE_H

#include <stdint.h>

#include "a64/access.h"

/* Bits high:low of an instruction. */
static inline uint32_t bits_of(uint32_t instruction, unsigned high, unsigned low)
{
	return (instruction >> low) & ((UINT32_C(2) << (high - low)) - 1U);
}

/* The same as a two's complement number. */
static inline int64_t signed_bits_of(uint32_t instruction, unsigned high, unsigned low)
{
	return (int32_t)(instruction << (31U - high)) >> (31U - high + low);
}

static inline uint8_t rt_of(uint32_t instruction)
{
	return (uint8_t)bits_of(instruction, 4, 0);
}

static inline uint8_t rn_of(uint32_t instruction)
{
	return (uint8_t)bits_of(instruction, 9, 5);
}

static inline uint8_t rt2_of(uint32_t instruction)
{
	return (uint8_t)bits_of(instruction, 14, 10);
}

static inline uint8_t rm_of(uint32_t instruction)
{
	return (uint8_t)bits_of(instruction, 20, 16);
}

/* structure.c: LD1 to LD4, ST1 to ST4 and their replicating forms. *access holds the defaults of
 * a64_decode() for one register, Rt at [Rn]. */
enum a64_kind decode_structure(uint32_t instruction, struct a64_access *access);

#endif
