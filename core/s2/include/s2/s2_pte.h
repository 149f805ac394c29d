/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One stage-2 descriptor, 4 KiB granule (DDI 0487, D8.3). Built by the constructors and read by
 * the predicates below: nobody else knows the bits.
 *
 *   valid leaf    architecture's fields; software bits [56:55] page state, [57] written,
 *                 [58] dirty log (reserved)
 *   invalid       bit 0 is 0, all others are ours: zero for "nothing", or a note (s2_pte_note)
 */
#ifndef S2_S2_PTE_H
#define S2_S2_PTE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/types.h"
#include "s2/s2_state.h"

typedef struct {
	uint64_t v;
} s2_pte_t;

#define S2_LEVEL_FIRST 1U /* 1 GiB leaves; the root starts here for every IPA size we use */
#define S2_LEVEL_LAST  3U /* 4 KiB leaves */
#define S2_LEVEL_1G    1U
#define S2_LEVEL_2M    2U
#define S2_LEVEL_4K    3U

/* What a leaf lets the guest do, and what we remember about it. Reading is always allowed. */
#define S2_ATTR_WRITE  UINT32_C(0x01)
#define S2_ATTR_EXEC   UINT32_C(0x02)
#define S2_ATTR_DEVICE UINT32_C(0x04) /* Device-nGnRE; else Normal write-back, inner shareable */
#define S2_ATTR_WRITTEN                                                                            \
	UINT32_C(0x08)			 /* somebody other than the guest wrote it since the last  \
					  * maintenance for fetching: true of every page of a block */
#define S2_ATTR_DIRTY_LOG UINT32_C(0x10) /* reserved */

/* Bytes that one entry of `level` maps, and the same as an order of 4 KiB pages. */
static inline uint64_t s2_level_size(unsigned level)
{
	return PAGE_SIZE << (9U * (S2_LEVEL_LAST - level));
}

static inline unsigned s2_level_order(unsigned level)
{
	return 9U * (S2_LEVEL_LAST - level);
}

/* `fwb`: HCR_EL2.FWB is set, which changes the meaning of MemAttr (DDI 0487, D8.6.6). pa must be
 * aligned to the level's size. `state` must be one that a valid entry can hold. */
s2_pte_t s2_pte_leaf(pa_t pa, unsigned level, uint32_t attrs, enum s2_page_state state, bool fwb);
s2_pte_t s2_pte_table(pa_t table);
/* An invalid entry that remembers `state` (S2_PAGE_NONE gives zero). */
s2_pte_t s2_pte_note(enum s2_page_state state);
/* The same leaf without its valid bit: no translation any more, its fields still readable by
 * s2_pte_pa and s2_pte_attrs. Only while s2_clear_step has it in work. */
s2_pte_t s2_pte_dying(s2_pte_t leaf);
/* The leaf that entry `index` of a table has, when that table replaces the block `block` of
 * `level`. */
s2_pte_t s2_pte_split(s2_pte_t block, unsigned level, unsigned index);

bool s2_pte_is_valid(s2_pte_t pte);
bool s2_pte_is_table(s2_pte_t pte, unsigned level);
bool s2_pte_is_leaf(s2_pte_t pte, unsigned level);
bool s2_pte_is_dying(s2_pte_t pte);
pa_t s2_pte_pa(s2_pte_t pte); /* of the table or the leaf */
uint32_t s2_pte_attrs(s2_pte_t leaf);
enum s2_page_state s2_pte_state(s2_pte_t pte);

#endif
