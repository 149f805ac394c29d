/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ARCH_IMPL_COPY_H
#define ARCH_IMPL_COPY_H

#include <stddef.h>
#include <stdint.h>

/* copy.S */
void arch_copy(void *dst, const void *src, size_t size) __attribute__((visibility("hidden")));
void arch_fill_run(uint64_t *to, uint64_t first, uint64_t step)
	__attribute__((visibility("hidden")));

#endif
