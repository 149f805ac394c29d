/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Images: loading, starting, leaving, unloading (UEFI 2.10, 7.4).
 */
#ifndef FW_IMAGE_H
#define FW_IMAGE_H

#include <stdbool.h>

#include "uefi/services.h"

/* No images but the firmware itself, whose handle is the parent of what the boot manager loads. */
efi_status_t fw_images_init(struct efi_system_table *system, efi_handle_t *self);

efi_status_t fw_load_image(efi_bool_t boot_policy, efi_handle_t parent,
	struct efi_device_path *path, void *source, uint64_t source_size, efi_handle_t *image);
efi_status_t fw_start_image(efi_handle_t image, uint64_t *exit_data_size, efi_char_t **exit_data);
efi_status_t fw_exit(
	efi_handle_t image, efi_status_t status, uint64_t exit_data_size, efi_char_t *exit_data);
efi_status_t fw_unload_image(efi_handle_t image);

/* The runtime drivers that are loaded, for SetVirtualAddressMap; NULL: none. */
struct fw_runtime_image;
struct fw_runtime_image *fw_runtime_images(void);

/* Gives an image that was loaded its load options, which are copied. */
efi_status_t fw_set_load_options(efi_handle_t image, const void *options, uint32_t size);

#endif
