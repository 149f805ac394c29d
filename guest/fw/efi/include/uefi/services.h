/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables of services (UEFI 2.10, 4.3 to 4.5, 7, 8).
 */
#ifndef UEFI_SERVICES_H
#define UEFI_SERVICES_H

#include "abi/efi.h"
#include "base/compiler.h"

/* 7.1 */
#define EFI_TPL_APPLICATION UINT64_C(4)
#define EFI_TPL_CALLBACK    UINT64_C(8)
#define EFI_TPL_NOTIFY	    UINT64_C(16)
#define EFI_TPL_HIGH_LEVEL  UINT64_C(31)

#define EFI_EVENT_TIMER				UINT32_C(0x80000000)
#define EFI_EVENT_RUNTIME			UINT32_C(0x40000000)
#define EFI_EVENT_NOTIFY_WAIT			UINT32_C(0x00000100)
#define EFI_EVENT_NOTIFY_SIGNAL			UINT32_C(0x00000200)
#define EFI_EVENT_SIGNAL_EXIT_BOOT_SERVICES	UINT32_C(0x00000201)
#define EFI_EVENT_SIGNAL_VIRTUAL_ADDRESS_CHANGE UINT32_C(0x60000202)

typedef void (*efi_notify_t)(efi_event_t event, void *context);

enum efi_timer_delay {
	EFI_TIMER_CANCEL = 0,
	EFI_TIMER_PERIODIC = 1,
	EFI_TIMER_RELATIVE = 2,
	EFI_TIMER_DELAY_COUNT,
};

/* 7.3.6 */
#define EFI_OPEN_BY_HANDLE_PROTOCOL  UINT32_C(0x01)
#define EFI_OPEN_GET_PROTOCOL	     UINT32_C(0x02)
#define EFI_OPEN_TEST_PROTOCOL	     UINT32_C(0x04)
#define EFI_OPEN_BY_CHILD_CONTROLLER UINT32_C(0x08)
#define EFI_OPEN_BY_DRIVER	     UINT32_C(0x10)
#define EFI_OPEN_EXCLUSIVE	     UINT32_C(0x20)

struct efi_open_entry {
	efi_handle_t agent;
	efi_handle_t controller;
	uint32_t attributes;
	uint32_t count;
};

enum efi_locate_type {
	EFI_LOCATE_ALL_HANDLES = 0,
	EFI_LOCATE_BY_REGISTER_NOTIFY = 1,
	EFI_LOCATE_BY_PROTOCOL = 2,
};

/* 7: in the table's order. */
struct efi_boot_services {
	struct efi_table_header header;
	efi_tpl_t (*raise_tpl)(efi_tpl_t tpl);
	void (*restore_tpl)(efi_tpl_t tpl);
	efi_status_t (*allocate_pages)(uint32_t how, uint32_t type, uint64_t pages, uint64_t *base);
	efi_status_t (*free_pages)(uint64_t base, uint64_t pages);
	efi_status_t (*get_memory_map)(uint64_t *size, void *map, uint64_t *key,
		uint64_t *descriptor_size, uint32_t *descriptor_version);
	efi_status_t (*allocate_pool)(uint32_t type, uint64_t size, void **buffer);
	efi_status_t (*free_pool)(void *buffer);
	efi_status_t (*create_event)(uint32_t type, efi_tpl_t tpl, efi_notify_t notify,
		void *context, efi_event_t *event);
	efi_status_t (*set_timer)(efi_event_t event, uint32_t how, uint64_t time_100ns);
	efi_status_t (*wait_for_event)(uint64_t count, efi_event_t *events, uint64_t *index);
	efi_status_t (*signal_event)(efi_event_t event);
	efi_status_t (*close_event)(efi_event_t event);
	efi_status_t (*check_event)(efi_event_t event);
	efi_status_t (*install_protocol_interface)(efi_handle_t *handle,
		const struct efi_guid *protocol, uint32_t native, void *interface);
	efi_status_t (*reinstall_protocol_interface)(efi_handle_t handle,
		const struct efi_guid *protocol, void *old_interface, void *new_interface);
	efi_status_t (*uninstall_protocol_interface)(
		efi_handle_t handle, const struct efi_guid *protocol, void *interface);
	efi_status_t (*handle_protocol)(
		efi_handle_t handle, const struct efi_guid *protocol, void **interface);
	void *reserved;
	efi_status_t (*register_protocol_notify)(
		const struct efi_guid *protocol, efi_event_t event, void **registration);
	efi_status_t (*locate_handle)(uint32_t how, const struct efi_guid *protocol, void *key,
		uint64_t *size, efi_handle_t *buffer);
	efi_status_t (*locate_device_path)(const struct efi_guid *protocol,
		struct efi_device_path **path, efi_handle_t *device);
	efi_status_t (*install_configuration_table)(const struct efi_guid *guid, void *table);
	efi_status_t (*load_image)(efi_bool_t boot_policy, efi_handle_t parent,
		struct efi_device_path *path, void *source, uint64_t source_size,
		efi_handle_t *image);
	efi_status_t (*start_image)(
		efi_handle_t image, uint64_t *exit_data_size, efi_char_t **exit_data);
	efi_status_t (*exit)(efi_handle_t image, efi_status_t status, uint64_t exit_data_size,
		efi_char_t *exit_data);
	efi_status_t (*unload_image)(efi_handle_t image);
	efi_status_t (*exit_boot_services)(efi_handle_t image, uint64_t key);
	efi_status_t (*get_next_monotonic_count)(uint64_t *count);
	efi_status_t (*stall)(uint64_t microseconds);
	efi_status_t (*set_watchdog_timer)(
		uint64_t seconds, uint64_t code, uint64_t data_size, efi_char_t *data);
	efi_status_t (*connect_controller)(efi_handle_t controller, efi_handle_t *drivers,
		struct efi_device_path *remaining, efi_bool_t recursive);
	efi_status_t (*disconnect_controller)(
		efi_handle_t controller, efi_handle_t driver, efi_handle_t child);
	efi_status_t (*open_protocol)(efi_handle_t handle, const struct efi_guid *protocol,
		void **interface, efi_handle_t agent, efi_handle_t controller, uint32_t attributes);
	efi_status_t (*close_protocol)(efi_handle_t handle, const struct efi_guid *protocol,
		efi_handle_t agent, efi_handle_t controller);
	efi_status_t (*open_protocol_information)(efi_handle_t handle,
		const struct efi_guid *protocol, struct efi_open_entry **entries, uint64_t *count);
	efi_status_t (*protocols_per_handle)(
		efi_handle_t handle, struct efi_guid ***protocols, uint64_t *count);
	efi_status_t (*locate_handle_buffer)(uint32_t how, const struct efi_guid *protocol,
		void *key, uint64_t *count, efi_handle_t **buffer);
	efi_status_t (*locate_protocol)(
		const struct efi_guid *protocol, void *registration, void **interface);
	efi_status_t (*install_multiple_protocol_interfaces)(efi_handle_t *handle, ...);
	efi_status_t (*uninstall_multiple_protocol_interfaces)(efi_handle_t handle, ...);
	efi_status_t (*calculate_crc32)(const void *data, uint64_t size, uint32_t *crc);
	void (*copy_mem)(void *destination, const void *source, uint64_t size);
	void (*set_mem)(void *buffer, uint64_t size, uint8_t value);
	efi_status_t (*create_event_ex)(uint32_t type, efi_tpl_t tpl, efi_notify_t notify,
		const void *context, const struct efi_guid *group, efi_event_t *event);
};

