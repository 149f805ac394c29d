/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The map of the machine's RAM while boot runs, and the page allocator on it: each page has one
 * type of abi/boot_info.h. Pure; the map is the table that the core gets in the end.
 *
 * The entries are page-aligned, sorted, disjoint, and neighbours of one type are one entry, at
 * all times. A call that fails has changed nothing.
 */
#ifndef MEMORY_MEMORY_H
#define MEMORY_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/boot_info.h"
#include "base/status.h"

/* RAM above is not used: EL2's tables here and in the core translate 48 bits. */
#define MEMORY_LIMIT (UINT64_C(1) << 48)

struct memory_list {
	struct boot_mem entry[BOOT_MEM_MAX];
	uint32_t count;
};

struct memory_map {
	struct memory_list list; /* what the core gets */
	struct memory_list next; /* scratch: a change is built here, then taken over whole */
};

void memory_init(struct memory_map *map);

/* Adds RAM of type BOOT_MEM_FREE: the whole pages inside the range. What is in the map already
 * keeps its type, so firmware that names a range twice does no harm.
 * ENOMEM: more than BOOT_MEM_MAX entries. ERANGE: some of the range is beyond MEMORY_LIMIT (what
 * is below has been added). */
enum plinth_status memory_add_ram(struct memory_map *map, uint64_t base, uint64_t size);

/* Gives every page that the range touches and that is RAM the type, whatever it was. A range that
 * wraps ends at the end of the address space.
 * ENOMEM: more than BOOT_MEM_MAX entries. */
enum plinth_status memory_set_type(
	struct memory_map *map, uint64_t base, uint64_t size, enum boot_mem_type type);

/* Is all of the range (size > 0, not wrapping) RAM, of whatever type? */
bool memory_is_ram(const struct memory_map *map, uint64_t base, uint64_t size);

/* Takes `size` bytes, rounded up to pages, from the top of the highest free range that has them,
 * at a multiple of `align` (a power of 2; less than a page counts as a page).
 * EINVAL: size is 0. ENOMEM: no free range is large enough, or the map has no entry left. */
enum plinth_status memory_alloc(struct memory_map *map, uint64_t size, uint64_t align,
	enum boot_mem_type type, uint64_t *base);

/* The same from the bottom of the lowest free range that has them. */
enum plinth_status memory_alloc_lowest(struct memory_map *map, uint64_t size, uint64_t align,
	enum boot_mem_type type, uint64_t *base);

/* Bytes of RAM of one type. */
uint64_t memory_total(const struct memory_map *map, enum boot_mem_type type);

#endif
