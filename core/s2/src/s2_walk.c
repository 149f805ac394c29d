/* SPDX-License-Identifier: Apache-2.0 */
#include "base/atomic.h"
#include "base/bits.h"
#include "s2_private.h"

/* The root is one array whatever its size: concatenated tables are contiguous. */
static unsigned entry_index(ipa_t ipa, unsigned level)
{
	uint64_t index = ipa.v / s2_level_size(level);

	return (unsigned)(level == S2_LEVEL_FIRST ? index : index % S2_ENTRIES);
}

unsigned s2_entries_left(ipa_t ipa, unsigned level)
{
	uint64_t all = level == S2_LEVEL_FIRST
			       ? max_u64(s2_ipa_end() / s2_level_size(S2_LEVEL_FIRST), 1)
			       : S2_ENTRIES;

	return (unsigned)all - entry_index(ipa, level);
}

static s2_pte_t *entry_below(s2_pte_t table, ipa_t ipa, unsigned level)
{
	s2_pte_t *entries = pa_to_va(s2_pte_pa(table));

	if (entries == NULL) {
		__builtin_unreachable(); /* who asks whether there is an entry is spared it */
	}
	return &entries[entry_index(ipa, level)];
}

static inline s2_pte_t *walk(
	const struct s2_space *space, ipa_t ipa, unsigned level, unsigned *found)
{
	s2_pte_t *root = pa_to_va(space->root);
	s2_pte_t *entry = &root[entry_index(ipa, S2_LEVEL_1G)];

	*found = S2_LEVEL_1G;
	if (level != S2_LEVEL_1G && s2_pte_is_table(*entry, S2_LEVEL_1G)) {
		entry = entry_below(*entry, ipa, S2_LEVEL_2M);
		*found = S2_LEVEL_2M;
		if (level != S2_LEVEL_2M && s2_pte_is_table(*entry, S2_LEVEL_2M)) {
			entry = entry_below(*entry, ipa, S2_LEVEL_4K);
			*found = S2_LEVEL_4K;
		}
	}
	return entry;
}

s2_pte_t *s2_entry(const struct s2_space *space, ipa_t ipa, unsigned level, unsigned *found)
{
	return walk(space, ipa, level, found);
}

static inline struct s2_leaf leaf_of(s2_pte_t *entry, ipa_t ipa, unsigned level)
{
	s2_pte_t pte = *entry;

	return (struct s2_leaf){
		.entry = entry,
		.ipa = ipa_init(align_down(ipa.v, s2_level_size(level))),
		.pa = s2_pte_pa(pte),
		.level = level,
		.attrs = s2_pte_attrs(pte),
		.state = s2_pte_state(pte),
		.valid = s2_pte_is_valid(pte),
	};
}

struct s2_leaf s2_leaf_of(s2_pte_t *entry, ipa_t ipa, unsigned level)
{
	return leaf_of(entry, ipa, level);
}

enum plinth_status s2_lookup(const struct s2_space *space, ipa_t ipa, struct s2_leaf *leaf)
{
	unsigned level;

	if (ipa.v >= s2_ipa_end()) {
		return PLINTH_ERANGE;
	}
	s2_pte_t *entry = walk(space, ipa, S2_LEVEL_LAST, &level);

	*leaf = leaf_of(entry, ipa, level);
	return PLINTH_OK;
}

s2_pte_t *s2_page_entry(const struct s2_space *space, ipa_t ipa)
{
	unsigned level;
	s2_pte_t *entry = walk(space, ipa, S2_LEVEL_4K, &level);

	return level == S2_LEVEL_4K ? entry : NULL;
}

bool s2_is_empty(const struct s2_space *space, ipa_t ipa, unsigned count)
{
	unsigned level;
	const s2_pte_t *entry = s2_entry(space, ipa, S2_LEVEL_LAST, &level);

	if (level != S2_LEVEL_LAST) {
		count = 1; /* one entry for all of them */
	}
	for (unsigned i = 0; i < count; i++) {
		if (entry[i].v != 0U) {
			return false;
		}
	}
	return true;
}

unsigned s2_run(struct s2_leaf *leaf, unsigned window)
{
	s2_pte_t *first = leaf->entry;
	const s2_pte_t *start = s2_window(first, window);
	const s2_pte_t *end = start + window;
	const s2_pte_t *next = first + 1;
	uint64_t v = first->v;

	/* Descriptors of such neighbours differ by a page. */
	for (uint64_t above = v + PAGE_SIZE; next != end && next->v == above; next++) {
		above += PAGE_SIZE;
	}
	while (first != start && first[-1].v == v - PAGE_SIZE) {
		v -= PAGE_SIZE;
		first--;
	}
	s2_leaf_back_to(leaf, first);
	return (unsigned)(next - first);
}
