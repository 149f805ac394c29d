/* SPDX-License-Identifier: Apache-2.0 */
#include "guest_efi.h"

#include <string.h>

#include "abi/vm_config.h"
#include "base/bits.h"
#include "crc/ieee.h"
#include "efi_tables.h"
#include "guest_acpi.h"
#include "guest_area.h"
#include "guest_identity.h"
#include "guest_pen.h"
#include "guest_smbios.h"

#define FIRMWARE_REVISION UINT32_C(0x10000)
#define VENDOR_SIZE	  16U /* characters of the vendor's name, with its end */
#define TABLE_COUNT_MAX	  3U
#define MEMORY_COUNT_MAX  3U

#define FIXED_BOUND 1024U /* this file's own, and what alignment takes: tested */

size_t guest_efi_bound(const struct vmdesc *desc)
{
	size_t acpi = desc->tables == VMDESC_ACPI ? guest_acpi_bound(desc) : 0;

	return align_up(FIXED_BOUND + GUEST_SMBIOS_BOUND + acpi, PAGE_SIZE);
}

size_t guest_efi_reserved(const struct vmdesc *desc)
{
	bool has_any = desc->tables == VMDESC_ACPI || (desc->flags & VM_FLAG_VMWARE) != 0;

	return has_any ? align_up(guest_efi_bound(desc), VMDESC_PAGE_MAX) : 0;
}

static uint64_t write_vendor(const char *name, struct guest_area *area)
{
	uint16_t *vendor = guest_area_take(area, VENDOR_SIZE * sizeof(*vendor));

	for (size_t i = 0; i < VENDOR_SIZE - 1 && name[i] != '\0'; i++) {
		vendor[i] = (uint8_t)name[i];
	}
	return guest_area_ipa(area, vendor);
}

/* Not one runtime service: whoever reads this calls none. */
static uint64_t write_rt_properties(struct guest_area *area)
{
	struct efi_rt_properties *properties = guest_area_take(area, sizeof(*properties));

	*properties = (struct efi_rt_properties){
		.version = EFI_RT_PROPERTIES_VERSION,
		.length = sizeof(*properties),
	};
	return guest_area_ipa(area, properties);
}

static uint64_t write_configuration(
	const struct guest_efi_input *input, struct guest_area *area, uint64_t *count)
{
	const struct guest_acpi_input acpi = {input->desc, input->host, input->pen, input->disks};
	struct efi_configuration_table *tables =
		guest_area_take(area, TABLE_COUNT_MAX * sizeof(*tables));

	*count = 0;
	if (input->desc->tables == VMDESC_ACPI) {
		tables[(*count)++] = (struct efi_configuration_table){
			EFI_ACPI_20_TABLE_GUID, guest_acpi_build(&acpi, area)};
	}
	tables[(*count)++] = (struct efi_configuration_table){EFI_SMBIOS3_TABLE_GUID,
		guest_smbios_build(guest_identity(input->desc->flags), input->uuid, area)};
	tables[(*count)++] = (struct efi_configuration_table){
		EFI_RT_PROPERTIES_TABLE_GUID, write_rt_properties(area)};
	return guest_area_ipa(area, tables);
}

static uint64_t write_system_table(const struct guest_efi_input *input, struct guest_area *area)
{
	struct efi_system_table *table = guest_area_take(area, sizeof(*table));
	uint64_t vendor = write_vendor(guest_identity(input->desc->flags)->vendor, area);
	uint64_t count;
	uint64_t configuration = write_configuration(input, area, &count);

	*table = (struct efi_system_table){
		.hdr =
			{
				.signature = EFI_SYSTEM_TABLE_SIGNATURE,
				.revision = EFI_REVISION_2_10,
				.header_size = sizeof(*table),
			},
		.firmware_vendor = vendor,
		.firmware_revision = FIRMWARE_REVISION,
		.number_of_table_entries = count,
		.configuration_table = configuration,
	};
	table->hdr.crc32 = crc_ieee(0, table, sizeof(*table));
	return guest_area_ipa(area, table);
}

static struct efi_memory_descriptor describe(uint32_t type, uint64_t start, uint64_t end)
{
	return (struct efi_memory_descriptor){
		.type = type,
		.physical_start = start,
		.number_of_pages = (end - start) >> EFI_PAGE_SHIFT,
		.attribute = EFI_MEMORY_UC | EFI_MEMORY_WC | EFI_MEMORY_WT | EFI_MEMORY_WB,
	};
}

/* RAM from its start to its end, all of it; no disks, for Linux would take persistent memory for
 * its own. Where kernel, initrd and devicetree lie, their reader
 * knows: it was entered with them. */
static void write_memory_map(
	const struct guest_efi_input *input, struct guest_area *area, struct guest_efi *result)
{
	struct efi_memory_descriptor *map = guest_area_take(area, MEMORY_COUNT_MAX * sizeof(*map));
	uint64_t usable_end = input->ipa - guest_pen_reserved(input->desc);
	uint32_t count = 0;

	map[count++] = describe(EFI_CONVENTIONAL_MEMORY, VM_RAM_BASE, usable_end);
	if (usable_end != input->ipa) {
		map[count++] = describe(EFI_RESERVED_MEMORY, usable_end, input->ipa);
	}
	map[count++] =
		describe(EFI_ACPI_RECLAIM_MEMORY, input->ipa, VM_RAM_BASE + input->desc->memory);
	result->memory_map = guest_area_ipa(area, map);
	result->memory_map_size = count * (uint32_t)sizeof(*map);
	result->descriptor_size = sizeof(*map);
	result->descriptor_version = EFI_MEMORY_DESCRIPTOR_VERSION;
}

void guest_efi_build(const struct guest_efi_input *input, void *buf, struct guest_efi *result)
{
	struct guest_area area = {buf, guest_efi_bound(input->desc), 0, input->ipa};

	*result = (struct guest_efi){.system_table = write_system_table(input, &area)};
	write_memory_map(input, &area, result);
	result->size = area.used;
}
