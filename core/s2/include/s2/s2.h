/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A VM's stage-2 translation: tables, TLB invalidation, VMIDs. Knows nothing about memory's
 * content or who pays for it (core/gmem) nor about caches (core/coh).
 *
 * Locks: every function that takes a `struct s2_space *` wants the owner's lock (gmem.lock,
 * LOCK_RANK_S2) held, save s2_vmid_load, s2_reset_vcpu and s2_enter_vcpu. No function waits.
 * Barriers: when a function returns, its change is complete for every CPU of the inner shareable
 * domain; what makes it take effect on the calling CPU is the ERET.
 */
#ifndef S2_S2_H
#define S2_S2_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "base/types.h"
#include "s2/s2_pte.h"
#include "s2/s2_state.h"

#define S2_IPA_BITS_MAX 40U

/* No root is larger: one table translates 2^39 bytes. */
#define S2_ROOT_ORDER_MAX (S2_IPA_BITS_MAX - 39U)

/* What the machine can do; every CPU must agree (core/init takes the least). */
struct s2_features {
	uint8_t pa_bits;   /* 32 to 48 */
	uint8_t ipa_bits;  /* 32 to 40: what we use */
	uint8_t vmid_bits; /* 8 or 16 */
	bool fwb;	   /* FEAT_S2FWB: HCR_EL2.FWB is to be set */
};

/* From ID_AA64MMFR0/1/2_EL1 (DDI 0487, D19.2). Pure. */
struct s2_features s2_features_from_ids(uint64_t mmfr0, uint64_t mmfr1, uint64_t mmfr2);

/* VTCR_EL2 for these features: 4 KiB granule, start level 1 with a concatenated root, write-back
 * inner shareable walks (DDI 0487, D19.2, VTCR_EL2). Pure. */
uint64_t s2_vtcr(const struct s2_features *features);

/* Sets what all spaces use and starts VMID allocation afresh. Boot CPU, once, before any space. */
void s2_setup(const struct s2_features *features);
const struct s2_features *s2_features(void);

/* Where tables come from. alloc gives 2^order zeroed contiguous pages, aligned to their size. */
struct s2_ops {
	enum plinth_status (*alloc)(void *ctx, unsigned order, pa_t *table);
	void (*free)(void *ctx, pa_t table, unsigned order);
};

/* The barriers and invalidations that we use. Tests put their own in, to leave one out; else the
 * barriers are not asked for here. */
struct s2_tlb_ops {
	void (*dsb_ishst)(void); /* an entry's store, before whoever relies on it */
	void (*dsb_ish)(void);
	void (*ipas2e1is)(uint64_t ipa);
	void (*vmalle1is)(void);
	void (*vmalls12e1is)(void);
	void (*alle1is)(void);
	void (*vmalle1)(void);
	void (*ic_iallu)(void);
	void (*isb)(void);
};

extern const struct s2_tlb_ops s2_tlb_arch; /* the instructions themselves */

/* For tests: other operations for all spaces; NULL puts s2_tlb_arch back. */
void s2_set_tlb_ops(const struct s2_tlb_ops *ops);

#define S2_SPARE_MAX 2U

struct s2_space {
	const struct s2_ops *ops; /* these three: immutable after init */
	void *ctx;
	pa_t root;
	uint64_t vmid; /* generation << 16 | VMID, 0: none yet. Written under the VMID lock */
	uint32_t table_count; /* pages of tables, root and spares with them */
	uint32_t spare_count;
	pa_t spare[S2_SPARE_MAX];    /* tables that s2_prepare allocated and no commit used */
	uint16_t last_vcpu[CPU_MAX]; /* vCPU id + 1 that ran last on a CPU, 0: none, or unknown */
};

/* ENOMEM: no memory for the root. The space maps nothing. Undone by s2_space_fini. */
enum plinth_status s2_space_init(struct s2_space *space, const struct s2_ops *ops, void *ctx);

/* Frees root and spares and forgets the VMID. No leaf may be left (s2_clear_step). Accepts a space
 * of zeroes, and may be called twice. */
void s2_space_fini(struct s2_space *space);

/* A leaf, or the hole where one is missing. */
struct s2_leaf {
	s2_pte_t *entry; /* where it was found: as long as the lock is held and no table changes */
	ipa_t ipa;	 /* start of what the entry covers */
	pa_t pa;	 /* valid leaf: its memory */
	unsigned level;
	uint32_t attrs; /* S2_ATTR_*; valid leaf */
	enum s2_page_state state;
	bool valid;
};

