/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/copy.h"
#include "base/bits.h"
#include "base/check.h"
#include "base/checked.h"
#include "base/compiler.h"
#include "gmem_private.h"
#include "hypmap/hypmap.h"
#include "pmem/pmem.h"

/* Pages that one fetch fault maintains, and that one write to a page of an image copies (64 KiB):
 * what is executed or written next is mostly near. The figures are in docs/design/gmem.md. */
#define FETCH_PAGES S2_FOUR
#define OWN_ORDER   4U

/* A hole, an image's page in place, the VM's own, executable. */
#define STEPS_MAX 4U

const struct gmem_area *gmem_area_of(const struct gmem *gmem, ipa_t ipa, uint64_t size)
{
	for (uint32_t i = 0; i < gmem->area_count; i++) {
		if (gmem_area_has(&gmem->area[i], ipa, size)) {
			return &gmem->area[i];
		}
	}
	return NULL;
}

bool gmem_is_memory(const struct gmem *gmem, ipa_t ipa, uint64_t size)
{
	return gmem_area_of(gmem, ipa, size) != NULL;
}

bool gmem_is_writable(const struct gmem *gmem, ipa_t ipa, uint64_t size)
{
	const struct gmem_area *area = gmem_area_of(gmem, ipa, size);

	return area != NULL && !area->read_only;
}

enum plinth_status gmem_split_block(struct gmem *gmem, struct s2_leaf *leaf, ipa_t ipa)
{
	ipa_t page = ipa_init(align_down(ipa.v, PAGE_SIZE));
	enum plinth_status status;

	status = s2_prepare(&gmem->space, page, S2_LEVEL_4K);
	if (status == PLINTH_OK) {
		s2_split(&gmem->space, page, S2_LEVEL_4K);
		gmem->counters.split++;
		status = s2_lookup(&gmem->space, ipa, leaf);
	}
	return status;
}

/* The pages around *leaf that are mapped as it is, written by others and execute-never: maintained
 * with the barriers once for all, then made executable. Maintenance first: as soon as one CPU may
 * fetch, it must find nothing stale. */
static void make_pages_exec(struct gmem *gmem, struct s2_leaf *leaf)
{
	unsigned count = s2_run_small(leaf, FETCH_PAGES);

	gmem_maintain(gmem, gmem_fetch_reason(gmem), leaf->pa, count * PAGE_SIZE);
	s2_protect(&gmem->space, leaf, count, S2_ATTR_EXEC, S2_ATTR_WRITTEN);
}

static enum plinth_status make_exec(struct gmem *gmem, struct s2_leaf *leaf, ipa_t ipa)
{
	bool written = (leaf->attrs & S2_ATTR_WRITTEN) != 0U;

	if (written && !(coh_strategy()->idc && gmem_fetch_reason(gmem) == COH_FIRST_FETCH)) {
		enum plinth_status status = gmem_split(gmem, leaf, ipa);

		if (status == PLINTH_OK) {
			make_pages_exec(gmem, leaf);
		}
		return status;
	}
	if (written) { /* no more than a barrier, and the count of what was saved */
		gmem_maintain(gmem, COH_FIRST_FETCH, leaf->pa, s2_level_size(leaf->level));
	}
	s2_protect(&gmem->space, leaf, 1, S2_ATTR_EXEC, S2_ATTR_WRITTEN);
	return PLINTH_OK;
}

/* What a former run of the VM left in a range is to be at PoC and in no cache, whoever looks at it
 * first: that run may have written it in either place. */
static void before_show_again(struct gmem *gmem, struct s2_leaf *leaf, unsigned count)
{
	gmem_maintain(
		gmem, COH_PAGE_TO_MMU_OFF_GUEST, leaf->pa, count * s2_level_size(leaf->level));
	leaf->attrs &= ~S2_ATTR_WRITTEN;
}

/* Lets the guest at memory that was laid out for it before it started, or hidden since: as much as
 * the observer's caches make cheap. */
