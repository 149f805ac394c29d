/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ARCH_IMPL_MMIO_H
#define ARCH_IMPL_MMIO_H

#include <stdint.h>

#include "fake/mmio.h"

#define ARCH_MMIO(bits)                                                                            \
	static inline uint##bits##_t arch_mmio_read##bits(uintptr_t va)                            \
	{                                                                                          \
		return (uint##bits##_t)fake_mmio_read(va, bits / 8);                               \
	}                                                                                          \
	static inline void arch_mmio_write##bits(uintptr_t va, uint##bits##_t v)                   \
	{                                                                                          \
		fake_mmio_write(va, bits / 8, v);                                                  \
	}

ARCH_MMIO(8)
ARCH_MMIO(16)
ARCH_MMIO(32)
ARCH_MMIO(64)

#undef ARCH_MMIO

#endif
