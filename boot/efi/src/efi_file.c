/* SPDX-License-Identifier: Apache-2.0 */
#include "efi_file.h"

static const struct efi_guid guid_file_system = {
	0x964e5b22, 0x6459, 0x11d2, {0x8e, 0x39, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b}};

static struct efi_file *open_root(const struct efi *efi)
{
	struct efi_file *root = NULL;
	void *volume = NULL;

	if (efi->services->handle_protocol(
		    efi->loaded->device_handle, &guid_file_system, &volume) != EFI_SUCCESS ||
		volume == NULL) {
		return NULL;
	}
	return ((struct efi_file_system *)volume)->open_volume(volume, &root) == EFI_SUCCESS ? root
											     : NULL;
}

static struct efi_file *open_file(struct efi_file *root, const char *path)
{
	efi_char_t name[EFI_PATH_MAX];
	struct efi_file *file = NULL;
	uint32_t i = 0;

	for (; i < EFI_PATH_MAX - 1U && path[i] != '\0'; i++) {
		name[i] = (uint8_t)path[i];
	}
	name[i] = 0;
	return root->open(root, &file, name, EFI_FILE_MODE_READ, 0) == EFI_SUCCESS ? file : NULL;
}

/* 0: empty, a folder, or it cannot be told. */
static uint64_t file_size(struct efi_file *file)
{
	uint64_t size = 0;

	if (file->set_position(file, EFI_FILE_POSITION_END) != EFI_SUCCESS ||
		file->get_position(file, &size) != EFI_SUCCESS ||
		file->set_position(file, 0) != EFI_SUCCESS) {
		return 0;
	}
	return size;
}

/* A firmware may give less than was asked for. */
static bool read_all(struct efi_file *file, uint64_t base, uint64_t size)
{
	while (size > 0U) {
		uint64_t count = size;

		if (file->read(file, &count, (void *)(uintptr_t)base) != EFI_SUCCESS ||
			count == 0U || count > size) {
			return false;
		}
		base += count;
		size -= count;
	}
	return true;
}

static enum plinth_status load(
	const struct efi *efi, struct efi_file *file, const char *path, struct boot_range *bundle)
{
	uint64_t size = file_size(file);
	uint64_t base;

	if (size == 0U || size > EFI_BUNDLE_SIZE_MAX) {
		efi_print(efi, "%s: not a file that can be a bundle", path);
		return PLINTH_EINVAL;
	}
	if (efi_alloc(efi, EFI_LOADER_DATA, size, BUNDLE_ALIGN, &base) != PLINTH_OK) {
		efi_print(efi, "%s: no memory for its %llu KiB", path,
			(unsigned long long)(size >> 10));
		return PLINTH_ENOMEM;
	}
	if (!read_all(file, base, size)) {
		efi_print(efi, "%s: cannot be read", path);
		efi_free(efi, base, size);
		return PLINTH_EINVAL;
	}
	*bundle = (struct boot_range){base, size};
	return PLINTH_OK;
}

enum plinth_status efi_file_load(const struct efi *efi, const char *path, struct boot_range *bundle)
{
	enum plinth_status status = PLINTH_ENOENT;
	struct efi_file *root = open_root(efi);
	struct efi_file *file;

	if (root == NULL) {
		return PLINTH_ENOENT;
	}
	file = open_file(root, path);
	if (file != NULL) {
		status = load(efi, file, path, bundle);
		(void)file->close(file);
	}
	(void)root->close(root);
	return status;
}
