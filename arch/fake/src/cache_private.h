/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the cache model share.
 */
#ifndef FAKE_CACHE_PRIVATE_H
#define FAKE_CACHE_PRIVATE_H

#include "fake/cache_model.h"

#define CACHE_NO_PAGE SIZE_MAX

/* The page of a host address, or CACHE_NO_PAGE; the followed word that starts there. */
size_t cache_page_at(const struct fake_cache *cache, uint64_t address);
unsigned cache_word_at(uint64_t address);

/* Finds what the code under test stored to the page since we looked last: `cpu` did. */
struct fake_cache_page *cache_look(struct fake_cache *cache, unsigned cpu, size_t page);

/* DC ZVA: a store even where zeroes were before. */
void cache_zeroed(struct fake_cache *cache, unsigned cpu, size_t page, uint8_t words);

/* The operations on lines, when they take effect. */
void cache_clean_pou(struct fake_cache_page *p, uint8_t words);
void cache_clean_inv_poc(struct fake_cache *cache, size_t page, uint8_t words);

/* Completes one of a CPU's pending operations, if there are any. */
void cache_complete_some(struct fake_cache *cache, unsigned cpu);

void cache_trace(
	struct fake_cache *cache, const char *what, unsigned cpu, size_t page, uint8_t words);

#endif
