/* SPDX-License-Identifier: Apache-2.0 */
/* EFI, SMBIOS and ACPI tables of a VM, read as a guest reads them: from the system table on. */
#define _GNU_SOURCE /* memmem */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include <cmocka.h>

#include "acpi/acpi.h"
#include "acpi/nfit.h"
#include "base/checked.h"
#include "efi_tables.h"
#include "guest_efi.h"
#include "guest_fdt.h"
#include "guest_pen.h"

#define MEMORY UINT64_C(0x20000000)
#define END    (VM_RAM_BASE + MEMORY)
#define GUARD  0x5aU

static const uint8_t uuid[16] = {0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa,
	0xbb, 0xcc, 0xdd, 0xee, 0xff};

static struct loader_host host;
static struct vmdesc desc;
static uint8_t *tables;
static uint64_t tables_ipa;
static uint64_t pen;
static struct guest_efi efi;
static struct guest_disks disks;
static struct acpi acpi;

static int setup(void **state)
{
	(void)state;
	host = (struct loader_host){.gic_version = 3, .cpu_count = 4, .ipa_bits = 40};
	desc = (struct vmdesc){.vcpu_count = 3, .memory = MEMORY, .tables = VMDESC_ACPI};
	disks.count = 0;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	free(tables);
	tables = NULL;
	return 0;
}

static void *map(void *ctx, uint64_t ipa, uint64_t size)
{
	(void)ctx;
	return range_contains(tables_ipa, efi.size, ipa, size) ? tables + (ipa - tables_ipa) : NULL;
}

static const struct acpi_memory memory = {.map = map};

/* Fails the test where the guest would look outside the tables. */
static void *see(uint64_t ipa, uint64_t size)
{
	void *bytes = map(NULL, ipa, size);

	assert_non_null(bytes);
	return bytes;
}

static const struct efi_system_table *system_table(void)
{
	return see(efi.system_table, sizeof(struct efi_system_table));
}

static uint64_t configuration(const uint8_t guid[EFI_GUID_SIZE])
{
	const struct efi_system_table *system = system_table();
	const struct efi_configuration_table *entries = see(
		system->configuration_table, system->number_of_table_entries * sizeof(*entries));

	for (uint64_t i = 0; i < system->number_of_table_entries; i++) {
		if (memcmp(entries[i].vendor_guid, guid, EFI_GUID_SIZE) == 0) {
			return entries[i].vendor_table;
		}
	}
	return 0;
}

static void build_tables(void)
{
	size_t bound = guest_efi_bound(&desc);

	tables_ipa = END - guest_efi_reserved(&desc);
	pen = guest_pen_reserved(&desc) != 0 ? tables_ipa - guest_pen_reserved(&desc) : 0;

	const struct guest_efi_input input = {&desc, &host, tables_ipa, pen, uuid, &disks};

	free(tables);
	tables = malloc(bound);
	assert_non_null(tables);
	memset(tables, GUARD, bound);
	guest_efi_build(&input, tables, &efi);
	assert_true(efi.size <= bound);
}

static void build(void)
{
	static const uint8_t guid[EFI_GUID_SIZE] = EFI_ACPI_20_TABLE_GUID;
	const char *why = "";

	build_tables();
	assert_int_equal(acpi_open(&acpi, &memory, configuration(guid), &why), PLINTH_OK);
}

/* A table with a right checksum, by lib/acpi. */
static void *find(const char *signature, uint32_t size)
{
	struct acpi_header *table = NULL;

	assert_int_equal(acpi_find(&acpi, signature, size, &table, NULL), PLINTH_OK);
	return table;
}

static void test_system_table(void **state)
{
	(void)state;
	build();

	struct efi_system_table system = *system_table();
	uint32_t crc = system.hdr.crc32;
	const uint16_t *vendor = see(system.firmware_vendor, 14);

	system.hdr.crc32 = 0;
	assert_int_equal(crc, crc32(0, (const uint8_t *)&system, sizeof(system)));
	assert_memory_equal(&system.hdr.signature, "IBI SYST", 8);
	assert_int_equal(system.hdr.revision >> 16, 2);
	assert_int_equal(system.hdr.header_size, 120);
	assert_int_equal(vendor[0], 'P');
	assert_int_equal(vendor[5], 'h');
	assert_int_equal(vendor[6], 0);
	assert_int_equal(system.runtime_services, 0);
	assert_int_equal(system.boot_services, 0);
}

