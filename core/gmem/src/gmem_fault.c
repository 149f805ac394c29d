/* SPDX-License-Identifier: Apache-2.0 */
#include "base/bits.h"
#include "base/checked.h"
#include "base/string.h"
#include "gmem_private.h"
#include "hypmap/hypmap.h"
#include "pmem/pmem.h"

/* Pages that one fetch fault maintains, and that one write to a page of an image copies (64 KiB):
 * what is executed or written next is mostly near. The figures are in docs/design/gmem.md. */
#define FETCH_PAGES 4U
#define OWN_ORDER   4U

bool gmem_is_ram(const struct gmem *gmem, ipa_t ipa, uint64_t size)
{
	return range_contains(gmem->ram_base, gmem->ram_size, ipa.v, size);
}

enum plinth_status gmem_split(struct gmem *gmem, const struct s2_leaf *leaf, ipa_t ipa)
{
	ipa_t page = ipa_init(align_down(ipa.v, PAGE_SIZE));
	enum plinth_status status;

	if (leaf->level == S2_LEVEL_4K) {
		return PLINTH_OK;
	}
	status = s2_prepare(&gmem->space, page, S2_LEVEL_4K);
	if (status == PLINTH_OK) {
		s2_split(&gmem->space, page, S2_LEVEL_4K);
		gmem->counters.split++;
	}
	return status;
}

static bool wants_fetch_maintenance(const struct s2_leaf *leaf)
{
	return leaf->valid && leaf->level == S2_LEVEL_4K &&
	       (leaf->attrs & (S2_ATTR_EXEC | S2_ATTR_WRITTEN | S2_ATTR_DEVICE)) == S2_ATTR_WRITTEN;
}

/* The pages around ipa that others wrote and that can't be executed yet: maintained with the
 * barriers once for all, then made executable. Maintenance first: as soon as one CPU may fetch, it
 * must find nothing stale. */
static void make_pages_exec(struct gmem *gmem, ipa_t ipa)
{
	ipa_t start = ipa_init(align_down(ipa.v, FETCH_PAGES * PAGE_SIZE));
	struct coh_range ranges[FETCH_PAGES];
	struct s2_leaf leaf[FETCH_PAGES];
	unsigned count = 0;

	for (unsigned i = 0; i < FETCH_PAGES; i++) {
		struct s2_leaf *here = &leaf[count];

		if (s2_lookup(&gmem->space, ipa_add(start, i * PAGE_SIZE), here) == PLINTH_OK &&
			wants_fetch_maintenance(here)) {
			ranges[count].start = (uintptr_t)pa_to_va(here->pa);
			ranges[count].size = PAGE_SIZE;
			count++;
		}
	}
	if (gmem->mmu_off) {
		coh_do(COH_PAGE_TO_MMU_OFF_GUEST, ranges, count, &gmem->counters.coh);
	}
	coh_do(COH_FIRST_FETCH, ranges, count, &gmem->counters.coh);
	for (unsigned i = 0; i < count;) {
		unsigned run = 1;

		while (i + run < count && leaf[i + run].ipa.v == leaf[i].ipa.v + run * PAGE_SIZE) {
			run++;
		}
		s2_protect(
			&gmem->space, leaf[i].ipa, S2_LEVEL_4K, run, S2_ATTR_EXEC, S2_ATTR_WRITTEN);
		i += run;
	}
}

enum plinth_status gmem_make_exec(struct gmem *gmem, const struct s2_leaf *leaf, ipa_t ipa)
{
	const struct coh_strategy *s = coh_strategy();
	bool free_of_charge = s->idc && s->dic && !gmem->mmu_off;
	bool written = (leaf->attrs & S2_ATTR_WRITTEN) != 0U;
	enum plinth_status status;

	if (written && !free_of_charge) {
		status = gmem_split(gmem, leaf, ipa);
		if (status == PLINTH_OK) {
			make_pages_exec(gmem, ipa);
		}
		return status;
	}
	if (written) { /* no more than a barrier, and the count of what was saved */
		gmem_maintain(gmem, COH_FIRST_FETCH, leaf->pa, s2_level_size(leaf->level));
	}
	s2_protect(&gmem->space, leaf->ipa, leaf->level, 1, S2_ATTR_EXEC, S2_ATTR_WRITTEN);
	return PLINTH_OK;
}

