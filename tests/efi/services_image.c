/* SPDX-License-Identifier: Apache-2.0 */
/* LoadImage and its kin: this application loads itself, from the memory that it lies in. */
#include "app.h"
#include "base/string.h"
#include "services.h"

static const struct efi_guid loaded_image_guid = EFI_LOADED_IMAGE_GUID;
static const struct efi_guid loaded_path_guid = EFI_LOADED_IMAGE_DEVICE_PATH_GUID;
static const struct efi_guid file_system_guid = EFI_FILE_SYSTEM_GUID;

#define EXIT_STATUS EFI_ERROR(77)

static uint8_t file[0x20000];
static uint64_t file_size = sizeof(file);

static void read_own_file(struct efi_loaded_image *self)
{
	struct efi_file_system *system = NULL;
	struct efi_file *root = NULL;
	struct efi_file *opened = NULL;

	CHECK(app_boot->handle_protocol(self->device_handle, &file_system_guid, (void **)&system) ==
		EFI_SUCCESS);
	CHECK(system->open_volume(system, &root) == EFI_SUCCESS);
	CHECK(root->open(root, &opened, u"EFI\\BOOT\\BOOTAA64.EFI", EFI_FILE_MODE_READ, 0) ==
		EFI_SUCCESS);
	CHECK(opened->read(opened, &file_size, file) == EFI_SUCCESS);
	CHECK(file_size > 4096U && file_size < sizeof(file));
	(void)opened->close(opened);
	(void)root->close(root);
}

/* The child knows itself by its load options, checks everything once more, and leaves by Exit(). */
static void check_load_and_exit(void)
{
	static efi_char_t bye[] = u"bye";
	efi_handle_t child = NULL;
	struct efi_loaded_image *loaded = NULL;
	efi_char_t *exit_data = NULL;
	uint64_t exit_size = 0;

	CHECK(app_boot->load_image(0, app_image, NULL, file, file_size, &child) == EFI_SUCCESS);
	CHECK(app_boot->handle_protocol(child, &loaded_image_guid, (void **)&loaded) ==
		EFI_SUCCESS);
	CHECK(loaded->parent_handle == app_image);
	CHECK(loaded->image_code_type == EFI_LOADER_CODE);
	CHECK(memcmp(loaded->image_base, file, 512) == 0);
	loaded->load_options = bye;
	loaded->load_options_size = UINT32_MAX; /* the mark by which the child knows itself */
	CHECK(app_boot->start_image(child, &exit_size, &exit_data) == EXIT_STATUS);
	CHECK(app_boot->start_image(child, NULL, NULL) == EFI_INVALID_PARAMETER);
	CHECK(app_boot->load_image(0, app_image, NULL, file, file_size, &child) == EFI_SUCCESS);
	CHECK(app_boot->unload_image(child) == EFI_SUCCESS);
	CHECK(app_boot->unload_image(child) == EFI_INVALID_PARAMETER);
}

static void check_refusals(void)
{
	efi_handle_t child = NULL;

	CHECK(app_boot->load_image(0, app_image, NULL, NULL, 0, &child) == EFI_INVALID_PARAMETER);
	CHECK(app_boot->load_image(0, NULL, NULL, file, file_size, &child) ==
		EFI_INVALID_PARAMETER);
	CHECK(app_boot->load_image(0, app_image, NULL, file, 100, &child) == EFI_LOAD_ERROR);
	file[0]++;
	CHECK(app_boot->load_image(0, app_image, NULL, file, file_size, &child) == EFI_LOAD_ERROR);
	file[0]--;
	CHECK(app_boot->exit(NULL, 0, 0, NULL) == EFI_INVALID_PARAMETER);
}

void check_images(void)
{
	struct efi_loaded_image *self = NULL;
	void *path = NULL;

	CHECK(app_boot->handle_protocol(app_image, &loaded_image_guid, (void **)&self) ==
		EFI_SUCCESS);
	if (self->load_options_size == UINT32_MAX) {
		(void)app_boot->exit(app_image, EXIT_STATUS, 0, NULL);
	}
	CHECK(app_boot->handle_protocol(app_image, &loaded_path_guid, &path) == EFI_SUCCESS);
	CHECK(self->system_table == app_system && self->device_handle != NULL);
	read_own_file(self);
	check_load_and_exit();
	check_refusals();
}
