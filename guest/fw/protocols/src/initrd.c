/* SPDX-License-Identifier: Apache-2.0 */
#include "base/string.h"
#include "fw/device_path.h"
#include "fw/guid.h"
#include "fw/handles.h"
#include "protocols/others.h"

static const struct {
	struct fw_path_vendor vendor;
	struct efi_device_path end;
} __attribute__((packed)) path = {
	.vendor = {FW_PATH_NODE(FW_PATH_MEDIA, FW_MEDIA_VENDOR, sizeof(struct fw_path_vendor)),
		LINUX_EFI_INITRD_MEDIA_GUID},
	.end = FW_PATH_END_NODE,
};

static const struct efi_guid load_file2_guid = EFI_LOAD_FILE2_GUID;
static const struct efi_guid path_guid = EFI_DEVICE_PATH_GUID;

static uint64_t initrd_base;
static uint64_t initrd_size;
static efi_handle_t handle;

static efi_status_t load_file(struct efi_load_file *self, struct efi_device_path *rest,
	efi_bool_t boot_policy, uint64_t *size, void *buffer)
{
	(void)self;
	if (size == NULL || rest == NULL) {
		return EFI_INVALID_PARAMETER;
	}
	if (boot_policy != 0U) {
		return EFI_UNSUPPORTED;
	}
	if (!fw_path_is_end(rest)) {
		return EFI_NOT_FOUND;
	}
	if (buffer == NULL || *size < initrd_size) {
		*size = initrd_size;
		return EFI_BUFFER_TOO_SMALL;
	}
	*size = initrd_size;
	memcpy(buffer, (const void *)(uintptr_t)initrd_base, initrd_size);
	return EFI_SUCCESS;
}

static struct efi_load_file loader = {.load_file = load_file};

efi_status_t initrd_install(uint64_t base, uint64_t size)
{
	initrd_base = base;
	initrd_size = size;
	handle = NULL;
	return fw_install_multiple(&handle, &path_guid, &path, &load_file2_guid, &loader, NULL);
}

void initrd_remove(void)
{
	if (handle != NULL) {
		(void)fw_uninstall_multiple(
			handle, &path_guid, &path, &load_file2_guid, &loader, NULL);
		handle = NULL;
	}
}
