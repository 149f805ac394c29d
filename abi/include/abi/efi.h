/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Types and numbers of the UEFI specification 2.10 that its services share, for who calls the
 * machine's firmware (boot/efi) and for the firmware of VMs (guest/fw). On AArch64 the services
 * have the C calling convention (2.3.6).
 */
#ifndef ABI_EFI_H
#define ABI_EFI_H

#include <stddef.h>
#include <stdint.h>

typedef uint64_t efi_status_t;
typedef uint8_t efi_bool_t;
typedef uint16_t efi_char_t; /* UCS-2 */
typedef void *efi_handle_t;
typedef void *efi_event_t;
typedef uint64_t efi_tpl_t;

/* Appendix D */
#define EFI_ERROR(n)	       ((efi_status_t)(n) | UINT64_C(1) << 63)
#define EFI_IS_ERROR(s)	       (((s) >> 63) != 0U)
#define EFI_SUCCESS	       UINT64_C(0)
#define EFI_LOAD_ERROR	       EFI_ERROR(1)
#define EFI_INVALID_PARAMETER  EFI_ERROR(2)
#define EFI_UNSUPPORTED	       EFI_ERROR(3)
#define EFI_BAD_BUFFER_SIZE    EFI_ERROR(4)
#define EFI_BUFFER_TOO_SMALL   EFI_ERROR(5)
#define EFI_NOT_READY	       EFI_ERROR(6)
#define EFI_DEVICE_ERROR       EFI_ERROR(7)
#define EFI_WRITE_PROTECTED    EFI_ERROR(8)
#define EFI_OUT_OF_RESOURCES   EFI_ERROR(9)
#define EFI_VOLUME_CORRUPTED   EFI_ERROR(10)
#define EFI_NO_MEDIA	       EFI_ERROR(12)
#define EFI_NOT_FOUND	       EFI_ERROR(14)
#define EFI_ACCESS_DENIED      EFI_ERROR(15)
#define EFI_NO_MAPPING	       EFI_ERROR(17)
#define EFI_TIMEOUT	       EFI_ERROR(18)
#define EFI_ALREADY_STARTED    EFI_ERROR(20)
#define EFI_ABORTED	       EFI_ERROR(21)
#define EFI_SECURITY_VIOLATION EFI_ERROR(26)
#define EFI_WARN_UNKNOWN_GLYPH UINT64_C(1)

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

#define EFI_MEMORY_TYPE_COUNT 16U

/* Types of an operating system's loader: "from 0x80000000 to 0xFFFFFFFF" (7.2). */
#define EFI_OS_MEMORY_TYPES UINT32_C(0x80000000)

#define EFI_PAGE_SIZE  UINT64_C(4096)
#define EFI_PAGE_SHIFT 12U

/* 7.2.3: how a region can be mapped, and is to be */
#define EFI_MEMORY_UC	   (UINT64_C(1) << 0)
#define EFI_MEMORY_WC	   (UINT64_C(1) << 1)
#define EFI_MEMORY_WT	   (UINT64_C(1) << 2)
#define EFI_MEMORY_WB	   (UINT64_C(1) << 3)
#define EFI_MEMORY_RP	   (UINT64_C(1) << 13)
#define EFI_MEMORY_XP	   (UINT64_C(1) << 14)
#define EFI_MEMORY_NV	   (UINT64_C(1) << 15)
#define EFI_MEMORY_RO	   (UINT64_C(1) << 17)
#define EFI_MEMORY_SP	   (UINT64_C(1) << 18) /* specific purpose: not for general use */
#define EFI_MEMORY_RUNTIME (UINT64_C(1) << 63)

#define EFI_MEMORY_DESCRIPTOR_VERSION 1U

/* A firmware's own may be longer: DescriptorSize is the step. */
struct efi_memory_descriptor {
	uint32_t type; /* enum efi_memory_type */
	uint32_t pad;
	uint64_t physical_start;
	uint64_t virtual_start;
	uint64_t page_count;
	uint64_t attribute;
};

enum efi_allocate_type {
	EFI_ALLOCATE_ANY_PAGES = 0,
	EFI_ALLOCATE_MAX_ADDRESS = 1,
	EFI_ALLOCATE_ADDRESS = 2,
	EFI_ALLOCATE_TYPE_COUNT,
};

/* 4.2 */
struct efi_table_header {
	uint64_t signature;
	uint32_t revision;
	uint32_t header_size; /* of the whole table */
	uint32_t crc32;
	uint32_t reserved;
};

#define EFI_SYSTEM_TABLE_SIGNATURE     UINT64_C(0x5453595320494249)
#define EFI_BOOT_SERVICES_SIGNATURE    UINT64_C(0x56524553544f4f42)
#define EFI_RUNTIME_SERVICES_SIGNATURE UINT64_C(0x56524553544e5552)
#define EFI_SPECIFICATION_VERSION      ((2U << 16) | 100U)

/* 4.6 */
struct efi_configuration_table {
	struct efi_guid guid;
	void *table;
};

/* 10.3: a device path's node; length includes these four bytes. */
struct efi_device_path {
	uint8_t type;
	uint8_t sub_type;
	uint8_t length[2];
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

#endif
