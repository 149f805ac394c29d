/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A debugger's breakpoints in a VM's RAM: words that were replaced. Whoever reads through gmem sees
 * what was there before; what he writes there is kept for the day when the breakpoint goes. The
 * guest itself sees the word, and may write over it, as a kernel does that changes its own code:
 * then the word is the guest's again, here as there.
 */
#include "base/bits.h"
#include "base/compiler.h"
#include "base/string.h"
#include "gmem_private.h"

#define WORD sizeof(uint32_t)

static struct gmem_patch *find(struct gmem *gmem, ipa_t ipa)
{
	for (uint32_t i = 0; i < gmem->patch_count; i++) {
		if (gmem->patch[i].ipa.v == ipa.v) {
			return &gmem->patch[i];
		}
	}
	return NULL;
}

static enum plinth_status copy_word(struct gmem *gmem, ipa_t ipa, uint32_t *word, bool write)
{
	const struct gmem_part part = {.ipa = ipa, .size = WORD, .to = word};

	return gmem_copy_part(gmem, &part, write);
}

/* Is our word still there? */
static bool is_in_place(struct gmem *gmem, const struct gmem_patch *patch)
{
	uint32_t word = 0;

	return copy_word(gmem, patch->ipa, &word, false) == PLINTH_OK && word == GMEM_PATCH_WORD;
}

/* Where there is no memory any more, or something else in it, there is nothing to put back. Where
 * none is to be had for a look at it, it stays. */
static enum plinth_status remove(struct gmem *gmem, struct gmem_patch *patch)
{
	uint32_t word = 0;
	enum plinth_status status = copy_word(gmem, patch->ipa, &word, false);

	if (status == PLINTH_OK && word == GMEM_PATCH_WORD) {
		status = copy_word(gmem, patch->ipa, &patch->original, true);
	} else if (status == PLINTH_EFAULT) {
		status = PLINTH_OK;
	}
	if (status == PLINTH_OK) {
		store_relaxed(&gmem->patch_count, gmem->patch_count - 1U);
		for (; patch != &gmem->patch[gmem->patch_count]; patch++) {
			*patch = patch[1];
		}
	}
	return status;
}

/* There is room. */
static void insert(struct gmem *gmem, const struct gmem_patch *patch)
{
	uint32_t at = gmem->patch_count;

	for (; at != 0U && gmem->patch[at - 1U].ipa.v > patch->ipa.v; at--) {
		gmem->patch[at] = gmem->patch[at - 1U];
	}
	gmem->patch[at] = *patch;
	store_relaxed(&gmem->patch_count, gmem->patch_count + 1U);
}

enum plinth_status gmem_patch(struct gmem *gmem, ipa_t ipa)
{
	struct gmem_patch patch = {.ipa = ipa};
	uint32_t word = GMEM_PATCH_WORD;
	enum plinth_status status;

	if (!is_aligned(ipa.v, WORD) || !gmem_is_ram(gmem, ipa)) {
		return PLINTH_EINVAL;
	}
	lock_take(&gmem->lock);
	if (find(gmem, ipa) != NULL) {
		status = PLINTH_EEXIST;
	} else if (gmem->patch_count == GMEM_PATCH_MAX) {
		status = PLINTH_ENOMEM;
	} else {
		status = copy_word(gmem, ipa, &patch.original, false);
		if (status == PLINTH_OK) {
			status = copy_word(gmem, ipa, &word, true);
		}
		if (status == PLINTH_OK) {
			insert(gmem, &patch);
		}
	}
	lock_drop(&gmem->lock);
	return status;
}

enum plinth_status gmem_unpatch(struct gmem *gmem, ipa_t ipa)
{
	enum plinth_status status = PLINTH_ENOENT;

	lock_take(&gmem->lock);
	struct gmem_patch *patch = find(gmem, ipa);

	if (patch != NULL) {
		status = remove(gmem, patch);
	}
	lock_drop(&gmem->lock);
	return status;
}

enum plinth_status gmem_unpatch_step(struct gmem *gmem)
{
	enum plinth_status status = PLINTH_OK;

