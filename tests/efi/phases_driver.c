/* SPDX-License-Identifier: Apache-2.0 */
#include "phases.h"

#include "app.h"
#include "base/string.h"
#include "driver.h"
#include "map.h"

#define FILE_MAX 0x10000U

static const struct efi_guid loaded_image_guid = EFI_LOADED_IMAGE_GUID;
static const struct efi_guid file_system_guid = EFI_FILE_SYSTEM_GUID;
static const struct efi_guid driver_guid = DRIVER_GUID;

static uint8_t file[FILE_MAX];
static uint64_t file_size = sizeof(file);
static struct driver *driver;

static void read_driver(void)
{
	struct efi_loaded_image *self = NULL;
	struct efi_file_system *system = NULL;
	struct efi_file *root = NULL;
	struct efi_file *opened = NULL;

	CHECK(app_boot->handle_protocol(app_image, &loaded_image_guid, (void **)&self) ==
		EFI_SUCCESS);
	CHECK(app_boot->handle_protocol(self->device_handle, &file_system_guid, (void **)&system) ==
		EFI_SUCCESS);
	CHECK(system->open_volume(system, &root) == EFI_SUCCESS);
	CHECK(root->open(root, &opened, u"driver.efi", EFI_FILE_MODE_READ, 0) == EFI_SUCCESS);
	CHECK(opened->read(opened, &file_size, file) == EFI_SUCCESS);
	CHECK(file_size > 512U && file_size < sizeof(file));
}

void phases_load_driver(void)
{
	struct efi_loaded_image *loaded = NULL;
	efi_handle_t image = NULL;

	read_driver();
	/* One that is gone again has no part in what follows. */
	CHECK(app_boot->load_image(0, app_image, NULL, file, file_size, &image) == EFI_SUCCESS);
	CHECK(app_boot->unload_image(image) == EFI_SUCCESS);
	CHECK(app_boot->load_image(0, app_image, NULL, file, file_size, &image) == EFI_SUCCESS);
	CHECK(app_boot->start_image(image, NULL, NULL) == EFI_SUCCESS);
	CHECK(app_boot->handle_protocol(image, &loaded_image_guid, (void **)&loaded) ==
		EFI_SUCCESS);
	CHECK(loaded->image_code_type == EFI_RUNTIME_SERVICES_CODE);
	CHECK(app_boot->handle_protocol(image, &driver_guid, (void **)&driver) == EFI_SUCCESS);
	CHECK(driver->number() == DRIVER_NUMBER);
}

void *phases_driver(void)
{
	return driver;
}

static bool is_high(uintptr_t address)
{
	return address >= MAP_HIGH;
}

void phases_check_driver(const void *moved)
{
	const struct driver *now = moved;
	bool moves = is_high((uintptr_t)now) && is_high((uintptr_t)now->text) &&
		     is_high((uintptr_t)now->number) && is_high((uintptr_t)now->converted);

	CHECK(moves);
	CHECK((uintptr_t)now->replaced == DRIVER_REPLACED);
	if (moves) { /* its physical addresses are gone */
		CHECK(memcmp(now->text, "resident", sizeof("resident")) == 0);
		CHECK(now->number() == DRIVER_NUMBER);
	}
}