/* 8: in the table's order. */
struct efi_runtime_services {
	struct efi_table_header header;
	efi_status_t (*get_time)(struct efi_time *time, void *capabilities);
	efi_status_t (*set_time)(struct efi_time *time);
	efi_status_t (*get_wakeup_time)(
		efi_bool_t *enabled, efi_bool_t *pending, struct efi_time *time);
	efi_status_t (*set_wakeup_time)(efi_bool_t enable, struct efi_time *time);
	efi_status_t (*set_virtual_address_map)(uint64_t size, uint64_t descriptor_size,
		uint32_t descriptor_version, struct efi_memory_descriptor *map);
	efi_status_t (*convert_pointer)(uint64_t disposition, void **address);
	efi_status_t (*get_variable)(const efi_char_t *name, const struct efi_guid *vendor,
		uint32_t *attributes, uint64_t *size, void *data);
	efi_status_t (*get_next_variable_name)(
		uint64_t *size, efi_char_t *name, struct efi_guid *vendor);
	efi_status_t (*set_variable)(const efi_char_t *name, const struct efi_guid *vendor,
		uint32_t attributes, uint64_t size, const void *data);
	efi_status_t (*get_next_high_monotonic_count)(uint32_t *high);
	void (*reset_system)(uint32_t type, efi_status_t status, uint64_t size, void *data);
	efi_status_t (*update_capsule)(void **capsules, uint64_t count, uint64_t scatter);
	efi_status_t (*query_capsule_capabilities)(
		void **capsules, uint64_t count, uint64_t *maximum, uint32_t *reset);
	efi_status_t (*query_variable_info)(uint32_t attributes, uint64_t *maximum,
		uint64_t *remaining, uint64_t *maximum_variable);
};

enum efi_reset_type {
	EFI_RESET_COLD = 0,
	EFI_RESET_WARM = 1,
	EFI_RESET_SHUTDOWN = 2,
	EFI_RESET_PLATFORM_SPECIFIC = 3,
};

#define EFI_VARIABLE_NON_VOLATILE	UINT32_C(0x01)
#define EFI_VARIABLE_BOOTSERVICE_ACCESS UINT32_C(0x02)
#define EFI_VARIABLE_RUNTIME_ACCESS	UINT32_C(0x04)

struct efi_text_input;
struct efi_text_output;

/* 4.3 */
struct efi_system_table {
	struct efi_table_header header;
	efi_char_t *firmware_vendor;
	uint32_t firmware_revision;
	efi_handle_t console_in_handle;
	struct efi_text_input *con_in;
	efi_handle_t console_out_handle;
	struct efi_text_output *con_out;
	efi_handle_t standard_error_handle;
	struct efi_text_output *std_err;
	struct efi_runtime_services *runtime_services;
	struct efi_boot_services *boot_services;
	uint64_t table_count;
	struct efi_configuration_table *table;
};

STATIC_ASSERT(offsetof(struct efi_boot_services, get_memory_map) == 56, "4.4");
STATIC_ASSERT(offsetof(struct efi_boot_services, handle_protocol) == 152, "4.4");
STATIC_ASSERT(offsetof(struct efi_boot_services, exit_boot_services) == 232, "4.4");
STATIC_ASSERT(offsetof(struct efi_boot_services, locate_protocol) == 320, "4.4");
STATIC_ASSERT(sizeof(struct efi_boot_services) == 376, "4.4");
STATIC_ASSERT(sizeof(struct efi_runtime_services) == 136, "4.5");
STATIC_ASSERT(offsetof(struct efi_system_table, table) == 112, "4.3");

#endif
