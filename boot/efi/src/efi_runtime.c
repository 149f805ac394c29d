/* SPDX-License-Identifier: Apache-2.0 */
/* What the firmware's runtime services need once boot services are gone: their memory, and what may
 * be done with each part of it. */
#include "base/checked.h"
#include "base/string.h"
#include "efi/efi.h"

#include "efi_private.h"

#define ENTRY_MAX 4096U /* more are taken for garbage */

static bool add(struct boot_efi *out, const struct boot_range *range, enum boot_efi_kind kind)
{
	if (out->region_count != 0U) {
		struct boot_efi_region *last = &out->region[out->region_count - 1U];

		if (last->kind == (uint64_t)kind && last->base + last->size == range->base) {
			last->size += range->size;
			return true;
		}
	}
	if (out->region_count == BOOT_EFI_MAX) {
		return false;
	}
	out->region[out->region_count++] = (struct boot_efi_region){
		.base = range->base, .size = range->size, .kind = (uint64_t)kind};
	return true;
}

/* One entry of the table. False: there is no room, or it may be written and executed. */
static bool add_entry(struct boot_efi *out, const struct efi_memory_descriptor *entry)
{
	bool is_read_only = (entry->attribute & EFI_MEMORY_RO) != 0U;
	bool is_data = (entry->attribute & EFI_MEMORY_XP) != 0U;
	struct boot_range range;

	if (!efi_is_sound(entry, &range) || (!is_read_only && !is_data)) {
		return false;
	}
	return add(out, &range,
		!is_data       ? BOOT_EFI_CODE
		: is_read_only ? BOOT_EFI_RODATA
			       : BOOT_EFI_DATA);
}

static bool add_table(
	struct boot_efi *out, const struct efi_memory_attributes_table *table, uint64_t size)
{
	const uint8_t *bytes = (const uint8_t *)table;
	struct efi_memory_descriptor entry;
	uint64_t at = sizeof(*table);

	if (size < sizeof(*table) || table->entry_count == 0U || table->entry_count > ENTRY_MAX ||
		table->descriptor_size < sizeof(entry)) {
		return false;
	}
	for (uint32_t i = 0; i < table->entry_count; i++) {
		if (!range_contains(0, size, at, sizeof(entry))) {
			return false;
		}
		memcpy(&entry, bytes + at, sizeof(entry));
		if (!add_entry(out, &entry)) {
			return false;
		}
		at += table->descriptor_size;
	}
	return true;
}

static bool add_devices(struct boot_efi *out, const struct efi_memory_map *map)
{
	const uint8_t *bytes = map->map;
	struct efi_memory_descriptor entry;
	struct boot_range range;
	uint64_t at = 0;

	while (at <= map->size && map->size - at >= sizeof(entry)) {
		memcpy(&entry, bytes + at, sizeof(entry));
		if (entry.type == (uint32_t)EFI_MEMORY_MAPPED_IO &&
			(entry.attribute & EFI_MEMORY_RUNTIME) != 0U &&
			efi_is_sound(&entry, &range) && !add(out, &range, BOOT_EFI_DEVICE)) {
			return false;
		}
		if (add_overflows(at, map->descriptor_size, &at)) {
			break;
		}
	}
	return true;
}

bool efi_describe_runtime(const struct efi_memory_map *map,
	const struct efi_memory_attributes_table *table, uint64_t size, struct boot_efi *out)
{
	memset(out, 0, sizeof(*out));
	if (map->descriptor_size >= sizeof(struct efi_memory_descriptor) &&
		add_table(out, table, size) && add_devices(out, map)) {
		return true;
	}
	memset(out, 0, sizeof(*out));
	return false;
}
