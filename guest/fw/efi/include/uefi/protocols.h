/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Interfaces of the protocols that the firmware installs (UEFI 2.10, 9, 10, 12, 13, 37).
 */
#ifndef UEFI_PROTOCOLS_H
#define UEFI_PROTOCOLS_H

#include "abi/efi.h"
#include "base/compiler.h"

struct efi_system_table;

/* 9.1 */
struct efi_loaded_image {
	uint32_t revision;
	efi_handle_t parent_handle;
	struct efi_system_table *system_table;
	efi_handle_t device_handle;
	struct efi_device_path *file_path;
	void *reserved;
	uint32_t load_options_size; /* bytes */
	void *load_options;
	void *image_base;
	uint64_t image_size;
	uint32_t image_code_type;
	uint32_t image_data_type;
	efi_status_t (*unload)(efi_handle_t image);
};

#define EFI_LOADED_IMAGE_REVISION UINT32_C(0x1000)

/* 10.6 */
struct efi_device_path_to_text {
	efi_char_t *(*convert_node)(
		const struct efi_device_path *node, efi_bool_t display, efi_bool_t shortcuts);
	efi_char_t *(*convert_path)(
		const struct efi_device_path *path, efi_bool_t display, efi_bool_t shortcuts);
};

/* 11.1 */
struct efi_driver_binding {
	efi_status_t (*supported)(struct efi_driver_binding *self, efi_handle_t controller,
		struct efi_device_path *remaining);
	efi_status_t (*start)(struct efi_driver_binding *self, efi_handle_t controller,
		struct efi_device_path *remaining);
	efi_status_t (*stop)(struct efi_driver_binding *self, efi_handle_t controller,
		uint64_t child_count, efi_handle_t *children);
	uint32_t version;
	efi_handle_t image_handle;
	efi_handle_t driver_binding_handle;
};

/* 12.3 */
struct efi_input_key {
	uint16_t scan_code;
	efi_char_t unicode_char;
};

#define EFI_SCAN_UP	   UINT16_C(0x01)
#define EFI_SCAN_DOWN	   UINT16_C(0x02)
#define EFI_SCAN_RIGHT	   UINT16_C(0x03)
#define EFI_SCAN_LEFT	   UINT16_C(0x04)
#define EFI_SCAN_HOME	   UINT16_C(0x05)
#define EFI_SCAN_END	   UINT16_C(0x06)
#define EFI_SCAN_INSERT	   UINT16_C(0x07)
#define EFI_SCAN_DELETE	   UINT16_C(0x08)
#define EFI_SCAN_PAGE_UP   UINT16_C(0x09)
#define EFI_SCAN_PAGE_DOWN UINT16_C(0x0a)
#define EFI_SCAN_F1	   UINT16_C(0x0b) /* F2 to F12 follow */
#define EFI_SCAN_ESC	   UINT16_C(0x17)

struct efi_text_input {
	efi_status_t (*reset)(struct efi_text_input *self, efi_bool_t extended);
	efi_status_t (*read_key_stroke)(struct efi_text_input *self, struct efi_input_key *key);
	efi_event_t wait_for_key;
};

struct efi_key_data {
	struct efi_input_key key;
	uint32_t shift_state;
	uint8_t toggle_state;
};

typedef efi_status_t (*efi_key_notify_t)(struct efi_key_data *key);

struct efi_text_input_ex {
	efi_status_t (*reset)(struct efi_text_input_ex *self, efi_bool_t extended);
	efi_status_t (*read_key_stroke)(struct efi_text_input_ex *self, struct efi_key_data *key);
	efi_event_t wait_for_key;
	efi_status_t (*set_state)(struct efi_text_input_ex *self, uint8_t *toggle);
	efi_status_t (*register_key_notify)(struct efi_text_input_ex *self,
		struct efi_key_data *key, efi_key_notify_t notify, void **handle);
	efi_status_t (*unregister_key_notify)(struct efi_text_input_ex *self, void *handle);
};

/* 12.4 */
struct efi_text_output_mode {
	int32_t max_mode;
	int32_t mode;
	int32_t attribute;
	int32_t cursor_column;
	int32_t cursor_row;
	efi_bool_t cursor_visible;
};

struct efi_text_output {
	efi_status_t (*reset)(struct efi_text_output *self, efi_bool_t extended);
	efi_status_t (*output_string)(struct efi_text_output *self, const efi_char_t *text);
	efi_status_t (*test_string)(struct efi_text_output *self, const efi_char_t *text);
	efi_status_t (*query_mode)(
		struct efi_text_output *self, uint64_t mode, uint64_t *columns, uint64_t *rows);
	efi_status_t (*set_mode)(struct efi_text_output *self, uint64_t mode);
	efi_status_t (*set_attribute)(struct efi_text_output *self, uint64_t attribute);
	efi_status_t (*clear_screen)(struct efi_text_output *self);
	efi_status_t (*set_cursor_position)(
		struct efi_text_output *self, uint64_t column, uint64_t row);
	efi_status_t (*enable_cursor)(struct efi_text_output *self, efi_bool_t visible);
	struct efi_text_output_mode *mode;
};

