/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What SetVirtualAddressMap needs of the runtime drivers that are loaded.
 */
#ifndef BOOT_RUNTIME_IMAGES_H
#define BOOT_RUNTIME_IMAGES_H

#include "pe/pe.h"
#include "runtime/runtime.h"

/* There are none. */
void fw_runtime_images_init(void);

/* Notes the pointers of an image that pe_load() has put together at `base`. EFI_LOAD_ERROR: its
 * relocations are not sound. EFI_OUT_OF_RESOURCES. *image is NULL then. */
efi_status_t fw_runtime_image_add(
	const struct pe *pe, uint64_t base, struct fw_runtime_image **image);

/* Forgets it. NULL is nothing. */
void fw_runtime_image_remove(struct fw_runtime_image *image);

#endif
