/* SPDX-License-Identifier: Apache-2.0 */
#include "efi/efi.h"

/* The map changes while a buffer for it is allocated, and when ExitBootServices() tells its
 * listeners: room for so many more descriptors, and so many attempts. */
#define SPARE_DESCRIPTORS 32U
#define ATTEMPTS	  8U
#define MAP_SIZE_MAX	  (UINT64_C(16) << 20)

static enum plinth_status read_map(const struct efi *efi, struct efi_memory_map *map, uint64_t *key)
{
	uint32_t version = 0;

	map->size = map->room;
	if (efi->services->get_memory_map(
		    &map->size, map->map, key, &map->descriptor_size, &version) != EFI_SUCCESS ||
		map->size > map->room ||
		map->descriptor_size < sizeof(struct efi_memory_descriptor)) {
		return PLINTH_EINVAL;
	}
	return PLINTH_OK;
}

enum plinth_status efi_get_memory_map(const struct efi *efi, struct efi_memory_map *map)
{
	struct efi_memory_map found = {0};
	uint32_t version = 0;
	uint64_t key = 0;

	if (efi->services->get_memory_map(&found.size, NULL, &key, &found.descriptor_size,
		    &version) != EFI_BUFFER_TOO_SMALL ||
		found.size > MAP_SIZE_MAX || found.descriptor_size > EFI_PAGE_SIZE) {
		return PLINTH_EINVAL;
	}
	found.room = found.size + SPARE_DESCRIPTORS * found.descriptor_size;
	if (efi->services->allocate_pool(EFI_LOADER_DATA, found.room, &found.map) != EFI_SUCCESS) {
		return PLINTH_ENOMEM;
	}
	if (read_map(efi, &found, &key) != PLINTH_OK) {
		(void)efi->services->free_pool(found.map);
		return PLINTH_EINVAL;
	}
	*map = found;
	return PLINTH_OK;
}

/* After the first attempt the firmware owes nothing but GetMemoryMap() and another attempt (UEFI
 * 2.10, 7.4.6): the buffer is there already, and failures are not printed. */
enum plinth_status efi_exit_boot_services(const struct efi *efi, struct efi_memory_map *map)
{
	uint64_t key = 0;

	for (uint32_t i = 0; i < ATTEMPTS; i++) {
		if (read_map(efi, map, &key) != PLINTH_OK) {
			return PLINTH_EINVAL;
		}
		if (efi->services->exit_boot_services(efi->image, key) == EFI_SUCCESS) {
			return PLINTH_OK;
		}
	}
	return PLINTH_EINVAL;
}
