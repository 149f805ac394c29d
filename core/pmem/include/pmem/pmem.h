/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The machine's memory, in naturally aligned blocks of 4 KiB << order. A buddy allocator with one
 * byte of book-keeping for each page of RAM; its free lists run through the free blocks themselves.
 * Free memory is clean (reads as zero, but for the allocator's own links, which it takes away
 * before a block leaves), dirty, or fresh: no VM has had it since Plinth started, so there are
 * nobody's bytes to hide in it. Blocks merge with blocks of their sort.
 *
 * Every function may be called on any CPU, with any lock below LOCK_RANK_PMEM held; the allocator's
 * lock is never held while memory is zeroed. Zeroes over what a VM had reach memory itself: the
 * next one may look past the caches, by turning its own off or by a mapping, or where FEAT_S2FWB
 * takes these ways away by a device.
 *
 * Freeing what is not allocated, twice, or misaligned is a bug of Plinth and panics.
 */
#ifndef PMEM_PMEM_H
#define PMEM_PMEM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "base/types.h"

#define PMEM_ORDER_4K  0U
#define PMEM_ORDER_2M  9U
#define PMEM_ORDER_1G  18U
#define PMEM_ORDER_MAX PMEM_ORDER_1G

/* pmem_alloc() flags: one content, one user, and PMEM_RESERVED or PMEM_NO_SCRUB or not. */
#define PMEM_ANY   0U		 /* the content does not matter: the caller overwrites it all */
#define PMEM_CLEAN UINT32_C(0x1) /* reads as zero */
#define PMEM_OVERWRITE                                                                             \
	UINT32_C(0x8)		      /* the caller overwrites it all, for a guest: nobody's bytes \
				       * stay below what the caller writes to the caches */
#define PMEM_RESERVED	UINT32_C(0x2) /* out of what pmem_reserve() promised */
#define PMEM_NO_SCRUB	UINT32_C(0x4) /* with PMEM_CLEAN: only memory that is clean already */
#define PMEM_USER_CORE	UINT32_C(0x00) /* Plinth's own structures */
#define PMEM_USER_TABLE UINT32_C(0x10) /* stage-2 tables */
#define PMEM_USER_GUEST UINT32_C(0x20) /* guests' memory */

enum pmem_user { PMEM_BY_CORE, PMEM_BY_TABLE, PMEM_BY_GUEST, PMEM_USER_COUNT };

/* One call of pmem_scrub_step() zeroes at most a block of this order (64 KiB). */
#define PMEM_SCRUB_ORDER 4U

/* Distinct banks of RAM, after neighbours are joined. */
#define PMEM_BANK_MAX 128U

struct pmem_range {
	uint64_t base; /* page-aligned, as is size */
	uint64_t size;
};

/* In pages of 4 KiB. */
struct pmem_stats {
	uint64_t total;	   /* managed: free and used; the side table is in neither */
	uint64_t free;	   /* clean and dirty, reserved or not, being scrubbed too */
	uint64_t clean;	   /* of free */
	uint64_t reserved; /* of free: promised, not taken yet */
	uint64_t used[PMEM_USER_COUNT];
	uint64_t scrubbed_idle;	  /* ever zeroed by pmem_scrub_step() */
	uint64_t scrubbed_demand; /* ever zeroed because a caller could not wait */
	uint64_t table;		  /* the side table's own pages */
};

/*
 * Starts the allocator with the machine's RAM (`ram`: all of it, whoever uses it now, sorted by
 * base and disjoint; neighbours may touch) and the parts of it that are free (`free`, each inside
 * RAM, disjoint; fresh). The side table, one byte for each page of RAM, is carved out of the first
 * free range that it fits in. All of `free` must be mapped (core/hypmap). Boot CPU, once, before
 * any other function here.
 * EINVAL: not page-aligned, unsorted, or a range that wraps or leaves RAM. ENOMEM: more than
 * PMEM_BANK_MAX banks, or the side table fits nowhere. On failure nothing has been taken.
 */
enum plinth_status pmem_init(const struct pmem_range *ram, unsigned ram_count,
	const struct pmem_range *free, unsigned free_count);

/* Gives the allocator a range of RAM that is free from now on, dirty: boot's memory once the core
 * has read it. Costs one step for each largest aligned block, not for each page. EINVAL: as above.
 * A range that is managed already is our bug. */
enum plinth_status pmem_add_range(pa_t base, uint64_t size);

/*
 * A block of 4 KiB << order, aligned to its size, at *out. PMEM_CLEAN takes clean memory where
 * there is some, and else zeroes the block itself, on this CPU, before it returns (a caller that
 * must be quick asks for small orders): fresh memory in the caches alone, for there is nothing to
 * hide below them; else to the point of coherency. PMEM_ANY takes dirty memory first,
 * PMEM_OVERWRITE fresh, then clean, and what is dirty it scrubs. Without PMEM_RESERVED,
 * memory that is promised to others is left alone; with it, the pages come out of the caller's
 * promise, which must hold them.
 * ENOMEM: no block of that order (PMEM_NO_SCRUB: no clean one). Smaller ones may be there; a
 * promise holds for order 0 alone.
 */
enum plinth_status pmem_alloc(unsigned order, uint32_t flags, pa_t *out);

/* Gives a block back, dirty. (pa, order) is an allocated block, or an aligned part of one, whose
 * rest stays allocated: a 2 MiB block may come back page by page. */
void pmem_free(pa_t pa, unsigned order);

/* pmem_free(), and pmem_reserve() of as many pages, in one step that cannot fail: a VM that starts
 * again keeps its guarantee. */
void pmem_free_reserved(pa_t pa, unsigned order);

/* Promises `pages` pages to the caller, who takes them by PMEM_RESERVED. ENOMEM: not as many are
 * free and unpromised. */
enum plinth_status pmem_reserve(uint64_t pages);

/* Takes back a promise of `pages` pages that were not taken. */
void pmem_unreserve(uint64_t pages);

/*
 * Makes some dirty memory clean; for CPUs without other work. Takes one free dirty block of at
 * most PMEM_SCRUB_ORDER (splitting a larger one), zeroes it with the lock dropped, and puts it
 * back, so nothing is in progress between two calls: the caller looks for interrupts and for work
 * between them, and a call takes 64 KiB of stores at most. Small blocks go first, so that pieces
 * join again. Returns false where there is no dirty memory; true, having done nothing, also while
 * another CPU is at the allocator: scrubbing does not queue before those who need memory now. Any
 * number of CPUs at once.
 */
bool pmem_scrub_step(void);

void pmem_get_stats(struct pmem_stats *stats);

/* From now on memory that nobody had since Plinth started counts as dirty: what firmware and boot
 * loaders left there is to be hidden from guests too (option "bootscrub"). Before pmem_init(). */
void pmem_distrust_firmware(void);

/* Zeroes [pa, pa + size), both multiples of 4 KiB, by DC ZVA where the CPU has it and by stores
 * where not, and by DC CIVAC to the point of coherency; a DSB ends that. Locks nothing. */
void pmem_zero(pa_t pa, uint64_t size);

/* The same for fresh memory: in the caches alone. */
void pmem_zero_fresh(pa_t pa, uint64_t size);

#endif
