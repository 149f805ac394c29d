/* SPDX-License-Identifier: Apache-2.0 */
/* Disks for ACPI: NFIT, and in the DSDT the devices that it speaks of. */
#include <string.h>

#include "acpi/nfit.h"
#include "aml.h"
#include "efi_tables.h"
#include "guest_acpi_private.h"

#define NFIT_REVISION 1U

#define HID_NVDIMM_ROOT "ACPI0012" /* ACPI 6.5, 9.19.2 */

/* Of the DSDT. */
#define ROOT_BOUND 64U
#define DISK_BOUND 24U

/* All that the table says of one disk. */
struct ACPI_PACKED disk_structures {
	struct acpi_nfit_spa_range spa;
	struct acpi_nfit_region_mapping mapping;
	struct acpi_nfit_control_region control;
};

/* The handle of a disk's device, and the index of each of its structures. */
static uint16_t index_of(uint32_t disk)
{
	return (uint16_t)(disk + 1U);
}

static void describe(const struct guest_disk *disk, uint16_t index, struct disk_structures *out)
{
	static const uint8_t persistent_memory[] = ACPI_NFIT_SPA_PM;

	out->spa = (struct acpi_nfit_spa_range){
		.type = ACPI_NFIT_SPA_RANGE,
		.length = sizeof(out->spa),
		.spa_range_index = index,
		.base = disk->ipa,
		.range_length = disk->size,
		.memory_mapping_attribute = EFI_MEMORY_WB | EFI_MEMORY_NV,
	};
	memcpy(out->spa.address_range_type_guid, persistent_memory, sizeof(persistent_memory));
	out->mapping = (struct acpi_nfit_region_mapping){
		.type = ACPI_NFIT_REGION_MAPPING,
		.length = sizeof(out->mapping),
		.nfit_device_handle = index,
		.physical_id = index,
		.spa_range_index = index,
		.control_region_index = index,
		.region_size = disk->size,
		.interleave_ways = 1,
		/* Linux takes such a disk as one that cannot be written. */
		.state_flags = disk->is_read_only ? ACPI_NFIT_MEM_NOT_ARMED : 0,
	};
	out->control = (struct acpi_nfit_control_region){
		.type = ACPI_NFIT_CONTROL_REGION,
		.length = sizeof(out->control),
		.control_region_index = index,
		.serial_number = index,
		.region_format_interface_code = ACPI_NFIT_FORMAT_BYTE_ADDRESSABLE,
	};
}

size_t guest_acpi_nfit_size(const struct vmdesc *desc)
{
	return desc->disk_count == 0 ? 0
				     : sizeof(struct acpi_nfit) +
					       desc->disk_count * sizeof(struct disk_structures);
}

uint64_t guest_acpi_write_nfit(const struct guest_acpi_input *input, struct guest_area *area)
{
	struct acpi_nfit *nfit = guest_acpi_begin(
		input, area, ACPI_SIGNATURE_NFIT, NFIT_REVISION, guest_acpi_nfit_size(input->desc));
	uint8_t *at = (uint8_t *)(nfit + 1);

	for (uint32_t i = 0; i < input->disks->count; i++) {
		struct disk_structures structures;

		describe(&input->disks->disk[i], index_of(i), &structures);
		memcpy(at, &structures, sizeof(structures));
		at += sizeof(structures);
	}
	acpi_seal(&nfit->header);
	return guest_area_ipa(area, nfit);
}

size_t guest_acpi_nvdimm_bound(const struct vmdesc *desc)
{
	return desc->disk_count == 0 ? 0 : ROOT_BOUND + desc->disk_count * DISK_BOUND;
}

void guest_acpi_write_nvdimms(struct aml *aml, uint32_t count)
{
	struct aml_package root;

	if (count == 0) {
		return;
	}
	root = aml_begin_device(aml, "NVDR");
	aml_name_string(aml, "_HID", HID_NVDIMM_ROOT);
	for (uint32_t i = 0; i < count; i++) {
		const char name[] = {'N', 'V', '0', (char)('0' + i)};
		struct aml_package device = aml_begin_device(aml, name);

		aml_name_integer(aml, "_ADR", index_of(i));
		aml_end(aml, device);
	}
	aml_end(aml, root);
}