/* Are the 2^order pages from `start`, of which *leaf maps one, all shown in place and of one piece,
 * so that one copy replaces them all? *leaf becomes the first, with attributes for all. */
static bool can_own_run(const struct gmem *gmem, ipa_t start, unsigned order, struct s2_leaf *leaf)
{
	pa_t pa = pa_init(leaf->pa.v - (leaf->ipa.v - start.v));

	for (unsigned i = 0; i < 1U << order; i++) {
		struct s2_leaf here;

		if (s2_lookup(&gmem->space, ipa_add(start, i * PAGE_SIZE), &here) != PLINTH_OK ||
			!here.valid || here.level != S2_LEVEL_4K || !gmem_is_in_place(&here) ||
			here.pa.v != pa.v + i * PAGE_SIZE) {
			return false;
		}
	}
	leaf->ipa = start;
	leaf->pa = pa;
	return true;
}

/* Commit: `leaf`, the first of those that map 2^order pages, and the ones behind it are replaced by
 * a copy at pa. */
static void replace_by_copy(struct gmem *gmem, const struct s2_leaf *leaf, unsigned order, pa_t pa)
{
	uint64_t size = PAGE_SIZE << order;
	struct s2_leaf own = *leaf;

	memcpy(pa_to_va(pa), pa_to_va(leaf->pa), size);
	own.pa = pa;
	own.state = S2_PAGE_OWNED;
	own.attrs |= S2_ATTR_WRITE | S2_ATTR_WRITTEN;
	if (gmem->mmu_off) {
		gmem_maintain(gmem, COH_PAGE_TO_MMU_OFF_GUEST, pa, size);
	}
	if ((leaf->attrs & S2_ATTR_EXEC) != 0U) {
		/* It is code, which the guest patches: it will be executed again. */
		gmem_maintain(gmem, COH_FIRST_FETCH, pa, size);
		own.attrs &= ~S2_ATTR_WRITTEN;
	}
	gmem->used += BIT(order);
	s2_map(&gmem->space, &own, 1U << (order - s2_level_order(leaf->level)));
	gmem->counters.upgrade_write++;
}

/* A block of 2 MiB that shows an image gets one copy. ENOMEM: it is no such block, or no memory is
 * to be had in one piece. */
static enum plinth_status own_block(struct gmem *gmem, const struct s2_leaf *leaf)
{
	enum plinth_status status;
	pa_t pa = pa_init(0);

	if (gmem->mmu_off || leaf->level != S2_LEVEL_2M || !gmem_is_in_place(leaf)) {
		return PLINTH_ENOMEM;
	}
	status = s2_prepare(&gmem->space, leaf->ipa, leaf->level);
	if (status == PLINTH_OK) {
		status = gmem_alloc(gmem, PMEM_ORDER_2M, gmem_copy_flags() | PMEM_USER_GUEST, &pa);
	}
	if (status == PLINTH_OK) {
		replace_by_copy(gmem, leaf, PMEM_ORDER_2M, pa);
	}
	return status;
}

enum plinth_status gmem_own_page(struct gmem *gmem, const struct s2_leaf *leaf, ipa_t ipa)
{
	static const uint8_t orders[] = {OWN_ORDER, 0};
	enum plinth_status status = own_block(gmem, leaf);
	struct s2_leaf page;

	if (status != PLINTH_ENOMEM) {
		return status;
	}
	status = gmem_split(gmem, leaf, ipa);
	if (status != PLINTH_OK) {
		return status;
	}
	status = s2_lookup(&gmem->space, ipa, &page);
	if (status != PLINTH_OK) {
		return status;
	}
	status = PLINTH_ENOMEM;
	for (unsigned i = 0; i < sizeof(orders) && status == PLINTH_ENOMEM; i++) {
		ipa_t start = ipa_init(align_down(ipa.v, PAGE_SIZE << orders[i]));
		struct s2_leaf first = page;
		pa_t pa;

		if (!can_own_run(gmem, start, orders[i], &first)) {
			continue;
		}
		status = gmem_alloc(gmem, orders[i], gmem_copy_flags() | PMEM_USER_GUEST, &pa);
		if (status == PLINTH_OK) {
			replace_by_copy(gmem, &first, orders[i], pa);
		}
	}
	return status;
}