static enum plinth_status open_untouched(struct gmem *gmem, struct s2_leaf *leaf, ipa_t ipa)
{
	uint32_t attrs = leaf->attrs;
	bool again = (attrs & S2_ATTR_WRITTEN) != 0U && !gmem_area_has(gmem_ram(gmem), ipa, 1);
	bool small = gmem->mmu_off || again;
	unsigned count = 1;

	if (small) {
		enum plinth_status status = gmem_split(gmem, leaf, ipa);

		if (status != PLINTH_OK) {
			return status;
		}
	}
	if (leaf->level == S2_LEVEL_4K) {
		count = s2_run(leaf, 1U << (small ? GMEM_RUN_ORDER_MMU_OFF : GMEM_RUN_ORDER));
	}
	if (again && !gmem->mmu_off) {
		before_show_again(gmem, leaf, count);
	} else {
		gmem_before_show(gmem, leaf, count);
	}
	s2_protect(&gmem->space, leaf, count, leaf->attrs & ~attrs,
		S2_ATTR_UNTOUCHED | (attrs & ~leaf->attrs));
	return PLINTH_OK;
}

/* Commit: `leaf`, the first of those that map 2^order pages, and the ones behind it are replaced by
 * a copy at pa. */
static void replace_by_copy(struct gmem *gmem, const struct s2_leaf *leaf, unsigned order, pa_t pa)
{
	uint64_t size = PAGE_SIZE << order;
	struct s2_leaf own = *leaf;

	arch_copy(pa_to_va(pa), pa_to_va(leaf->pa), size);
	own.pa = pa;
	own.state = S2_PAGE_OWNED;
	own.attrs |= S2_ATTR_WRITE | S2_ATTR_WRITTEN;
	/* What the guest left alone stays at PoC, where it may have seen to it that it is: no line
	 * of ours may come there later. Code that it patches will be executed again. */
	if (!coh_strategy()->fwb) {
		gmem_maintain(gmem, COH_PAGE_TO_MMU_OFF_GUEST, pa, size);
		own.attrs &= ~S2_ATTR_WRITTEN;
	} else if ((leaf->attrs & S2_ATTR_EXEC) != 0U) {
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
		status = gmem_alloc(gmem, PMEM_ORDER_2M, PMEM_OVERWRITE | PMEM_USER_GUEST, &pa);
	}
	if (status == PLINTH_OK) {
		replace_by_copy(gmem, leaf, PMEM_ORDER_2M, pa);
	}
	return status;
}

/* *leaf gets a copy, with its neighbours in 64 KiB where they are shown just as it is. */
static enum plinth_status own_pages(
	struct gmem *gmem, const struct s2_leaf *leaf, unsigned max_order)
{
	static const uint8_t orders[] = {OWN_ORDER, 0};
	enum plinth_status status = PLINTH_ENOMEM;

	for (unsigned i = 0; i < sizeof(orders) && status == PLINTH_ENOMEM; i++) {
		struct s2_leaf first = *leaf;
		pa_t pa;

		if (orders[i] > max_order || s2_run(&first, 1U << orders[i]) != 1U << orders[i]) {
			continue;
		}
		status = gmem_alloc(gmem, orders[i], PMEM_OVERWRITE | PMEM_USER_GUEST, &pa);
		if (status == PLINTH_OK) {
			replace_by_copy(gmem, &first, orders[i], pa);
		}
	}
	return status;
}

enum plinth_status gmem_own_page(
	struct gmem *gmem, struct s2_leaf *leaf, ipa_t ipa, unsigned max_order)
{
	enum plinth_status status =
		max_order < PMEM_ORDER_2M ? PLINTH_ENOMEM : own_block(gmem, leaf);

	if (status == PLINTH_ENOMEM) {
		status = gmem_split(gmem, leaf, ipa);
		if (status == PLINTH_OK) {
			status = own_pages(gmem, leaf, max_order);
		}
	}
	return status;
}

/* One step towards `access` from what the leaf is. EFAULT: no memory, or not to be touched so. */
static enum plinth_status advance(struct gmem *gmem, struct s2_leaf *leaf, ipa_t ipa,
	enum gmem_access access, unsigned max_order)
{
	const struct gmem_area *area = gmem_area_of(gmem, ipa, 1);

