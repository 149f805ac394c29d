/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The memory map and what is allocated out of it (UEFI 2.10, 7.2). One list of regions, sorted,
 * without overlaps; neighbours of one type and attribute are one region.
 *
 * Where code may lie: RAM is never executable, but for EfiLoaderCode and EfiLoaderData, which are
 * writable and executable (Linux before 6.2 moves itself into the latter and runs there), and
 * code of drivers; images that say how their sections are to be mapped get that.
 */
#ifndef FW_MEMORY_H
#define FW_MEMORY_H

#include <stdbool.h>

#include "abi/efi.h"
#include "fw/platform.h"

/* Runtime, reserved and NVS memory come in units of 64 KiB, so that an operating system with pages
 * of that size can map them (2.3.6.1). */
#define FW_RUNTIME_GRANULE UINT64_C(0x10000)

/* Forgets everything: no memory at all, and no pool. */
void fw_memory_init(void);

/* Says what [base, base + size) is, whatever it was before; whole pages. Not for memory that is in
 * use. EFI_OUT_OF_RESOURCES: the list cannot grow. */
efi_status_t fw_memory_describe(uint64_t base, uint64_t size, uint32_t type, uint64_t attribute);

/* AllocatePages, FreePages, GetMemoryMap (7.2.1 to 7.2.3). */
efi_status_t fw_allocate_pages(uint32_t how, uint32_t type, uint64_t pages, uint64_t *base);
efi_status_t fw_free_pages(uint64_t base, uint64_t pages);
efi_status_t fw_get_memory_map(uint64_t *size, void *map, uint64_t *key, uint64_t *descriptor_size,
	uint32_t *descriptor_version);

/* As fw_allocate_pages(), at a multiple of `alignment`, a power of two. */
efi_status_t fw_allocate_aligned(uint32_t type, uint64_t pages, uint64_t alignment, uint64_t *base);

/* AllocatePool, FreePool (7.2.4, 7.2.5). */
efi_status_t fw_allocate_pool(uint32_t type, uint64_t size, void **buffer);
efi_status_t fw_free_pool(void *buffer);

/* The firmware's own: EfiBootServicesData, zeroed; NULL: there is no more. fw_free(NULL) is
 * nothing. */
void *fw_allocate(uint64_t size);
void fw_free(void *buffer);

/* Does the key belong to the map as it is now? */
bool fw_memory_key_is_current(uint64_t key);

/* The type of the region that `address` is in; false: there is none. */
bool fw_memory_type(uint64_t address, uint32_t *type);

/* The region with that number, from 0, sorted by address; false: there are fewer. */
bool fw_memory_region(uint32_t number, struct efi_memory_descriptor *region);

#endif
