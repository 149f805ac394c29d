/* SPDX-License-Identifier: Apache-2.0 */
/* Says that it runs and how it was started, and comes back with a status: the boot manager goes on.
 */
#include "app.h"

static const struct efi_guid loaded_image_guid = EFI_LOADED_IMAGE_GUID;
static const struct efi_guid global_guid = EFI_GLOBAL_VARIABLE_GUID;

efi_status_t app_main(void)
{
	struct efi_loaded_image *loaded = NULL;
	const efi_char_t *options;
	uint64_t size = sizeof(uint16_t);
	uint16_t current = 0;

	(void)app_boot->handle_protocol(app_image, &loaded_image_guid, (void **)&loaded);
	app_print("returns: here, options \"");
	options = loaded->load_options;
	/* efibootmgr writes no end. */
	for (uint32_t i = 0; i < loaded->load_options_size / 2U && options[i] != 0U; i++) {
		app_print("%c", (char)options[i]);
	}
	app_print("\"");
	if (app_system->runtime_services->get_variable(
		    u"BootCurrent", &global_guid, NULL, &size, &current) == EFI_SUCCESS) {
		app_print(", BootCurrent %04x", current);
	}
	app_print("\n");
	return EFI_ABORTED;
}
