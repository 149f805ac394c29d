/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The firmware's address space: identity, 39 bits, 4 KiB granule, from level 1 (DDI 0487, D8.3).
 * Blocks are split where a part of one gets other permissions, by break-before-make: the firmware's
 * own memory, with its stack and these tables, is in pages from the start.
 */
#ifndef PAGING_FW_PAGING_H
#define PAGING_FW_PAGING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "fw/platform.h"

#define FW_PAGING_BITS	  39U
#define FW_PAGING_ENTRIES 512U
#define FW_PAGING_ASID	  1U

struct fw_paging {
	uint64_t *root;
	/* A page for a table, of any content; NULL: there is none. Not out of a block that is going
	 * to be split. */
	uint64_t *(*take_table)(uint32_t level);
	/* After an entry was made invalid: completes that for all walks. */
	void (*invalidate)(void);
};

/* Nothing is mapped. */
void fw_paging_init(struct fw_paging *paging, uint64_t *root, uint64_t *(*take_table)(uint32_t),
	void (*invalidate)(void));

/* Maps whole pages of RAM, or of devices (never executable), where nothing was. ENOMEM: out of
 * tables. ERANGE: outside of the 39 bits. */
enum plinth_status fw_paging_map(
	struct fw_paging *paging, uint64_t base, uint64_t size, enum fw_access access);
enum plinth_status fw_paging_map_device(struct fw_paging *paging, uint64_t base, uint64_t size);

/* Changes what may be done with whole pages that are mapped. ENOMEM; ENOENT: a page is not mapped.
 */
enum plinth_status fw_paging_protect(
	struct fw_paging *paging, uint64_t base, uint64_t size, enum fw_access access);

/* What may be done at that address; false: it is not mapped. */
bool fw_paging_access(const struct fw_paging *paging, uint64_t address, enum fw_access *access);

/* Marks the pages of code that was compiled with landing pads (FEAT_BTI). They are mapped. */
enum plinth_status fw_paging_guard(struct fw_paging *paging, uint64_t base, uint64_t size);

#endif
