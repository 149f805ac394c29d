/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Choices of models and tests: reproducible from a seed.
 */
#ifndef FAKE_RANDOM_H
#define FAKE_RANDOM_H

#include <stdint.h>

/* xorshift64; *state must not be 0. */
static inline uint64_t fake_random(uint64_t *state)
{
	uint64_t x = *state;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	*state = x;
	return x;
}

/* One of 0 to count - 1; the low bits of xorshift are its weaker ones. */
static inline unsigned fake_below(uint64_t *state, unsigned count)
{
	return (unsigned)((fake_random(state) >> 20) % count);
}

#endif
