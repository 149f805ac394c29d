/* SPDX-License-Identifier: Apache-2.0 */
/* From descriptors to ranges of two kinds: RAM that is ours from here on, and RAM that is not. */
#include "base/bits.h"
#include "base/checked.h"
#include "base/string.h"
#include "efi/efi.h"

#include "efi_private.h"

enum kind { KIND_NONE, KIND_FREE, KIND_RESERVED };

static enum kind kind_of(const struct efi_memory_descriptor *descriptor)
{
	bool usable = (descriptor->attribute & EFI_MEMORY_WB) != 0U &&
		      (descriptor->attribute & EFI_MEMORY_SP) == 0U;

	switch ((enum efi_memory_type)descriptor->type) {
	case EFI_LOADER_CODE:
	case EFI_LOADER_DATA:
	case EFI_BOOT_SERVICES_CODE:
	case EFI_BOOT_SERVICES_DATA:
	case EFI_CONVENTIONAL_MEMORY:
	case EFI_ACPI_RECLAIM_MEMORY:
		return usable ? KIND_FREE : KIND_NONE;
	case EFI_RESERVED_MEMORY:
	case EFI_RUNTIME_SERVICES_CODE:
	case EFI_RUNTIME_SERVICES_DATA:
	case EFI_ACPI_MEMORY_NVS:
	case EFI_PAL_CODE:
		return usable ? KIND_RESERVED : KIND_NONE;
	case EFI_UNUSABLE_MEMORY:
	case EFI_MEMORY_MAPPED_IO:
	case EFI_MEMORY_MAPPED_IO_PORT_SPACE:
	case EFI_PERSISTENT_MEMORY:
	case EFI_UNACCEPTED_MEMORY:
		break;
	}
	return KIND_NONE;
}

/* Adds a range that touches no other of the list, or makes the one that it touches larger. */
static bool add_range(
	struct boot_range *list, uint32_t *count, uint32_t max, const struct boot_range *range)
{
	for (uint32_t i = 0; i < *count; i++) {
		if (list[i].base + list[i].size == range->base) {
			list[i].size += range->size;
			return true;
		}
		if (range->base + range->size == list[i].base) {
			list[i].base = range->base;
			list[i].size += range->size;
			return true;
		}
	}
	if (*count == max) {
		return false;
	}
	list[(*count)++] = *range;
	return true;
}

/* Neighbours of a kind as one: descriptors may come in any order, mostly it is the right one. */
static void add_descriptor(struct machine *machine, const struct boot_range *range, enum kind kind)
{
	/* Reserved RAM that is not in the list of reservations must not be RAM either. */
	if (kind == KIND_RESERVED && !add_range(machine->reserved, &machine->reserved_count,
					     MACHINE_RESERVED_MAX, range)) {
		machine->ram_ignored++;
		return;
	}
	if (!add_range(machine->ram, &machine->ram_count, MACHINE_RAM_MAX, range)) {
		machine->ram_ignored++;
	}
}

bool efi_is_sound(const struct efi_memory_descriptor *descriptor, struct boot_range *range)
{
	uint64_t end;

	range->base = descriptor->physical_start;
	return !mul_overflows(descriptor->page_count, EFI_PAGE_SIZE, &range->size) &&
	       range->size != 0U && is_aligned(range->base, EFI_PAGE_SIZE) &&
	       !add_overflows(range->base, range->size, &end);
}

enum plinth_status efi_describe_memory(const struct efi_memory_map *map, struct machine *machine)
{
	const uint8_t *bytes = map->map;
	struct efi_memory_descriptor descriptor;
	struct boot_range range;
	uint64_t offset = 0;

	machine->ram_count = 0;
	machine->ram_ignored = 0;
	if (map->descriptor_size < sizeof(descriptor)) {
		return PLINTH_EINVAL;
	}
	while (offset <= map->size && map->size - offset >= sizeof(descriptor)) {
		memcpy(&descriptor, bytes + offset, sizeof(descriptor));
		if (efi_is_sound(&descriptor, &range) && kind_of(&descriptor) != KIND_NONE) {
			add_descriptor(machine, &range, kind_of(&descriptor));
		}
		if (add_overflows(offset, map->descriptor_size, &offset)) {
			break;
		}
	}
	return machine->ram_count != 0U ? PLINTH_OK : PLINTH_EINVAL;
}
