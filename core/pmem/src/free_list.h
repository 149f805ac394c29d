/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Free blocks, by order and by what is in them. The links lie in the first bytes of the blocks.
 * Each function keeps the side table in step. All need the allocator's lock.
 */
#ifndef PMEM_FREE_LIST_H
#define PMEM_FREE_LIST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/types.h"

/* Bytes at the start of a block taken from the clean lists that may not be zero. */
#define FREE_LIST_LINK_SIZE 16U

enum pool_sort {
	POOL_DIRTY, /* somebody's bytes */
	POOL_CLEAN, /* reads as zero */
	POOL_FRESH, /* no VM's bytes: nobody has had it since Plinth started */
	POOL_COUNT,
};

void free_list_init(void);

/* Puts a block in, joined with its free buddies of the same sort, as far as they go. A clean block
 * must read as zero. */
void free_list_put(uint64_t page, unsigned order, enum pool_sort sort);

/* Takes out a block of exactly `order`, from the smallest block that has it; what remains of that
 * goes back. Its side-table entry is SIDE_BODY afterwards. False: there is none. */
bool free_list_take(unsigned order, enum pool_sort sort, uint64_t *page);

/* The lowest order that has a block of this sort, or -1. */
int free_list_lowest(enum pool_sort sort);

/* Takes the links off a clean block that leaves the lists (zero.c). */
void pmem_zero_links(pa_t pa);

#endif
