/* SPDX-License-Identifier: Apache-2.0 */
#include "base/bits.h"
#include "base/checked.h"
#include "base/string.h"
#include "gmem_private.h"

/* With the guest's caches off, what it wrote is at PoC, and our caches may hold older lines. */
static void maintain_off(
	struct gmem *gmem, enum coh_reason reason, const struct s2_leaf *leaf, ipa_t ipa)
{
	ipa_t page = ipa_init(align_down(ipa.v, PAGE_SIZE));

	if (gmem->mmu_off) {
		gmem_maintain(gmem, reason, pa_add(leaf->pa, page.v - leaf->ipa.v), PAGE_SIZE);
	}
}

/* Before we write: the page loses execute permission on every CPU, so that the next fetch comes to
 * gmem_fault, and is marked, so that it is maintained there. Instruction caches forget it now: as
 * long as it can't be executed they don't fetch it again. By break-before-make: where the
 * permission went in place, Cortex-A715 (2645198) may report that fetch with a wrong ESR_EL2 and
 * FAR_EL2. */
static enum plinth_status revoke_exec(struct gmem *gmem, struct s2_leaf *leaf, ipa_t ipa)
{
	bool exec = (leaf->attrs & S2_ATTR_EXEC) != 0U;
	enum plinth_status status;

	if (!exec && (leaf->attrs & S2_ATTR_WRITTEN) != 0U) {
		return PLINTH_OK;
	}
	/* Only this page: the rest of the block stays as it is. */
	status = gmem_split(gmem, leaf, ipa);
	if (status == PLINTH_OK && !exec) {
		s2_protect(&gmem->space, leaf, 1, S2_ATTR_WRITTEN, 0);
	} else if (status == PLINTH_OK) {
		leaf->attrs = (leaf->attrs | S2_ATTR_WRITTEN) & ~S2_ATTR_EXEC;
		s2_map(&gmem->space, leaf, 1);
		gmem_maintain(gmem, COH_EXEC_LOST, leaf->pa, PAGE_SIZE);
		gmem->counters.revoked++;
	}
	return status;
}

/* What a hole would show if it were mapped: nobody has to map it for that. */
static void read_hole(
	const struct gmem *gmem, const struct s2_leaf *hole, ipa_t ipa, uint8_t *buf, size_t size)
{
	memset(buf, 0, size);
	if (hole->state == S2_PAGE_NONE) {
		gmem_image_fill(gmem, ipa, size, buf);
	}
}

static enum plinth_status read_page(struct gmem *gmem, ipa_t ipa, uint8_t *buf, size_t size)
{
	struct s2_leaf leaf;
	enum plinth_status status = s2_lookup(&gmem->space, ipa, &leaf);

	if (status == PLINTH_OK && !leaf.valid &&
		(leaf.state == S2_PAGE_NONE || leaf.state == S2_PAGE_ZEROES)) {
		read_hole(gmem, &leaf, ipa, buf, size);
		return PLINTH_OK;
	}
	if (status != PLINTH_OK || !leaf.valid || (leaf.attrs & S2_ATTR_UNTOUCHED) != 0U) {
		status = gmem_ensure(gmem, ipa, GMEM_READ, GMEM_ONE_PAGE, &leaf);
	}
	if (status != PLINTH_OK) {
		return status;
	}
	if ((leaf.attrs & S2_ATTR_DEVICE) != 0U) {
		return PLINTH_EFAULT;
	}
	maintain_off(gmem, COH_READER_BEFORE, &leaf, ipa);
	gmem_copy_bytes(buf, gmem_va(&leaf, ipa), size);
	return PLINTH_OK;
}

enum plinth_status gmem_write_begin(struct gmem *gmem, ipa_t ipa, struct s2_leaf *leaf)
{
	enum plinth_status status = gmem_ensure(gmem, ipa, GMEM_WRITE, GMEM_ONE_PAGE, leaf);

	if (status == PLINTH_OK && (leaf->attrs & S2_ATTR_DEVICE) != 0U) {
		status = PLINTH_EFAULT;
	}
	if (status == PLINTH_OK) {
		status = revoke_exec(gmem, leaf, ipa);
	}
	if (status == PLINTH_OK) {
		maintain_off(gmem, COH_WRITER_BEFORE, leaf, ipa);
	}
	return status;
}

