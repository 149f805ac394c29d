/* SPDX-License-Identifier: Apache-2.0 */
#include "fw/device_path.h"
#include "fw/guid.h"
#include "fw/handles.h"
#include "fw/memory.h"
#include "fw/text.h"
#include "protocols/others.h"

static const struct efi_guid to_text_guid = EFI_DEVICE_PATH_TO_TEXT_GUID;

static efi_char_t *convert_path(
	const struct efi_device_path *path, efi_bool_t display, efi_bool_t shortcuts)
{
	efi_char_t *text = NULL;
	uint64_t size;
	char *ascii;

	(void)display;
	(void)shortcuts;
	if (path == NULL) {
		return NULL;
	}
	size = fw_path_to_text(path, NULL, 0) + 1U;
	ascii = fw_allocate(size);
	if (ascii != NULL) {
		(void)fw_path_to_text(path, ascii, size);
		text = text_copy_ascii(ascii);
	}
	fw_free(ascii);
	return text;
}

static efi_char_t *convert_node(
	const struct efi_device_path *node, efi_bool_t display, efi_bool_t shortcuts)
{
	struct efi_device_path *path;
	efi_char_t *text;

	if (node == NULL) {
		return NULL;
	}
	path = fw_path_join(NULL, node, NULL);
	text = convert_path(path, display, shortcuts);
	fw_free(path);
	return text;
}

static struct efi_device_path_to_text to_text = {
	.convert_node = convert_node, .convert_path = convert_path};

efi_status_t path_text_install(void)
{
	efi_handle_t handle = NULL;

	return fw_install_protocol_interface(&handle, &to_text_guid, 0, &to_text);
}
