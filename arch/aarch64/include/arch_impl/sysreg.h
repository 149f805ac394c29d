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

/* Cortex-A77 1508412: reading PAR_EL1 near a load from Device or Non-cacheable memory may lock up
 * the CPU. The first barrier keeps the read from being made by speculation, too. */
#define FENCED(name, encoding)                                                                     \
	static inline uint64_t read_##name(void)                                                   \
	{                                                                                          \
		uint64_t v;                                                                        \
		__asm__ volatile("dmb sy\n\tmrs %0, " #encoding "\n\tdmb sy" : "=r"(v)::"memory"); \
		return v;                                                                          \
	}                                                                                          \
	WO(name, encoding)

#include "arch/sysregs.def"

#undef RO
#undef WO
#undef RW
#undef COUNTER
#undef FENCED

#endif