	if (area == NULL || (access == GMEM_WRITE && area->read_only)) {
		return PLINTH_EFAULT; /* devices and Plinth's own pages are what they are */
	}
	if (!leaf->valid) {
		if (gmem->direct) {
			return PLINTH_EFAULT; /* nobody but gmem_prepare_step() lays it out */
		}
		return leaf->state == S2_PAGE_NONE || leaf->state == S2_PAGE_ZEROES
			       ? gmem_populate(gmem, area, leaf, ipa, max_order)
			       : PLINTH_EFAULT;
	}
	if ((leaf->attrs & S2_ATTR_UNTOUCHED) != 0U) {
		return open_untouched(gmem, leaf, ipa);
	}
	if (access == GMEM_FETCH) {
		return make_exec(gmem, leaf, ipa);
	}
	return gmem_is_in_place(leaf) ? gmem_own_page(gmem, leaf, ipa, max_order) : PLINTH_EFAULT;
}

/* gmem_ensure() for a leaf that is looked up already and not satisfied. */
static enum plinth_status bring(struct gmem *gmem, struct s2_leaf *leaf, ipa_t ipa,
	enum gmem_access access, unsigned max_order)
{
	for (unsigned i = 0; i < STEPS_MAX; i++) {
		enum plinth_status status = advance(gmem, leaf, ipa, access, max_order);

		if (status != PLINTH_OK) {
			return status;
		}
		status = s2_lookup(&gmem->space, ipa, leaf);
		if (status != PLINTH_OK || gmem_is_satisfied(leaf, access)) {
			return status;
		}
	}
	PANIC("memory at 0x%llx stays out of reach", (unsigned long long)ipa.v);
}

enum plinth_status gmem_ensure(struct gmem *gmem, ipa_t ipa, enum gmem_access access,
	unsigned max_order, struct s2_leaf *leaf)
{
	lock_assert_held(&gmem->lock);
	if (s2_lookup(&gmem->space, ipa, leaf) != PLINTH_OK) {
		return PLINTH_EFAULT;
	}
	return gmem_is_satisfied(leaf, access) ? PLINTH_OK
					       : bring(gmem, leaf, ipa, access, max_order);
}

/* `mapped`: it lacked permission, and was not the first touch. */
static void count_fault(
	struct gmem *gmem, const struct gmem_fault *fault, enum gmem_access access, bool mapped)
{
	struct gmem_counters *c = &gmem->counters;

	if (mapped) {
		c->upgrade_exec += access == GMEM_FETCH ? 1U : 0U;
	} else if (fault->table_walk) {
		c->fault_table_walk++;
	} else {
		uint64_t *kind = access == GMEM_READ	? &c->fault_read
				 : access == GMEM_WRITE ? &c->fault_write
							: &c->fault_fetch;

		(*kind)++;
	}
}

static enum gmem_result result_of(enum plinth_status status)
{
	if (status == PLINTH_OK) {
		return GMEM_RESUME;
	}
	return status == PLINTH_ENOMEM ? GMEM_NOMEM : GMEM_DENIED;
}

/* bring(), but that what is shown lacks one step at most. */
static enum plinth_status resolve(
	struct gmem *gmem, struct s2_leaf *leaf, ipa_t ipa, enum gmem_access access)
{
	if (leaf->valid && (leaf->attrs & S2_ATTR_UNTOUCHED) == 0U) {
		return advance(gmem, leaf, ipa, access, GMEM_ANY_ORDER);
	}
	return bring(gmem, leaf, ipa, access, GMEM_ANY_ORDER);
}

static struct s2_leaf page_leaf(s2_pte_t *entry, ipa_t ipa)
{
	return (struct s2_leaf){
		.entry = entry,
		.ipa = ipa_init(align_down(ipa.v, PAGE_SIZE)),
		.pa = s2_pte_pa(*entry),
		.level = S2_LEVEL_4K,
	};
}

