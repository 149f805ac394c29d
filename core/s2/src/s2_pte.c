/* SPDX-License-Identifier: Apache-2.0 */
#include "s2/s2_pte.h"

#include "base/bits.h"
#include "base/check.h"

/* States as valid entries hold them in two bits. */
const enum s2_page_state s2_valid_states[4] = {
	S2_PAGE_OWNED, S2_PAGE_SHARED_OWNER, S2_PAGE_SHARED_BORROWER, S2_PAGE_LENT_IN};

static uint64_t state_code(enum s2_page_state state)
{
	for (unsigned i = 0; i < 4U; i++) {
		if (s2_valid_states[i] == state) {
			return i;
		}
	}
	PANIC("page state %d has no translation", (int)state);
}

static uint64_t memattr(uint32_t attrs, bool fwb)
{
	if ((attrs & S2_ATTR_DEVICE) != 0U) {
		return S2_MEMATTR_DEVICE_nGnRE;
	}
	return fwb ? S2_MEMATTR_FWB_NORMAL : S2_MEMATTR_NORMAL_WB;
}

s2_pte_t s2_pte_leaf(pa_t pa, unsigned level, uint32_t attrs, enum s2_page_state state, bool fwb)
{
	uint64_t v = pa.v | S2_PTE_VALID | S2_PTE_S2AP_READ | S2_PTE_SH_INNER |
		     FIELD_PREP(S2_PTE_MEMATTR, memattr(attrs, fwb)) |
		     FIELD_PREP(S2_PTE_STATE, state_code(state));

	PLINTH_CHECK(is_aligned(pa.v, s2_level_size(level)) && (pa.v & ~S2_PTE_ADDRESS) == 0U);
	v |= level == S2_LEVEL_LAST ? S2_PTE_TABLE_OR_PAGE : 0U;
	v |= s2_pte_bits(attrs ^ S2_ATTR_INVERSE);
	return (s2_pte_t){v};
}

s2_pte_t s2_pte_table(pa_t table)
{
	PLINTH_CHECK((table.v & ~S2_PTE_ADDRESS) == 0U);
	return (s2_pte_t){table.v | S2_PTE_VALID | S2_PTE_TABLE_OR_PAGE};
}

s2_pte_t s2_pte_note(enum s2_page_state state)
{
	return (s2_pte_t){FIELD_PREP(S2_NOTE_STATE, state)};
}

s2_pte_t s2_pte_dying(s2_pte_t leaf)
{
	return (s2_pte_t){(leaf.v & ~S2_PTE_VALID) | S2_NOTE_DYING};
}

s2_pte_t s2_pte_split(s2_pte_t block, unsigned level)
{
	/* The table bit is the only one that differs between a block and a page. */
	return (s2_pte_t){
		block.v | (level + 1U == S2_LEVEL_LAST ? S2_PTE_TABLE_OR_PAGE : 0U),
	};
}
