/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bytes of a file that a device path names: by a file system, LoadFile2, or LoadFile.
 */
#ifndef FW_FILE_SOURCE_H
#define FW_FILE_SOURCE_H

#include "abi/efi.h"

struct fw_file_bytes {
	void *data; /* pages of EfiBootServicesData */
	uint64_t size;
};

/* Reads the whole file; fw_release_file() gives its memory back. boot_policy is LoadImage's:
 * LoadFile may look for something to boot. */
efi_status_t fw_read_file(
	struct efi_device_path *path, efi_bool_t boot_policy, struct fw_file_bytes *file);
void fw_release_file(struct fw_file_bytes *file);

#endif
