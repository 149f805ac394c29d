/* SPDX-License-Identifier: Apache-2.0 */
#include "fw/memory.h"

#include "base/bits.h"
#include "base/checked.h"
#include "base/compiler.h"
#include "base/string.h"
#include "pool.h"

#define REGIONS_AT_START 128U
#define REGIONS_SPARE	 8U /* what one change, and the growing of the list itself, may add */

#define OEM_MEMORY_TYPES UINT32_C(0x70000000)

#define RAM_ATTRIBUTE (EFI_MEMORY_UC | EFI_MEMORY_WC | EFI_MEMORY_WT | EFI_MEMORY_WB)

struct region {
	uint64_t base;
	uint64_t size;
	uint64_t attribute;
	uint32_t type;
};

static struct region regions_at_start[REGIONS_AT_START];
static struct region *regions = regions_at_start;
static uint64_t capacity = REGIONS_AT_START;
static uint64_t region_count;
static uint64_t map_key;

void fw_memory_init(void)
{
	regions = regions_at_start;
	capacity = REGIONS_AT_START;
	region_count = 0;
	map_key++;
	fw_pool_init();
}

static void insert_region(uint64_t place, const struct region *region)
{
	memmove(&regions[place + 1U], &regions[place],
		(region_count - place) * sizeof(struct region));
	regions[place] = *region;
	region_count++;
}

static void remove_regions(uint64_t place, uint64_t count)
{
	memmove(&regions[place], &regions[place + count],
		(region_count - place - count) * sizeof(struct region));
	region_count -= count;
}

/* The first region that ends above `address`. */
static uint64_t find_place(uint64_t address)
{
	uint64_t low = 0;
	uint64_t high = region_count;

	while (low < high) {
		uint64_t middle = (low + high) / 2U;

		if (regions[middle].base + regions[middle].size <= address) {
			low = middle + 1U;
		} else {
			high = middle;
		}
	}
	return low;
}

/* Makes `address` the border of a region, where it lies inside one; returns the number of the first
 * region at or above it. */
static uint64_t split_at(uint64_t address)
{
	uint64_t place = find_place(address);

	if (place < region_count && regions[place].base < address) {
		struct region upper = regions[place];

		upper.size -= address - upper.base;
		upper.base = address;
		regions[place].size = address - regions[place].base;
		insert_region(place + 1U, &upper);
		return place + 1U;
	}
	return place;
}

static bool are_one(const struct region *low, const struct region *high)
{
	return low->base + low->size == high->base && low->type == high->type &&
	       low->attribute == high->attribute;
}

static void merge_at(uint64_t place)
{
	if (place > 0U && place < region_count && are_one(&regions[place - 1U], &regions[place])) {
		regions[place - 1U].size += regions[place].size;
		remove_regions(place, 1);
	}
}

/* There is room for two regions more. */
static void set_range(const struct region *range)
{
	uint64_t first = split_at(range->base);
	uint64_t last = split_at(range->base + range->size);

	remove_regions(first, last - first);
	insert_region(first, range);
	merge_at(first + 1U);
	merge_at(first);
	map_key++;
}

static uint64_t attribute_of(uint32_t type)
{
	bool runtime = type == EFI_RUNTIME_SERVICES_CODE || type == EFI_RUNTIME_SERVICES_DATA;

	return RAM_ATTRIBUTE | (runtime ? EFI_MEMORY_RUNTIME : 0U);
}

static uint64_t granule_of(uint32_t type)
{
	switch (type) {
	case EFI_RESERVED_MEMORY:
	case EFI_RUNTIME_SERVICES_CODE:
	case EFI_RUNTIME_SERVICES_DATA:
	case EFI_ACPI_MEMORY_NVS:
		return FW_RUNTIME_GRANULE;
	default:
		return EFI_PAGE_SIZE;
	}
}

static enum fw_access access_of(uint32_t type)
{
	switch (type) {
	case EFI_LOADER_CODE:
	case EFI_LOADER_DATA:
	case EFI_BOOT_SERVICES_CODE:
	case EFI_RUNTIME_SERVICES_CODE:
		return FW_ACCESS_RWX;
	default:
		return type >= OEM_MEMORY_TYPES ? FW_ACCESS_RWX : FW_ACCESS_RW;
	}
}

