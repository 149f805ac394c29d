/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ARCH_IMPL_SYSREG_H
#define ARCH_IMPL_SYSREG_H

#include <stdint.h>

#define RO(name, encoding)                                                                         \
	static inline uint64_t read_##name(void)                                                   \
	{                                                                                          \
		uint64_t v;                                                                        \
		__asm__ volatile("mrs %0, " #encoding : "=r"(v)::"memory");                        \
		return v;                                                                          \
	}

#define WO(name, encoding)                                                                         \
	static inline void write_##name(uint64_t v)                                                \
	{                                                                                          \
		__asm__ volatile("msr " #encoding ", %0" ::"r"(v) : "memory");                     \
	}

#define RW(name, encoding) RO(name, encoding) WO(name, encoding)

/* counter.c */
#define COUNTER(name, encoding) uint64_t read_##name(void);

#include "arch/sysregs.def"

#undef RO
#undef WO
#undef RW
#undef COUNTER

#endif
