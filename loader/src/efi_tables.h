/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a guest reads of UEFI (UEFI 2.10, with the specification's names). Little-endian, each
 * structure aligned to 8.
 */
#ifndef LOADER_EFI_TABLES_H
#define LOADER_EFI_TABLES_H

#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"

#define EFI_SYSTEM_TABLE_SIGNATURE UINT64_C(0x5453595320494249)
#define EFI_REVISION_2_10	   (2U << 16 | 100U)

/* 4.2: EFI_TABLE_HEADER. crc32 covers header_size bytes, itself as 0. */
struct efi_table_header {
	uint64_t signature;
	uint32_t revision;
	uint32_t header_size;
	uint32_t crc32;
	uint32_t reserved;
};

/* 4.3: EFI_SYSTEM_TABLE; pointers as guest-physical addresses. */
struct efi_system_table {
	struct efi_table_header hdr;
	uint64_t firmware_vendor; /* UCS-2, ends with 0 */
	uint32_t firmware_revision;
	uint32_t pad;
	uint64_t console_in_handle;
	uint64_t con_in;
	uint64_t console_out_handle;
	uint64_t con_out;
	uint64_t standard_error_handle;
	uint64_t std_err;
	uint64_t runtime_services;
	uint64_t boot_services;
	uint64_t number_of_table_entries;
	uint64_t configuration_table;
};

/* 4.6: EFI_CONFIGURATION_TABLE */
#define EFI_GUID_SIZE 16U
#define EFI_ACPI_20_TABLE_GUID                                                                     \
	{                                                                                          \
		0x71, 0xe8, 0x68, 0x88, 0xf1, 0xe4, 0xd3, 0x11, 0xbc, 0x22, 0x00, 0x80, 0xc7,      \
			0x3c, 0x88, 0x81                                                           \
	}
#define EFI_SMBIOS3_TABLE_GUID                                                                     \
	{                                                                                          \
		0x44, 0x15, 0xfd, 0xf2, 0x94, 0x97, 0x2c, 0x4a, 0x99, 0x2e, 0xe5, 0xbb, 0xcf,      \
			0x20, 0xe3, 0x94                                                           \
	}
#define EFI_RT_PROPERTIES_TABLE_GUID                                                               \
	{                                                                                          \
		0x8a, 0x91, 0x66, 0xeb, 0xef, 0x7e, 0x2a, 0x40, 0x84, 0x2e, 0x93, 0x1d, 0x21,      \
			0xc3, 0x8a, 0xe9                                                           \
	}

struct efi_configuration_table {
	uint8_t vendor_guid[EFI_GUID_SIZE];
	uint64_t vendor_table;
};

/* 4.6: EFI_RT_PROPERTIES_TABLE */
#define EFI_RT_PROPERTIES_VERSION 1U

struct efi_rt_properties {
	uint16_t version;
	uint16_t length;
	uint32_t runtime_services_supported;
};

/* 7.2.3: EFI_MEMORY_DESCRIPTOR */
#define EFI_MEMORY_DESCRIPTOR_VERSION 1U
#define EFI_PAGE_SHIFT		      12U
#define EFI_RESERVED_MEMORY	      0U
#define EFI_CONVENTIONAL_MEMORY	      7U
#define EFI_ACPI_RECLAIM_MEMORY	      9U
#define EFI_MEMORY_UC		      UINT64_C(0x1)
#define EFI_MEMORY_WC		      UINT64_C(0x2)
#define EFI_MEMORY_WT		      UINT64_C(0x4)
#define EFI_MEMORY_WB		      UINT64_C(0x8)
#define EFI_MEMORY_NV		      UINT64_C(0x8000)

struct efi_memory_descriptor {
	uint32_t type;
	uint32_t pad;
	uint64_t physical_start;
	uint64_t virtual_start;
	uint64_t number_of_pages;
	uint64_t attribute;
};

STATIC_ASSERT(sizeof(struct efi_table_header) == 24, "4.2");
STATIC_ASSERT(sizeof(struct efi_system_table) == 120, "4.3");
STATIC_ASSERT(offsetof(struct efi_system_table, number_of_table_entries) == 104, "4.3");
STATIC_ASSERT(sizeof(struct efi_configuration_table) == 24, "4.6");
STATIC_ASSERT(sizeof(struct efi_memory_descriptor) == 40, "7.2.3");

#endif
