/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/copy.h"
#include "arch/sysreg.h"
#include "base/bits.h"
#include "base/check.h"
#include "s2_private.h"

enum plinth_status s2_prepare(struct s2_space *space, ipa_t ipa, unsigned level)
{
	unsigned found;

	if (level < S2_LEVEL_FIRST || level > S2_LEVEL_LAST ||
		!is_aligned(ipa.v, s2_level_size(level))) {
		return PLINTH_EINVAL;
	}
	if (ipa.v >= s2_ipa_end()) {
		return PLINTH_ERANGE;
	}
	if (s2_pte_is_table(*s2_entry(space, ipa, level, &found), level)) {
		return PLINTH_EBUSY;
	}
	while (space->spare_count < level - found) {
		pa_t table;
		enum plinth_status status = space->ops->alloc(space->ctx, 0, &table);

		if (status != PLINTH_OK) {
			return status;
		}
		space->spare[space->spare_count++] = table;
		space->table_count++;
	}
	return PLINTH_OK;
}

static pa_t take_spare(struct s2_space *space)
{
	PLINTH_CHECK(space->spare_count != 0U);
	return space->spare[--space->spare_count];
}

/* Puts a table where entry is invalid or a block; the translations stay the same. A walker that
 * sees the table's entry must see what is in the table: that is published, by the break where we
 * fill it, by the caller where it is the zeroes of s2_prepare(). The new entry is not. */
static void put_table(struct s2_space *space, s2_pte_t *entry, ipa_t ipa, unsigned level)
{
	pa_t pa = take_spare(space);
	s2_pte_t old = *entry;

	if (s2_pte_is_leaf(old, level)) {
		arch_fill_run(pa_to_va(pa), s2_pte_split(old, level).v, s2_level_size(level + 1U));
		ipa = ipa_init(align_down(ipa.v, s2_level_size(level)));
		s2_break(space, entry, ipa, 1);
	}
	s2_entry_write(entry, s2_pte_table(pa));
}

/* The table that is put at `entry` next holds the note that is there; before it is published. */
static void keep_note(const struct s2_space *space, const s2_pte_t *entry)
{
	if (!s2_pte_is_valid(*entry) && entry->v != 0U) {
		PLINTH_CHECK(space->spare_count != 0U);
		arch_fill_run(pa_to_va(space->spare[space->spare_count - 1U]), entry->v, 0);
	}
}

/* The entry of `level` for ipa, with tables made on the way. */
static s2_pte_t *descend(struct s2_space *space, ipa_t ipa, unsigned level)
{
	unsigned found;
	s2_pte_t *entry = s2_entry(space, ipa, level, &found);

	if (found < level) {
		keep_note(space, entry);
		/* All that the entries which are written now lead to: tables, and the memory that
		 * is to be mapped. */
		s2_publish();
	}
	while (found < level) {
		put_table(space, entry, ipa, found);
		entry = s2_entry(space, ipa, level, &found);
	}
	return entry;
}

static bool any_valid(const s2_pte_t *entry, unsigned count, unsigned level)
{
	bool valid = false;

	for (unsigned i = 0; i < count; i++) {
		PLINTH_CHECK(!s2_pte_is_table(entry[i], level));
		valid |= s2_pte_is_valid(entry[i]);
	}
	return valid;
}

void s2_map(struct s2_space *space, const struct s2_leaf *leaf, unsigned count)
{
	unsigned found;
	s2_pte_t *entry = s2_entry(space, leaf->ipa, leaf->level, &found);
	uint64_t size = s2_level_size(leaf->level);
	s2_pte_t pte =
		s2_pte_leaf(leaf->pa, leaf->level, leaf->attrs, leaf->state, s2_features()->fwb);

	PLINTH_CHECK(count <= s2_entries_left(leaf->ipa, leaf->level));
	if (found != leaf->level) {
		entry = descend(space, leaf->ipa, leaf->level);
	}
	if (any_valid(entry, count, leaf->level)) {
		s2_break(space, entry, leaf->ipa, count);
	} else if (found == leaf->level) {
		/* Our stores to the memory, zeroes or a copy, come before another CPU walks to
		 * it. */
		s2_publish();
	}
	for (unsigned i = 0; i < count; i++) {
		s2_entry_write(&entry[i], pte);
		pte.v += size;
	}
	s2_publish(); /* the vCPU that we resume, and others, would fault again without */
}