/* Pages that are there and lack no more than being opened, answered from the descriptor alone, as
 * resolve() would. False: nothing was done. */
static bool resolve_page(struct gmem *gmem, const struct gmem_fault *fault, enum gmem_access access)
{
	s2_pte_t *entry = s2_page_entry(&gmem->space, fault->ipa);
	uint64_t wanted = S2_PTE_VALID | S2_PTE_WRITTEN | S2_PTE_XN;

	if (access == GMEM_WRITE) {
		wanted |= S2_PTE_S2AP_WRITE;
	}
	if (entry == NULL || (entry->v & wanted) != wanted || gmem->mmu_off || gmem->eager) {
		return false;
	}
	if ((entry->v & S2_PTE_AF) != 0U) {
		return false; /* raced, not to be touched so, or gmem_fetch()'s */
	}
	s2_open_like(entry);
	if (access == GMEM_FETCH) {
		struct s2_leaf leaf = page_leaf(entry, fault->ipa);

		make_pages_exec(gmem, &leaf);
	}
	count_fault(gmem, fault, access, false);
	return true;
}

static enum gmem_result resolve_any(
	struct gmem *gmem, const struct gmem_fault *fault, enum gmem_access access)
{
	enum plinth_status status;
	struct s2_leaf leaf;

	if (s2_lookup(&gmem->space, fault->ipa, &leaf) != PLINTH_OK ||
		(!leaf.valid && !gmem_is_memory(gmem, fault->ipa, 1))) {
		return GMEM_NOT_RAM;
	}
	if (gmem_is_satisfied(&leaf, access)) {
		gmem->counters.raced++;
		return GMEM_RESUME;
	}
	count_fault(gmem, fault, access, leaf.valid && (leaf.attrs & S2_ATTR_UNTOUCHED) == 0U);
	status = gmem_retake_touched(gmem, &leaf, fault->ipa);
	if (status == PLINTH_OK) {
		status = resolve(gmem, &leaf, fault->ipa, access);
	}
	return result_of(status);
}

enum gmem_result gmem_fault(struct gmem *gmem, const struct gmem_fault *fault)
{
	enum gmem_access access = fault->access;
	enum gmem_result result = GMEM_RESUME;

	if (fault->table_walk && access == GMEM_FETCH) {
		access = GMEM_READ;
	}
	if (UNLIKELY(!lock_take_soon(&gmem->lock))) {
		return GMEM_RESUME;
	}
	if (!gmem_area_has(gmem_ram(gmem), fault->ipa, 1) || !resolve_page(gmem, fault, access)) {
		result = resolve_any(gmem, fault, access);
	}
	lock_drop(&gmem->lock);
	return result;
}

/* make_pages_exec() of the pages around *entry, if that is all they lack. */
static bool fetch_pages(struct gmem *gmem, s2_pte_t *entry)
{
	const uint64_t lacking = S2_PTE_VALID | S2_PTE_AF | S2_PTE_WRITTEN | S2_PTE_XN;
	s2_pte_t *first = s2_window(entry, FETCH_PAGES);
	s2_pte_t pte = *first;

	if (!s2_is_run_of_four(first) || (pte.v & lacking) != lacking) {
		return false;
	}
	gmem->counters.upgrade_exec++;
	coh_do(gmem_fetch_reason(gmem), (uintptr_t)pa_to_va(s2_pte_pa(pte)),
		FETCH_PAGES * PAGE_SIZE, &gmem->counters.coh);
	s2_let_fetch(&gmem->space, first);
	return true;
}

/* What it calls is in line: each call is one more for the guest to wait for. */
FLATTEN bool gmem_fetch(struct gmem *gmem, ipa_t page)
{
	s2_pte_t *entry;
	bool done;

	if (UNLIKELY(!gmem_is_ram(gmem, page) || !lock_try_quickly(&gmem->lock))) {
		return false;
	}
	entry = s2_page_entry(&gmem->space, page);
	done = LIKELY(entry != NULL) && fetch_pages(gmem, entry);
	lock_drop_quickly(&gmem->lock);
	return done;
}
