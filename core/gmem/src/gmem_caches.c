/* SPDX-License-Identifier: Apache-2.0 */
#include "base/bits.h"
#include "gmem_private.h"

#define SWEEP_BYTES  KIB(512) /* of one step: 8,192 lines of 64 bytes */
#define SWEEP_LEAVES 512U

/* What others wrote in [ipa, end) and that has not been maintained: the next access faults. */
static void hide_written(struct gmem *gmem, ipa_t ipa, uint64_t end)
{
	struct s2_leaf leaf;

	while (s2_next(&gmem->space, ipa, &leaf) == PLINTH_OK && leaf.ipa.v < end) {
		unsigned count = leaf.level == S2_LEVEL_4K ? s2_run(&leaf, BIT(PMEM_ORDER_2M)) : 1U;

		if ((leaf.attrs & (S2_ATTR_WRITTEN | S2_ATTR_UNTOUCHED)) == S2_ATTR_WRITTEN) {
			s2_protect(&gmem->space, &leaf, count, S2_ATTR_UNTOUCHED, 0);
		}
		ipa = ipa_add(leaf.ipa, count * s2_level_size(leaf.level));
	}
}

void gmem_caches_off(struct gmem *gmem)
{
	lock_take(&gmem->lock);
	/* With FWB no access goes past the caches (DDI 0487, D8.6.6). */
	if (!gmem->mmu_off && !coh_strategy()->fwb) {
		gmem->mmu_off = true;
		gmem->off_run_count = 0;
		for (uint32_t i = 0; i < gmem->image_count; i++) {
			const struct vm_image *image = &gmem->image[i];

			hide_written(gmem, ipa_init(image->ipa), image->ipa + image->size);
		}
	}
	lock_drop(&gmem->lock);
}

/* Maintains present memory from *cursor, at most one step's worth. */
static enum plinth_status sweep_step(struct gmem *gmem, enum coh_reason reason, ipa_t *cursor)
{
	uint64_t budget = SWEEP_BYTES;

	for (unsigned i = 0; i < SWEEP_LEAVES && budget != 0U; i++) {
		struct s2_leaf leaf;

		if (s2_next(&gmem->space, *cursor, &leaf) != PLINTH_OK) {
			return PLINTH_OK;
		}
		uint64_t end = leaf.ipa.v + s2_level_size(leaf.level);
		uint64_t start = max_u64(leaf.ipa.v, cursor->v);

		if ((leaf.attrs & S2_ATTR_DEVICE) != 0U) {
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

	lock_take(&gmem->lock);
	if (gmem->mmu_off) {
		if (gmem->off_run_count > GMEM_OFF_RUN_MAX) {
			status = sweep_step(gmem, COH_CACHES_ON, cursor);
		} else {
			maintain_off_runs(gmem);
		}
		gmem->mmu_off = status != PLINTH_OK;
	}
	lock_drop(&gmem->lock);
	return status;
}

enum plinth_status gmem_set_way(struct gmem *gmem, ipa_t *cursor)
{
	enum plinth_status status;

	lock_take(&gmem->lock);
	status = sweep_step(gmem, COH_SET_WAY, cursor);
	lock_drop(&gmem->lock);
	return status;
}
