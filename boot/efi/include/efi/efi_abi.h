/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tables and protocols of the UEFI specification 2.10 as boot calls them. What it does not use is a
 * void * in its place, and a pointer to what it does not look into is one, too: guest/fw/efi has
 * them as a firmware fills them.
 */
#ifndef EFI_EFI_ABI_H
#define EFI_EFI_ABI_H

#include "abi/efi.h"
#include "base/compiler.h"

struct efi_text_output {
	void *reset;
	efi_status_t (*output_string)(struct efi_text_output *self, const efi_char_t *text);
};

/* 9.1 */
struct efi_loaded_image {
	uint32_t revision;
	efi_handle_t parent_handle;
	struct efi_system_table *system_table;
	efi_handle_t device_handle;
	void *file_path;
	void *reserved;
	uint32_t load_options_size; /* bytes */
	void *load_options;
	void *image_base;
	uint64_t image_size;
	uint32_t image_code_type;
	uint32_t image_data_type;
	void *unload;
};

/* 7: those after exit_boot_services are left out but locate_protocol. */
struct efi_boot_services {
	struct efi_table_header header;
	void *task_priority[2];
	efi_status_t (*allocate_pages)(uint32_t how, uint32_t type, uint64_t pages, uint64_t *base);
	efi_status_t (*free_pages)(uint64_t base, uint64_t pages);
	efi_status_t (*get_memory_map)(uint64_t *size, void *map, uint64_t *key,
		uint64_t *descriptor_size, uint32_t *descriptor_version);
	efi_status_t (*allocate_pool)(uint32_t type, uint64_t size, void **buffer);
	efi_status_t (*free_pool)(void *buffer);
	void *events[6];
	efi_status_t (*install_protocol_interface)(efi_handle_t *handle,
		const struct efi_guid *protocol, uint32_t native, void *interface);
	efi_status_t (*reinstall_protocol_interface)(efi_handle_t handle,
		const struct efi_guid *protocol, void *old_interface, void *new_interface);
	efi_status_t (*uninstall_protocol_interface)(
		efi_handle_t handle, const struct efi_guid *protocol, void *interface);
	efi_status_t (*handle_protocol)(
		efi_handle_t handle, const struct efi_guid *protocol, void **interface);
	void *reserved;
	void *register_protocol_notify;
	void *locate_handle;
	efi_status_t (*locate_device_path)(
		const struct efi_guid *protocol, void **path, efi_handle_t *device);
	efi_status_t (*install_configuration_table)(const struct efi_guid *guid, void *table);
	efi_status_t (*load_image)(uint8_t boot_policy, efi_handle_t parent, const void *path,
		const void *source, uint64_t source_size, efi_handle_t *image);
	efi_status_t (*start_image)(
		efi_handle_t image, uint64_t *exit_data_size, efi_char_t **exit_data);
	void *exit;
	efi_status_t (*unload_image)(efi_handle_t image);
	efi_status_t (*exit_boot_services)(efi_handle_t image, uint64_t key);
	void *get_next_monotonic_count;
	void *stall;
	efi_status_t (*set_watchdog_timer)(
		uint64_t seconds, uint64_t code, uint64_t data_size, const efi_char_t *data);
	void *controllers[2];
	void *open_protocols[3];
	void *protocols_per_handle;
	void *locate_handle_buffer;
	efi_status_t (*locate_protocol)(
		const struct efi_guid *protocol, void *registration, void **interface);
};

/* 4.6: the parts of runtime memory by what may be done there; entries follow, descriptor_size
 * apart. */
struct efi_memory_attributes_table {
	uint32_t version;
	uint32_t entry_count;
	uint32_t descriptor_size;
	uint32_t flags;
};

/* 4.5: the rest is not used. */
struct efi_runtime_services {
	struct efi_table_header header;
	efi_status_t (*get_time)(struct efi_time *time, void *capabilities);
};

struct efi_system_table {
	struct efi_table_header header;
	const efi_char_t *firmware_vendor;
	uint32_t firmware_revision;
	efi_handle_t console_in_handle;
	void *con_in;
	efi_handle_t console_out_handle;
	struct efi_text_output *con_out;
	efi_handle_t standard_error_handle;
	struct efi_text_output *std_err;
	struct efi_runtime_services *runtime_services;
	struct efi_boot_services *boot_services;
	uint64_t table_count;
	const struct efi_configuration_table *table;
};

/* 10.3 */
#define EFI_PATH_MEDIA	      4U
#define EFI_PATH_MEDIA_VENDOR 3U
#define EFI_PATH_END	      0x7fU
#define EFI_PATH_END_ENTIRE   0xffU

/* 13.1, 13.2 */
struct efi_load_file2 {
	efi_status_t (*load_file)(struct efi_load_file2 *self, const void *path,
		uint8_t boot_policy, uint64_t *size, void *buffer);
};

/* 13.4, 13.5 */
struct efi_file {
	uint64_t revision;
	efi_status_t (*open)(struct efi_file *self, struct efi_file **file, const efi_char_t *name,
		uint64_t mode, uint64_t attributes);
	efi_status_t (*close)(struct efi_file *self);
	void *delete;
	efi_status_t (*read)(struct efi_file *self, uint64_t *size, void *buffer);
	void *write;
	efi_status_t (*get_position)(struct efi_file *self, uint64_t *position);
	efi_status_t (*set_position)(struct efi_file *self, uint64_t position);
};

#define EFI_FILE_MODE_READ    UINT64_C(1)
#define EFI_FILE_POSITION_END UINT64_MAX

struct efi_file_system {
	uint64_t revision;
	efi_status_t (*open_volume)(struct efi_file_system *self, struct efi_file **root);
};

/* 37.5 */
struct efi_rng {
	void *get_info;
	efi_status_t (*get_rng)(
		struct efi_rng *self, const struct efi_guid *algorithm, uint64_t size, void *out);
};

STATIC_ASSERT(offsetof(struct efi_loaded_image, device_handle) == 24, "9.1.1");
STATIC_ASSERT(offsetof(struct efi_loaded_image, load_options) == 56, "9.1.1");
STATIC_ASSERT(offsetof(struct efi_boot_services, get_memory_map) == 56, "4.4");
STATIC_ASSERT(offsetof(struct efi_boot_services, handle_protocol) == 152, "4.4");
STATIC_ASSERT(offsetof(struct efi_boot_services, load_image) == 200, "4.4");
STATIC_ASSERT(offsetof(struct efi_boot_services, exit_boot_services) == 232, "4.4");
STATIC_ASSERT(offsetof(struct efi_boot_services, locate_protocol) == 320, "4.4");
STATIC_ASSERT(offsetof(struct efi_system_table, con_out) == 64, "4.3");
STATIC_ASSERT(offsetof(struct efi_system_table, boot_services) == 96, "4.3");
STATIC_ASSERT(offsetof(struct efi_runtime_services, get_time) == 24, "4.5");
STATIC_ASSERT(offsetof(struct efi_system_table, table) == 112, "4.3");

#endif