static bool is_satisfied(const struct s2_leaf *leaf, enum gmem_access access)
{
	return leaf->valid && (access != GMEM_WRITE || (leaf->attrs & S2_ATTR_WRITE) != 0U) &&
	       (access != GMEM_FETCH || (leaf->attrs & S2_ATTR_EXEC) != 0U);
}

/* A valid leaf that does not allow `access` yet. */
static enum plinth_status upgrade(
	struct gmem *gmem, const struct s2_leaf *leaf, ipa_t ipa, enum gmem_access access)
{
	if (!gmem_is_ram(gmem, ipa, 1)) {
		return PLINTH_EFAULT; /* devices and Plinth's own pages are what they are */
	}
	if (access == GMEM_FETCH) {
		return gmem_make_exec(gmem, leaf, ipa);
	}
	return gmem_is_in_place(leaf) ? gmem_own_page(gmem, leaf, ipa) : PLINTH_EFAULT;
}

enum plinth_status gmem_ensure(
	struct gmem *gmem, ipa_t ipa, enum gmem_access access, struct s2_leaf *leaf)
{
	enum plinth_status status = s2_lookup(&gmem->space, ipa, leaf);

	lock_assert_held(&gmem->lock);
	if (status != PLINTH_OK) {
		return PLINTH_EFAULT;
	}
	if (!leaf->valid) {
		if (leaf->state != S2_PAGE_NONE || !gmem_is_ram(gmem, ipa, 1)) {
			return PLINTH_EFAULT;
		}
		status = gmem_populate(gmem, leaf, ipa);
		if (status != PLINTH_OK) {
			return status;
		}
		status = s2_lookup(&gmem->space, ipa, leaf);
	}
	if (status == PLINTH_OK && !is_satisfied(leaf, access)) {
		status = upgrade(gmem, leaf, ipa, access);
		if (status == PLINTH_OK) {
			status = s2_lookup(&gmem->space, ipa, leaf);
		}
	}
	return status;
}

static void count_fault(struct gmem *gmem, const struct gmem_fault *fault, enum gmem_access access,
	const struct s2_leaf *before)
{
	struct gmem_counters *c = &gmem->counters;

	if (is_satisfied(before, access)) {
		c->raced++;
	} else if (before->valid) {
		c->upgrade_exec += access == GMEM_FETCH ? 1U : 0U;
	} else if (fault->table_walk) {
		c->fault_table_walk++;
	} else {
		uint64_t *const kinds[] = {&c->fault_read, &c->fault_write, &c->fault_fetch};

		(*kinds[access])++;
	}
}

static enum gmem_result result_of(enum plinth_status status)
{
	if (status == PLINTH_OK) {
		return GMEM_RESUME;
	}
	return status == PLINTH_ENOMEM ? GMEM_NOMEM : GMEM_DENIED;
}

enum gmem_result gmem_fault(struct gmem *gmem, const struct gmem_fault *fault)
{
	enum gmem_access access = fault->access;
	enum gmem_result result = GMEM_NOT_RAM;
	struct s2_leaf leaf;

	if (fault->table_walk && access == GMEM_FETCH) {
		access = GMEM_READ;
	}
	lock_take(&gmem->lock);
	if (s2_lookup(&gmem->space, fault->ipa, &leaf) == PLINTH_OK &&
		(leaf.valid || gmem_is_ram(gmem, fault->ipa, 1))) {
		count_fault(gmem, fault, access, &leaf);
		result = result_of(gmem_ensure(gmem, fault->ipa, access, &leaf));
	}
	lock_drop(&gmem->lock);
	return result;
}
