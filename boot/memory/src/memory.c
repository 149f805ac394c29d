/* SPDX-License-Identifier: Apache-2.0 */
#include "memory/memory.h"

#include "base/bits.h"
#include "base/checked.h"
#include "base/compiler.h"
#include "base/string.h"
#include "base/types.h"

static uint64_t entry_end(const struct boot_mem *entry)
{
	return entry->base + entry->size;
}

void memory_init(struct memory_map *map)
{
	map->list.count = 0;
}

/* Appends [base, end) to a list that is being built in order, merging with the last entry. */
static bool append(struct memory_list *list, uint64_t base, uint64_t end, uint32_t type)
{
	struct boot_mem *last = list->count > 0U ? &list->entry[list->count - 1U] : NULL;

	if (base >= end) {
		return true;
	}
	if (last != NULL && entry_end(last) == base && last->type == type) {
		last->size += end - base;
		return true;
	}
	if (list->count == BOOT_MEM_MAX) {
		return false;
	}
	list->entry[list->count++] = (struct boot_mem){base, end - base, type, 0};
	return true;
}

/* The pages of [base, end) that are in no entry become free ones. */
static bool build_with_ram(
	struct memory_list *next, const struct memory_list *list, uint64_t base, uint64_t end)
{
	bool fits = true;

	for (uint32_t i = 0; i < list->count; i++) {
		const struct boot_mem *entry = &list->entry[i];

		fits = fits && append(next, base, min_u64(end, entry->base), BOOT_MEM_FREE) &&
		       append(next, entry->base, entry_end(entry), entry->type);
		base = max_u64(base, entry_end(entry));
	}
	return fits && append(next, base, end, BOOT_MEM_FREE);
}

enum plinth_status memory_add_ram(struct memory_map *map, uint64_t base, uint64_t size)
{
	uint64_t end;
	bool cut = add_overflows(base, size, &end) || end > MEMORY_LIMIT;

	end = align_down(cut ? MEMORY_LIMIT : end, PAGE_SIZE);
	if (base >= end) {
		return cut ? PLINTH_ERANGE : PLINTH_OK;
	}
	map->next.count = 0;
	if (!build_with_ram(&map->next, &map->list, align_up(base, PAGE_SIZE), end)) {
		return PLINTH_ENOMEM;
	}
	map->list = map->next;
	return cut ? PLINTH_ERANGE : PLINTH_OK;
}

enum plinth_status memory_set_type(
	struct memory_map *map, uint64_t base, uint64_t size, enum boot_mem_type type)
{
	uint64_t start = align_down(base, PAGE_SIZE);
	uint64_t end;
	bool fits = true;

	if (size == 0U) {
		return PLINTH_OK;
	}
	if (add_overflows(base, size, &end) || end > MEMORY_LIMIT) {
		end = MEMORY_LIMIT;
	}
	end = align_up(end, PAGE_SIZE);
	map->next.count = 0;
	for (uint32_t i = 0; fits && i < map->list.count; i++) {
		const struct boot_mem *entry = &map->list.entry[i];
		uint64_t in = min_u64(max_u64(start, entry->base), entry_end(entry));
		uint64_t out = max_u64(min_u64(end, entry_end(entry)), in);

		fits = append(&map->next, entry->base, in, entry->type) &&
		       append(&map->next, in, out, type) &&
		       append(&map->next, out, entry_end(entry), entry->type);
	}
	if (!fits) {
		return PLINTH_ENOMEM;
	}
	map->list = map->next;
	return PLINTH_OK;
}

bool memory_is_ram(const struct memory_map *map, uint64_t base, uint64_t size)
{
	uint64_t end = base + size;

	for (uint32_t i = 0; i < map->list.count && base < end; i++) {
		const struct boot_mem *entry = &map->list.entry[i];

		if (entry->base <= base && base < entry_end(entry)) {
			base = entry_end(entry);
		}
	}
	return base >= end;
}

/* The highest, or the lowest, place in a free entry; 0: none. Address 0 is as good RAM as any, but
 * reads as "none" in boot_info. */
static uint64_t place_in(const struct boot_mem *entry, uint64_t size, uint64_t align, bool lowest)
{
	uint64_t start;

	if (entry->type != BOOT_MEM_FREE || entry->size < size) {
		return 0;
	}
	if (lowest) {
		start = align_up(max_u64(entry->base, 1U), align);
	} else {
		start = align_down(entry_end(entry) - size, align);
	}
	return range_contains(entry->base, entry->size, start, size) ? start : 0U;
}

static enum plinth_status alloc(struct memory_map *map, uint64_t size, uint64_t align,
	enum boot_mem_type type, bool lowest, uint64_t *base)
{
	uint32_t count = map->list.count;

	if (size == 0U) {
		return PLINTH_EINVAL;
	}
	if (size > MEMORY_LIMIT) {
		return PLINTH_ENOMEM;
	}
	size = align_up(size, PAGE_SIZE);
	align = max_u64(align, PAGE_SIZE);
	for (uint32_t i = 0; i < count; i++) {
		const struct boot_mem *entry = &map->list.entry[lowest ? i : count - 1U - i];
		uint64_t start = place_in(entry, size, align, lowest);
		enum plinth_status status;

		if (start == 0U) {
			continue;
		}
		status = memory_set_type(map, start, size, type);
		if (status == PLINTH_OK) {
			*base = start;
		}
		return status;
	}
	return PLINTH_ENOMEM;
}

enum plinth_status memory_alloc(struct memory_map *map, uint64_t size, uint64_t align,
	enum boot_mem_type type, uint64_t *base)
{
	return alloc(map, size, align, type, false, base);
}

enum plinth_status memory_alloc_lowest(struct memory_map *map, uint64_t size, uint64_t align,
	enum boot_mem_type type, uint64_t *base)
{
	return alloc(map, size, align, type, true, base);
}

uint64_t memory_total(const struct memory_map *map, enum boot_mem_type type)
{
	uint64_t total = 0;

	for (uint32_t i = 0; i < map->list.count; i++) {
		total += map->list.entry[i].type == (uint32_t)type ? map->list.entry[i].size : 0U;
	}
	return total;
}
