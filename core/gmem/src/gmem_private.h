/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of core/gmem share. All of it wants gmem->lock held, but
 * gmem_copy_patched().
 */
#ifndef GMEM_PRIVATE_H
#define GMEM_PRIVATE_H

#include "base/checked.h"
#include "gmem/gmem.h"
#include "hypmap/hypmap.h"
#include "pmem/pmem.h"

/* What a range of RAM starts with. */
enum gmem_content {
	GMEM_CONTENT_ZERO,     /* no image touches it */
	GMEM_CONTENT_IN_PLACE, /* one image covers it all, and its bytes lie at the same offset in
				* their pages: they can be mapped where they are */
	GMEM_CONTENT_COPY,     /* one image covers it all */
	GMEM_CONTENT_MIXED,
};

/* A run of pages in an area of 2 MiB that has a table already and no larger gap, or that is copied.
 */
#define GMEM_RUN_ORDER 4U
/* With the guest's caches off each line of what we map is cleaned to PoC first, and few pages are
 * touched: little at once. */
#define GMEM_RUN_ORDER_MMU_OFF 2U

/* `align`: what ipa and source must be congruent by for IN_PLACE (the mapping's size). *source is
 * written for IN_PLACE alone. */
enum gmem_content gmem_image_content(
	const struct gmem *gmem, ipa_t ipa, uint64_t size, uint64_t align, pa_t *source);

/* memcpy() that is quick whatever the alignment, which may be a guest's choice. */
void gmem_copy_bytes(void *dst, const void *src, uint64_t size);

/* Copies what the images say about [ipa, ipa + size) to dst; leaves the rest of dst as it is. */
void gmem_image_fill(const struct gmem *gmem, ipa_t ipa, uint64_t size, uint8_t *dst);

static inline const struct gmem_area *gmem_ram(const struct gmem *gmem)
{
	return &gmem->area[0];
}

static inline bool gmem_area_has(const struct gmem_area *area, ipa_t ipa, uint64_t size)
{
	uint64_t offset =
		ipa.v - area->ipa; /* in line: each fault asks, and each image of each area */

	return offset < area->size && size <= area->size - offset;
}

/* RAM, or the range, that holds all of it; NULL: none. */
const struct gmem_area *gmem_area_of(const struct gmem *gmem, ipa_t ipa, uint64_t size);

/* Is the page's memory an image's own? Then it is read-only, and a write gets a copy,
 * unless the area is read-only. */
static inline bool gmem_is_in_place(const struct s2_leaf *leaf)
{
	return leaf->state == S2_PAGE_SHARED_BORROWER && (leaf->attrs & S2_ATTR_WRITE) == 0U;
}

/* Why a page is maintained before it becomes executable: for whom it is. */
static inline enum coh_reason gmem_fetch_reason(const struct gmem *gmem)
{
	return (enum coh_reason)gmem->fetch_reason;
}

/* The one place that changes mmu_off. */
static inline void gmem_set_mmu_off(struct gmem *gmem, bool mmu_off)
{
	gmem->mmu_off = mmu_off;
	gmem->fetch_reason = mmu_off || gmem->to_poc ? COH_PAGE_TO_MMU_OFF_GUEST : COH_FIRST_FETCH;
}

/* Memory for the VM, 2^order pages, paid from its promise where that holds enough. `flags`:
 * PMEM_CLEAN (and PMEM_NO_SCRUB) or PMEM_OVERWRITE, and a PMEM_USER. */
enum plinth_status gmem_alloc(struct gmem *gmem, unsigned order, uint32_t flags, pa_t *pa);
void gmem_free(struct gmem *gmem, pa_t pa, unsigned order);

/* One step of taking leaves away. */
struct gmem_clearing {
	struct gmem *gmem;
	bool forgotten; /* instruction caches hold nothing of what this step takes */
};

/* s2_leaf_fn with a struct gmem_clearing: gives the memory of a leaf back, which no TLB holds any
 * more, nor any of those that this step will still show. */
void gmem_drop_leaf(void *ctx, const struct s2_leaf *leaf);

