/* SPDX-License-Identifier: Apache-2.0 */
/* The places that a bundle may come from, and LoadFile2: how a boot loader passes an initrd. */
#include "efi_file.h"
#include "efi_initrd.h"

static struct efi_load_file2 *find_loader(const struct efi *efi)
{
	struct initrd_path copy = initrd_path;
	void *path = &copy;
	void *loader = NULL;
	efi_handle_t handle = NULL;

	if (efi->services->locate_device_path(&initrd_protocol, &path, &handle) != EFI_SUCCESS ||
		efi->services->handle_protocol(handle, &initrd_protocol, &loader) != EFI_SUCCESS) {
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
