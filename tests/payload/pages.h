/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pages at addresses of their own, each of a sort that calls may trip over.
 */
#ifndef PAYLOAD_PAGES_H
#define PAYLOAD_PAGES_H

#include <stdint.h>

#define PAGE	  0x1000UL
#define PAGES_VA  0x80000000UL
#define WRITABLE  17U /* the first are all that EL0 needs for 64 KiB across pages */
#define READ_ONLY (PAGES_VA + 17UL * PAGE)
#define ABSENT	  (PAGES_VA + 18UL * PAGE)
#define EL1_ONLY  (PAGES_VA + 19UL * PAGE)
#define HOLE	  (PAGES_VA + 20UL * PAGE) /* maps what is no memory */
#define PAGES_END (PAGES_VA + 21UL * PAGE)

#define PAGE_EL0 (1UL << 6)

extern uint8_t page_bytes[21][PAGE];

/* Maps them, on this CPU's tables. */
void map_pages(void);

/* Where a page of them really is. */
uint64_t page_pa(uint64_t va);

/* Maps the page at `va` anew, with PAGE_EL0; 0: takes it away. */
void page_set(uint64_t va, uint64_t attributes);

#endif
