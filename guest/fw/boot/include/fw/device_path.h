/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Device paths (UEFI 2.10, 10.3). A path ends with its end node; a node shorter than its own head
 * counts as an end, so that no path is endless.
 */
#ifndef FW_DEVICE_PATH_H
#define FW_DEVICE_PATH_H

#include <stdbool.h>

#include "abi/efi.h"

#define FW_PATH_HARDWARE   UINT8_C(1)
#define FW_PATH_ACPI	   UINT8_C(2)
#define FW_PATH_MESSAGING  UINT8_C(3)
#define FW_PATH_MEDIA	   UINT8_C(4)
#define FW_PATH_END	   UINT8_C(0x7f)
#define FW_PATH_END_ENTIRE UINT8_C(0xff)
#define FW_PATH_END_ONE	   UINT8_C(0x01)

#define FW_HARDWARE_MEMORY  UINT8_C(3)
#define FW_HARDWARE_VENDOR  UINT8_C(4)
#define FW_ACPI_HID	    UINT8_C(1)
#define FW_MESSAGING_VENDOR UINT8_C(10)
#define FW_MESSAGING_UART   UINT8_C(14)
#define FW_MEDIA_HARD_DRIVE UINT8_C(1)
#define FW_MEDIA_VENDOR	    UINT8_C(3)
#define FW_MEDIA_FILE	    UINT8_C(4)

#define FW_PATH_HEAD_SIZE 4U

#define FW_PATH_NODE(type, sub_type, size)                                                         \
	{                                                                                          \
		(type), (sub_type),                                                                \
		{                                                                                  \
			(size) & 0xffU, (size) >> 8                                                \
		}                                                                                  \
	}
#define FW_PATH_END_NODE FW_PATH_NODE(FW_PATH_END, FW_PATH_END_ENTIRE, FW_PATH_HEAD_SIZE)

/* 10.3.2.4: memory mapped. Packed, as all of these. */
struct fw_path_memory {
	struct efi_device_path head;
	uint32_t type; /* enum efi_memory_type */
	uint64_t start;
	uint64_t end; /* the last byte */
} __attribute__((packed));

/* 10.3.2.5, 10.3.4.15, 10.3.5.3: vendor's; data may follow. */
struct fw_path_vendor {
	struct efi_device_path head;
	struct efi_guid guid;
} __attribute__((packed));

/* 10.3.3 */
struct fw_path_acpi {
	struct efi_device_path head;
	uint32_t hid;
	uint32_t uid;
} __attribute__((packed));

/* 10.3.4.14 */
struct fw_path_uart {
	struct efi_device_path head;
	uint32_t reserved;
	uint64_t baud;
	uint8_t data_bits;
	uint8_t parity;
	uint8_t stop_bits;
} __attribute__((packed));

/* 10.3.5.1 */
struct fw_path_hard_drive {
	struct efi_device_path head;
	uint32_t number; /* from 1 */
	uint64_t start;	 /* blocks */
	uint64_t size;
	uint8_t signature[16];
	uint8_t format;		/* 1: MBR, 2: GPT */
	uint8_t signature_type; /* 2: a GUID */
} __attribute__((packed));

/* Bytes of a node, its head included; at least FW_PATH_HEAD_SIZE. */
uint64_t fw_path_node_size(const struct efi_device_path *node);
bool fw_path_is_end(const struct efi_device_path *node);
const struct efi_device_path *fw_path_next(const struct efi_device_path *node);

/* Bytes of the path, its end node included. */
uint64_t fw_path_size(const struct efi_device_path *path);

/* Whether the path fits into `size` bytes, with its end node: for what comes from outside. */
bool fw_path_is_within(const void *path, uint64_t size);

/* Do all nodes of `start`, but for its end, stand at the beginning of `path`? */
bool fw_path_begins(const struct efi_device_path *path, const struct efi_device_path *start);

/* The first path with the second behind it, and one node of any kind in between; each may be NULL.
 * From the pool; NULL: no memory. */
struct efi_device_path *fw_path_join(const struct efi_device_path *first,
	const struct efi_device_path *node, const struct efi_device_path *second);

/* A path's copy, from the pool; NULL: no memory, or no path. */
struct efi_device_path *fw_path_copy(const struct efi_device_path *path);

/* A path that is one file's name behind `device`, which may be NULL. */
struct efi_device_path *fw_path_of_file(
	const struct efi_device_path *device, const efi_char_t *name);

/* Writes the path as text (10.6.1.6), never more than `size` characters with its NUL; returns the
 * length that the whole would have, without it. */
uint64_t fw_path_to_text(const struct efi_device_path *path, char *text, uint64_t size);

#endif
