/* SPDX-License-Identifier: Apache-2.0 */
/* The places that a bundle may come from, and LoadFile2: how a boot loader passes an initrd. */
#include "efi_file.h"

static const struct efi_guid guid_load_file2 = {
	0x4006c0c1, 0xfcb3, 0x403e, {0x99, 0x6d, 0x4a, 0x6c, 0x87, 0x24, 0xe0, 0x6d}};

/* LINUX_EFI_INITRD_MEDIA_GUID as a device path. */
struct initrd_path {
	struct efi_device_path vendor;
	struct efi_guid guid;
	struct efi_device_path end;
};

static const struct initrd_path initrd_path = {
	.vendor = {EFI_PATH_MEDIA, EFI_PATH_MEDIA_VENDOR,
		{sizeof(struct efi_device_path) + sizeof(struct efi_guid), 0}},
	.guid = {0x5568e427, 0x68fc, 0x4f3d, {0xac, 0x74, 0xca, 0x55, 0x52, 0x31, 0xcc, 0x68}},
	.end = {EFI_PATH_END, EFI_PATH_END_ENTIRE, {sizeof(struct efi_device_path), 0}},
};

static struct efi_load_file2 *find_loader(const struct efi *efi)
{
	struct initrd_path copy = initrd_path;
	void *path = &copy;
	void *loader = NULL;
	efi_handle_t handle = NULL;

	if (efi->services->locate_device_path(&guid_load_file2, &path, &handle) != EFI_SUCCESS ||
		efi->services->handle_protocol(handle, &guid_load_file2, &loader) != EFI_SUCCESS) {
		return NULL;
	}
	return loader;
}

static enum plinth_status load_initrd(const struct efi *efi, struct boot_range *bundle)
{
	struct efi_load_file2 *loader = find_loader(efi);
	const void *path = &initrd_path.end; /* what is left of it behind the loader's own */
	uint64_t size = 0;
	uint64_t base;

	if (loader == NULL) {
		return PLINTH_ENOENT;
	}
	if (loader->load_file(loader, path, 0, &size, NULL) != EFI_BUFFER_TOO_SMALL || size == 0U ||
		size > EFI_BUNDLE_SIZE_MAX) {
		efi_print(efi, "the boot loader's initrd: not one that can be a bundle");
		return PLINTH_EINVAL;
	}
	if (efi_alloc(efi, EFI_LOADER_DATA, size, BUNDLE_ALIGN, &base) != PLINTH_OK) {
		efi_print(efi, "the boot loader's initrd: no memory for its %llu KiB",
			(unsigned long long)(size >> 10));
		return PLINTH_ENOMEM;
	}
	*bundle = (struct boot_range){base, size};
	if (loader->load_file(loader, path, 0, &size, (void *)(uintptr_t)base) != EFI_SUCCESS ||
		size != bundle->size) {
		efi_print(efi, "the boot loader's initrd: cannot be read");
		efi_free(efi, base, bundle->size);
		*bundle = (struct boot_range){0};
		return PLINTH_EINVAL;
	}
	return PLINTH_OK;
}

enum plinth_status efi_load_bundle(
	const struct efi *efi, const char *path, struct boot_range *bundle)
{
	enum plinth_status status;

	if (path[0] != '\0') {
		status = efi_file_load(efi, path, bundle);
		if (status == PLINTH_ENOENT) {
			efi_print(efi, "%s: no such file where Plinth was started from", path);
			status = PLINTH_EINVAL;
		}
		return status;
	}
	status = load_initrd(efi, bundle);
	return status == PLINTH_ENOENT ? efi_file_load(efi, EFI_BUNDLE_PATH, bundle) : status;
}
