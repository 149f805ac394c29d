/* SPDX-License-Identifier: Apache-2.0 */
#include "handoff/handoff.h"

#include "base/bits.h"
#include "base/string.h"
#include "base/types.h"
#include "cache/cache.h"

STATIC_ASSERT(sizeof(struct core_header) == CORE_HEADER_SIZE, "core_header.h");

enum plinth_status handoff_check_core(
	const void *image, size_t size, struct core_header *header, const char **why)
{
	struct core_header found;

	if (size < sizeof(found)) {
		*why = "shorter than its header";
		return PLINTH_EINVAL;
	}
	memcpy(&found, image, sizeof(found));
	if (found.magic != CORE_HEADER_MAGIC || found.version != CORE_HEADER_VERSION ||
		found.header_size != CORE_HEADER_SIZE) {
		*why = "not a core of this version";
		return PLINTH_EINVAL;
	}
	if (found.image_size > size || found.memory_size < found.image_size ||
		found.memory_size > CORE_MEMORY_MAX || !is_aligned(found.memory_size, PAGE_SIZE)) {
		*why = "its sizes do not fit";
		return PLINTH_EINVAL;
	}
	if (found.entry < CORE_HEADER_SIZE || found.entry >= found.image_size ||
		!is_aligned(found.entry, 4U)) {
		*why = "its entry lies outside of it";
		return PLINTH_EINVAL;
	}
	*header = found;
	return PLINTH_OK;
}

void handoff_place_core(const void *image, const struct core_header *header, void *to)
{
	memcpy(to, image, header->image_size);
	memset((uint8_t *)to + header->image_size, 0, header->memory_size - header->image_size);
	cache_clean(to, header->memory_size);
}
