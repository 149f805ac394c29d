/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What guests pass to Plinth is small, and nearly always memory that is as it has to be already:
 * answered from the descriptor alone.
 */
#include "base/bits.h"
#include "base/compiler.h"
#include "base/string.h"
#include "gmem_private.h"

#define SMALL	64U
#define NO_PAGE UINT64_MAX

/* The page of RAM, where gmem_copy_part() would change nothing about it. NULL: it is none, or
 * would. RAM has nothing but the VM's memory: what a descriptor there lets the guest read, we may.
 */
static inline uint8_t *ready(const struct gmem *gmem, uint64_t page, bool write)
{
	uint64_t wanted = S2_PTE_VALID | S2_PTE_AF;
	unsigned level;

	if (gmem->mmu_off || !gmem_is_ram(gmem, ipa_init(page))) {
		return NULL;
	}
	if (write) {
		wanted |= S2_PTE_S2AP_WRITE | S2_PTE_WRITTEN | S2_PTE_XN;
	}
	s2_pte_t pte = *s2_entry(&gmem->space, ipa_init(page), S2_LEVEL_LAST, &level);

	if ((pte.v & wanted) != wanted) {
		return NULL;
	}
	return (uint8_t *)pa_to_va(s2_pte_pa(pte)) + (page & (s2_level_size(level) - 1U));
}

/* At most SMALL bytes: words, or halfwords, as names and what stands behind them in a store of
 * variables are aligned. */
static inline void copy(void *to, const void *from, size_t size)
{
	uintptr_t all = (uintptr_t)to | (uintptr_t)from | size;
	uint64_t *words = to;
	uint16_t *halves = to;

	if ((all & 7U) == 0U && size <= SMALL) {
		for (size_t i = 0; i < size / sizeof(*words); i++) {
			words[i] = ((const uint64_t *)from)[i];
		}
	} else if ((all & 1U) == 0U && size <= SMALL) {
		for (size_t i = 0; i < size / sizeof(*halves); i++) {
			halves[i] = ((const uint16_t *)from)[i];
		}
	} else {
		gmem_copy_bytes(to, from, size);
	}
}

enum plinth_status gmem_copy_parts(
	struct gmem *gmem, const struct gmem_part *parts, unsigned count, bool write)
{
	enum plinth_status status = PLINTH_OK;
	uint64_t known = NO_PAGE; /* the page that is at `base` */
	uint8_t *base = NULL;

	lock_take(&gmem->lock);
	for (unsigned i = 0; i < count && status == PLINTH_OK; i++) {
		const struct gmem_part *part = &parts[i];
		uint64_t page = align_down(part->ipa.v, PAGE_SIZE);

		if (page != known) {
			known = page;
			base = ready(gmem, page, write);
		}
		if (LIKELY(base != NULL)) {
			uint8_t *at = base + (part->ipa.v - page);

			copy(write ? at : part->to, write ? part->from : at, part->size);
		} else {
			status = gmem_copy_part(gmem, part, write);
			known = NO_PAGE;
		}
	}
	lock_drop(&gmem->lock);
	return status;
}
