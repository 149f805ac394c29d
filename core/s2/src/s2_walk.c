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

s2_pte_t *s2_entry(const struct s2_space *space, ipa_t ipa, unsigned level, unsigned *found)
{
	s2_pte_t *table = space->ops->pa_to_va(space->root);
	unsigned at = S2_LEVEL_FIRST;

	for (;;) {
		s2_pte_t *entry = &table[entry_index(ipa, at)];

		if (at == level || !s2_pte_is_table(*entry, at)) {
			*found = at;
			return entry;
		}
		table = space->ops->pa_to_va(s2_pte_pa(*entry));
		at++;
	}
}

struct s2_leaf s2_leaf_of(s2_pte_t pte, ipa_t ipa, unsigned level)
{
	return (struct s2_leaf){
		.ipa = ipa_init(align_down(ipa.v, s2_level_size(level))),
		.pa = s2_pte_pa(pte),
		.level = level,
		.attrs = s2_pte_attrs(pte),
		.state = s2_pte_state(pte),
		.valid = s2_pte_is_valid(pte),
	};
}

enum plinth_status s2_lookup(const struct s2_space *space, ipa_t ipa, struct s2_leaf *leaf)
{
	unsigned level;

	if (ipa.v >= s2_ipa_end()) {
		return PLINTH_ERANGE;
	}
	s2_pte_t *entry = s2_entry(space, ipa, S2_LEVEL_LAST, &level);

	*leaf = s2_leaf_of(*entry, ipa, level);
	return PLINTH_OK;
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

enum plinth_status s2_next(const struct s2_space *space, ipa_t ipa, struct s2_leaf *leaf)
{
	while (ipa.v < s2_ipa_end()) {
		struct s2_leaf here;

		if (s2_lookup(space, ipa, &here) != PLINTH_OK) {
			break;
		}
		if (here.valid) {
			*leaf = here;
			return PLINTH_OK;
		}
		ipa = ipa_add(here.ipa, s2_level_size(here.level));
	}
	return PLINTH_ENOENT;
}