static void test_no_runtime_service(void **state)
{
	(void)state;
	static const uint8_t guid[EFI_GUID_SIZE] = EFI_RT_PROPERTIES_TABLE_GUID;

	build();

	const struct efi_rt_properties *properties = see(configuration(guid), sizeof(*properties));

	assert_int_equal(properties->version, 1);
	assert_int_equal(properties->length, 8);
	assert_int_equal(properties->runtime_services_supported, 0);
}

static void expect_range(
	const struct efi_memory_descriptor *entry, uint32_t type, uint64_t start, uint64_t end)
{
	assert_int_equal(entry->type, type);
	assert_int_equal(entry->physical_start, start);
	assert_int_equal(entry->number_of_pages, (end - start) / PAGE_SIZE);
	assert_true((entry->attribute & EFI_MEMORY_WB) != 0);
}

/* All of RAM, once; the mailboxes are nobody's. */
static void test_memory_map(void **state)
{
	(void)state;
	const struct efi_memory_descriptor *map_entries;

	build();
	map_entries = see(efi.memory_map, efi.memory_map_size);
	assert_int_equal(efi.descriptor_size, 40);
	assert_int_equal(efi.memory_map_size, 2 * 40);
	expect_range(&map_entries[0], EFI_CONVENTIONAL_MEMORY, VM_RAM_BASE, tables_ipa);
	expect_range(&map_entries[1], EFI_ACPI_RECLAIM_MEMORY, tables_ipa, END);
	desc.secondary_boot = VMDESC_PARKING;
	build();
	map_entries = see(efi.memory_map, efi.memory_map_size);
	assert_int_equal(efi.memory_map_size, 3 * 40);
	expect_range(&map_entries[0], EFI_CONVENTIONAL_MEMORY, VM_RAM_BASE, pen);
	expect_range(&map_entries[1], EFI_RESERVED_MEMORY, pen, tables_ipa);
	expect_range(&map_entries[2], EFI_ACPI_RECLAIM_MEMORY, tables_ipa, END);
	assert_int_equal(pen % KIB(64), 0);
	assert_int_equal(tables_ipa % KIB(64), 0);
}

static void test_fadt(void **state)
{
	(void)state;
	const struct acpi_fadt *fadt;

	build();
	fadt = find(ACPI_SIGNATURE_FADT, sizeof(*fadt));
	assert_int_equal(fadt->header.revision, 6);
	assert_true((fadt->flags & ACPI_FADT_HW_REDUCED_ACPI) != 0);
	assert_int_equal(fadt->arm_boot_arch, ACPI_FADT_PSCI_COMPLIANT | ACPI_FADT_PSCI_USE_HVC);
	assert_int_equal(fadt->dsdt, 0);
	desc.secondary_boot = VMDESC_PARKING;
	build();
	fadt = find(ACPI_SIGNATURE_FADT, sizeof(*fadt));
	assert_int_equal(fadt->arm_boot_arch, 0);
}

static void test_dsdt(void **state)
{
	(void)state;
	build();

	const struct acpi_fadt *fadt = find(ACPI_SIGNATURE_FADT, sizeof(*fadt));
	const struct acpi_header *dsdt = see(fadt->x_dsdt, sizeof(*dsdt));
	const uint8_t *aml = (const uint8_t *)dsdt;

	see(fadt->x_dsdt, dsdt->length);
	assert_memory_equal(dsdt->signature, "DSDT", 4);
	assert_int_equal(acpi_sum(dsdt, dsdt->length), 0);
	assert_int_equal(dsdt->revision, 2);
	assert_non_null(memmem(aml, dsdt->length,
		"C000\x08_HID\x0d"
		"ACPI0007",
		18));
	assert_non_null(memmem(aml, dsdt->length,
		"C002\x08_HID\x0d"
		"ACPI0007",
		18));
	assert_null(memmem(aml, dsdt->length, "C003", 4));
	assert_non_null(memmem(aml, dsdt->length, "ARMH0011", 9));
}

/* The structure's length is ACPI 6.0's, so the last two members are not the table's. */
#define GICC_LENGTH 80U

