/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ARCH_IMPL_COPY_H
#define ARCH_IMPL_COPY_H

#include <stddef.h>
#include <stdint.h>

/* copy.S */
void arch_copy(void *dst, const void *src, size_t size) __attribute__((visibility("hidden")));
void arch_fill_run(uint64_t *to, uint64_t first, uint64_t step)
	__attribute__((visibility("hidden")));

static inline void arch_store_run(uint64_t *to, uint64_t first, uint64_t step)
{
	__asm__ volatile("stp	%1, %2, [%5]\n\tstp	%3, %4, [%5, #16]"
			 : "=m"(*(uint64_t(*)[4])to)
			 : "r"(first), "r"(first + step), "r"(first + 2U * step),
			 "r"(first + 3U * step), "r"(to));
}

#endif
