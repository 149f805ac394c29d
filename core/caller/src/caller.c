/* SPDX-License-Identifier: Apache-2.0 */
#include "caller/caller.h"

#include "base/bits.h"
#include "base/check.h"
#include "base/compiler.h"

#define PAGES_MAX (CALLER_COPY_MAX / PAGE_SIZE + 1U)

static uint32_t part_of(uint64_t va, uint32_t left)
{
	return (uint32_t)min_u64(left, PAGE_SIZE - (va & (PAGE_SIZE - 1U)));
}

static enum plinth_status translate(
	const struct caller *caller, uint64_t va, uint32_t size, bool write, ipa_t *pages)
{
	enum plinth_status status = PLINTH_OK;
	uint32_t done = 0;

	for (unsigned i = 0; done < size && status == PLINTH_OK; i++) {
		status = caller->memory->translate(caller->ctx, va + done, write, &pages[i]);
		done += part_of(va + done, size - done);
	}
	return status;
}

/* One of in and out is NULL. */
static enum plinth_status copy(const struct caller *caller, uint64_t va, uint8_t *in,
	const uint8_t *out, uint32_t size, const ipa_t *pages)
{
	enum plinth_status status = PLINTH_OK;
	uint32_t done = 0;

	for (unsigned i = 0; done < size && status == PLINTH_OK; i++) {
		uint32_t part = part_of(va + done, size - done);

		status = caller_copy_ipa(caller, pages[i], in != NULL ? in + done : NULL,
			out != NULL ? out + done : NULL, part);
		done += part;
	}
	return status;
}

NOINLINE static enum plinth_status across(const struct caller *caller, uint64_t va, uint8_t *in,
	const uint8_t *out, uint32_t size, bool *refused)
{
	ipa_t pages[PAGES_MAX];

	PLINTH_CHECK(size <= CALLER_COPY_MAX);
	enum plinth_status status = translate(caller, va, size, out != NULL, pages);

	*refused = status != PLINTH_OK;
	return status == PLINTH_OK ? copy(caller, va, in, out, size, pages) : status;
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
		return across(caller, va, buf, NULL, size, refused);
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
		return across(caller, va, NULL, buf, size, refused);
	}
	status = caller->memory->translate(caller->ctx, va, true, &ipa);
	*refused = status != PLINTH_OK;
	return status == PLINTH_OK ? caller_copy_ipa(caller, ipa, NULL, buf, size) : status;
}

/* Where some cross pages. */
NOINLINE static enum plinth_status one_by_one(const struct caller *caller, const uint64_t va[],
	const struct gmem_part parts[], unsigned count, bool write)
{
	enum plinth_status status = PLINTH_OK;
	bool refused;

	for (unsigned i = 0; i < count && status == PLINTH_OK; i++) {
		uint32_t size = (uint32_t)parts[i].size;

		if (va[i] == 0U) {
			return PLINTH_EFAULT;
		}
		status = write ? caller_write(caller, va[i], parts[i].from, size, &refused)
			       : caller_read(caller, va[i], parts[i].to, size, &refused);
	}
	return status;
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
			return one_by_one(caller, va, parts, count, write);
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
