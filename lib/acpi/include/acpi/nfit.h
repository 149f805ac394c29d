/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The NVDIMM firmware interface table (ACPI 6.5, 5.2.26), with the specification's names:
 * persistent memory, and the devices that it is on.
 */
#ifndef ACPI_NFIT_H
#define ACPI_NFIT_H

#include "acpi/tables.h"

#define ACPI_SIGNATURE_NFIT "NFIT"

struct ACPI_PACKED acpi_nfit {
	struct acpi_header header;
	uint32_t reserved;
};

/* Types of the structures behind it. */
#define ACPI_NFIT_SPA_RANGE	 0U
#define ACPI_NFIT_REGION_MAPPING 1U
#define ACPI_NFIT_CONTROL_REGION 4U

/* 5.2.26.2: the GUID of a byte-addressable persistent memory region. */
#define ACPI_NFIT_SPA_PM                                                                           \
	{                                                                                          \
		0x79, 0xd3, 0xf0, 0x66, 0xf3, 0xb4, 0x74, 0x40, 0xac, 0x43, 0x0d, 0x33, 0x18,      \
			0xb7, 0x8c, 0xdb                                                           \
	}

/* 5.2.26.2: what the system finds at which address. */
struct ACPI_PACKED acpi_nfit_spa_range {
	uint16_t type;
	uint16_t length;
	uint16_t spa_range_index; /* from 1 */
	uint16_t flags;
	uint32_t reserved;
	uint32_t proximity_domain;
	uint8_t address_range_type_guid[16];
	uint64_t base;
	uint64_t range_length;
	uint64_t memory_mapping_attribute; /* EFI_MEMORY_* */
};

/* 5.2.26.3 */
#define ACPI_NFIT_MEM_NOT_ARMED (1U << 3) /* state_flags: what is written may not last */

/* 5.2.26.3: which device that is on. */
struct ACPI_PACKED acpi_nfit_region_mapping {
	uint16_t type;
	uint16_t length;
	uint32_t nfit_device_handle; /* its _ADR in the DSDT */
	uint16_t physical_id;
	uint16_t region_id;
	uint16_t spa_range_index;
	uint16_t control_region_index;
	uint64_t region_size;
	uint64_t region_offset;
	uint64_t physical_address_region_base;
	uint16_t interleave_index;
	uint16_t interleave_ways;
	uint16_t state_flags;
	uint16_t reserved;
};

/* 5.2.26.6: a byte-addressable device without energy of its own. */
#define ACPI_NFIT_FORMAT_BYTE_ADDRESSABLE 0x301U

/* 5.2.26.6: what kind of device it is. May end behind block_control_window_count where that is 0,
 * but iasl wants the rest too. */
struct ACPI_PACKED acpi_nfit_control_region {
	uint16_t type;
	uint16_t length;
	uint16_t control_region_index; /* from 1 */
	uint16_t vendor_id;
	uint16_t device_id;
	uint16_t revision_id;
	uint16_t subsystem_vendor_id;
	uint16_t subsystem_device_id;
	uint16_t subsystem_revision_id;
	uint8_t valid_fields;
	uint8_t manufacturing_location;
	uint16_t manufacturing_date;
	uint16_t reserved;
	uint32_t serial_number;
	uint16_t region_format_interface_code;
	uint16_t block_control_window_count;
	uint64_t block_control_window_size;
	uint64_t command_offset;
	uint64_t command_size;
	uint64_t status_offset;
	uint64_t status_size;
	uint16_t flags;
	uint8_t reserved1[6];
};

STATIC_ASSERT(sizeof(struct acpi_nfit) == 40, "5.2.26");
STATIC_ASSERT(sizeof(struct acpi_nfit_spa_range) == 56, "5.2.26.2");
STATIC_ASSERT(offsetof(struct acpi_nfit_spa_range, base) == 32, "5.2.26.2");
STATIC_ASSERT(sizeof(struct acpi_nfit_region_mapping) == 48, "5.2.26.3");
STATIC_ASSERT(offsetof(struct acpi_nfit_region_mapping, state_flags) == 44, "5.2.26.3");
STATIC_ASSERT(sizeof(struct acpi_nfit_control_region) == 80, "5.2.26.6");
STATIC_ASSERT(offsetof(struct acpi_nfit_control_region, serial_number) == 24, "5.2.26.6");

#endif
