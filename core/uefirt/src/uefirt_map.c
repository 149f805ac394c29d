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

/* A map as it is being read: the virtual address of each region, and which of them have one. */
struct mapping {
	uint64_t virtual[UEFI_RT_REGION_MAX];
	uint32_t is_mapped; /* bit n: region n */
};

/* One entry of the map. */
static uint64_t take_entry(const struct uefirt_state *state,
	const struct uefi_memory_descriptor *entry, struct mapping *mapping)
{
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
			mapping->virtual[i] = entry->virtual + (region->base - entry->physical);
			mapping->is_mapped |= UINT32_C(1) << i;
			is_ours = true;
		}
	}
	return is_ours ? UEFI_SUCCESS : UEFI_NOT_FOUND;
}

/* All of the map; *mapping is whole on success. */
static uint64_t take_map(
	const struct call *call, uint64_t count, uint64_t step, struct mapping *mapping)
{
	uint64_t status = UEFI_SUCCESS;

	for (uint64_t i = 0; i < count && status == UEFI_SUCCESS; i++) {
		struct uefi_memory_descriptor entry;

		if (!call_read(call, call->x[3] + i * step, &entry, DESCRIPTOR_SIZE)) {
			return UEFI_INVALID_PARAMETER;
		}
		status = take_entry(call->state, &entry, mapping);
	}
	if (status == UEFI_SUCCESS && mapping->is_mapped != MASK_BELOW(call->state->region_count)) {
		status = UEFI_NO_MAPPING;
	}
	return status;
}

uint64_t uefirt_set_virtual_address_map(struct call *call)
{
	struct uefirt_state *state = call->state;
	struct mapping mapping = {.is_mapped = 0};
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
	uint64_t status = take_map(call, size / step, step, &mapping);

	if (status != UEFI_SUCCESS) {
		return status;
	}
	for (uint32_t i = 0; i < state->region_count; i++) {
		state->region[i].virtual = mapping.virtual[i];
	}
	state->is_virtual = true;
	return UEFI_SUCCESS;
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
