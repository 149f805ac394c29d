/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Images that a guest writes most of, copied before it starts: block by block, laid out in stage 2
 * but not shown yet, since how that is to be done depends on the caches of who touches it first.
 */
#include "base/bits.h"
#include "base/checked.h"
#include "gmem_private.h"
#include "hypmap/hypmap.h"
#include "pmem/pmem.h"

/* The lowest block of RAM from `from` on that such an image lies in. */
static bool next_block(const struct gmem *gmem, uint64_t from, uint64_t *block)
{
	*block = UINT64_MAX;
	for (uint32_t i = 0; i < gmem->image_count; i++) {
		const struct vm_image *image = &gmem->image[i];
		uint64_t start = max_u64(align_down(image->ipa, BLOCK_2M), from);

		if ((image->flags & VM_IMAGE_FLAG_WRITTEN) != 0U &&
			start < image->ipa + image->size) {
			*block = min_u64(*block, start);
		}
	}
	return *block != UINT64_MAX;
}

static void fill_block(const struct gmem *gmem, ipa_t ipa, pa_t pa)
{
	pa_t source;

	if (gmem_image_content(gmem, ipa, BLOCK_2M, 1, &source) != GMEM_CONTENT_IN_PLACE) {
		pmem_zero_fresh(pa, BLOCK_2M);
	}
	gmem_image_fill(gmem, ipa, BLOCK_2M, pa_to_va(pa));
}

/* Where there is no memory in one piece, the guest gets copies of what it touches. */
static void prepare_block(struct gmem *gmem, ipa_t ipa)
{
	struct s2_leaf leaf = {
		.ipa = ipa,
		.level = S2_LEVEL_2M,
		.attrs = S2_ATTR_WRITE | S2_ATTR_WRITTEN | S2_ATTR_UNTOUCHED,
		.state = S2_PAGE_OWNED,
	};

	if (s2_prepare(&gmem->space, ipa, S2_LEVEL_2M) != PLINTH_OK ||
		gmem_alloc(gmem, PMEM_ORDER_2M, PMEM_OVERWRITE | PMEM_USER_GUEST, &leaf.pa) !=
			PLINTH_OK) {
		return;
	}
	fill_block(gmem, ipa, leaf.pa);
	gmem->used += BIT(PMEM_ORDER_2M);
	s2_map(&gmem->space, &leaf, 1);
}

enum plinth_status gmem_prepare_step(struct gmem *gmem, ipa_t *cursor)
{
	enum plinth_status status = PLINTH_OK;
	uint64_t block;

	lock_take(&gmem->lock);
	if (next_block(gmem, cursor->v, &block)) {
		prepare_block(gmem, ipa_init(block));
		*cursor = ipa_init(block + BLOCK_2M);
		status = PLINTH_EAGAIN;
	}
	lock_drop(&gmem->lock);
	return status;
}
