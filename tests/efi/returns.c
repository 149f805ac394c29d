/* SPDX-License-Identifier: Apache-2.0 */
/* Says that it runs and how it was started, and comes back with a status: the boot manager goes on.
 */
#include "app.h"

static const struct efi_guid loaded_image_guid = EFI_LOADED_IMAGE_GUID;

efi_status_t app_main(void)
{
	struct efi_loaded_image *loaded = NULL;
	const efi_char_t *options;

	(void)app_boot->handle_protocol(app_image, &loaded_image_guid, (void **)&loaded);
	app_print("returns: here, options \"");
	options = loaded->load_options;
	for (uint32_t i = 0; i + 1U < loaded->load_options_size / 2U; i++) {
		app_print("%c", (char)options[i]);
	}
	app_print("\"\n");
	return EFI_ABORTED;
}