static const struct acpi_madt_gicc *gicc_of(uint32_t vcpu)
{
	struct acpi_madt *madt = find(ACPI_SIGNATURE_MADT, sizeof(*madt));
	struct acpi_madt_walk walk;
	struct acpi_madt_entry *entry = NULL;

	acpi_madt_walk_init(&walk, madt);
	for (uint32_t i = 0; i <= vcpu; i++) {
		entry = acpi_madt_next(&walk, ACPI_MADT_GICC, GICC_LENGTH);
		assert_non_null(entry);
		assert_int_equal(entry->length, GICC_LENGTH);
	}
	if (vcpu + 1 == desc.vcpu_count) {
		assert_null(acpi_madt_next(&walk, ACPI_MADT_GICC, GICC_LENGTH));
		assert_false(walk.malformed);
	}
	return (const struct acpi_madt_gicc *)entry;
}

static void *only(uint8_t type, uint8_t length)
{
	struct acpi_madt *madt = find(ACPI_SIGNATURE_MADT, sizeof(*madt));
	struct acpi_madt_walk walk;
	struct acpi_madt_entry *entry;

	acpi_madt_walk_init(&walk, madt);
	entry = acpi_madt_next(&walk, type, length);
	assert_null(entry == NULL ? NULL : acpi_madt_next(&walk, type, length));
	assert_false(walk.malformed);
	return entry;
}

static void test_madt(void **state)
{
	(void)state;
	build();

	const struct acpi_madt_gicd *gicd = only(ACPI_MADT_GICD, sizeof(*gicd));
	const struct acpi_madt_gicr *gicr = only(ACPI_MADT_GICR, sizeof(*gicr));

	assert_int_equal(gicd->physical_base_address, 0x08000000);
	assert_int_equal(gicd->gic_version, 3);
	assert_int_equal(gicr->discovery_range_base_address, 0x080a0000);
	assert_int_equal(gicr->discovery_range_length, 3 * 0x20000);
	for (uint32_t i = 0; i < desc.vcpu_count; i++) {
		const struct acpi_madt_gicc *gicc = gicc_of(i);

		assert_int_equal(gicc->cpu_interface_number, i);
		assert_int_equal(gicc->acpi_processor_uid, i);
		assert_int_equal(gicc->flags, ACPI_GICC_ENABLED);
		assert_int_equal(gicc->mpidr, i);
		assert_int_equal(gicc->physical_base_address, 0);
		assert_int_equal(gicc->parking_protocol_version, 0);
		assert_int_equal(gicc->parked_address, 0);
	}
}

static void test_madt_gicv2(void **state)
{
	(void)state;
	host.gic_version = 2;
	build();

	const struct acpi_madt_gicd *gicd = only(ACPI_MADT_GICD, sizeof(*gicd));

	assert_int_equal(gicd->gic_version, 2);
	assert_null(only(ACPI_MADT_GICR, sizeof(struct acpi_madt_gicr)));
	assert_int_equal(gicc_of(2)->physical_base_address, 0x08010000);
}

/* vCPU 0 runs: it has no mailbox. All others have a page of the reserved memory each. */
static void test_madt_parking(void **state)
{
	(void)state;
	desc.secondary_boot = VMDESC_PARKING;
	desc.vcpu_count = VM_VCPU_MAX;
	build();
	assert_int_equal(gicc_of(0)->parking_protocol_version, 0);
	assert_int_equal(gicc_of(0)->parked_address, 0);
	for (uint32_t i = 1; i < desc.vcpu_count; i++) {
		const struct acpi_madt_gicc *gicc = gicc_of(i);

		assert_int_equal(gicc->parking_protocol_version, ACPI_PARKING_VERSION);
		assert_int_equal(gicc->parked_address, guest_pen_mailbox(pen, i));
		assert_true(range_contains(
			pen, guest_pen_reserved(&desc), gicc->parked_address, PAGE_SIZE));
		assert_int_equal(gicc->mpidr, guest_fdt_mpidr(i));
	}
}

static void test_gtdt(void **state)
{
	(void)state;
	build();

	const struct acpi_gtdt *gtdt = find(ACPI_SIGNATURE_GTDT, ACPI_GTDT_LENGTH_MIN);

	assert_int_equal(gtdt->header.revision, 2);
	assert_int_equal(gtdt->secure_el1_timer_gsiv, 29);
	assert_int_equal(gtdt->non_secure_el1_timer_gsiv, 30);
	assert_int_equal(gtdt->virtual_el1_timer_gsiv, 27);
	assert_int_equal(gtdt->el2_timer_gsiv, 26);
	assert_int_equal(gtdt->virtual_el1_timer_flags, ACPI_GTDT_ACTIVE_LOW | ACPI_GTDT_ALWAYS_ON);
	assert_int_equal(gtdt->platform_timer_count, 0);
}

