/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ARCH_IMPL_COPY_H
#define ARCH_IMPL_COPY_H

#include <stddef.h>
#include <stdint.h>

static inline void arch_copy(void *dst, const void *src, size_t size)
{
	__builtin_memcpy(dst, src, size);
}

static inline void arch_fill_run(uint64_t *to, uint64_t first, uint64_t step)
{
	for (unsigned i = 0; i < 512U; i++) {
		to[i] = first + i * step;
	}
}

static inline void arch_store_run(uint64_t *to, uint64_t first, uint64_t step)
{
	for (unsigned i = 0; i < 4U; i++) {
		__atomic_store_n(&to[i], first + i * step, __ATOMIC_RELAXED);
	}
}

#endif