	lock_take(&gmem->lock);
	if (gmem->patch_count != 0U) {
		status = remove(gmem, &gmem->patch[gmem->patch_count - 1U]);
	}
	if (status == PLINTH_OK && gmem->patch_count != 0U) {
		status = PLINTH_EAGAIN;
	}
	lock_drop(&gmem->lock);
	return status;
}

bool gmem_is_patched(struct gmem *gmem, ipa_t ipa)
{
	lock_take(&gmem->lock);
	bool found = find(gmem, ipa) != NULL;

	lock_drop(&gmem->lock);
	return found;
}

/* The bytes that `part` and the patch have in common: to the part's, or from them. */
static void copy_common(struct gmem_patch *patch, const struct gmem_part *part, bool write)
{
	uint8_t *original = (uint8_t *)&patch->original;

	for (unsigned i = 0; i < WORD; i++) {
		uint64_t at = patch->ipa.v + i - part->ipa.v; /* wraps below the part */

		if (at < part->size && write) {
			original[i] = ((const uint8_t *)part->from)[at];
		} else if (at < part->size) {
			((uint8_t *)part->to)[at] = original[i];
		}
	}
}

static bool meets(const struct gmem_patch *patch, const struct gmem_part *part)
{
	return patch->ipa.v < part->ipa.v + part->size && part->ipa.v < patch->ipa.v + WORD;
}

/* After a read: was our word among the bytes? A patch at their edge is looked up. */
static bool was_read(
	struct gmem *gmem, const struct gmem_patch *patch, const struct gmem_part *part)
{
	uint64_t at = patch->ipa.v - part->ipa.v; /* wraps below the part */
	uint32_t word;

	if (at >= part->size || part->size - at < WORD) {
		return is_in_place(gmem, patch);
	}
	memcpy(&word, (const uint8_t *)part->to + at, WORD);
	return word == GMEM_PATCH_WORD;
}

static enum plinth_status read_patched(struct gmem *gmem, const struct gmem_part *part)
{
	enum plinth_status status = gmem_copy_part(gmem, part, false);

	for (uint32_t i = 0; i < gmem->patch_count && status == PLINTH_OK; i++) {
		struct gmem_patch *patch = &gmem->patch[i];

		if (meets(patch, part) && was_read(gmem, patch, part)) {
			copy_common(patch, part, false);
		}
	}
	return status;
}

/* Of a page at hand. */
static bool holds_our_word(const struct s2_leaf *leaf, const struct gmem_patch *patch)
{
	uint32_t word;

	memcpy(&word, gmem_va(leaf, patch->ipa), WORD);
	return word == GMEM_PATCH_WORD;
}

/* Between the breakpoints, which stay; what is for their words goes to `original`. */
static void write_around(
	struct gmem *gmem, const struct gmem_part *part, const struct s2_leaf *leaf)
{
	uint8_t *to = gmem_va(leaf, part->ipa);
	const uint8_t *from = part->from;
	uint64_t done = 0;

	for (uint32_t i = 0; i < gmem->patch_count; i++) {
		struct gmem_patch *patch = &gmem->patch[i];

		if (meets(patch, part) && holds_our_word(leaf, patch)) {
			uint64_t at = patch->ipa.v - min_u64(patch->ipa.v, part->ipa.v);

			memcpy(to + done, from + done, at - done);
			copy_common(patch, part, true);
			done = min_u64(patch->ipa.v + WORD - part->ipa.v, part->size);
		}
	}
	memcpy(to + done, from + done, part->size - done);
}

static enum plinth_status write_patched(struct gmem *gmem, const struct gmem_part *part)
{
	struct s2_leaf leaf;
	enum plinth_status status = PLINTH_EFAULT;

	if (gmem_is_memory(gmem, part->ipa, part->size)) {
		status = gmem_write_begin(gmem, part->ipa, &leaf);
	}
	if (status == PLINTH_OK) {
		write_around(gmem, part, &leaf);
		gmem_write_end(gmem, part->ipa, &leaf);
	}
	return status;
}

/* Not a copy for each caller: memory with breakpoints in it is rare. */
NOINLINE enum plinth_status gmem_copy_patched(
	struct gmem *gmem, const struct gmem_part *part, bool write)
{
	lock_take(&gmem->lock);
	enum plinth_status status = write ? write_patched(gmem, part) : read_patched(gmem, part);

	lock_drop(&gmem->lock);
	return status;
}