/* gmem_access.c: one piece of gmem_copy_parts(), whatever has to be done for it. */
enum plinth_status gmem_copy_part(struct gmem *gmem, const struct gmem_part *part, bool write);

/* Around writes to the page of memory at ipa, at gmem_va(leaf, ...). ENOMEM, EFAULT: nothing is to
 * be ended. */
enum plinth_status gmem_write_begin(struct gmem *gmem, ipa_t ipa, struct s2_leaf *leaf);
void gmem_write_end(struct gmem *gmem, ipa_t ipa, const struct s2_leaf *leaf);

/* gmem_patch.c: the same, without the lock, where there are breakpoints: they are not seen. */
enum plinth_status gmem_copy_patched(struct gmem *gmem, const struct gmem_part *part, bool write);

/* gmem_relinquish.c: with nothing relinquished any more, the promise is whole again. ENOMEM. */
enum plinth_status gmem_regain(struct gmem *gmem);

/* Before a touch by the guest of the page at ipa: if that is relinquished, it is so no longer.
 * EFAULT: there is no memory for it. */
enum plinth_status gmem_retake_touched(struct gmem *gmem, struct s2_leaf *leaf, ipa_t ipa);

/* Maintains `count` leaves like *leaf, which the guest has not seen yet, as it takes to let it at
 * them; changes leaf->attrs to what they may be then. */
void gmem_before_show(struct gmem *gmem, struct s2_leaf *leaf, unsigned count);

/* How much one touch may bring or copy, as an order of pages: whatever is right there, for the
 * guest's; a page for Plinth's own, whose calls are short. */
#define GMEM_ANY_ORDER PMEM_ORDER_1G
#define GMEM_ONE_PAGE  PMEM_ORDER_4K

/* Maps something at a hole of the area: the largest granule that is right there. ENOMEM. */
enum plinth_status gmem_populate(struct gmem *gmem, const struct gmem_area *area,
	const struct s2_leaf *hole, ipa_t ipa, unsigned max_order);

/* Gives a page that shows an image's memory (and neighbours like it) memory of its own. ENOMEM. */
enum plinth_status gmem_own_page(
	struct gmem *gmem, struct s2_leaf *leaf, ipa_t ipa, unsigned max_order);

/* Splits the block *leaf; after it, *leaf is the page at ipa. ENOMEM. */
enum plinth_status gmem_split_block(struct gmem *gmem, struct s2_leaf *leaf, ipa_t ipa);

/* After it, the leaf at ipa is a page, and *leaf is it. ENOMEM. */
static inline enum plinth_status gmem_split(struct gmem *gmem, struct s2_leaf *leaf, ipa_t ipa)
{
	return leaf->level == S2_LEVEL_4K ? PLINTH_OK : gmem_split_block(gmem, leaf, ipa);
}

/* The leaf allows `access` as it is. */
static inline bool gmem_is_satisfied(const struct s2_leaf *leaf, enum gmem_access access)
{
	return leaf->valid && (leaf->attrs & S2_ATTR_UNTOUCHED) == 0U &&
	       (access != GMEM_WRITE || (leaf->attrs & S2_ATTR_WRITE) != 0U) &&
	       (access != GMEM_FETCH || (leaf->attrs & S2_ATTR_EXEC) != 0U);
}

/* Makes the page at ipa present for `access`. OK; EFAULT: no memory, or not to be touched so;
 * ENOMEM. *leaf is what translates it then. */
enum plinth_status gmem_ensure(struct gmem *gmem, ipa_t ipa, enum gmem_access access,
	unsigned max_order, struct s2_leaf *leaf);

/* What is mapped in this area and those behind it is to be hidden, when vCPUs turn caches off. */
void gmem_hide_from(struct gmem *gmem, uint32_t area);

/* coh_do() on memory that is contiguous. */
void gmem_maintain(struct gmem *gmem, enum coh_reason reason, pa_t pa, uint64_t size);

/* EL2's address of the byte at ipa, which the valid leaf covers. */
uint8_t *gmem_va(const struct s2_leaf *leaf, ipa_t ipa);

#endif
