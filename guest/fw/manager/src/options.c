/* SPDX-License-Identifier: Apache-2.0 */
/* What can be booted: Boot#### of the variables, the bundle's kernel, and each file system's
 * removable-media path (UEFI 2.10, 3.1, 3.5). */
#include "base/fmt.h"
#include "base/string.h"
#include "fw/device_path.h"
#include "fw/guid.h"
#include "fw/handles.h"
#include "fw/memory.h"
#include "fw/text.h"
#include "manager_private.h"
#include "protocols/console.h"

static const struct efi_guid file_system_guid = EFI_FILE_SYSTEM_GUID;
static const struct efi_guid device_path_guid = EFI_DEVICE_PATH_GUID;

static const efi_char_t removable_path[] = u"\\EFI\\BOOT\\BOOTAA64.EFI";

/* The next free place; NULL: there are OPTIONS_MAX. */
static struct boot_option *add(struct boot_options *options)
{
	struct boot_option *option;

	if (options->count == OPTIONS_MAX) {
		return NULL;
	}
	option = &options->option[options->count++];
	memset(option, 0, sizeof(*option));
	option->is_automatic = true;
	return option;
}

static void boot_name(char *name, size_t size, uint32_t number)
{
	(void)fmt_buf(name, size, "Boot%04X", number);
}

/* Boot#### of that number; false: it is not there, or means nothing. */
static bool add_variable(struct boot_options *options, uint16_t number)
{
	struct boot_option *option;
	struct load_option load;
	char name[16];
	uint64_t size;
	void *data;

	boot_name(name, sizeof(name), number);
	data = variable_read(name, &size);
	if (data == NULL) {
		console_print("plinth-fw: %s: there is no such variable\n", name);
		return false;
	}
	if (!load_option_read(&load, data, size)) {
		console_print("plinth-fw: %s: not a boot option\n", name);
		fw_free(data);
		return false;
	}
	option = (load.attributes & LOAD_OPTION_CATEGORY) == 0U ? add(options) : NULL;
	if (option != NULL) {
		(void)fmt_buf(option->name, sizeof(option->name), "%s %s", name, load.description);
		option->path = fw_path_copy(load.path);
		option->options = fw_allocate((uint64_t)load.options_size + 1U);
		if (option->options != NULL) {
			memcpy(option->options, load.options, load.options_size);
			option->options_size = load.options_size;
		}
		option->number = number;
		option->is_variable = true;
		option->is_automatic = (load.attributes & LOAD_OPTION_ACTIVE) != 0U;
	}
	fw_free(data);
	return option != NULL;
}

static void add_variables(struct boot_options *options)
{
	uint64_t size;
	uint16_t *order = variable_read("BootOrder", &size);
	uint16_t *next = NULL;

	for (uint64_t i = 0; order != NULL && i < size / sizeof(*order); i++) {
		(void)add_variable(options, order[i]);
	}
	fw_free(order);
	options->next = OPTIONS_MAX;
	next = variable_read("BootNext", &size);
	if (next != NULL && size == sizeof(*next)) {
		for (uint32_t i = 0; i < options->count; i++) {
			const struct boot_option *option = &options->option[i];

			if (option->is_variable && option->number == *next) {
				options->next = i;
			}
		}
		if (options->next == OPTIONS_MAX && add_variable(options, *next)) {
			options->next = options->count - 1U;
			options->option[options->next].is_automatic = false;
		}
	}
	fw_free(next);
}

static void add_kernel(struct boot_options *options)
{
	struct boot_option *option = manager.machine->kernel.size > 0U ? add(options) : NULL;
	uint64_t length = strlen(manager.machine->bootargs) + 1U;

	if (option == NULL) {
		return;
	}
	(void)str_copy(option->name, "kernel of the bundle", sizeof(option->name));
	option->options = fw_allocate(length * sizeof(efi_char_t));
	if (option->options != NULL) {
		text_from_ascii(option->options, length, manager.machine->bootargs);
		option->options_size = (uint32_t)(length * sizeof(efi_char_t));
	}
}

static void add_file_systems(struct boot_options *options)
{
	efi_handle_t *handles;
	uint64_t count;

	if (fw_locate_handle_buffer(EFI_LOCATE_BY_PROTOCOL, &file_system_guid, NULL, &count,
		    &handles) != EFI_SUCCESS) {
		return;
	}
	for (uint64_t i = 0; i < count; i++) {
		const struct efi_device_path *device = fw_interface(handles[i], &device_path_guid);
		struct boot_option *option = device != NULL ? add(options) : NULL;

		if (option == NULL) {
			continue;
		}
		option->path = fw_path_of_file(device, removable_path);
		(void)fmt_buf(option->name, sizeof(option->name),
			"file system %u: \\EFI\\BOOT\\BOOTAA64.EFI", (unsigned)i + 1U);
	}
	fw_free(handles);
}

void options_collect(struct boot_options *options)
{
	options->count = 0;
	add_variables(options);
	add_kernel(options);
	add_file_systems(options);
}

void options_drop(struct boot_options *options)
{
	for (uint32_t i = 0; i < options->count; i++) {
		fw_free(options->option[i].path);
		fw_free(options->option[i].options);
	}
	options->count = 0;
}
