/* SPDX-License-Identifier: Apache-2.0 */
#include "trng/trng.h"

#include "base/bits.h"
#include "entropy/entropy.h"

/* Answers (DEN0098, 2.1.2). */
#define TRNG_SUCCESS	   UINT64_C(0)
#define TRNG_NOT_SUPPORTED (~UINT64_C(0))      /* -1 */
#define TRNG_INVALID	   (~UINT64_C(0) - 1U) /* -2 */

#define TRNG_VERSION_1_0 UINT64_C(0x10000)

/* The service's ids, without the bit that makes a call a 64-bit one. */
#define TRNG_RANGE	UINT32_C(0x84000050)
#define TRNG_RANGE_MASK UINT32_C(0xbffffff0)

/* Registers that bring random bits: x1 has the highest, x3 the lowest. */
#define TRNG_WORDS 3U

/* Plinth's own, made once at random (version 4). */
static const uint32_t uuid[4] = {0x616b2d3f, 0x554e0a8c, 0x0f5b179d, 0x46a9e27c};

bool trng_owns(uint32_t function)
{
	return (function & TRNG_RANGE_MASK) == TRNG_RANGE;
}

static bool has_function(uint32_t function)
{
	return function == TRNG_VERSION || function == TRNG_FEATURES || function == TRNG_GET_UUID ||
	       function == TRNG_RND32 || function == TRNG_RND64;
}

/* x[1..3] = `bits` random bits in words of `width` bits, the rest zero. */
static void give_bits(uint64_t x[4], uint64_t bits, unsigned width)
{
	if (bits == 0U || bits > TRNG_WORDS * width) {
		x[0] = TRNG_INVALID;
		return;
	}
	if (entropy_fill(&x[1], TRNG_WORDS * sizeof(x[1])) != PLINTH_OK) {
		x[0] = TRNG_NOT_SUPPORTED;
		return;
	}
	x[0] = TRNG_SUCCESS;
	for (unsigned i = 0; i < TRNG_WORDS; i++) {
		uint64_t here = bits > i * width ? min_u64(bits - i * width, width) : 0U;

		x[TRNG_WORDS - i] &= MASK_BELOW(here);
	}
}

void trng_call(uint64_t x[4])
{
	uint32_t function = (uint32_t)x[0];
	uint64_t argument = x[1];

	x[1] = 0;
	x[2] = 0;
	x[3] = 0;
	if (!entropy_available()) {
		x[0] = TRNG_NOT_SUPPORTED;
		return;
	}
	switch (function) {
	case TRNG_VERSION:
		x[0] = TRNG_VERSION_1_0;
		break;
	case TRNG_FEATURES:
		x[0] = has_function((uint32_t)argument) ? TRNG_SUCCESS : TRNG_NOT_SUPPORTED;
		break;
	case TRNG_GET_UUID:
		for (unsigned i = 0; i < 4U; i++) {
			x[i] = uuid[i];
		}
		break;
	case TRNG_RND32:
		give_bits(x, (uint32_t)argument, 32);
		break;
	case TRNG_RND64:
		give_bits(x, argument, 64);
		break;
	default:
		x[0] = TRNG_NOT_SUPPORTED;
		break;
	}
}