/* The entry that translates `ipa`, or the invalid one where the walk ends. ERANGE: beyond the IPA
 * size. */
enum plinth_status s2_lookup(const struct s2_space *space, ipa_t ipa, struct s2_leaf *leaf);

/* Walks from the root by tables alone, down to at most `level`: the entry where that ends, and
 * its level. ipa must be below the IPA size. */
s2_pte_t *s2_entry(const struct s2_space *space, ipa_t ipa, unsigned level, unsigned *found);

/* Only where tables lead down to 4 KiB: the entry of `ipa`, below the IPA size, valid or not. NULL:
 * a block is there, or nothing. What most faults want to know, at the price of that. */
s2_pte_t *s2_page_entry(const struct s2_space *space, ipa_t ipa);

/* s2_protect() of what maps a page that was not shown (valid), and of all in its table that differ
 * from it in the memory alone: clears S2_ATTR_UNTOUCHED, in one pass. */
void s2_open_like(s2_pte_t *entry);

/* The pages that are mapped just as *leaf (valid, of S2_LEVEL_4K, looked up), whose memory is of
 * one piece with its own, and that lie around it without a gap in its aligned group of `window`
 * pages (a power of two, at most 512). How many, at least 1; *leaf becomes the first of them. */
unsigned s2_run(struct s2_leaf *leaf, unsigned window);

/* The first entry of the aligned group of `window` entries that `entry` is in: a table is a page,
 * so an entry's address tells its place in it. */
static inline s2_pte_t *s2_window(s2_pte_t *entry, unsigned window)
{
	return (s2_pte_t *)((uintptr_t)entry & ~(uintptr_t)(window * sizeof(*entry) - 1U));
}

/* Makes *leaf the one of `first`, which is before it in its run. */
static inline void s2_leaf_back_to(struct s2_leaf *leaf, s2_pte_t *first)
{
	uint64_t distance = (uint64_t)(leaf->entry - first) * PAGE_SIZE;

	leaf->ipa.v -= distance;
	leaf->pa.v -= distance;
	leaf->entry = first;
}

/* Do the `count` entries from `first` on, in one table, map consecutive pages alike? */
static inline bool s2_is_run(const s2_pte_t *first, unsigned count)
{
	uint64_t v = first->v;

	for (unsigned i = 1; i < count; i++) {
		v += PAGE_SIZE;
		if (first[i].v != v) {
			return false;
		}
	}
	return true;
}

#define S2_FOUR 4U

/* The same for S2_FOUR, which most first fetches ask for: all are loaded before any is compared. */
static inline bool s2_is_run_of_four(const s2_pte_t *first)
{
	uint64_t v[4] = {first[0].v, first[1].v, first[2].v, first[3].v};

	return (v[1] == v[0] + PAGE_SIZE) & (v[2] == v[0] + 2U * PAGE_SIZE) &
	       (v[3] == v[0] + 3U * PAGE_SIZE);
}

/* s2_run() for a small window that is mostly one run. */
static inline unsigned s2_run_small(struct s2_leaf *leaf, unsigned window)
{
	s2_pte_t *first = s2_window(leaf->entry, window);

	if (!s2_is_run(first, window)) {
		return s2_run(leaf, window);
	}
	s2_leaf_back_to(leaf, first);
	return window;
}

/* Is nothing at all, no note either, at `count` consecutive pages from `ipa` (page-aligned) that
 * lie in one area of 2 MiB below the IPA size? */
bool s2_is_empty(const struct s2_space *space, ipa_t ipa, unsigned count);

/* Makes sure that a leaf of `level` can be put at `ipa` without allocation, by s2_map or s2_split.
 * Changes no translation. EINVAL: ipa not aligned to the level's size, or no such level. ERANGE:
 * beyond the IPA size. EBUSY: a table stands where the leaf would go. ENOMEM. */
enum plinth_status s2_prepare(struct s2_space *space, ipa_t ipa, unsigned level);

/* Commit: puts `count` leaves like *leaf at consecutive addresses (ipa and pa both go up), all in
 * one table, after s2_prepare for leaf->ipa and leaf->level. What was mapped there is replaced by
 * break-before-make; a bigger block in the way is split first. Cannot fail. */
