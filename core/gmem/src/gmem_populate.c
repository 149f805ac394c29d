/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How much is mapped at once, and with what. docs/design/gmem.md has the figures behind the sizes.
 */
#include "base/bits.h"
#include "base/checked.h"
#include "base/string.h"
#include "gmem_private.h"
#include "hypmap/hypmap.h"
#include "pmem/pmem.h"

/* In an area of 2 MiB that has a table already, 4 faults fill it (512 KiB). */
#define LARGE_RUN_ORDER 7U

/* What goes to one place: 2^order pages as `count` leaves of `level`. */
struct granule {
	ipa_t ipa;
	pa_t pa; /* IN_PLACE; else chosen later */
	unsigned order;
	unsigned level;
	unsigned count;
	enum gmem_content content;
	bool read_only;
};

uint8_t *gmem_va(const struct s2_leaf *leaf, ipa_t ipa)
{
	return pa_to_va(pa_add(leaf->pa, ipa.v - leaf->ipa.v));
}

/* Can 2^order pages around ipa be mapped as one granule into the hole? Describes it if so. */
static bool granule_fits(const struct gmem *gmem, const struct gmem_area *area,
	const struct s2_leaf *hole, ipa_t ipa, unsigned order, struct granule *g)
{
	uint64_t size = PAGE_SIZE << order;
	bool block = order >= PMEM_ORDER_2M;

	g->order = order;
	g->level = order == PMEM_ORDER_1G ? S2_LEVEL_1G : block ? S2_LEVEL_2M : S2_LEVEL_4K;
	g->count = block ? 1U : 1U << order;
	g->ipa = ipa_init(align_down(ipa.v, size));
	g->read_only = area->read_only;
	if (!gmem_area_has(area, g->ipa, size) || hole->level > g->level) {
		return false;
	}
	if (!block && !s2_is_empty(&gmem->space, g->ipa, g->count)) {
		return false;
	}
	g->content = gmem_image_content(gmem, g->ipa, size, block ? size : PAGE_SIZE, &g->pa);
	if (g->content == GMEM_CONTENT_ZERO && area->read_only) {
		/* As large as an address space of ROM may be, it takes one page. */
		g->content = GMEM_CONTENT_IN_PLACE;
		g->pa = gmem->zeroes;
		return order == 0U;
	}
	switch (g->content) {
	case GMEM_CONTENT_ZERO:
	case GMEM_CONTENT_IN_PLACE:
		return true;
	case GMEM_CONTENT_COPY:
		return order <= GMEM_RUN_ORDER; /* don't copy what nobody may touch */
	case GMEM_CONTENT_MIXED:
	default:
		return order == 0U;
	}
}

static enum plinth_status get_memory(struct gmem *gmem, struct granule *g)
{
	uint64_t size = PAGE_SIZE << g->order;
	uint32_t flags = g->content == GMEM_CONTENT_COPY ? PMEM_OVERWRITE : PMEM_CLEAN;
	/* A gigabyte is worth it only if nobody has to zero it now. */
	uint32_t quick = g->order == PMEM_ORDER_1G ? PMEM_NO_SCRUB : 0U;
	enum plinth_status status;

	if (g->content == GMEM_CONTENT_IN_PLACE) {
		return PLINTH_OK;
	}
	status = gmem_alloc(gmem, g->order, flags | quick | PMEM_USER_GUEST, &g->pa);
	if (status != PLINTH_OK) {
		return status;
	}
	if (g->content != GMEM_CONTENT_ZERO) {
		gmem_image_fill(gmem, g->ipa, size, pa_to_va(g->pa));
	}
	gmem->used += BIT(g->order);
	return PLINTH_OK;
}

static void note_off_run(struct gmem *gmem, const struct s2_leaf *leaf, unsigned count)
{
	if (gmem->off_run_count < GMEM_OFF_RUN_MAX) {
		gmem->off_run[gmem->off_run_count] = leaf->ipa.v | (count - 1U);
	}
	gmem->off_run_count = (uint32_t)min_u64(gmem->off_run_count + 1U, GMEM_OFF_RUN_MAX + 1U);
}