/* The highest free place of that size whose last byte is at most `max`. */
static bool find_free(uint64_t size, uint64_t alignment, uint64_t max, uint64_t *base)
{
	for (uint64_t i = region_count; i > 0U; i--) {
		const struct region *region = &regions[i - 1U];
		uint64_t end = region->base + region->size;

		if (region->type != EFI_CONVENTIONAL_MEMORY) {
			continue;
		}
		end = max < end - 1U ? max + 1U : end;
		if (end < region->base || end - region->base < size) {
			continue;
		}
		*base = align_down(end - size, alignment);
		if (*base >= region->base) {
			return true;
		}
	}
	return false;
}

/* Makes room for what the next change adds. The list's own pages come out of the list. */
static efi_status_t grow_list(void)
{
	struct region *old = regions;
	struct region space = {.type = EFI_BOOT_SERVICES_DATA, .attribute = RAM_ATTRIBUTE};
	uint64_t old_size = align_up(capacity * sizeof(struct region), EFI_PAGE_SIZE);

	if (region_count + REGIONS_SPARE <= capacity) {
		return EFI_SUCCESS;
	}
	space.size = 2U * old_size;
	if (!find_free(space.size, EFI_PAGE_SIZE, UINT64_MAX, &space.base)) {
		return EFI_OUT_OF_RESOURCES;
	}
	set_range(&space);
	memcpy((void *)(uintptr_t)space.base, regions, region_count * sizeof(struct region));
	regions = (struct region *)(uintptr_t)space.base;
	capacity = space.size / sizeof(struct region);
	if (old != regions_at_start) {
		space = (struct region){.base = (uintptr_t)old,
			.size = old_size,
			.type = EFI_CONVENTIONAL_MEMORY,
			.attribute = RAM_ATTRIBUTE};
		set_range(&space);
	}
	return EFI_SUCCESS;
}

efi_status_t fw_memory_describe(uint64_t base, uint64_t size, uint32_t type, uint64_t attribute)
{
	struct region range = {.base = base, .size = size, .type = type, .attribute = attribute};

	if (size == 0U) {
		return EFI_SUCCESS;
	}
	if (grow_list() != EFI_SUCCESS) {
		return EFI_OUT_OF_RESOURCES;
	}
	if (attribute == 0U) {
		range.attribute = attribute_of(type);
	}
	set_range(&range);
	return EFI_SUCCESS;
}

static bool is_allocatable(uint32_t type)
{
	if (type >= OEM_MEMORY_TYPES) {
		return true;
	}
	return type < EFI_MEMORY_TYPE_COUNT && type != EFI_CONVENTIONAL_MEMORY &&
	       type != EFI_PERSISTENT_MEMORY && type != EFI_UNACCEPTED_MEMORY;
}

static efi_status_t allocate(uint32_t type, uint64_t base, uint64_t size)
{
	struct region range = {
		.base = base, .size = size, .type = type, .attribute = attribute_of(type)};

	set_range(&range);
	if (platform_protect(base, size, access_of(type)) != EFI_SUCCESS) {
		(void)fw_free_pages(base, size / EFI_PAGE_SIZE);
		return EFI_OUT_OF_RESOURCES;
	}
	return EFI_SUCCESS;
}

static bool is_free(uint64_t base, uint64_t size)
{
	uint64_t place = find_place(base);

	return place < region_count && regions[place].type == EFI_CONVENTIONAL_MEMORY &&
	       range_contains(regions[place].base, regions[place].size, base, size);
}

efi_status_t fw_allocate_pages(uint32_t how, uint32_t type, uint64_t pages, uint64_t *base)
{
	uint64_t granule = granule_of(type);
	uint64_t size;
	uint64_t place;

	if (how >= EFI_ALLOCATE_TYPE_COUNT || !is_allocatable(type) || base == NULL) {
		return EFI_INVALID_PARAMETER;
	}
	if (pages == 0U || mul_overflows(pages, EFI_PAGE_SIZE, &size) ||
		add_overflows(size, granule - 1U, &size)) {
		return EFI_OUT_OF_RESOURCES;
	}
	size = align_down(size, granule);
	place = *base;
	if (grow_list() != EFI_SUCCESS) {
		return EFI_OUT_OF_RESOURCES;
	}
	if (how == EFI_ALLOCATE_ADDRESS) {
		if (!is_aligned(place, granule) || !is_free(place, size)) {
			return EFI_NOT_FOUND;
		}
	} else if (!find_free(size, granule, how == EFI_ALLOCATE_ANY_PAGES ? UINT64_MAX : place,
			   &place)) {
		return EFI_OUT_OF_RESOURCES;
	}
	if (allocate(type, place, size) != EFI_SUCCESS) {
		return EFI_OUT_OF_RESOURCES;
	}
	*base = place;
	return EFI_SUCCESS;
}

