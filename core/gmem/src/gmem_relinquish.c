/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory that a guest gives away and takes back. A VM's claim, its own pages with those that pmem
 * has promised it, falls and rises by as many pages as it relinquishes and retakes.
 */
#include "base/bits.h"
#include "gmem_private.h"

/* One step of retaking: entries looked at, and of those, changed. */
#define RETAKE_ENTRIES 1024U
#define RETAKE_CHANGES 64U

static uint64_t level_pages(unsigned level)
{
	return BIT(s2_level_order(level));
}

static enum plinth_status check_range(const struct gmem *gmem, ipa_t ipa, unsigned level)
{
	if (gmem->direct) {
		return PLINTH_ENOTSUP;
	}
	if ((level != S2_LEVEL_4K && level != S2_LEVEL_2M) ||
		!is_aligned(ipa.v, s2_level_size(level))) {
		return PLINTH_EINVAL;
	}
	return gmem_area_has(gmem_ram(gmem), ipa, s2_level_size(level)) ? PLINTH_OK : PLINTH_ERANGE;
}

/* May the guest give away what this leaf or hole is? */
static enum plinth_status may_go(const struct s2_leaf *leaf)
{
	switch (leaf->state) {
	case S2_PAGE_NONE:
	case S2_PAGE_ZEROES:
	case S2_PAGE_OWNED:
		return PLINTH_OK;
	case S2_PAGE_RELINQUISHED:
		return PLINTH_EEXIST;
	case S2_PAGE_SHARED_BORROWER:
		return gmem_is_in_place(leaf) ? PLINTH_OK : PLINTH_EPERM;
	case S2_PAGE_SHARED_OWNER:
	case S2_PAGE_LENT_IN:
	case S2_PAGE_LENT_OUT:
	case S2_PAGE_STATE_COUNT:
		break;
	}
	return PLINTH_EPERM;
}

/* may_go() for each page of the table that `first` is the first entry of. */
static enum plinth_status table_may_go(const s2_pte_t *first)
{
	enum plinth_status status = PLINTH_OK;

	for (unsigned i = 0; i < BLOCK_2M / PAGE_SIZE && status == PLINTH_OK; i++) {
		const struct s2_leaf leaf = {
			.state = s2_pte_state(first[i]),
			.attrs = s2_pte_attrs(first[i]),
		};

		status = may_go(&leaf);
	}
	return status;
}

/* Looks up what is at ipa and makes it of `level` at most: a larger block is split, for a larger
 * hole there will be a table. ENOMEM. */
static enum plinth_status look_up(
	struct gmem *gmem, ipa_t ipa, unsigned level, struct s2_leaf *leaf)
{
	enum plinth_status status = s2_lookup(&gmem->space, ipa, leaf);

	if (status != PLINTH_OK || leaf->level >= level) {
		return status;
	}
	status = s2_prepare(&gmem->space, ipa, level);
	if (status == PLINTH_OK && (leaf->valid || leaf->state != S2_PAGE_NONE)) {
		s2_split(&gmem->space, ipa, level);
		gmem->counters.split += leaf->valid ? 1U : 0U;
		status = s2_lookup(&gmem->space, ipa, leaf);
	}
	return status;
}

/* Commit: what the leaf (or the table from there on) maps goes back to the VM's promise. */
static void take_away(struct gmem *gmem, struct s2_leaf *leaf, unsigned level)
{
	struct gmem_clearing clearing = {.gmem = gmem};

	if (leaf->level > level) {
		s2_clear_table(&gmem->space, leaf->ipa, gmem_drop_leaf, &clearing);
		return;
	}
	if (!leaf->valid || s2_unmap(&gmem->space, leaf->ipa, leaf) != PLINTH_OK) {
		return;
	}
	if (leaf->level == S2_LEVEL_4K && leaf->state == S2_PAGE_OWNED &&
		(leaf->attrs & S2_ATTR_EXEC) != 0U) {
		gmem_maintain(gmem, COH_EXEC_LOST, leaf->pa, PAGE_SIZE);
		clearing.forgotten = true;
	}
	gmem_drop_leaf(&clearing, leaf);
}

static enum plinth_status relinquish_locked(struct gmem *gmem, ipa_t ipa, unsigned level)
{
	uint64_t pages = level_pages(level);
	struct s2_leaf leaf;
	enum plinth_status status = s2_lookup(&gmem->space, ipa, &leaf);

	if (status == PLINTH_OK) {
		status = leaf.level > level ? table_may_go(leaf.entry) : may_go(&leaf);
	}
	if (status == PLINTH_OK) {
		status = look_up(gmem, ipa, level, &leaf);
	}
	if (status != PLINTH_OK) {
		return status;
	}
	take_away(gmem, &leaf, level);
	s2_note(&gmem->space, ipa, level, S2_PAGE_RELINQUISHED);
	gmem->relinquished += pages;
	if (!gmem->overcommit) {
		gmem->promise -= pages;
		pmem_unreserve(pages);
	}
	return PLINTH_OK;
}

enum plinth_status gmem_relinquish(struct gmem *gmem, ipa_t ipa, unsigned level)
{
	enum plinth_status status = check_range(gmem, ipa, level);

