/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Layouts and numbers of the UEFI specification 2.10, as far as boot uses them. What it does not
 * use is a void * in its place. On AArch64 the services have the C calling convention.
 */
#ifndef EFI_EFI_ABI_H
#define EFI_EFI_ABI_H

#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"

typedef uint64_t efi_status_t;
typedef uint16_t efi_char_t; /* UCS-2 */
typedef void *efi_handle_t;

/* Appendix D */
#define EFI_ERROR(n)	      ((efi_status_t)(n) | UINT64_C(1) << 63)
#define EFI_SUCCESS	      UINT64_C(0)
#define EFI_LOAD_ERROR	      EFI_ERROR(1)
#define EFI_INVALID_PARAMETER EFI_ERROR(2)
#define EFI_UNSUPPORTED	      EFI_ERROR(3)
#define EFI_BUFFER_TOO_SMALL  EFI_ERROR(5)
#define EFI_DEVICE_ERROR      EFI_ERROR(7)
#define EFI_OUT_OF_RESOURCES  EFI_ERROR(9)
#define EFI_NOT_FOUND	      EFI_ERROR(14)

struct efi_guid {
	uint32_t a;
	uint16_t b;
	uint16_t c;
	uint8_t d[8];
};

/* 7.2: memory types that decide what becomes of a page */
enum efi_memory_type {
	EFI_RESERVED_MEMORY = 0,
	EFI_LOADER_CODE = 1,
	EFI_LOADER_DATA = 2,
	EFI_BOOT_SERVICES_CODE = 3,
	EFI_BOOT_SERVICES_DATA = 4,
	EFI_RUNTIME_SERVICES_CODE = 5,
	EFI_RUNTIME_SERVICES_DATA = 6,
	EFI_CONVENTIONAL_MEMORY = 7,
	EFI_UNUSABLE_MEMORY = 8,
	EFI_ACPI_RECLAIM_MEMORY = 9,
	EFI_ACPI_MEMORY_NVS = 10,
	EFI_MEMORY_MAPPED_IO = 11,
	EFI_MEMORY_MAPPED_IO_PORT_SPACE = 12,
	EFI_PAL_CODE = 13,
	EFI_PERSISTENT_MEMORY = 14,
	EFI_UNACCEPTED_MEMORY = 15,
};

#define EFI_PAGE_SIZE UINT64_C(4096)

#define EFI_MEMORY_WB	   (UINT64_C(1) << 3)  /* attribute: can be mapped write-back */
#define EFI_MEMORY_SP	   (UINT64_C(1) << 18) /* specific purpose: not for general use */
#define EFI_MEMORY_XP	   (UINT64_C(1) << 14) /* of the memory attributes table: not to execute, */
#define EFI_MEMORY_RO	   (UINT64_C(1) << 17) /* not to write */
#define EFI_MEMORY_RUNTIME (UINT64_C(1) << 63)

/* The firmware's own descriptors may be longer: DescriptorSize is the step. */
struct efi_memory_descriptor {
	uint32_t type; /* enum efi_memory_type */
	uint32_t pad;
	uint64_t physical_start;
	uint64_t virtual_start;
	uint64_t page_count;
	uint64_t attribute;
};

#define EFI_ALLOCATE_ANY_PAGES 0U

/* 4.2 */
struct efi_table_header {
	uint64_t signature;
	uint32_t revision;
	uint32_t header_size; /* of the whole table */
	uint32_t crc32;
	uint32_t reserved;
};

#define EFI_SYSTEM_TABLE_SIGNATURE  UINT64_C(0x5453595320494249)
#define EFI_BOOT_SERVICES_SIGNATURE UINT64_C(0x56524553544f4f42)

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

/* 4.6 */
struct efi_configuration_table {
	struct efi_guid guid;
	void *table;
};

/* 4.6: the parts of runtime memory by what may be done there; entries follow, descriptor_size
 * apart. */
struct efi_memory_attributes_table {
	uint32_t version;
	uint32_t entry_count;
	uint32_t descriptor_size;
	uint32_t flags;
};

/* 8.3 */
struct efi_time {
	uint16_t year;
	uint8_t month; /* 1 to 12 */
	uint8_t day;   /* 1 to 31 */
	uint8_t hour;
	uint8_t minute;
	uint8_t second;
	uint8_t pad1;
	uint32_t nanosecond;
	int16_t time_zone; /* local time is UTC minus so many minutes */
	uint8_t daylight;
	uint8_t pad2;
};

#define EFI_TIME_ZONE_NONE 0x7ff

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

/* 10.3: a device path's node; length includes these four bytes. */
struct efi_device_path {
	uint8_t type;
	uint8_t sub_type;
	uint8_t length[2];
};

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

STATIC_ASSERT(sizeof(struct efi_memory_descriptor) == 40, "7.2.3");
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
STATIC_ASSERT(sizeof(struct efi_time) == 16, "8.3");
STATIC_ASSERT(offsetof(struct efi_system_table, table) == 112, "4.3");

#endif