void gmem_write_end(struct gmem *gmem, ipa_t ipa, const struct s2_leaf *leaf)
{
	maintain_off(gmem, COH_WRITER_AFTER, leaf, ipa);
}

static enum plinth_status write_page(struct gmem *gmem, ipa_t ipa, const uint8_t *buf, size_t size)
{
	struct s2_leaf leaf;
	enum plinth_status status = gmem_write_begin(gmem, ipa, &leaf);

	if (status == PLINTH_OK) {
		gmem_copy_bytes(gmem_va(&leaf, ipa), buf, size);
		gmem_write_end(gmem, ipa, &leaf);
	}
	return status;
}

static size_t part_in_page(ipa_t ipa, size_t size)
{
	return min_u64(size, PAGE_SIZE - (ipa.v & (PAGE_SIZE - 1U)));
}

enum plinth_status gmem_copy_part(struct gmem *gmem, const struct gmem_part *part, bool write)
{
	if (!gmem_is_memory(gmem, part->ipa, part->size)) {
		return PLINTH_EFAULT;
	}
	return write ? write_page(gmem, part->ipa, part->from, part->size)
		     : read_page(gmem, part->ipa, part->to, part->size);
}

/* Inside a page. That there is a breakpoint is seen before it is overwritten; and after it was
 * read, for who put it there has had the lock before us. */
static enum plinth_status copy_piece(struct gmem *gmem, const struct gmem_part *part, bool write)
{
	if (write && load_relaxed(&gmem->patch_count) != 0U) {
		return gmem_copy_patched(gmem, part, write);
	}
	enum plinth_status status = gmem_copy_parts(gmem, part, 1, write);

	return write || load_relaxed(&gmem->patch_count) == 0U
		       ? status
		       : gmem_copy_patched(gmem, part, write);
}

/* A page at a time. */
static enum plinth_status copy_all(
	struct gmem *gmem, struct gmem_part part, size_t size, bool write)
{
	enum plinth_status status = PLINTH_OK;

	while (size != 0U && status == PLINTH_OK) {
		part.size = part_in_page(part.ipa, size);
		status = copy_piece(gmem, &part, write);
		part.ipa = ipa_add(part.ipa, part.size);
		part.from = (const uint8_t *)part.from + part.size;
		size -= part.size;
	}
	return status;
}

enum plinth_status gmem_read(struct gmem *gmem, ipa_t ipa, void *buf, size_t size)
{
	return copy_all(gmem, (struct gmem_part){.ipa = ipa, .to = buf}, size, false);
}

enum plinth_status gmem_write(struct gmem *gmem, ipa_t ipa, const void *buf, size_t size)
{
	return copy_all(gmem, (struct gmem_part){.ipa = ipa, .from = buf}, size, true);
}

enum plinth_status gmem_bring(struct gmem *gmem, ipa_t ipa, bool write)
{
	enum gmem_access access = write ? GMEM_WRITE : GMEM_READ;
	enum plinth_status status = PLINTH_EFAULT;
	struct s2_leaf leaf;

	lock_take(&gmem->lock);
	if (gmem_is_memory(gmem, ipa, 1)) {
		bool was_there = s2_lookup(&gmem->space, ipa, &leaf) == PLINTH_OK &&
				 gmem_is_satisfied(&leaf, access);

		status = gmem_ensure(gmem, ipa, access, GMEM_ONE_PAGE, &leaf);
		status = status == PLINTH_OK && !was_there ? PLINTH_EAGAIN : status;
	}
	lock_drop(&gmem->lock);
	return status;
}

enum plinth_status gmem_read_u32(struct gmem *gmem, ipa_t ipa, uint32_t *value)
{
	uint32_t word = 0;
	enum plinth_status status;

	if (!is_aligned(ipa.v, sizeof(word))) {
		return PLINTH_EINVAL;
	}
	status = gmem_read(gmem, ipa, &word, sizeof(word));
	if (status == PLINTH_OK) {
		*value = word; /* EL2 and guests' instructions are little-endian */
	}
	return status;
}
