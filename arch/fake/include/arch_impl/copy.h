/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ARCH_IMPL_COPY_H
#define ARCH_IMPL_COPY_H

#include <stddef.h>

static inline void arch_copy(void *dst, const void *src, size_t size)
{
	__builtin_memcpy(dst, src, size);
}

#endif
