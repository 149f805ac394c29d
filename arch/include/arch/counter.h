/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading a counter that may be wrong while its low half wraps (Cortex-A73 858921): as Linux has it
 * from Arm, the upper half may already be the next one's while the lower is still the old one. So
 * it is read twice; where bit 32 differs the first was right, else the second is.
 */
#ifndef ARCH_COUNTER_H
#define ARCH_COUNTER_H

#include <stdint.h>

#include "base/compiler.h"

/* Ticks before the wrap in which a wrong value may lie: far more than a read takes. */
#define COUNTER_WRAP_TICKS 4095U

/* The counter by `once`, which is one read of it. All CPUs read so: far from the wrap, which nearly
 * all reads are, it is one comparison. */
static inline uint64_t counter_read(uint64_t (*once)(void))
{
	uint64_t first = once();

	if (LIKELY((uint32_t)first <= UINT32_MAX - COUNTER_WRAP_TICKS)) {
		return first;
	}
	uint64_t second = once();

	return ((first ^ second) >> 32 & 1U) != 0U ? first : second;
}

#endif
