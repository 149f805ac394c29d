/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How an initrd is passed: a handle with LINUX_EFI_INITRD_MEDIA_GUID as its device path has
 * LoadFile2.
 */
#ifndef EFI_EFI_INITRD_H
#define EFI_EFI_INITRD_H

#include "efi/efi_abi.h"

struct initrd_path {
	struct efi_device_path vendor;
	struct efi_guid guid;
	struct efi_device_path end;
};

extern const struct initrd_path initrd_path;
extern const struct efi_guid initrd_protocol; /* EFI_LOAD_FILE2_PROTOCOL_GUID */

#endif
