/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CACHE_CACHE_H
#define CACHE_CACHE_H

#include <stdint.h>

/* Writes [start, start + size) back to the point of coherency and drops it from the caches, so
 * that observers without caches see it, and we see what they store; a DSB SY ends it. The step is
 * CTR_EL0's smallest line. */
void cache_clean(const void *start, uint64_t size);

/* No CPU's instruction cache keeps anything: IC IALLUIS, completed by a DSB SY. */
void cache_invalidate_icache(void);

/* What has been executed so far; the core tells it with its own figures. */
struct cache_counts {
	uint64_t lines;	     /* DC by line */
	uint64_t icache_all; /* IC IALLU and IALLUIS */
};

struct cache_counts cache_counts(void);

/* Counts what is executed elsewhere, before or after: DC for each line of [start, start + size),
 * and IC IALLU. */
void cache_count(const void *start, uint64_t size, uint32_t icache_all);

#endif
