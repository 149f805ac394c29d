/* SPDX-License-Identifier: Apache-2.0 */
/* The tables, ExitBootServices, and the miscellaneous services (7.5). */
#include "fw/services.h"

#include "base/string.h"
#include "fw/events.h"
#include "fw/guid.h"
#include "fw/handles.h"
#include "fw/image.h"
#include "fw/memory.h"
#include "fw/platform.h"
#include "fw/text.h"

#define SECOND_100NS UINT64_C(10000000)

static struct efi_boot_services boot_services;
static struct fw_tables tables;
static efi_event_t watchdog;
static uint64_t monotonic;
static bool exit_begun; /* ExitBootServices was called: only memory services and it remain */
static void (*prepare_exit)(void);
static void (*leave_boot)(void);

static const struct efi_guid group_before_exit = EFI_EVENT_GROUP_BEFORE_EXIT_BOOT_SERVICES;
static const struct efi_guid group_exit = EFI_EVENT_GROUP_EXIT_BOOT_SERVICES;
static const struct efi_guid loaded_image_guid = EFI_LOADED_IMAGE_GUID;

static void seal(struct efi_table_header *header)
{
	header->crc32 = 0;
	header->crc32 = fw_crc32(header, header->header_size);
}

void fw_services_seal(void)
{
	seal(&boot_services.header);
	seal(&tables.runtime->header);
	seal(&tables.system->header);
}

void fw_on_exit(void (*prepare)(void), void (*leave)(void))
{
	prepare_exit = prepare;
	leave_boot = leave;
}

efi_status_t fw_install_configuration_table(const struct efi_guid *guid, void *table)
{
	struct efi_configuration_table *list = tables.tables;
	uint64_t count = tables.system->table_count;
	uint64_t i = 0;

	if (guid == NULL) {
		return EFI_INVALID_PARAMETER;
	}
	while (i < count && !fw_same_guid(&list[i].guid, guid)) {
		i++;
	}
	if (i == count && table == NULL) {
		return EFI_NOT_FOUND;
	}
	if (i == count && count == tables.table_max) {
		return EFI_OUT_OF_RESOURCES;
	}
	if (table == NULL) {
		list[i] = list[--count];
	} else {
		list[i].guid = *guid;
		list[i].table = table;
		count += i == count ? 1U : 0U;
	}
	tables.system->table_count = count;
	seal(&tables.system->header);
	fw_signal_group(guid);
	return EFI_SUCCESS;
}

static efi_status_t exit_boot_services(efi_handle_t image, uint64_t key)
{
	struct efi_system_table *system = tables.system;

	if (fw_interface(image, &loaded_image_guid) == NULL) {
		return EFI_INVALID_PARAMETER;
	}
	if (!exit_begun) {
		exit_begun = true;
		fw_signal_group(&group_before_exit);
		if (prepare_exit != NULL) {
			prepare_exit();
		}
	}
	if (!fw_memory_key_is_current(key)) {
		return EFI_INVALID_PARAMETER;
	}
	fw_signal_group(&group_exit);
	if (leave_boot != NULL) {
		leave_boot();
	}
	system->console_in_handle = NULL;
	system->con_in = NULL;
	system->console_out_handle = NULL;
	system->con_out = NULL;
	system->standard_error_handle = NULL;
	system->std_err = NULL;
	system->boot_services = NULL;
	seal(&system->header);
	return EFI_SUCCESS;
}

static efi_status_t get_next_monotonic_count(uint64_t *count)
{
	if (count == NULL) {
		return EFI_INVALID_PARAMETER;
	}
	*count = monotonic++;
	return EFI_SUCCESS;
}

static void watchdog_barks(efi_event_t event, void *context)
{
	(void)event;
	(void)context;
	tables.runtime->reset_system(EFI_RESET_COLD, EFI_TIMEOUT, 0, NULL);
}

