/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Images that a guest writes most of, copied before it starts: block by block, laid out in stage 2
 * but not shown yet, since how that is to be done depends on the caches of who touches it first.
 * All of direct RAM likewise: a device may write to a page before the guest touches it, which must
 * not make it zero then.
 */
#include "base/bits.h"
#include "base/check.h"
#include "base/checked.h"
#include "gmem_private.h"
#include "hypmap/hypmap.h"
#include "pmem/pmem.h"

/* The lowest block of RAM from `from` on that such an image lies in. */
static bool next_block(const struct gmem *gmem, uint64_t from, uint64_t *block)
{
	*block = UINT64_MAX;
	if (gmem->direct) {
		const struct gmem_area *ram = gmem_ram(gmem);

		*block = max_u64(from, ram->ipa);
		return *block < ram->ipa + ram->size;
	}
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

/* Zeroes what no image covers. Of the image that covers most of the block whole pages are left out:
 * all that is in it comes from images, its own bytes or those that lie over it. */
static void zero_gaps(const struct gmem *gmem, ipa_t ipa, pa_t pa)
{
	uint64_t best_start = ipa.v;
	uint64_t best_end = ipa.v;

	for (uint32_t i = 0; i < gmem->image_count; i++) {
		const struct vm_image *image = &gmem->image[i];
		uint64_t start = align_up(max_u64(image->ipa, ipa.v), PAGE_SIZE);
		uint64_t end =
			align_down(min_u64(image->ipa + image->size, ipa.v + BLOCK_2M), PAGE_SIZE);

		if (start < end && end - start > best_end - best_start) {
			best_start = start;
			best_end = end;
		}
	}
	pmem_zero_fresh(pa, best_start - ipa.v);
	pmem_zero_fresh(pa_init(pa.v + (best_end - ipa.v)), ipa.v + BLOCK_2M - best_end);
}

static void fill_block(const struct gmem *gmem, ipa_t ipa, pa_t pa)
{
	zero_gaps(gmem, ipa, pa);
	gmem_image_fill(gmem, ipa, BLOCK_2M, pa_to_va(pa));
}

static enum plinth_status get_block(struct gmem *gmem, ipa_t ipa, pa_t *pa)
{
	if (gmem->direct) {
		*pa = pa_init(ipa.v);
		return PLINTH_OK;
	}
	return gmem_alloc(gmem, PMEM_ORDER_2M, PMEM_OVERWRITE | PMEM_USER_GUEST, pa);
}

/* Where there is no memory in one piece, the guest gets copies of what it touches. Direct RAM has
 * the promise of its tables. */
static void prepare_block(struct gmem *gmem, ipa_t ipa)
{
	struct s2_leaf leaf = {
		.ipa = ipa,
		.level = S2_LEVEL_2M,
		.attrs = S2_ATTR_WRITE | S2_ATTR_WRITTEN | S2_ATTR_UNTOUCHED,
		.state = S2_PAGE_OWNED,
	};

	if (s2_prepare(&gmem->space, ipa, S2_LEVEL_2M) != PLINTH_OK ||
		get_block(gmem, ipa, &leaf.pa) != PLINTH_OK) {
		PLINTH_CHECK(!gmem->direct);
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