	if (status == PLINTH_OK) {
		lock_take(&gmem->lock);
		status = relinquish_locked(gmem, ipa, level);
		lock_drop(&gmem->lock);
	}
	return status;
}

static enum plinth_status regain_pages(struct gmem *gmem, uint64_t pages)
{
	enum plinth_status status = gmem->overcommit ? PLINTH_OK : pmem_reserve(pages);

	if (status == PLINTH_OK) {
		gmem->promise += gmem->overcommit ? 0U : pages;
		gmem->relinquished -= pages;
	}
	return status;
}

enum plinth_status gmem_regain(struct gmem *gmem)
{
	gmem->retake_next = 0;
	gmem->was_touched = false;
	return regain_pages(gmem, gmem->relinquished);
}

/* After it, the hole of `level` at ipa is RAM. An image may not show again what the guest has done
 * away with. */
static enum plinth_status retake_hole(struct gmem *gmem, ipa_t ipa, unsigned level)
{
	uint64_t size = s2_level_size(level);
	enum plinth_status status = regain_pages(gmem, level_pages(level));
	enum s2_page_state state = S2_PAGE_NONE;
	pa_t source;

	if (status != PLINTH_OK) {
		return status;
	}
	if (gmem_image_content(gmem, ipa, size, size, &source) != GMEM_CONTENT_ZERO) {
		state = S2_PAGE_ZEROES;
	}
	s2_note(&gmem->space, ipa, level, state);
	return PLINTH_OK;
}

static enum plinth_status retake_locked(struct gmem *gmem, ipa_t ipa, unsigned level)
{
	struct s2_leaf leaf;
	enum plinth_status status = s2_lookup(&gmem->space, ipa, &leaf);

	if (status == PLINTH_OK && (leaf.level > level || leaf.state != S2_PAGE_RELINQUISHED)) {
		status = PLINTH_ENOENT;
	}
	if (status == PLINTH_OK) {
		status = look_up(gmem, ipa, level, &leaf);
	}
	return status == PLINTH_OK ? retake_hole(gmem, ipa, level) : status;
}

enum plinth_status gmem_retake(struct gmem *gmem, ipa_t ipa, unsigned level)
{
	enum plinth_status status = check_range(gmem, ipa, level);

	if (status == PLINTH_OK) {
		lock_take(&gmem->lock);
		status = retake_locked(gmem, ipa, level);
		lock_drop(&gmem->lock);
	}
	return status;
}

enum plinth_status gmem_retake_touched(struct gmem *gmem, struct s2_leaf *leaf, ipa_t ipa)
{
	const ipa_t page = ipa_init(align_down(ipa.v, PAGE_SIZE));

	if (leaf->valid || leaf->state != S2_PAGE_RELINQUISHED) {
		return PLINTH_OK;
	}
	gmem->was_touched = true;
	enum plinth_status status = retake_locked(gmem, page, S2_LEVEL_4K);

	if (status != PLINTH_OK) {
		return gmem->overcommit && status == PLINTH_ENOMEM ? status : PLINTH_EFAULT;
	}
	return s2_lookup(&gmem->space, ipa, leaf);
}

/* Looks at one entry; *changed: something was relinquished there. */
static enum plinth_status retake_next(struct gmem *gmem, bool *changed)
{
	struct s2_leaf leaf;
	enum plinth_status status;

	if (!gmem_area_has(gmem_ram(gmem), ipa_init(gmem->retake_next), 1)) {
		gmem->retake_next = gmem_ram(gmem)->ipa;
	}
	status = s2_lookup(&gmem->space, ipa_init(gmem->retake_next), &leaf);
	*changed = status == PLINTH_OK && leaf.state == S2_PAGE_RELINQUISHED;
	if (*changed) {
		status = retake_hole(gmem, leaf.ipa, leaf.level);
	}
	if (status == PLINTH_OK) {
		gmem->retake_next = leaf.ipa.v + s2_level_size(leaf.level);
	}
	return status;
}

static enum plinth_status retake_some(struct gmem *gmem)
{
	unsigned changes = 0;

	for (unsigned i = 0; i < RETAKE_ENTRIES && changes < RETAKE_CHANGES; i++) {
		enum plinth_status status;
		bool changed;

		if (gmem->relinquished == 0U) {
			return gmem_regain(gmem);
		}
		status = retake_next(gmem, &changed);
		if (status != PLINTH_OK) {
			return status;
		}
		changes += changed ? 1U : 0U;
	}
	return PLINTH_EAGAIN;
}

enum plinth_status gmem_retake_step(struct gmem *gmem)
{
	enum plinth_status status;

	lock_take(&gmem->lock);
	status = retake_some(gmem);
	lock_drop(&gmem->lock);
	return status;
}

bool gmem_was_touched(struct gmem *gmem)
{
	lock_take(&gmem->lock);
	bool touched = gmem->was_touched;

	lock_drop(&gmem->lock);
	return touched;
}

uint64_t gmem_relinquished(struct gmem *gmem)
{
	lock_take(&gmem->lock);
	uint64_t pages = gmem->relinquished;

	lock_drop(&gmem->lock);
	return pages;
}
