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

#include "base/bits.h"
#include "base/types.h"
#include "s2/s2_state.h"

typedef struct {
	uint64_t v;
} s2_pte_t;

/* DDI 0487, D8.3.1 and D8.3.2: descriptors of stage 2, 4 KiB granule, 48-bit addresses. */
#define S2_PTE_VALID	     BIT(0)
#define S2_PTE_TABLE_OR_PAGE BIT(1)
#define S2_PTE_MEMATTR_SHIFT 2U
#define S2_PTE_MEMATTR_WIDTH 4U
#define S2_PTE_S2AP_READ     BIT(6)
#define S2_PTE_S2AP_WRITE    BIT(7)
#define S2_PTE_SH_INNER	     (BIT(8) | BIT(9))
#define S2_PTE_AF	     BIT(10)
#define S2_PTE_ADDRESS	     (MASK_BELOW(48) & ~MASK_BELOW(12))
/* XN[1:0] is bits 54:53; 10 forbids EL1 and EL0, with FEAT_XNX and without. */
#define S2_PTE_XN	   BIT(54)
#define S2_PTE_STATE_SHIFT 55U
#define S2_PTE_STATE_WIDTH 2U
#define S2_PTE_WRITTEN	   BIT(57)
#define S2_PTE_DIRTY_LOG   BIT(58)

#define S2_PTE_PERMISSIONS (S2_PTE_S2AP_WRITE | S2_PTE_XN | S2_PTE_AF)

#define S2_MEMATTR_DEVICE_nGnRE 0x1U /* with FWB and without */
#define S2_MEMATTR_NORMAL_WB	0xfU
#define S2_MEMATTR_FWB_NORMAL	0x6U /* write-back whatever stage 1 says */

/* Notes in invalid entries. */
#define S2_NOTE_DYING	    BIT(1)
#define S2_NOTE_STATE_SHIFT 2U
#define S2_NOTE_STATE_WIDTH 3U

#define S2_LEVEL_FIRST 1U /* 1 GiB leaves; the root starts here for every IPA size we use */
#define S2_LEVEL_LAST  3U /* 4 KiB leaves */
#define S2_LEVEL_1G    1U
#define S2_LEVEL_2M    2U
#define S2_LEVEL_4K    3U

/*
 * What a leaf lets the guest do, and what we remember about it. Reading is always allowed. Faults
 * decode leaves all the time, so the attributes are the descriptor's own bits, its upper half
 * folded onto its lower; those of S2_ATTR_INVERSE are set where the descriptor's bit is clear.
 */
#define S2_ATTR_UPPER(bit) ((uint32_t)((bit) >> 32))
#define S2_ATTR_DEVICE	   UINT32_C(0x1) /* Device-nGnRE; else Normal write-back, inner shareable */
#define S2_ATTR_WRITE	   ((uint32_t)S2_PTE_S2AP_WRITE)
#define S2_ATTR_UNTOUCHED  ((uint32_t)S2_PTE_AF) /* the guest's first access faults */
#define S2_ATTR_EXEC	   S2_ATTR_UPPER(S2_PTE_XN)
/* Somebody other than the guest wrote it since the last maintenance for fetching: true of every
 * page of a block. */
#define S2_ATTR_WRITTEN	  S2_ATTR_UPPER(S2_PTE_WRITTEN)
#define S2_ATTR_DIRTY_LOG S2_ATTR_UPPER(S2_PTE_DIRTY_LOG) /* reserved */

#define S2_ATTR_IN_LOWER (S2_ATTR_WRITE | S2_ATTR_UNTOUCHED)
#define S2_ATTR_IN_UPPER (S2_ATTR_EXEC | S2_ATTR_WRITTEN | S2_ATTR_DIRTY_LOG)
#define S2_ATTR_INVERSE	 (S2_ATTR_EXEC | S2_ATTR_UNTOUCHED)

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
/* The leaf that the first entry of a table has, when that table replaces the block `block` of
 * `level`; each further one is s2_level_size(level + 1) above. */
s2_pte_t s2_pte_split(s2_pte_t block, unsigned level);
/* How to set and clear attributes (not S2_ATTR_DEVICE) of leaves. */
struct s2_pte_edit {
	uint64_t set;
	uint64_t clear;
};

/* The descriptor's bits of these attributes. */
static inline uint64_t s2_pte_bits(uint32_t attrs)
{
	return (attrs & S2_ATTR_IN_LOWER) | (uint64_t)(attrs & S2_ATTR_IN_UPPER) << 32;
}

/* Costs nothing where the attributes are constant. */
static inline struct s2_pte_edit s2_pte_edit(uint32_t set, uint32_t clear)
{
	return (struct s2_pte_edit){
		.set = s2_pte_bits((set & ~S2_ATTR_INVERSE) | (clear & S2_ATTR_INVERSE)),
		.clear = s2_pte_bits((clear & ~S2_ATTR_INVERSE) | (set & S2_ATTR_INVERSE)),
	};
}

static inline s2_pte_t s2_pte_edited(s2_pte_t leaf, const struct s2_pte_edit *edit)
{
	return (s2_pte_t){(leaf.v & ~edit->clear) | edit->set};
}

/* States as valid entries hold them in two bits. */
extern const enum s2_page_state s2_valid_states[4];

static inline bool s2_pte_is_valid(s2_pte_t pte)
{
	return (pte.v & S2_PTE_VALID) != 0U;
}

static inline bool s2_pte_is_table(s2_pte_t pte, unsigned level)
{
	return s2_pte_is_valid(pte) && level < S2_LEVEL_LAST &&
	       (pte.v & S2_PTE_TABLE_OR_PAGE) != 0U;
}

static inline bool s2_pte_is_leaf(s2_pte_t pte, unsigned level)
{
	return s2_pte_is_valid(pte) && !s2_pte_is_table(pte, level);
}

static inline bool s2_pte_is_dying(s2_pte_t pte)
{
	return (pte.v & (S2_PTE_VALID | S2_NOTE_DYING)) == S2_NOTE_DYING;
}

static inline pa_t s2_pte_pa(s2_pte_t pte)
{
	return pa_init(pte.v & S2_PTE_ADDRESS);
}

static inline uint32_t s2_pte_attrs(s2_pte_t leaf)
{
	uint32_t attrs =
		((uint32_t)leaf.v & S2_ATTR_IN_LOWER) | (S2_ATTR_UPPER(leaf.v) & S2_ATTR_IN_UPPER);

	attrs ^= S2_ATTR_INVERSE;
	if (FIELD_GET(leaf.v, S2_PTE_MEMATTR) == S2_MEMATTR_DEVICE_nGnRE) {
		attrs |= S2_ATTR_DEVICE;
	}
	return attrs;
}

static inline enum s2_page_state s2_pte_state(s2_pte_t pte)
{
	if (s2_pte_is_valid(pte) || s2_pte_is_dying(pte)) {
		return s2_valid_states[FIELD_GET(pte.v, S2_PTE_STATE)];
	}
	return (enum s2_page_state)FIELD_GET(pte.v, S2_NOTE_STATE);
}

#endif
