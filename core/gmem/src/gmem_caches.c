/* SPDX-License-Identifier: Apache-2.0 */
#include "base/bits.h"
#include "base/compiler.h"
#include "gmem_private.h"

#define SWEEP_BYTES   KIB(512) /* of one step: 8,192 lines of 64 bytes */
#define SWEEP_ENTRIES 1024U

/* One step of hiding: looks at this many entries, or changes this many runs, each of which takes an
 * invalidation. */
#define HIDE_ENTRIES 1024U
#define HIDE_CHANGES 64U

/* One copy for all, but gmem_fetch() has its own. */
NOINLINE void gmem_maintain(struct gmem *gmem, enum coh_reason reason, pa_t pa, uint64_t size)
{
	coh_do(reason, (uintptr_t)pa_to_va(pa), size, &gmem->counters.coh);
}

/* Was the leaf shown while all caches were on, and may not be at PoC? In a VM with several vCPUs
 * what is executed goes there (to_poc), so it is what others wrote since. What a run left in a
 * range, the next one did not write: then it is all. */
static bool is_behind_poc(const struct gmem *gmem, const struct s2_leaf *leaf)
{
	return leaf->valid && (leaf->attrs & S2_ATTR_UNTOUCHED) == 0U &&
	       (gmem->hide_all || !gmem->to_poc || (leaf->attrs & S2_ATTR_WRITTEN) != 0U);
}

void gmem_hide_from(struct gmem *gmem, uint32_t area)
{
	gmem->hide_area = area;
	gmem->hide_next = area < gmem->area_count ? gmem->area[area].ipa : 0U;
}

/* What is to be looked at next. False: all areas are through. */
static bool hide_find(struct gmem *gmem, struct s2_leaf *leaf)
{
	while (gmem->hide_area < gmem->area_count) {
		const struct gmem_area *area = &gmem->area[gmem->hide_area];

		if (gmem->hide_next < area->ipa + area->size &&
			s2_lookup(&gmem->space, ipa_init(gmem->hide_next), leaf) == PLINTH_OK) {
			return true;
		}
		gmem_hide_from(gmem, gmem->hide_area + 1U);
	}
	return false;
}

/* The run before wrote what it could, and it is not this one: vCPUs that start later, when the
 * first has its caches on, are to find it at PoC as well. */
static uint32_t hidden_attrs(const struct gmem *gmem, const struct s2_leaf *leaf)
{
	bool written = gmem->hide_all && (leaf->attrs & S2_ATTR_WRITE) != 0U;

	return S2_ATTR_UNTOUCHED | (written ? S2_ATTR_WRITTEN : 0U);
}

/* From hide_next on: the next access to what was shown before faults, and is maintained then. */
static enum plinth_status hide_step(struct gmem *gmem)
{
	unsigned changes = 0;

	for (unsigned i = 0; i < HIDE_ENTRIES && changes < HIDE_CHANGES; i++) {
		struct s2_leaf leaf;
		unsigned count = 1;

		if (!hide_find(gmem, &leaf)) {
			gmem->hide_all = false;
			return PLINTH_OK;
		}
		if (leaf.valid && leaf.level == S2_LEVEL_4K) {
			count = s2_run(&leaf, BIT(PMEM_ORDER_2M));
		}
		if (is_behind_poc(gmem, &leaf)) {
			s2_protect(&gmem->space, &leaf, count, hidden_attrs(gmem, &leaf), 0);
			changes++;
		}
		gmem->hide_next = leaf.ipa.v + count * s2_level_size(leaf.level);
	}
	return PLINTH_EAGAIN;
}

enum plinth_status gmem_caches_off(struct gmem *gmem)
{
	enum plinth_status status = PLINTH_OK;

	if (!lock_take_soon(&gmem->lock)) {
		return PLINTH_EAGAIN;
	}
	/* With FWB no access goes past the caches (DDI 0487, D8.6.6). */
	if (!coh_strategy()->fwb) {
		if (!gmem->mmu_off) {
			gmem_set_mmu_off(gmem, true);
			gmem->off_run_count = 0;
			gmem_hide_from(gmem, 0);
		}
		status = hide_step(gmem);
	}
	lock_drop(&gmem->lock);
	return status;
}

/* Maintains present memory from *cursor, at most one step's worth. */
static enum plinth_status sweep_step(struct gmem *gmem, enum coh_reason reason, ipa_t *cursor)
{
	uint64_t budget = SWEEP_BYTES;

	for (unsigned i = 0; i < SWEEP_ENTRIES && budget != 0U; i++) {
		struct s2_leaf leaf;

		if (s2_lookup(&gmem->space, *cursor, &leaf) != PLINTH_OK) {
			return PLINTH_OK;
		}
		uint64_t end = leaf.ipa.v + s2_level_size(leaf.level);
		uint64_t start = max_u64(leaf.ipa.v, cursor->v);

		if (!leaf.valid || (leaf.attrs & S2_ATTR_DEVICE) != 0U) {
			*cursor = ipa_init(end);
			continue;
		}
		uint64_t size = min_u64(end - start, budget);

		gmem_maintain(gmem, reason, pa_add(leaf.pa, start - leaf.ipa.v), size);
		*cursor = ipa_init(start + size);
		budget -= size;
	}
	return PLINTH_EAGAIN;
}

/* The runs that were mapped with caches off: at most GMEM_OFF_RUN_MAX small ones. */
static void maintain_off_runs(struct gmem *gmem)
{
	for (uint32_t i = 0; i < gmem->off_run_count; i++) {
		uint64_t pages = (gmem->off_run[i] & (PAGE_SIZE - 1U)) + 1U;
		ipa_t ipa = ipa_init(align_down(gmem->off_run[i], PAGE_SIZE));

		for (uint64_t n = 0; n < pages; n++) {
			struct s2_leaf leaf;

			if (s2_lookup(&gmem->space, ipa_add(ipa, n * PAGE_SIZE), &leaf) ==
					PLINTH_OK &&
				leaf.valid) {
				gmem_maintain(gmem, COH_CACHES_ON, leaf.pa, PAGE_SIZE);
			}
		}
	}
}

enum plinth_status gmem_caches_on(struct gmem *gmem, ipa_t *cursor)
{
	enum plinth_status status = PLINTH_OK;

	if (!lock_take_soon(&gmem->lock)) {
		return PLINTH_EAGAIN;
	}
	if (gmem->mmu_off) {
		if (gmem->off_run_count > GMEM_OFF_RUN_MAX) {
			status = sweep_step(gmem, COH_CACHES_ON, cursor);
		} else {
			maintain_off_runs(gmem);
		}
		gmem_set_mmu_off(gmem, status != PLINTH_OK);
	}
	lock_drop(&gmem->lock);
	return status;
}

enum plinth_status gmem_set_way(struct gmem *gmem, ipa_t *cursor)
{
	enum plinth_status status;

	if (!lock_take_soon(&gmem->lock)) {
		return PLINTH_EAGAIN;
	}
	status = sweep_step(gmem, COH_SET_WAY, cursor);
	lock_drop(&gmem->lock);
	return status;
}
