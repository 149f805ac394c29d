/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ARCH_IMPL_CACHE_H
#define ARCH_IMPL_CACHE_H

#include <stdint.h>

#define ARCH_VA_OP(name, instruction)                                                              \
	static inline void name(uintptr_t va)                                                      \
	{                                                                                          \
		__asm__ volatile(instruction ", %0" ::"r"(va) : "memory");                         \
	}

ARCH_VA_OP(arch_dc_cvau, "dc cvau")
ARCH_VA_OP(arch_dc_civac, "dc civac")
ARCH_VA_OP(arch_dc_ivac, "dc ivac")
ARCH_VA_OP(arch_dc_zva, "dc zva")
ARCH_VA_OP(arch_ic_ivau, "ic ivau")

#undef ARCH_VA_OP

static inline void arch_ic_ialluis(void)
{
	__asm__ volatile("ic ialluis" ::: "memory");
}

static inline void arch_ic_iallu(void)
{
	__asm__ volatile("ic iallu" ::: "memory");
}

#endif
