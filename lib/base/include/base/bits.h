/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bits and fields. A field is named by NAME_SHIFT and NAME_WIDTH, as the Arm ARM's tables give
 * them; FIELD_GET(x, NAME) and FIELD_PREP(NAME, v) do the arithmetic.
 */
#ifndef BASE_BITS_H
#define BASE_BITS_H

#include <stdbool.h>
#include <stdint.h>

#define BIT(n)		 (UINT64_C(1) << (n))
#define MASK_BELOW(n)	 (((n) >= 64U) ? ~UINT64_C(0) : (BIT(n) - 1U))
#define FIELD_MASK(f)	 (MASK_BELOW(f##_WIDTH) << f##_SHIFT)
#define FIELD_GET(x, f)	 ((((uint64_t)(x)) >> f##_SHIFT) & MASK_BELOW(f##_WIDTH))
#define FIELD_PREP(f, v) ((((uint64_t)(v)) & MASK_BELOW(f##_WIDTH)) << f##_SHIFT)

static inline uint64_t align_down(uint64_t v, uint64_t power_of_2)
{
	return v & ~(power_of_2 - 1U);
}

/* Wraps past 2^64: check with base/checked.h where `v` is not ours. */
static inline uint64_t align_up(uint64_t v, uint64_t power_of_2)
{
	return (v + power_of_2 - 1U) & ~(power_of_2 - 1U);
}

static inline bool is_aligned(uint64_t v, uint64_t power_of_2)
{
	return (v & (power_of_2 - 1U)) == 0U;
}

static inline bool is_power_of_2(uint64_t v)
{
	return v != 0U && (v & (v - 1U)) == 0U;
}

/* Number of the highest or lowest set bit; v must not be 0. */
static inline unsigned bit_highest(uint64_t v)
{
	return 63U - (unsigned)__builtin_clzll(v);
}

static inline unsigned bit_lowest(uint64_t v)
{
	return (unsigned)__builtin_ctzll(v);
}

static inline uint64_t min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static inline uint64_t max_u64(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

#endif
