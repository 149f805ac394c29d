/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CACHE_CACHE_H
#define CACHE_CACHE_H

#include <stdint.h>

/* Writes [start, start + size) back to the point of coherency and drops it from the caches, so
 * that observers without caches see it, and we see what they store; a DSB SY ends it. The step is
 * CTR_EL0's smallest line. */
void cache_clean(const void *start, uint64_t size);

#endif