void s2_split(struct s2_space *space, ipa_t ipa, unsigned level)
{
	unsigned found;
	s2_pte_t *entry = s2_entry(space, ipa, level, &found);
	bool split = false;

	if (found < level && !s2_pte_is_valid(*entry) && entry->v != 0U) {
		keep_note(space, entry);
		s2_publish();
	}
	while (found < level && entry->v != 0U) {
		put_table(space, entry, ipa, found);
		entry = s2_entry(space, ipa, level, &found);
		split = true;
	}
	if (split) {
		s2_publish();
	}
}

void s2_note(struct s2_space *space, ipa_t ipa, unsigned level, enum s2_page_state state)
{
	unsigned found;
	s2_pte_t *entry = s2_entry(space, ipa, level, &found);

	if (found != level) {
		entry = descend(space, ipa, level);
	}
	PLINTH_CHECK(!s2_pte_is_valid(*entry));
	s2_entry_write(entry, s2_pte_note(state));
	if (found != level) {
		s2_publish();
	}
}

void s2_edit(const struct s2_space *space, const struct s2_leaf *leaf, unsigned count,
	struct s2_pte_edit edit)
{
	uint64_t size = s2_level_size(leaf->level);
	s2_pte_t *entry = leaf->entry;
	s2_pte_t *end = entry + count;
	s2_pte_t old = *entry;
	s2_pte_t pte = s2_pte_edited(old, &edit);
	uint64_t changed = old.v ^ pte.v;

	PLINTH_ASSERT(count <= s2_entries_left(leaf->ipa, leaf->level));
	do {
		PLINTH_ASSERT(s2_pte_edited(*entry, &edit).v == pte.v);
		s2_entry_write(entry++, pte);
		pte.v += size;
	} while (entry != end);
	if ((changed & S2_PTE_PERMISSIONS) == 0U) {
		return;
	}
	s2_publish();
	if ((old.v & S2_PTE_AF) != 0U) {
		/* Permissions alone need no break-before-make. Also where rights are added: a TLB
		 * may hold the old ones, and the guest would fault on and on. It holds no entry
		 * that lacked its access flag (DDI 0487, D8.14). */
		s2_tlb_flush(space, leaf->ipa, count);
	}
}

void s2_let_fetch(const struct s2_space *space, s2_pte_t *entry)
{
	const struct s2_pte_edit edit = s2_pte_edit(S2_ATTR_EXEC, S2_ATTR_WRITTEN);
	s2_pte_t pte = s2_pte_edited(*entry, &edit);

	PLINTH_ASSERT((pte.v & S2_PTE_AF) != 0U);
	PLINTH_ASSERT(read_vttbr_el2() == s2_vttbr(space, load_relaxed(&space->vmid)));
	s2_entry_write_run(entry, pte);
	s2_publish();
	S2_ON_ALL_CPUS(s2_vmalls12e1is());
	s2_dsb_ish();
}

static inline void show(s2_pte_t *entry)
{
	s2_entry_write(entry, (s2_pte_t){entry->v | S2_PTE_AF});
}

/* What the entry has that `like` has not, or the other way round, but for the memory. */
static inline uint64_t other_than(s2_pte_t entry, s2_pte_t like)
{
	return (entry.v ^ like.v) & ~S2_PTE_ADDRESS;
}

void s2_open_like(s2_pte_t *entry)
{
	s2_pte_t *next = s2_window(entry, S2_ENTRIES);
	const s2_pte_t *end = next + S2_ENTRIES;
	const s2_pte_t like = *entry;

	PLINTH_ASSERT((like.v & (S2_PTE_VALID | S2_PTE_AF)) == S2_PTE_VALID);
	/* Four a turn, since mostly all are alike. */
	for (; next != end; next += 4) {
		if ((other_than(next[0], like) | other_than(next[1], like) |
			    other_than(next[2], like) | other_than(next[3], like)) == 0U) {
			show(&next[0]);
			show(&next[1]);
			show(&next[2]);
			show(&next[3]);
			continue;
		}
		for (unsigned i = 0; i < 4U; i++) {
			if (other_than(next[i], like) == 0U) {
				show(&next[i]);
			}
		}
	}
	s2_publish(); /* no TLB holds an entry that lacked its access flag (DDI 0487, D8.14) */
}

enum plinth_status s2_unmap(struct s2_space *space, ipa_t ipa, struct s2_leaf *leaf)
{
	unsigned level;

	if (ipa.v >= s2_ipa_end()) {
		return PLINTH_ENOENT;
	}
	s2_pte_t *entry = s2_entry(space, ipa, S2_LEVEL_LAST, &level);

	if (!s2_pte_is_valid(*entry)) {
		return PLINTH_ENOENT;
	}
	*leaf = s2_leaf_of(entry, ipa, level);
	s2_break(space, entry, leaf->ipa, 1);
	return PLINTH_OK;
}
