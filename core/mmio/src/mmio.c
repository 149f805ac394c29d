/* SPDX-License-Identifier: Apache-2.0 */
#include "mmio/mmio.h"

#include "base/bits.h"
#include "base/checked.h"

/* Number of regions whose base is at or below `address`. With MMIO_REGION_MAX regions the loop
 * takes at most five steps. */
static uint32_t count_at_or_below(const struct mmio_map *map, uint64_t address)
{
	uint32_t low = 0;
	uint32_t high = map->count;

	while (low < high) {
		uint32_t middle = (low + high) / 2U;

		if (map->region[middle].base <= address) {
			low = middle + 1U;
		} else {
			high = middle;
		}
	}
	return low;
}

static bool is_taken(const struct mmio_map *map, uint64_t base, uint64_t size)
{
	for (uint32_t i = 0; i < map->count; i++) {
		if (ranges_overlap(map->region[i].base, map->region[i].size, base, size)) {
			return true;
		}
	}
	return false;
}

enum plinth_status mmio_add(struct mmio_map *map, ipa_t base, uint64_t size,
	mmio_handler_fn *handler, void *ctx, const char *name)
{
	uint64_t last;

	if (size == 0U || add_overflows(base.v, size - 1U, &last) ||
		!is_aligned(base.v | size, MMIO_ALIGNMENT)) {
		return PLINTH_EINVAL;
	}
	if (is_taken(map, base.v, size)) {
		return PLINTH_EEXIST;
	}
	if (map->count == MMIO_REGION_MAX) {
		return PLINTH_ENOMEM;
	}
	uint32_t place = count_at_or_below(map, base.v);

	for (uint32_t i = map->count; i > place; i--) {
		map->region[i] = map->region[i - 1U];
	}
	map->region[place] = (struct mmio_region){
		.base = base.v, .size = size, .handler = handler, .ctx = ctx, .name = name};
	map->count++;
	return PLINTH_OK;
}

const struct mmio_region *mmio_find(const struct mmio_map *map, ipa_t ipa)
{
	uint32_t count = count_at_or_below(map, ipa.v);

	if (count == 0U) {
		return NULL;
	}
	const struct mmio_region *region = &map->region[count - 1U];

	return mmio_region_has(region, ipa) ? region : NULL;
}
