/* SPDX-License-Identifier: Apache-2.0 */
#include "base/bits.h"
#include "base/checked.h"
#include "gmem_private.h"
#include "pmem/pmem.h"

static enum plinth_status map_page(struct gmem *gmem, ipa_t ipa, pa_t pa, uint32_t attrs)
{
	const struct s2_leaf leaf = {
		.ipa = ipa,
		.pa = pa,
		.level = S2_LEVEL_4K,
		.attrs = attrs,
		.state = S2_PAGE_SHARED_BORROWER, /* not the VM's to give back */
	};
	struct s2_leaf there;
	enum plinth_status status = s2_lookup(&gmem->space, ipa, &there);

	if (status == PLINTH_OK && there.valid) {
		status = PLINTH_EEXIST;
	}
	if (status == PLINTH_OK) {
		status = s2_prepare(&gmem->space, ipa, S2_LEVEL_4K);
	}
	if (status == PLINTH_OK) {
		s2_map(&gmem->space, &leaf, 1);
	}
	return status;
}

static bool overlaps_memory(const struct gmem *gmem, ipa_t ipa, uint64_t size)
{
	for (uint32_t i = 0; i < gmem->area_count; i++) {
		if (ranges_overlap(ipa.v, size, gmem->area[i].ipa, gmem->area[i].size)) {
			return true;
		}
	}
	return false;
}

/* What is none of the VM's memory. */
static enum plinth_status map_foreign(
	struct gmem *gmem, ipa_t ipa, pa_t pa, uint64_t size, uint32_t attrs)
{
	enum plinth_status status = PLINTH_OK;

	if (!is_aligned(ipa.v | pa.v | size, PAGE_SIZE) || size == 0U) {
		return PLINTH_EINVAL;
	}
	if (!range_contains(0, BIT(s2_features()->ipa_bits), ipa.v, size)) {
		return PLINTH_ERANGE;
	}
	if (overlaps_memory(gmem, ipa, size)) {
		return PLINTH_EEXIST;
	}
	lock_take(&gmem->lock);
	if ((attrs & S2_ATTR_DEVICE) == 0U) {
		/* A guest that reads it past its caches is not to see what was there before. */
		gmem_maintain(gmem, COH_PAGE_TO_MMU_OFF_GUEST, pa, size);
	}
	for (uint64_t done = 0; done < size && status == PLINTH_OK; done += PAGE_SIZE) {
		status = map_page(gmem, ipa_add(ipa, done), pa_add(pa, done), attrs);
	}
	lock_drop(&gmem->lock);
	return status;
}

enum plinth_status gmem_map_device(struct gmem *gmem, ipa_t ipa, pa_t pa, uint64_t size)
{
	return map_foreign(gmem, ipa, pa, size, S2_ATTR_DEVICE | S2_ATTR_WRITE);
}

enum plinth_status gmem_map_readonly(struct gmem *gmem, ipa_t ipa, pa_t pa, uint64_t size)
{
	return map_foreign(gmem, ipa, pa, size, 0);
}
