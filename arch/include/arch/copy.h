/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Copying and filling of whole pages, by the widest registers that the CPU has.
 */
#ifndef ARCH_COPY_H
#define ARCH_COPY_H

#include "arch_impl/copy.h"

/* void arch_copy(void *dst, const void *src, size_t size);   size: a multiple of ARCH_COPY_UNIT;
 * any alignment, no overlap. Leaves the FP registers, which may be a guest's, as they are. */

#define ARCH_COPY_UNIT 1024U

/* void arch_fill_run(uint64_t *to, uint64_t first, uint64_t step);   a table of 512 words: first,
 * first + step, and so on. The FP registers stay as well. */

/* void arch_store_run(uint64_t *to, uint64_t first, uint64_t step);   four words, two by an
 * instruction. Each is a store of its own to whoever reads: all of it, or nothing (DDI 0487,
 * B2.2.1). */

#endif