void s2_map(struct s2_space *space, const struct s2_leaf *leaf, unsigned count);

/* Commit: if a bigger block (or note) covers `ipa`, replaces it by tables down to `level` with the
 * same translations (the same note). After s2_prepare. Break-before-make. */
void s2_split(struct s2_space *space, ipa_t ipa, unsigned level);

/* Sets and clears attributes of `count` consecutive leaves in one table that are mapped just as
 * *leaf, the first of them (looked up, or more than one: s2_run). If permissions change, no TLB
 * holds the old ones on return; a change of software bits alone costs a store, S2_ATTR_UNTOUCHED
 * cleared a barrier more (no TLB holds such an entry). Execute permission is taken by s2_map(), not
 * in place (Cortex-A715 2645198). */
void s2_edit(const struct s2_space *space, const struct s2_leaf *leaf, unsigned count,
	struct s2_pte_edit edit);

static inline void s2_protect(const struct s2_space *space, const struct s2_leaf *leaf,
	unsigned count, uint32_t set, uint32_t clear)
{
	s2_edit(space, leaf, count, s2_pte_edit(set, clear));
}

/* s2_protect() of a run of S2_FOUR pages that were shown, from `entry` on, by the CPU that runs the
 * space, in a fault of its own: the way that guests wait for most. Sets S2_ATTR_EXEC, clears
 * S2_ATTR_WRITTEN. */
void s2_let_fetch(const struct s2_space *space, s2_pte_t *entry);

/* Removes one leaf; *leaf says what it was. On return no TLB holds it, so its memory may be freed.
 * ENOENT: nothing is mapped there. */
enum plinth_status s2_unmap(struct s2_space *space, ipa_t ipa, struct s2_leaf *leaf);

typedef void s2_leaf_fn(void *ctx, const struct s2_leaf *leaf);

/* One bounded step of removing everything from *cursor up, by whole gigabytes below `end` (the one
 * that holds end - 1 goes entirely): at most one table of leaves. Calls
 * `removed` for each, when no TLB holds it any more, and frees the table. PLINTH_EAGAIN: call again
 * (the lock may be dropped between); PLINTH_OK: nothing is left. Start with cursor 0. */
enum plinth_status s2_clear_step(
	struct s2_space *space, ipa_t *cursor, ipa_t end, s2_leaf_fn *removed, void *ctx);

/* Removes all leaves that the table below the 2 MiB at `ipa` holds, and the table, as one step of
 * s2_clear_step() does. Nothing for what is no table. */
void s2_clear_table(struct s2_space *space, ipa_t ipa, s2_leaf_fn *removed, void *ctx);

/* Commit: `state`, of those without a translation, is noted at `ipa`, where nothing is mapped, in
 * an entry of `level`; after s2_prepare() for it where the hole is larger. s2_lookup() tells it for
 * every page below, also when a table is put there (s2_map, s2_split). */
void s2_note(struct s2_space *space, ipa_t ipa, unsigned level, enum s2_page_state state);

/* VTTBR_EL2 for entering the space on this CPU: gives it a VMID of the current generation. On
 * rollover all VMIDs but those in use on other CPUs are free again and every TLB is emptied.
 * Called at each load of a vCPU, its CPU not yet running it; takes LOCK_RANK_VMID if need be.
 * The caller writes VTTBR_EL2 and synchronises. */
uint64_t s2_vmid_load(struct s2_space *space);

/* The vCPU, which runs nowhere, begins anew, as a core out of reset: what its former life left in
 * TLBs and instruction caches goes when a CPU enters it next. Needs no lock: a CPU that enters
 * another vCPU of the space meanwhile does that once more at worst. */
void s2_reset_vcpu(struct s2_space *space, vcpu_id_t vcpu);

/* The rule for CPUs that several vCPUs of one VM share: stage-1 TLB entries of one must not serve
 * another, since their ASIDs are each vCPU's own. If another vCPU of this space ran last on this
 * CPU, removes them (TLBI VMALLE1, IC IALLU, DSB) and returns true. After VTTBR_EL2 is written and
 * synchronised; what comes after is synchronised by the ERET. */
bool s2_enter_vcpu(struct s2_space *space, cpu_id_t cpu, vcpu_id_t vcpu);

#endif