void gmem_before_show(struct gmem *gmem, struct s2_leaf *leaf, unsigned count)
{
	uint64_t size = count * s2_level_size(leaf->level);

	if (gmem->mmu_off || gmem->eager) {
		/* What is at PoC is at PoU. */
		gmem_maintain(gmem, gmem_fetch_reason(gmem), leaf->pa, size);
		leaf->attrs &= ~S2_ATTR_WRITTEN;
	}
	if (gmem->mmu_off) {
		note_off_run(gmem, leaf, count);
	}
	if (gmem->eager) {
		leaf->attrs |= S2_ATTR_EXEC;
	}
}

static void count_mapped(struct gmem *gmem, const struct granule *g)
{
	struct gmem_counters *c = &gmem->counters;

	c->map_4k += g->level == S2_LEVEL_4K ? g->count : 0U;
	c->map_2m += g->level == S2_LEVEL_2M ? 1U : 0U;
	c->map_1g += g->level == S2_LEVEL_1G ? 1U : 0U;
	c->map_in_place += g->content == GMEM_CONTENT_IN_PLACE ? g->count : 0U;
}

/* Commit. Everything that we map was written by somebody other than the guest: the loader, us
 * zeroing, or another VM before. */
static void map_granule(struct gmem *gmem, const struct granule *g)
{
	bool own = g->content != GMEM_CONTENT_IN_PLACE;
	struct s2_leaf leaf = {
		.ipa = g->ipa,
		.pa = g->pa,
		.level = g->level,
		.attrs = S2_ATTR_WRITTEN | (own && !g->read_only ? S2_ATTR_WRITE : 0U),
		.state = own ? S2_PAGE_OWNED : S2_PAGE_SHARED_BORROWER,
	};

	gmem_before_show(gmem, &leaf, g->count);
	s2_map(&gmem->space, &leaf, g->count);
	count_mapped(gmem, g);
}

static enum plinth_status try_granule(struct gmem *gmem, struct granule *g)
{
	enum plinth_status status = s2_prepare(&gmem->space, g->ipa, g->level);

	if (status == PLINTH_OK) {
		status = get_memory(gmem, g);
	}
	if (status == PLINTH_OK) {
		map_granule(gmem, g);
	}
	return status;
}

/* A hole that was relinquished before, whatever images say: as large as it is noted, or a page. */
static enum plinth_status populate_zeroes(
	struct gmem *gmem, const struct s2_leaf *hole, ipa_t ipa, bool small)
{
	enum plinth_status status = PLINTH_ENOMEM;

	for (unsigned level = small ? S2_LEVEL_4K : hole->level;
		level <= S2_LEVEL_4K && status == PLINTH_ENOMEM; level++) {
		struct granule g = {
			.ipa = ipa_init(align_down(ipa.v, s2_level_size(level))),
			.order = s2_level_order(level),
			.level = level,
			.count = 1,
			.content = GMEM_CONTENT_ZERO,
		};

		status = try_granule(gmem, &g);
	}
	return status;
}

enum plinth_status gmem_populate(struct gmem *gmem, const struct gmem_area *area,
	const struct s2_leaf *hole, ipa_t ipa, unsigned max_order)
{
	static const uint8_t orders[] = {PMEM_ORDER_1G, PMEM_ORDER_2M, LARGE_RUN_ORDER,
		GMEM_RUN_ORDER, GMEM_RUN_ORDER_MMU_OFF, PMEM_ORDER_4K};
	enum plinth_status status = PLINTH_ENOMEM;

	if (gmem->mmu_off) {
		max_order = (unsigned)min_u64(max_order, GMEM_RUN_ORDER_MMU_OFF);
	}
	if (hole->state == S2_PAGE_ZEROES) {
		return populate_zeroes(gmem, hole, ipa, max_order < PMEM_ORDER_2M);
	}
	for (unsigned i = 0; i < sizeof(orders); i++) {
		struct granule g;

		if (orders[i] > max_order) {
			continue;
		}
		if (!granule_fits(gmem, area, hole, ipa, orders[i], &g)) {
			continue;
		}
		/* No memory in one piece: smaller pieces may be there. */
		status = try_granule(gmem, &g);
		if (status != PLINTH_ENOMEM) {
			break;
		}
	}
	return status;
}