static void test_spcr(void **state)
{
	(void)state;
	build();

	const struct acpi_spcr *spcr = find(ACPI_SIGNATURE_SPCR, sizeof(*spcr));

	assert_int_equal(spcr->header.revision, 2);
	assert_int_equal(spcr->interface_type, ACPI_SPCR_PL011);
	assert_int_equal(spcr->base_address.address, 0x09000000);
	assert_int_equal(spcr->base_address.access_size, ACPI_GAS_DWORD);
	assert_int_equal(spcr->global_system_interrupt, 33);
	assert_int_equal(spcr->pci_vendor_id, 0xffff);
}

/* The structures, all of them. */
static const uint8_t *find_smbios(uint32_t *size)
{
	static const uint8_t guid[EFI_GUID_SIZE] = EFI_SMBIOS3_TABLE_GUID;
	const uint8_t *entry = see(configuration(guid), 24);
	uint64_t at;

	assert_memory_equal(entry, "_SM3_", 5);
	assert_int_equal(entry[6], 24);
	assert_int_equal(acpi_sum(entry, 24), 0);
	memcpy(size, entry + 12, sizeof(*size));
	memcpy(&at, entry + 16, sizeof(at));
	return see(at, *size);
}

static void test_smbios(void **state)
{
	(void)state;
	static const uint8_t swapped[16] = {0x33, 0x22, 0x11, 0x00, 0x55, 0x44, 0x77, 0x66, 0x88,
		0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff};
	const uint8_t *bytes;
	const uint8_t *system;
	uint32_t size;

	build();
	bytes = find_smbios(&size);
	assert_int_equal(bytes[0], 0);
	assert_int_equal(bytes[1], 26);
	assert_memory_equal(bytes + 26,
		"Plinth\0"
		"1\0\0",
		10);
	system = bytes + 36;
	assert_int_equal(system[0], 1);
	assert_int_equal(system[1], 27);
	assert_memory_equal(system + 8, swapped, sizeof(swapped));
	assert_memory_equal(system + 27, "Plinth\0Virtual Machine\0\0", 24);
	assert_memory_equal(system + 51, "\x7f\x04\x02\x00\x00\x00", 6);
	assert_int_equal(size, 36 + 51 + 6);
}

/* A VM with a devicetree and `vmware;` has SMBIOS and no ACPI. */
static void test_smbios_of_vmware(void **state)
{
	(void)state;
	static const uint8_t acpi_guid[EFI_GUID_SIZE] = EFI_ACPI_20_TABLE_GUID;
	static const char strings[] = "VMware, Inc.\0VMware20,1\0"
				      "VMware-00 11 22 33 44 55 66 77-88 99 aa bb cc dd ee ff\0";
	const uint8_t *system;
	uint32_t size;

	desc.tables = VMDESC_FDT;
	desc.flags = VM_FLAG_VMWARE;
	build_tables();
	assert_int_equal(configuration(acpi_guid), 0);
	assert_int_equal(system_table()->number_of_table_entries, 2);
	system = find_smbios(&size) + 26 + sizeof("VMware, Inc.") + sizeof("1") + 1;
	assert_int_equal(system[0], 1);
	assert_memory_equal(system + 4, "\1\2\0\3", 4);
	assert_memory_equal(system + 27, strings, sizeof(strings));
}

/* Nothing in the tables of an anonymous VM, or of one that speaks VMware, says Plinth. */
static void test_identity(void **state)
{
	(void)state;
	static const uint32_t flags[] = {VM_FLAG_ANONYMOUS, VM_FLAG_VMWARE};

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		desc.flags = flags[i];
		build();
		assert_null(memmem(tables, efi.size, "PLINTH", 6));
		assert_null(memmem(tables, efi.size, "Plinth", 6));
		assert_null(memmem(tables, efi.size, "PLTH", 4));
		assert_null(memmem(tables, efi.size, "P\0l\0i\0n", 7));
		assert_true((memmem(tables, efi.size, "VMware", 6) != NULL) ==
			    (flags[i] == VM_FLAG_VMWARE));
	}
	desc.flags = VM_FLAG_ANONYMOUS;
	build();
	assert_int_equal(((const struct acpi_fadt *)find(ACPI_SIGNATURE_FADT, 276))
				 ->hypervisor_vendor_identity,
		0);
}

