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

		status = in != NULL
				 ? caller->memory->read(caller->ctx, pages[i], in + done, part)
				 : caller->memory->write(caller->ctx, pages[i], out + done, part);
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
	return status == PLINTH_OK ? caller->memory->read(caller->ctx, ipa, buf, size) : status;
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
	return status == PLINTH_OK ? caller->memory->write(caller->ctx, ipa, buf, size) : status;
}
