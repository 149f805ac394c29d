/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One byte for each page of RAM: what begins at this page. Reads and writes need the allocator's
 * lock, or the boot CPU alone.
 */
#ifndef PMEM_SIDE_TABLE_H
#define PMEM_SIDE_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "pmem/pmem.h"

enum side_kind {
	SIDE_BODY = 0,	/* nothing begins here: inside a block, or not the allocator's */
	SIDE_DIRTY = 1, /* free blocks in lists: + enum pool_sort */
	SIDE_CLEAN = 2,
	SIDE_FRESH = 3,
	SIDE_SCRUB = 4, /* free, in no list: a CPU zeroes it */
	SIDE_USED = 5,	/* allocated; + enum pmem_user */
};

struct side_entry {
	uint8_t kind; /* enum side_kind, or SIDE_USED + enum pmem_user */
	uint8_t order;
};

/* Joins neighbours of `ram` into banks. The status is pmem_init()'s. */
enum plinth_status side_table_set_banks(const struct pmem_range *ram, unsigned count);

/* Bytes of the table for the banks that are set, in whole pages. */
uint64_t side_table_size(void);

/* Gives the table its memory, zeroed. */
void side_table_attach(uint8_t *memory);

/* Does the range, which does not wrap, lie inside one bank? */
bool side_table_covers(const struct pmem_range *range);

/* SIDE_BODY for a page outside RAM. */
struct side_entry side_table_get(uint64_t page);

/* The page must be inside RAM. */
void side_table_set(uint64_t page, unsigned kind, unsigned order);

#endif