/* 13.9 */
struct efi_block_io_media {
	uint32_t media_id;
	efi_bool_t removable_media;
	efi_bool_t media_present;
	efi_bool_t logical_partition;
	efi_bool_t read_only;
	efi_bool_t write_caching;
	uint32_t block_size;
	uint32_t io_align;
	uint64_t last_block;
	uint64_t lowest_aligned_lba;
	uint32_t logical_blocks_per_physical_block;
	uint32_t optimal_transfer_length_granularity;
};

struct efi_block_io {
	uint64_t revision;
	struct efi_block_io_media *media;
	efi_status_t (*reset)(struct efi_block_io *self, efi_bool_t extended);
	efi_status_t (*read_blocks)(struct efi_block_io *self, uint32_t media, uint64_t lba,
		uint64_t size, void *buffer);
	efi_status_t (*write_blocks)(struct efi_block_io *self, uint32_t media, uint64_t lba,
		uint64_t size, const void *buffer);
	efi_status_t (*flush_blocks)(struct efi_block_io *self);
};

#define EFI_BLOCK_IO_REVISION3 UINT64_C(0x2001f)

/* 13.7 */
struct efi_disk_io {
	uint64_t revision;
	efi_status_t (*read_disk)(struct efi_disk_io *self, uint32_t media, uint64_t offset,
		uint64_t size, void *buffer);
	efi_status_t (*write_disk)(struct efi_disk_io *self, uint32_t media, uint64_t offset,
		uint64_t size, const void *buffer);
};

#define EFI_DISK_IO_REVISION UINT64_C(0x10000)

/* 13.1, 13.2: LoadFile and LoadFile2 look the same. */
struct efi_load_file {
	efi_status_t (*load_file)(struct efi_load_file *self, struct efi_device_path *path,
		efi_bool_t boot_policy, uint64_t *size, void *buffer);
};

/* 13.4, 13.5 */
struct efi_file {
	uint64_t revision;
	efi_status_t (*open)(struct efi_file *self, struct efi_file **file, const efi_char_t *name,
		uint64_t mode, uint64_t attributes);
	efi_status_t (*close)(struct efi_file *self);
	efi_status_t (*delete)(struct efi_file *self);
	efi_status_t (*read)(struct efi_file *self, uint64_t *size, void *buffer);
	efi_status_t (*write)(struct efi_file *self, uint64_t *size, const void *buffer);
	efi_status_t (*get_position)(struct efi_file *self, uint64_t *position);
	efi_status_t (*set_position)(struct efi_file *self, uint64_t position);
	efi_status_t (*get_info)(
		struct efi_file *self, const struct efi_guid *type, uint64_t *size, void *buffer);
	efi_status_t (*set_info)(struct efi_file *self, const struct efi_guid *type, uint64_t size,
		const void *buffer);
	efi_status_t (*flush)(struct efi_file *self);
};

#define EFI_FILE_REVISION     UINT64_C(0x10000)
#define EFI_FILE_MODE_READ    UINT64_C(1)
#define EFI_FILE_READ_ONLY    UINT64_C(1)
#define EFI_FILE_DIRECTORY    UINT64_C(0x10)
#define EFI_FILE_POSITION_END UINT64_MAX

/* The name follows, with its NUL. */
struct efi_file_info {
	uint64_t size; /* of this structure and the name */
	uint64_t file_size;
	uint64_t physical_size;
	struct efi_time create_time;
	struct efi_time access_time;
	struct efi_time modification_time;
	uint64_t attribute;
};

/* The label follows, with its NUL. */
struct efi_file_system_info {
	uint64_t size; /* of this structure, to the end of the label */
	efi_bool_t read_only;
	uint64_t volume_size;
	uint64_t free_space;
	uint32_t block_size;
};

#define EFI_FILE_SYSTEM_INFO_HEAD 36U /* offset of the label */

struct efi_file_system {
	uint64_t revision;
	efi_status_t (*open_volume)(struct efi_file_system *self, struct efi_file **root);
};

#define EFI_FILE_SYSTEM_REVISION UINT64_C(0x10000)

/* 37.5 */
struct efi_rng {
	efi_status_t (*get_info)(struct efi_rng *self, uint64_t *size, struct efi_guid *list);
	efi_status_t (*get_rng)(struct efi_rng *self, const struct efi_guid *algorithm,
		uint64_t size, uint8_t *out);
};

/* UEFI 2.10, 7.5 (EFI_MEMORY_ATTRIBUTE_PROTOCOL) */
struct efi_memory_attribute {
	efi_status_t (*get)(struct efi_memory_attribute *self, uint64_t base, uint64_t size,
		uint64_t *attributes);
	efi_status_t (*set)(struct efi_memory_attribute *self, uint64_t base, uint64_t size,
		uint64_t attributes);
	efi_status_t (*clear)(struct efi_memory_attribute *self, uint64_t base, uint64_t size,
		uint64_t attributes);
};

STATIC_ASSERT(offsetof(struct efi_loaded_image, load_options) == 56, "9.1.1");
STATIC_ASSERT(sizeof(struct efi_loaded_image) == 96, "9.1.1");
STATIC_ASSERT(offsetof(struct efi_block_io_media, last_block) == 24, "13.9.1");
STATIC_ASSERT(sizeof(struct efi_file_info) == 80, "13.5.16");

#endif