static efi_status_t set_watchdog_timer(
	uint64_t seconds, uint64_t code, uint64_t data_size, efi_char_t *data)
{
	(void)code;
	(void)data_size;
	(void)data;
	if (watchdog == NULL &&
		fw_create_event(EFI_EVENT_TIMER | EFI_EVENT_NOTIFY_SIGNAL, EFI_TPL_NOTIFY,
			watchdog_barks, NULL, &watchdog) != EFI_SUCCESS) {
		return EFI_DEVICE_ERROR;
	}
	return fw_set_timer(watchdog, seconds == 0U ? EFI_TIMER_CANCEL : EFI_TIMER_RELATIVE,
		seconds > UINT64_MAX / SECOND_100NS ? UINT64_MAX : seconds * SECOND_100NS);
}

static efi_status_t calculate_crc32(const void *data, uint64_t size, uint32_t *crc)
{
	if (data == NULL || size == 0U || crc == NULL) {
		return EFI_INVALID_PARAMETER;
	}
	*crc = fw_crc32(data, size);
	return EFI_SUCCESS;
}

static void copy_mem(void *destination, const void *source, uint64_t size)
{
	memmove(destination, source, size);
}

static void set_mem(void *buffer, uint64_t size, uint8_t value)
{
	memset(buffer, value, size);
}

static const struct efi_boot_services services = {
	.header = {.signature = EFI_BOOT_SERVICES_SIGNATURE,
		.revision = EFI_SPECIFICATION_VERSION,
		.header_size = sizeof(services)},
	.raise_tpl = fw_raise_tpl,
	.restore_tpl = fw_restore_tpl,
	.allocate_pages = fw_allocate_pages,
	.free_pages = fw_free_pages,
	.get_memory_map = fw_get_memory_map,
	.allocate_pool = fw_allocate_pool,
	.free_pool = fw_free_pool,
	.create_event = fw_create_event,
	.set_timer = fw_set_timer,
	.wait_for_event = fw_wait_for_event,
	.signal_event = fw_signal_event,
	.close_event = fw_close_event,
	.check_event = fw_check_event,
	.install_protocol_interface = fw_install_protocol_interface,
	.reinstall_protocol_interface = fw_reinstall_protocol_interface,
	.uninstall_protocol_interface = fw_uninstall_protocol_interface,
	.handle_protocol = fw_handle_protocol,
	.register_protocol_notify = fw_register_protocol_notify,
	.locate_handle = fw_locate_handle,
	.locate_device_path = fw_locate_device_path,
	.install_configuration_table = fw_install_configuration_table,
	.load_image = fw_load_image,
	.start_image = fw_start_image,
	.exit = fw_exit,
	.unload_image = fw_unload_image,
	.exit_boot_services = exit_boot_services,
	.get_next_monotonic_count = get_next_monotonic_count,
	.stall = fw_stall,
	.set_watchdog_timer = set_watchdog_timer,
	.connect_controller = fw_connect_controller,
	.disconnect_controller = fw_disconnect_controller,
	.open_protocol = fw_open_protocol,
	.close_protocol = fw_close_protocol,
	.open_protocol_information = fw_open_protocol_information,
	.protocols_per_handle = fw_protocols_per_handle,
	.locate_handle_buffer = fw_locate_handle_buffer,
	.locate_protocol = fw_locate_protocol,
	.install_multiple_protocol_interfaces = fw_install_multiple,
	.uninstall_multiple_protocol_interfaces = fw_uninstall_multiple,
	.calculate_crc32 = calculate_crc32,
	.copy_mem = copy_mem,
	.set_mem = set_mem,
	.create_event_ex = fw_create_event_ex,
};

void fw_services_init(const struct fw_tables *given)
{
	tables = *given;
	boot_services = services;
	watchdog = NULL;
	monotonic = 0;
	exit_begun = false;
	fw_events_init();
	fw_handles_init();
	*tables.system = (struct efi_system_table){
		.header = {.signature = EFI_SYSTEM_TABLE_SIGNATURE,
			.revision = EFI_SPECIFICATION_VERSION,
			.header_size = sizeof(*tables.system)},
		.firmware_vendor = tables.vendor,
		.firmware_revision = tables.revision,
		.runtime_services = tables.runtime,
		.boot_services = &boot_services,
		.table = tables.tables,
	};
	fw_services_seal();
}
