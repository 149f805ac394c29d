/* SPDX-License-Identifier: Apache-2.0 */
#include "caller/caller.h"

#include "base/bits.h"
#include "base/check.h"
#include "base/compiler.h"

/* Of pieces, CALLER_COPY_MAX in all: each begins and ends within a page. */
#define PAGES_MAX (CALLER_COPY_MAX / PAGE_SIZE + CALLER_PARTS_MAX)

/* What is known of pieces that cross pages. */
struct pages {
	struct gmem_part part[PAGES_MAX];
	unsigned count;
};

/* One more piece, from the caller's `va`, for which translate() is asked page by page. */
static enum plinth_status translate(const struct caller *caller, uint64_t va,
	const struct gmem_part *whole, bool write, struct pages *pages)
{
	enum plinth_status status = PLINTH_OK;
	size_t done = 0;

	while (done < whole->size && status == PLINTH_OK) {
		struct gmem_part *part = &pages->part[pages->count];
		uint64_t from = va + done;

		PLINTH_CHECK(pages->count < PAGES_MAX);
		pages->count++;
		part->size = min_u64(whole->size - done, PAGE_SIZE - (from & (PAGE_SIZE - 1U)));
		part->to = (uint8_t *)whole->to + done; /* or `from` */
		status = caller->memory->translate(caller->ctx, from, write, &part->ipa);
		done += part->size;
	}
	return status;
}

/* Pieces of which some cross pages. Copied page by page: no lock is held over all of it. */
NOINLINE static enum plinth_status across(const struct caller *caller, const uint64_t va[],
	const struct gmem_part parts[], unsigned count, bool write, bool *refused)
{
	enum plinth_status status = PLINTH_OK;
	struct pages pages;

	pages.count = 0;
	for (unsigned i = 0; i < count && status == PLINTH_OK; i++) {
		status = translate(caller, va[i], &parts[i], write, &pages);
	}
	*refused = status != PLINTH_OK;
	for (unsigned i = 0; i < pages.count && status == PLINTH_OK; i++) {
		status = caller->memory->copy(caller->ctx, &pages.part[i], 1, write);
	}
	return status;
}

static bool is_in_page(uint64_t va, uint32_t size)
{
	return (va & (PAGE_SIZE - 1U)) + size <= PAGE_SIZE && size != 0U;
}

enum plinth_status caller_read(
	const struct caller *caller, uint64_t va, void *buf, uint32_t size, bool *refused)
{
	enum plinth_status status;
	ipa_t ipa;

	if (UNLIKELY(!is_in_page(va, size))) {
		return across(caller, &va, &(struct gmem_part){.size = size, .to = buf}, 1, false,
			refused);
	}
	status = caller->memory->translate(caller->ctx, va, false, &ipa);
	*refused = status != PLINTH_OK;
	return status == PLINTH_OK ? caller_copy_ipa(caller, ipa, buf, NULL, size) : status;
}

enum plinth_status caller_write(
	const struct caller *caller, uint64_t va, const void *buf, uint32_t size, bool *refused)
{
	enum plinth_status status;
	ipa_t ipa;

	if (UNLIKELY(!is_in_page(va, size))) {
		return across(caller, &va, &(struct gmem_part){.size = size, .from = buf}, 1, true,
			refused);
	}
	status = caller->memory->translate(caller->ctx, va, true, &ipa);
	*refused = status != PLINTH_OK;
	return status == PLINTH_OK ? caller_copy_ipa(caller, ipa, NULL, buf, size) : status;
}

NOINLINE static enum plinth_status copy_crossing(const struct caller *caller, const uint64_t va[],
	const struct gmem_part parts[], unsigned count, bool write)
{
	bool refused;

	for (unsigned i = 0; i < count; i++) {
		if (va[i] == 0U) {
			return PLINTH_EFAULT;
		}
	}
	return across(caller, va, parts, count, write, &refused);
}

enum plinth_status caller_copy_parts(const struct caller *caller, const uint64_t va[],
	struct gmem_part parts[], unsigned count, bool write)
{
	const uint64_t offset = PAGE_SIZE - 1U;

	for (unsigned i = 0; i < count; i++) {
		if (va[i] == 0U) {
			return PLINTH_EFAULT;
		}
		if (UNLIKELY((va[i] & offset) + parts[i].size > PAGE_SIZE)) {
			return copy_crossing(caller, va, parts, count, write);
		}
		if (i != 0U && (va[i] | offset) == (va[i - 1U] | offset)) {
			parts[i].ipa = ipa_init((parts[i - 1U].ipa.v & ~offset) | (va[i] & offset));
			continue;
		}
		enum plinth_status status =
			caller->memory->translate(caller->ctx, va[i], write, &parts[i].ipa);

		if (status != PLINTH_OK) {
			return status;
		}
	}
	return caller->memory->copy(caller->ctx, parts, count, write);
}
