/* SPDX-License-Identifier: Apache-2.0 */
#include "base/compiler.h"
#include "base/fmt.h"
#include "base/string.h"
#include "fw/device_path.h"
#include "fw/events.h"
#include "fw/guid.h"
#include "fw/handles.h"
#include "fw/image.h"
#include "fw/memory.h"
#include "fw/text.h"
#include "manager_private.h"
#include "protocols/console.h"
#include "protocols/others.h"

#define PATH_TEXT	 200U
#define WATCHDOG_SECONDS 300U /* 3.1.2: until the option is started, or calls it off */

static const struct efi_guid device_path_guid = EFI_DEVICE_PATH_GUID;
static const struct efi_guid file_system_guid = EFI_FILE_SYSTEM_GUID;
static const struct efi_guid ready_group = EFI_EVENT_GROUP_READY_TO_BOOT;

/* The last node before the end; NULL: the path is empty. */
static const struct efi_device_path *last_node(const struct efi_device_path *path)
{
	const struct efi_device_path *last = NULL;

	for (; !fw_path_is_end(path); path = fw_path_next(path)) {
		last = path;
	}
	return last;
}

static bool same_node(const struct efi_device_path *a, const struct efi_device_path *b)
{
	return a != NULL && fw_path_node_size(a) == fw_path_node_size(b) &&
	       memcmp(a, b, fw_path_node_size(b)) == 0;
}

static bool is_media(const struct efi_device_path *node, uint8_t sub_type)
{
	return node->type == FW_PATH_MEDIA && node->sub_type == sub_type;
}

struct efi_device_path *path_expand(const struct efi_device_path *path)
{
	struct efi_device_path *whole = NULL;
	efi_handle_t *handles;
	uint64_t count;

	if (!is_media(path, FW_MEDIA_HARD_DRIVE) && !is_media(path, FW_MEDIA_FILE)) {
		return fw_path_copy(path);
	}
	if (fw_locate_handle_buffer(EFI_LOCATE_BY_PROTOCOL, &file_system_guid, NULL, &count,
		    &handles) != EFI_SUCCESS) {
		return NULL;
	}
	for (uint64_t i = 0; i < count && whole == NULL; i++) {
		const struct efi_device_path *device = fw_interface(handles[i], &device_path_guid);

		if (device == NULL) {
			continue;
		}
		if (is_media(path, FW_MEDIA_FILE)) {
			whole = fw_path_join(device, NULL, path);
		} else if (same_node(last_node(device), path)) {
			whole = fw_path_join(device, NULL, fw_path_next(path));
		}
	}
	fw_free(handles);
	return whole;
}

static efi_status_t load_kernel(efi_handle_t *image)
{
	const struct fw_range *kernel = &manager.machine->kernel;
	struct {
		struct fw_path_memory memory;
		struct efi_device_path end;
	} __attribute__((packed)) path = {
		.memory = {FW_PATH_NODE(FW_PATH_HARDWARE, FW_HARDWARE_MEMORY,
				   sizeof(struct fw_path_memory)),
			EFI_BOOT_SERVICES_DATA, kernel->base, kernel->base + kernel->size - 1U},
		.end = FW_PATH_END_NODE,
	};
	efi_status_t status =
		fw_load_image(0, manager.self, (struct efi_device_path *)(void *)&path,
			(void *)(uintptr_t)kernel->base, kernel->size, image);

	if (status == EFI_SUCCESS && manager.machine->initrd.size > 0U) {
		status = initrd_install(manager.machine->initrd.base, manager.machine->initrd.size);
	}
	return status;
}

static efi_status_t load(const struct boot_option *option, efi_handle_t *image)
{
	struct efi_device_path *path;
	efi_status_t status;

	if (option->path == NULL) {
		return load_kernel(image);
	}
	path = path_expand(option->path);
	if (path == NULL) {
		return EFI_NOT_FOUND;
	}
	status = fw_load_image(1, manager.self, path, NULL, 0, image);
	fw_free(path);
	return status;
}

static efi_status_t give_options(
	const struct boot_option *option, const char *arguments, efi_handle_t image)
{
	efi_char_t wide[LINE_SIZE];

	if (arguments == NULL) {
		return fw_set_load_options(image, option->options, option->options_size);
	}
	text_from_ascii(wide, LINE_SIZE, arguments);
	return fw_set_load_options(
		image, wide, (uint32_t)((text_length(wide) + 1U) * sizeof(*wide)));
}

/* Apart: else its text lay in the frame below which an image runs. */
NOINLINE static void tell_failure(const struct boot_option *option, efi_status_t status)
{
	char path[PATH_TEXT] = "";

	if (option->path != NULL) {
		(void)fw_path_to_text(option->path, path, sizeof(path));
	}
	console_print("plinth-fw: %s%s%s: cannot be loaded: %s\n", option->name,
		path[0] != '\0' ? ": " : "", path, status_text(status));
}

/* 3.3: BootCurrent, for what is started and for no other. */
static void tell_current(const struct boot_option *option)
{
	if (option->is_variable) {
		variable_set("BootCurrent", &option->number, sizeof(option->number));
	} else {
		variable_delete("BootCurrent");
	}
}

efi_status_t option_boot(const struct boot_option *option, const char *arguments)
{
	struct efi_boot_services *services = manager.system->boot_services;
	efi_handle_t image = NULL;
	efi_status_t status;

	tell_current(option);
	fw_signal_group(&ready_group);
	status = load(option, &image);
	if (status == EFI_SUCCESS) {
		status = give_options(option, arguments, image);
	}
	if (status != EFI_SUCCESS) {
		tell_failure(option, status);
		if (image != NULL) {
			(void)fw_unload_image(image);
		}
		initrd_remove();
		return status;
	}
	(void)services->set_watchdog_timer(WATCHDOG_SECONDS, 0, 0, NULL);
	status = fw_start_image(image, NULL, NULL);
	(void)services->set_watchdog_timer(0, 0, 0, NULL);
	initrd_remove();
	console_print("plinth-fw: %s: ended: %s\n", option->name, status_text(status));
	return status;
}