efi_status_t fw_allocate_aligned(uint32_t type, uint64_t pages, uint64_t alignment, uint64_t *base)
{
	uint64_t granule = granule_of(type);
	uint64_t size;
	uint64_t place;

	if (mul_overflows(pages, EFI_PAGE_SIZE, &size) || size == 0U ||
		add_overflows(size, granule - 1U, &size)) {
		return EFI_OUT_OF_RESOURCES;
	}
	size = align_down(size, granule);
	if (grow_list() != EFI_SUCCESS ||
		!find_free(size, max_u64(alignment, granule), UINT64_MAX, &place) ||
		allocate(type, place, size) != EFI_SUCCESS) {
		return EFI_OUT_OF_RESOURCES;
	}
	*base = place;
	return EFI_SUCCESS;
}

/* Whether all of it was allocated. */
static bool is_allocated(uint64_t base, uint64_t size)
{
	uint64_t at = base;

	for (uint64_t i = find_place(base); i < region_count; i++) {
		if (regions[i].base > at || !is_allocatable(regions[i].type) ||
			regions[i].type == EFI_MEMORY_MAPPED_IO) {
			return false;
		}
		at = regions[i].base + regions[i].size;
		if (at - base >= size) {
			return true;
		}
	}
	return false;
}

efi_status_t fw_free_pages(uint64_t base, uint64_t pages)
{
	struct region range = {
		.base = base, .type = EFI_CONVENTIONAL_MEMORY, .attribute = RAM_ATTRIBUTE};
	uint32_t type;
	uint64_t end;

	if (pages == 0U || !is_aligned(base, EFI_PAGE_SIZE) ||
		mul_overflows(pages, EFI_PAGE_SIZE, &range.size) ||
		add_overflows(base, range.size, &end)) {
		return EFI_INVALID_PARAMETER;
	}
	if (!fw_memory_type(base, &type)) {
		return EFI_NOT_FOUND;
	}
	if (add_overflows(range.size, granule_of(type) - 1U, &range.size)) {
		return EFI_INVALID_PARAMETER;
	}
	range.size = align_down(range.size, granule_of(type));
	if (!is_aligned(base, granule_of(type))) {
		return EFI_INVALID_PARAMETER;
	}
	if (!is_allocated(base, range.size)) {
		return EFI_NOT_FOUND;
	}
	if (grow_list() != EFI_SUCCESS) {
		return EFI_OUT_OF_RESOURCES;
	}
	set_range(&range);
	/* Back to the default needs no new table but where a block was never split. */
	return platform_protect(base, range.size, FW_ACCESS_RW);
}

efi_status_t fw_get_memory_map(uint64_t *size, void *map, uint64_t *key, uint64_t *descriptor_size,
	uint32_t *descriptor_version)
{
	struct efi_memory_descriptor descriptor;
	uint64_t needed = region_count * sizeof(descriptor);
	uint8_t *out = map;

	if (size == NULL || (*size >= needed && (map == NULL || key == NULL))) {
		return EFI_INVALID_PARAMETER;
	}
	if (descriptor_size != NULL) {
		*descriptor_size = sizeof(descriptor);
	}
	if (descriptor_version != NULL) {
		*descriptor_version = EFI_MEMORY_DESCRIPTOR_VERSION;
	}
	if (*size < needed) {
		*size = needed;
		return EFI_BUFFER_TOO_SMALL;
	}
	*size = needed;
	for (uint32_t i = 0; fw_memory_region(i, &descriptor); i++) {
		memcpy(out, &descriptor, sizeof(descriptor));
		out += sizeof(descriptor);
	}
	*key = map_key;
	return EFI_SUCCESS;
}

bool fw_memory_key_is_current(uint64_t key)
{
	return key == map_key;
}

bool fw_memory_type(uint64_t address, uint32_t *type)
{
	uint64_t place = find_place(address);

	if (place == region_count || regions[place].base > address) {
		return false;
	}
	*type = regions[place].type;
	return true;
}

bool fw_memory_region(uint32_t number, struct efi_memory_descriptor *region)
{
	if (number >= region_count) {
		return false;
	}
	*region = (struct efi_memory_descriptor){
		.type = regions[number].type,
		.physical_start = regions[number].base,
		.page_count = regions[number].size / EFI_PAGE_SIZE,
		.attribute = regions[number].attribute,
	};
	return true;
}
