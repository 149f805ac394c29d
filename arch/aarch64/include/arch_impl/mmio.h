/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ARCH_IMPL_MMIO_H
#define ARCH_IMPL_MMIO_H

#include <stdint.h>

/* Written in assembly so that the compiler picks no form without syndrome and splits nothing.
 * Load-acquires, for Cortex-A57 832075: a plain load from a device among exclusives may lock it up.
 */
#define ARCH_MMIO(bits, load, store, reg)                                                          \
	static inline uint##bits##_t arch_mmio_read##bits(uintptr_t va)                            \
	{                                                                                          \
		uint##bits##_t v;                                                                  \
		__asm__ volatile(load " %" reg "0, [%1]" : "=r"(v) : "r"(va) : "memory");          \
		return v;                                                                          \
	}                                                                                          \
	static inline void arch_mmio_write##bits(uintptr_t va, uint##bits##_t v)                   \
	{                                                                                          \
		__asm__ volatile(store " %" reg "0, [%1]" ::"r"(v), "r"(va) : "memory");           \
	}

ARCH_MMIO(8, "ldarb", "strb", "w")
ARCH_MMIO(16, "ldarh", "strh", "w")
ARCH_MMIO(32, "ldar", "str", "w")
ARCH_MMIO(64, "ldar", "str", "x")

#undef ARCH_MMIO

#endif
