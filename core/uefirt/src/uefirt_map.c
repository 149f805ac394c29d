/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the firmware's runtime regions are: at ExitBootServices, and once the operating system has
 * mapped them (UEFI 2.10, 8.4).
 */
#include "base/bits.h"
#include "base/checked.h"
#include "base/string.h"

#include "uefirt_private.h"

#define DESCRIPTOR_SIZE ((uint32_t)sizeof(struct uefi_memory_descriptor))

static bool is_region(const struct uefi_rt_region *region)
{
	uint64_t end;

	return region->size != 0U && is_aligned(region->base | region->size, PAGE_SIZE) &&
	       !add_overflows(region->base, region->size, &end);
}

uint64_t uefirt_enter_runtime(struct call *call)
{
	struct uefirt_state *state = call->state;
	struct uefi_rt_region region[UEFI_RT_REGION_MAX];
	uint64_t count = call->x[2];

	if (state->at_runtime) {
		return UEFI_UNSUPPORTED;
	}
	if (count == 0U || count > UEFI_RT_REGION_MAX ||
		!call_read(call, call->x[1], region, (uint32_t)(count * sizeof(region[0])))) {
		return UEFI_INVALID_PARAMETER;
	}
	for (uint64_t i = 0; i < count; i++) {
		if (!is_region(&region[i])) {
			return UEFI_INVALID_PARAMETER;
		}
		state->region[i] = (struct region){.base = region[i].base, .size = region[i].size};
	}
	state->region_count = (uint32_t)count;
	state->mask = (uint32_t)call->x[0];
	state->at_runtime = true;
	return UEFI_SUCCESS;
}

/* One entry of the map. */
static uint64_t take_entry(struct uefirt_state *state, const struct uefi_memory_descriptor *entry)
{
	struct map_reading *map = &state->map;
	uint64_t size;
	uint64_t end;
	bool is_ours = false;

	if ((entry->attribute & UEFI_MEMORY_RUNTIME) == 0U) {
		return UEFI_SUCCESS;
	}
	if (mul_overflows(entry->pages, PAGE_SIZE, &size) ||
		add_overflows(entry->physical, size, &end) ||
		!is_aligned(entry->physical | entry->virtual, PAGE_SIZE)) {
		return UEFI_INVALID_PARAMETER;
	}
	for (uint32_t i = 0; i < state->region_count; i++) {
		const struct region *region = &state->region[i];

		if (range_contains(entry->physical, size, region->base, region->size)) {
			map->virtual[i] = entry->virtual + (region->base - entry->physical);
			map->is_mapped |= UINT32_C(1) << i;
			is_ours = true;
		}
	}
	return is_ours ? UEFI_SUCCESS : UEFI_NOT_FOUND;
}

/* The next entries, of `count`. */
static uint64_t take_entries(const struct call *call, uint64_t count)
{
	struct map_reading *map = &call->state->map;
	uint64_t step = call->x[1];
	uint64_t end = min_u64(map->next + UEFIRT_MAP_STEP, count);

	for (uint64_t i = map->next; i < end; i++) {
		struct uefi_memory_descriptor entry;

		if (!call_read(call, call->x[3] + i * step, &entry, DESCRIPTOR_SIZE)) {
			return UEFI_INVALID_PARAMETER;
		}
		uint64_t status = take_entry(call->state, &entry);

		if (status != UEFI_SUCCESS) {
			return status;
		}
	}
	map->next = end;
	return end < count ? UEFIRT_AGAIN : UEFI_SUCCESS;
}

/* All of the map has been read. */
static uint64_t put_in_force(struct uefirt_state *state)
{
	if (state->map.is_mapped != MASK_BELOW(state->region_count)) {
		return UEFI_NO_MAPPING;
	}
	for (uint32_t i = 0; i < state->region_count; i++) {
		state->region[i].virtual = state->map.virtual[i];
	}
	state->is_virtual = true;
	return UEFI_SUCCESS;
}

uint64_t uefirt_set_virtual_address_map(struct call *call)
{
	struct uefirt_state *state = call->state;
	struct map_reading *map = &state->map;
	uint64_t size = call->x[0];
	uint64_t step = call->x[1];

	if (!state->at_runtime || state->is_virtual) {
		return UEFI_UNSUPPORTED;
	}
	if ((uint32_t)call->x[2] != UEFI_MEMORY_DESCRIPTOR_VERSION || step < DESCRIPTOR_SIZE ||
		step > UEFI_RT_ENTRY_MAX || size % step != 0U || size / step > UEFI_RT_MAP_MAX ||
		call->x[3] == 0U) {
		return UEFI_INVALID_PARAMETER;
	}
	if (map->next == 0U || memcmp(map->x, call->x, sizeof(map->x)) != 0) {
		memcpy(map->x, call->x, sizeof(map->x));
		map->next = 0;
		map->is_mapped = 0;
	}
	uint64_t status = take_entries(call, size / step);

	if (status == UEFIRT_AGAIN) {
		return status;
	}
	map->next = 0;
	return status == UEFI_SUCCESS ? put_in_force(state) : status;
}

uint64_t uefirt_convert_pointer(struct call *call)
{
	const struct uefirt_state *state = call->state;
	uint64_t address;

	if (!state->is_virtual) {
		return UEFI_UNSUPPORTED;
	}
	if (!call_read(call, call->x[1], &address, sizeof(address))) {
		return UEFI_INVALID_PARAMETER;
	}
	if (address == 0U) {
		return (call->x[0] & UEFI_OPTIONAL_PTR) != 0U ? UEFI_SUCCESS
							      : UEFI_INVALID_PARAMETER;
	}
	for (uint32_t i = 0; i < state->region_count; i++) {
		const struct region *region = &state->region[i];

		if (range_contains(region->base, region->size, address, 1)) {
			address = region->virtual + (address - region->base);
			return call_write(call, call->x[1], &address, sizeof(address))
				       ? UEFI_SUCCESS
				       : UEFI_INVALID_PARAMETER;
		}
	}
	return UEFI_NOT_FOUND;
}
