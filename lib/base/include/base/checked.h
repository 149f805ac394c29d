/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arithmetic on numbers that a guest or a file chose.
 */
#ifndef BASE_CHECKED_H
#define BASE_CHECKED_H

#include <stdbool.h>
#include <stdint.h>

static inline bool add_overflows(uint64_t a, uint64_t b, uint64_t *sum)
{
	return __builtin_add_overflow(a, b, sum);
}

static inline bool mul_overflows(uint64_t a, uint64_t b, uint64_t *product)
{
	return __builtin_mul_overflow(a, b, product);
}

/* Does [start, start + size) lie wholly inside [outer, outer + outer_size)? True for size 0 at
 * either end. No sum is formed that could wrap. */
static inline bool range_contains(
	uint64_t outer, uint64_t outer_size, uint64_t start, uint64_t size)
{
	return start >= outer && start - outer <= outer_size &&
	       size <= outer_size - (start - outer);
}

/* Do the two ranges share a byte? Neither may wrap. */
static inline bool ranges_overlap(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size)
{
	return a_size != 0U && b_size != 0U && (a < b ? b - a < a_size : a - b < b_size);
}

#endif
