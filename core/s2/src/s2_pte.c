/* SPDX-License-Identifier: Apache-2.0 */
#include "s2/s2_pte.h"

#include "base/bits.h"
#include "base/check.h"

/* DDI 0487, D8.3.1 and D8.3.2: descriptors of stage 2, 4 KiB granule, 48-bit addresses. */
#define PTE_VALID	  BIT(0)
#define PTE_TABLE_OR_PAGE BIT(1)
#define PTE_MEMATTR_SHIFT 2U
#define PTE_MEMATTR_WIDTH 4U
#define PTE_S2AP_READ	  BIT(6)
#define PTE_S2AP_WRITE	  BIT(7)
#define PTE_SH_INNER	  (BIT(8) | BIT(9))
#define PTE_AF		  BIT(10)
#define PTE_ADDRESS	  (MASK_BELOW(48) & ~MASK_BELOW(12))
/* XN[1:0] is bits 54:53; 10 forbids EL1 and EL0, with FEAT_XNX and without. */
#define PTE_XN		BIT(54)
#define PTE_STATE_SHIFT 55U
#define PTE_STATE_WIDTH 2U
#define PTE_WRITTEN	BIT(57)
#define PTE_DIRTY_LOG	BIT(58)

#define MEMATTR_DEVICE_nGnRE 0x1U /* with FWB and without */
#define MEMATTR_NORMAL_WB    0xfU
#define MEMATTR_FWB_NORMAL   0x6U /* write-back whatever stage 1 says */

/* Notes in invalid entries. */
#define NOTE_DYING	 BIT(1)
#define NOTE_STATE_SHIFT 2U
#define NOTE_STATE_WIDTH 3U

/* States as valid entries hold them in two bits. */
static const enum s2_page_state valid_states[] = {
	S2_PAGE_OWNED, S2_PAGE_SHARED_OWNER, S2_PAGE_SHARED_BORROWER, S2_PAGE_LENT_IN};

static uint64_t state_code(enum s2_page_state state)
{
	for (unsigned i = 0; i < 4U; i++) {
		if (valid_states[i] == state) {
			return i;
		}
	}
	PANIC("page state %d has no translation", (int)state);
}

static uint64_t memattr(uint32_t attrs, bool fwb)
{
	if ((attrs & S2_ATTR_DEVICE) != 0U) {
		return MEMATTR_DEVICE_nGnRE;
	}
	return fwb ? MEMATTR_FWB_NORMAL : MEMATTR_NORMAL_WB;
}

s2_pte_t s2_pte_leaf(pa_t pa, unsigned level, uint32_t attrs, enum s2_page_state state, bool fwb)
{
	uint64_t v = pa.v | PTE_VALID | PTE_S2AP_READ | PTE_SH_INNER | PTE_AF |
		     FIELD_PREP(PTE_MEMATTR, memattr(attrs, fwb)) |
		     FIELD_PREP(PTE_STATE, state_code(state));

	PLINTH_CHECK(is_aligned(pa.v, s2_level_size(level)) && (pa.v & ~PTE_ADDRESS) == 0U);
	v |= level == S2_LEVEL_LAST ? PTE_TABLE_OR_PAGE : 0U;
	v |= (attrs & S2_ATTR_WRITE) != 0U ? PTE_S2AP_WRITE : 0U;
	v |= (attrs & S2_ATTR_EXEC) != 0U ? 0U : PTE_XN;
	v |= (attrs & S2_ATTR_WRITTEN) != 0U ? PTE_WRITTEN : 0U;
	v |= (attrs & S2_ATTR_DIRTY_LOG) != 0U ? PTE_DIRTY_LOG : 0U;
	return (s2_pte_t){v};
}

s2_pte_t s2_pte_table(pa_t table)
{
	PLINTH_CHECK((table.v & ~PTE_ADDRESS) == 0U);
	return (s2_pte_t){table.v | PTE_VALID | PTE_TABLE_OR_PAGE};
}

s2_pte_t s2_pte_note(enum s2_page_state state)
{
	return (s2_pte_t){FIELD_PREP(NOTE_STATE, state)};
}

s2_pte_t s2_pte_dying(s2_pte_t leaf)
{
	return (s2_pte_t){(leaf.v & ~PTE_VALID) | NOTE_DYING};
}

s2_pte_t s2_pte_split(s2_pte_t block, unsigned level, unsigned index)
{
	uint64_t v = block.v + index * s2_level_size(level + 1U);

	/* The table bit is the only one that differs between a block and a page. */
	v |= level + 1U == S2_LEVEL_LAST ? PTE_TABLE_OR_PAGE : 0U;
	return (s2_pte_t){v};
}

bool s2_pte_is_valid(s2_pte_t pte)
{
	return (pte.v & PTE_VALID) != 0U;
}

bool s2_pte_is_table(s2_pte_t pte, unsigned level)
{
	return s2_pte_is_valid(pte) && level < S2_LEVEL_LAST && (pte.v & PTE_TABLE_OR_PAGE) != 0U;
}

bool s2_pte_is_leaf(s2_pte_t pte, unsigned level)
{
	return s2_pte_is_valid(pte) && !s2_pte_is_table(pte, level);
}

bool s2_pte_is_dying(s2_pte_t pte)
{
	return (pte.v & (PTE_VALID | NOTE_DYING)) == NOTE_DYING;
}

pa_t s2_pte_pa(s2_pte_t pte)
{
	return pa_init(pte.v & PTE_ADDRESS);
}

uint32_t s2_pte_attrs(s2_pte_t leaf)
{
	uint32_t attrs = 0;

	attrs |= (leaf.v & PTE_S2AP_WRITE) != 0U ? S2_ATTR_WRITE : 0U;
	attrs |= (leaf.v & PTE_XN) != 0U ? 0U : S2_ATTR_EXEC;
	attrs |= (leaf.v & PTE_WRITTEN) != 0U ? S2_ATTR_WRITTEN : 0U;
	attrs |= (leaf.v & PTE_DIRTY_LOG) != 0U ? S2_ATTR_DIRTY_LOG : 0U;
	if (FIELD_GET(leaf.v, PTE_MEMATTR) == MEMATTR_DEVICE_nGnRE) {
		attrs |= S2_ATTR_DEVICE;
	}
	return attrs;
}

enum s2_page_state s2_pte_state(s2_pte_t pte)
{
	if (s2_pte_is_valid(pte) || s2_pte_is_dying(pte)) {
		return valid_states[FIELD_GET(pte.v, PTE_STATE)];
	}
	return (enum s2_page_state)FIELD_GET(pte.v, NOTE_STATE);
}
