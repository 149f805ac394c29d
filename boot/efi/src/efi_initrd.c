/* SPDX-License-Identifier: Apache-2.0 */
#include "efi_initrd.h"

const struct efi_guid initrd_protocol = {
	0x4006c0c1, 0xfcb3, 0x403e, {0x99, 0x6d, 0x4a, 0x6c, 0x87, 0x24, 0xe0, 0x6d}};

const struct initrd_path initrd_path = {
	.vendor = {EFI_PATH_MEDIA, EFI_PATH_MEDIA_VENDOR,
		{sizeof(struct efi_device_path) + sizeof(struct efi_guid), 0}},
	.guid = {0x5568e427, 0x68fc, 0x4f3d, {0xac, 0x74, 0xca, 0x55, 0x52, 0x31, 0xcc, 0x68}},
	.end = {EFI_PATH_END, EFI_PATH_END_ENTIRE, {sizeof(struct efi_device_path), 0}},
};
