/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ARCH_IMPL_COPY_H
#define ARCH_IMPL_COPY_H

#include <stddef.h>

/* copy.S */
void arch_copy(void *dst, const void *src, size_t size) __attribute__((visibility("hidden")));

#endif
