/* SPDX-License-Identifier: Apache-2.0 */
#include "base/bits.h"
#include "base/check.h"
#include "base/string.h"
#include "s2_private.h"

/* Pages of the root: one table translates 2^39 bytes from level 1 (DDI 0487, D8.2.8: concatenated
 * tables, at most 16). */
static unsigned root_order(void)
{
	return s2_features()->ipa_bits > 39U ? s2_features()->ipa_bits - 39U : 0U;
}

enum plinth_status s2_space_init(struct s2_space *space, const struct s2_ops *ops, void *ctx)
{
	pa_t root;
	enum plinth_status status = ops->alloc(ctx, root_order(), &root);

	if (status != PLINTH_OK) {
		return status;
	}
	memset(space, 0, sizeof(*space));
	space->ops = ops;
	space->ctx = ctx;
	space->root = root;
	space->table_count = 1U << root_order();
	return PLINTH_OK;
}

void s2_space_fini(struct s2_space *space)
{
	if (space->ops == NULL) {
		return;
	}
	while (space->spare_count != 0U) {
		space->ops->free(space->ctx, space->spare[--space->spare_count], 0);
		space->table_count--;
	}
	PLINTH_CHECK(space->table_count == 1U << root_order());
	/* Nothing is left to invalidate: a TLB or walk cache holds what valid entries said (DDI
	 * 0487, D8.13), and when the last of them went s2_clear_step() emptied all of them. */
	space->ops->free(space->ctx, space->root, root_order());
	memset(space, 0, sizeof(*space));
}

/* Takes the leaves of `count` entries away: valid bits first, then the TLBs, then the caller is
 * told of each, who may free its memory now. */
static void clear_entries(struct s2_space *space, s2_pte_t *entry, unsigned count, ipa_t ipa,
	unsigned level, const struct s2_leaf_visitor *visitor)
{
	for (unsigned i = 0; i < count; i++) {
		if (s2_pte_is_valid(entry[i])) {
			s2_entry_write(&entry[i], s2_pte_dying(entry[i]));
		}
	}
	s2_publish();
	s2_tlb_flush_all(space);
	for (unsigned i = 0; i < count; i++) {
		if (s2_pte_is_dying(entry[i])) {
			struct s2_leaf leaf = s2_leaf_of(
				&entry[i], ipa_add(ipa, i * s2_level_size(level)), level);

			visitor->fn(visitor->ctx, &leaf);
		}
		s2_entry_write(&entry[i], s2_pte_note(S2_PAGE_NONE));
	}
}

/* Unlinks the table that `entry` of `level` leads to; it holds no tables. Unlinked before the TLBs
 * are emptied, so that no walk cache leads to it when it is freed. */
static void clear_table(struct s2_space *space, s2_pte_t *entry, ipa_t ipa, unsigned level,
	const struct s2_leaf_visitor *visitor)
{
	pa_t pa = s2_pte_pa(*entry);

	ipa = ipa_init(align_down(ipa.v, s2_level_size(level)));
	s2_entry_write(entry, s2_pte_note(S2_PAGE_NONE));
	clear_entries(space, pa_to_va(pa), S2_ENTRIES, ipa, level + 1U, visitor);
	space->ops->free(space->ctx, pa, 0);
	space->table_count--;
}

void s2_clear_table(struct s2_space *space, ipa_t ipa, s2_leaf_fn *removed, void *ctx)
{
	const struct s2_leaf_visitor visitor = {removed, ctx};
	unsigned level;
	s2_pte_t *entry = s2_entry(space, ipa, S2_LEVEL_2M, &level);

	if (s2_pte_is_table(*entry, level)) {
		clear_table(space, entry, ipa, level, &visitor);
	}
}

/* In the table of level 2 that holds ipa: the address of the first entry from there on that leads
 * to a table. */
static bool find_table(const s2_pte_t *table, ipa_t *ipa)
{
	uint64_t step = s2_level_size(S2_LEVEL_2M);
	unsigned left = s2_entries_left(*ipa, S2_LEVEL_2M);

	for (unsigned i = S2_ENTRIES - left; i < S2_ENTRIES; i++) {
		if (s2_pte_is_table(table[i], S2_LEVEL_2M)) {
			*ipa = ipa_init(align_down(ipa->v, s2_level_size(S2_LEVEL_1G)) + i * step);
			return true;
		}
	}
	return false;
}

/* One step inside the gigabyte whose first-level entry is a table. */
static void clear_gigabyte(struct s2_space *space, s2_pte_t *entry, ipa_t *cursor,
	const struct s2_leaf_visitor *visitor)
{
	s2_pte_t *table = pa_to_va(s2_pte_pa(*entry));
	ipa_t ipa = *cursor;
	unsigned level;

	if (find_table(table, &ipa)) {
		clear_table(space, s2_entry(space, ipa, S2_LEVEL_2M, &level), ipa, S2_LEVEL_2M,
			visitor);
		*cursor = ipa;
		return;
	}
	clear_table(space, entry, ipa, S2_LEVEL_1G, visitor);
}

/* ipa, or the next gigabyte below `stop` that something is mapped in: an address space has many,
 * most of them empty. */
static ipa_t skip_empty(const struct s2_space *space, ipa_t ipa, uint64_t stop)
{
	const s2_pte_t *root = pa_to_va(space->root);
	const uint64_t step = s2_level_size(S2_LEVEL_1G);
	uint64_t first = ipa.v / step;
	uint64_t i = first;

	while (i * step < stop && !s2_pte_is_valid(root[i])) {
		i++;
	}
	return i == first ? ipa : ipa_init(i * step);
}

enum plinth_status s2_clear_step(
	struct s2_space *space, ipa_t *cursor, ipa_t end, s2_leaf_fn *removed, void *ctx)
{
	const struct s2_leaf_visitor visitor = {removed, ctx};
	uint64_t stop = min_u64(end.v, s2_ipa_end());
	unsigned level;

	*cursor = skip_empty(space, *cursor, stop);
	if (cursor->v >= stop) {
		return PLINTH_OK;
	}
	s2_pte_t *entry = s2_entry(space, *cursor, S2_LEVEL_1G, &level);

	if (s2_pte_is_table(*entry, S2_LEVEL_1G)) {
		clear_gigabyte(space, entry, cursor, &visitor);
	} else {
		ipa_t start = ipa_init(align_down(cursor->v, s2_level_size(S2_LEVEL_1G)));

		clear_entries(space, entry, 1, start, S2_LEVEL_1G, &visitor);
	}
	return PLINTH_EAGAIN;
}