static void set_disks(uint32_t count)
{
	desc.disk_count = count;
	disks.count = count;
	for (uint32_t i = 0; i < count; i++) {
		disks.disk[i] = (struct guest_disk){GIB(2) + i * MIB(4), MIB(4), i % 2 == 1};
	}
}

static void test_no_nfit_without_disks(void **state)
{
	struct acpi_header *table;

	(void)state;
	build();
	assert_int_equal(acpi_find(&acpi, ACPI_SIGNATURE_NFIT, 40, &table, NULL), PLINTH_ENOENT);
	assert_null(memmem(tables, efi.size, "ACPI0012", 8));
}

static void test_nfit(void **state)
{
	static const uint8_t guid[] = ACPI_NFIT_SPA_PM;

	(void)state;
	set_disks(2);
	build();

	const struct acpi_nfit *nfit = find(ACPI_SIGNATURE_NFIT, 40 + 2 * 184);
	const uint8_t *at = (const uint8_t *)(nfit + 1);

	assert_int_equal(nfit->header.length, 40 + 2 * 184);
	for (uint32_t i = 0; i < 2; i++) {
		const struct acpi_nfit_spa_range *spa = (const void *)at;
		const struct acpi_nfit_region_mapping *mapping = (const void *)(at + spa->length);
		const struct acpi_nfit_control_region *control =
			(const void *)(at + spa->length + mapping->length);

		assert_int_equal(spa->type, ACPI_NFIT_SPA_RANGE);
		assert_int_equal(spa->spa_range_index, i + 1);
		assert_int_equal(spa->base, GIB(2) + i * MIB(4));
		assert_int_equal(spa->range_length, MIB(4));
		assert_int_equal(spa->memory_mapping_attribute, EFI_MEMORY_WB | EFI_MEMORY_NV);
		assert_memory_equal(spa->address_range_type_guid, guid, sizeof(guid));
		assert_int_equal(mapping->type, ACPI_NFIT_REGION_MAPPING);
		assert_int_equal(mapping->spa_range_index, i + 1);
		assert_int_equal(mapping->control_region_index, i + 1);
		assert_int_equal(mapping->region_size, MIB(4));
		assert_int_equal(mapping->state_flags, i == 1 ? ACPI_NFIT_MEM_NOT_ARMED : 0);
		assert_int_equal(control->type, ACPI_NFIT_CONTROL_REGION);
		assert_int_equal(control->control_region_index, i + 1);
		at += spa->length + mapping->length + control->length;
	}
	assert_non_null(memmem(tables, efi.size, "ACPI0012", 8));
	assert_non_null(memmem(tables, efi.size, "NV01\x08_ADR\x0a\x02", 11));
}

/* Each table lies in memory that the bound counts, from one vCPU to the most; ASan watches. */
static void test_bounds(void **state)
{
	(void)state;
	for (uint32_t count = 1; count <= VM_VCPU_MAX; count++) {
		desc.vcpu_count = count;
		set_disks(count % (VMDESC_DISK_MAX + 1));
		build();
		assert_int_equal(acpi.entry_count, disks.count == 0 ? 4 : 5);
		for (uint32_t i = 0; i < acpi.entry_count; i++) {
			struct acpi_header *table;

			assert_int_equal(acpi_table(&acpi, i, &table), PLINTH_OK);
		}
	}
	desc.tables = VMDESC_FDT;
	assert_int_equal(guest_efi_reserved(&desc), 0);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		CASE(test_system_table),
		CASE(test_no_runtime_service),
		CASE(test_memory_map),
		CASE(test_fadt),
		CASE(test_dsdt),
		CASE(test_madt),
		CASE(test_madt_gicv2),
		CASE(test_madt_parking),
		CASE(test_gtdt),
		CASE(test_spcr),
		CASE(test_smbios),
		CASE(test_smbios_of_vmware),
		CASE(test_identity),
		CASE(test_no_nfit_without_disks),
		CASE(test_nfit),
		CASE(test_bounds),
	};

	return cmocka_run_group_tests_name("loader/guest_tables", tests, NULL, NULL);
}
