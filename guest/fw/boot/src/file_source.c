/* SPDX-License-Identifier: Apache-2.0 */
#include "fw/file_source.h"

#include "base/string.h"
#include "fw/device_path.h"
#include "fw/guid.h"
#include "fw/handles.h"
#include "fw/memory.h"
#include "uefi/protocols.h"

#define NAME_MAX  256U /* characters of one path, NUL included */
#define INFO_SIZE (sizeof(struct efi_file_info) + NAME_MAX * sizeof(efi_char_t))
#define FILE_MAX  (UINT64_C(1) << 32)

static const struct efi_guid file_system_guid = EFI_FILE_SYSTEM_GUID;
static const struct efi_guid load_file_guid = EFI_LOAD_FILE_GUID;
static const struct efi_guid load_file2_guid = EFI_LOAD_FILE2_GUID;
static const struct efi_guid file_info_guid = EFI_FILE_INFO_GUID;

static efi_status_t take_pages(struct fw_file_bytes *file, uint64_t size)
{
	uint64_t base;
	efi_status_t status;

	if (size == 0U || size > FILE_MAX) {
		return EFI_LOAD_ERROR;
	}
	status = fw_allocate_pages(EFI_ALLOCATE_ANY_PAGES, EFI_BOOT_SERVICES_DATA,
		(size + EFI_PAGE_SIZE - 1U) >> EFI_PAGE_SHIFT, &base);
	if (status == EFI_SUCCESS) {
		file->data = (void *)(uintptr_t)base;
		file->size = size;
	}
	return status;
}

void fw_release_file(struct fw_file_bytes *file)
{
	if (file->data != NULL) {
		(void)fw_free_pages(
			(uintptr_t)file->data, (file->size + EFI_PAGE_SIZE - 1U) >> EFI_PAGE_SHIFT);
	}
	*file = (struct fw_file_bytes){0};
}

/* The file nodes as one name. A node's text need not be aligned, nor end with a NUL. */
static efi_status_t join_names(const struct efi_device_path *path, efi_char_t *name)
{
	uint64_t length = 0;

	for (; !fw_path_is_end(path); path = fw_path_next(path)) {
		const uint8_t *text = (const uint8_t *)(path + 1);
		uint64_t count = (fw_path_node_size(path) - sizeof(*path)) / sizeof(*name);

		if (path->type != FW_PATH_MEDIA || path->sub_type != FW_MEDIA_FILE) {
			return EFI_NOT_FOUND;
		}
		if (length > 0U && name[length - 1U] != '\\') {
			name[length++] = '\\';
		}
		for (uint64_t i = 0; i < count; i++) {
			efi_char_t c;

			memcpy(&c, text + i * sizeof(c), sizeof(c));
			if (c == 0U) {
				break;
			}
			if (length + 2U >= NAME_MAX) {
				return EFI_NOT_FOUND;
			}
			name[length++] = c;
		}
	}
	name[length] = 0;
	return length > 0U ? EFI_SUCCESS : EFI_NOT_FOUND;
}

static efi_status_t read_opened(struct efi_file *opened, struct fw_file_bytes *file)
{
	uint64_t size = INFO_SIZE;
	struct efi_file_info *info = fw_allocate(size);
	efi_status_t status;

	if (info == NULL) {
		return EFI_OUT_OF_RESOURCES;
	}
	status = opened->get_info(opened, &file_info_guid, &size, info);
	if (status == EFI_SUCCESS) {
		status = (info->attribute & EFI_FILE_DIRECTORY) != 0U
				 ? EFI_NOT_FOUND
				 : take_pages(file, info->file_size);
	}
	fw_free(info);
	if (status != EFI_SUCCESS) {
		return status;
	}
	size = file->size;
	status = opened->read(opened, &size, file->data);
	if (status == EFI_SUCCESS && size != file->size) {
		status = EFI_LOAD_ERROR;
	}
	if (status != EFI_SUCCESS) {
		fw_release_file(file);
	}
	return status;
}

static efi_status_t read_from_system(
	efi_handle_t device, const struct efi_device_path *rest, struct fw_file_bytes *file)
{
	struct efi_file_system *system = fw_interface(device, &file_system_guid);
	efi_char_t name[NAME_MAX];
	struct efi_file *root;
	struct efi_file *opened;
	efi_status_t status;

	status = join_names(rest, name);
	if (status == EFI_SUCCESS) {
		status = system->open_volume(system, &root);
	}
	if (status != EFI_SUCCESS) {
		return status;
	}
	status = root->open(root, &opened, name, EFI_FILE_MODE_READ, 0);
	(void)root->close(root);
	if (status != EFI_SUCCESS) {
		return status;
	}
	status = read_opened(opened, file);
	(void)opened->close(opened);
	return status;
}

static efi_status_t read_by_loading(efi_handle_t device, const struct efi_guid *guid,
	struct efi_device_path *rest, efi_bool_t boot_policy, struct fw_file_bytes *file)
{
	struct efi_load_file *loader = fw_interface(device, guid);
	uint64_t size = 0;
	efi_status_t status = loader->load_file(loader, rest, boot_policy, &size, NULL);

	if (status != EFI_BUFFER_TOO_SMALL) {
		return EFI_IS_ERROR(status) ? status : EFI_LOAD_ERROR;
	}
	status = take_pages(file, size);
	if (status != EFI_SUCCESS) {
		return status;
	}
	status = loader->load_file(loader, rest, boot_policy, &size, file->data);
	if (status == EFI_SUCCESS && size != file->size) {
		status = EFI_LOAD_ERROR;
	}
	if (status != EFI_SUCCESS) {
		fw_release_file(file);
	}
	return status;
}

efi_status_t fw_read_file(
	struct efi_device_path *path, efi_bool_t boot_policy, struct fw_file_bytes *file)
{
	struct efi_device_path *rest = path;
	efi_handle_t device;

	*file = (struct fw_file_bytes){0};
	if (fw_locate_device_path(&file_system_guid, &rest, &device) == EFI_SUCCESS &&
		!fw_path_is_end(rest)) {
		return read_from_system(device, rest, file);
	}
	rest = path;
	if (boot_policy == 0U &&
		fw_locate_device_path(&load_file2_guid, &rest, &device) == EFI_SUCCESS) {
		return read_by_loading(device, &load_file2_guid, rest, 0, file);
	}
	rest = path;
	if (fw_locate_device_path(&load_file_guid, &rest, &device) == EFI_SUCCESS) {
		return read_by_loading(device, &load_file_guid, rest, boot_policy, file);
	}
	return EFI_NOT_FOUND;
}
