/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Functions, since they are called at many places, and hardly at one that is hot.
 */
#include "arch/counter.h"

#include "arch/sysreg.h"
#include "base/compiler.h"

#define COUNTER_READ(name)                                                                         \
	static inline uint64_t once_##name(void)                                                   \
	{                                                                                          \
		uint64_t v;                                                                        \
		__asm__ volatile("mrs %0, " #name : "=r"(v)::"memory");                            \
		return v;                                                                          \
	}                                                                                          \
	NOINLINE uint64_t read_##name(void)                                                        \
	{                                                                                          \
		return counter_read(once_##name);                                                  \
	}

COUNTER_READ(cntpct_el0)
COUNTER_READ(cntvct_el0)
