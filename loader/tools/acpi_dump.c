/* SPDX-License-Identifier: Apache-2.0 */
#include "acpi_dump.h"

#include <ctype.h>
#include <fcntl.h>
#include <libfdt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "acpi/acpi.h"
#include "base/checked.h"
#include "efi_tables.h"

#define NAME_SIZE (ACPI_SIGNATURE_SIZE + sizeof(".dat"))

struct vm_memory {
	const struct vm_config *config;
};

/* The VM's memory as it will be at its start: acpi_memory's map. */
static void *map_ipa(void *ctx, uint64_t ipa, uint64_t size)
{
	const struct vm_memory *vm = ctx;
	const struct vm_config *config = vm->config;

	for (uint32_t i = 0; i < config->image_count; i++) {
		const struct vm_image *image = &config->images[i];

		if (image->kind == VM_IMAGE_COPY &&
			range_contains(image->ipa, image->size, ipa, size)) {
			return (void *)(uintptr_t)(image->source + (ipa - image->ipa));
		}
	}
	return NULL;
}

static bool fail(const char *what)
{
	fprintf(stderr, "plinth-check: acpi: %s\n", what);
	return false;
}

static const struct efi_system_table *find_system_table(const struct acpi_memory *memory)
{
	const struct vm_memory *vm = memory->ctx;
	const void *fdt = map_ipa(memory->ctx, vm->config->arg, sizeof(struct fdt_header));
	const void *ipa;
	int size;

	if (fdt == NULL) {
		return NULL;
	}
	ipa = fdt_getprop(fdt, fdt_path_offset(fdt, "/chosen"), "linux,uefi-system-table", &size);
	if (ipa == NULL || size != sizeof(fdt64_t)) {
		return NULL;
	}
	return map_ipa(memory->ctx, fdt64_ld(ipa), sizeof(struct efi_system_table));
}

/* 0: none. */
static uint64_t find_rsdp(const struct acpi_memory *memory)
{
	static const uint8_t guid[EFI_GUID_SIZE] = EFI_ACPI_20_TABLE_GUID;
	const struct efi_system_table *system = find_system_table(memory);

	for (uint64_t i = 0; system != NULL && i < system->number_of_table_entries; i++) {
		const struct efi_configuration_table *table = map_ipa(memory->ctx,
			system->configuration_table + i * sizeof(*table), sizeof(*table));

		if (table != NULL && memcmp(table->vendor_guid, guid, sizeof(guid)) == 0) {
			return table->vendor_table;
		}
	}
	return 0;
}

static bool write_table(const struct acpi_header *table, int folder)
{
	char name[NAME_SIZE] = "SIGN.dat";
	bool done;
	int fd;

	for (unsigned i = 0; i < ACPI_SIGNATURE_SIZE; i++) {
		name[i] = (char)tolower((unsigned char)table->signature[i]);
	}
	fd = openat(folder, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd < 0) {
		return fail("cannot write to that folder");
	}
	done = write(fd, table, table->length) == (ssize_t)table->length;
	return close(fd) == 0 && done ? true : fail("cannot write a table");
}

/* Not of the XSDT, but of the FADT. */
static bool write_dsdt(const struct acpi_memory *memory, const struct acpi_fadt *fadt, int folder)
{
	const struct acpi_header *dsdt = map_ipa(memory->ctx, fadt->x_dsdt, sizeof(*dsdt));

	if (dsdt == NULL || map_ipa(memory->ctx, fadt->x_dsdt, dsdt->length) == NULL ||
		acpi_sum(dsdt, dsdt->length) != 0) {
		return fail("the DSDT is not sound");
	}
	return write_table(dsdt, folder);
}

static bool write_tables(const struct acpi_memory *memory, const struct acpi *acpi, int folder)
{
	struct acpi_header *table;

	for (uint32_t i = 0; i < acpi->entry_count; i++) {
		if (acpi_table(acpi, i, &table) != PLINTH_OK) {
			return fail("a table is not sound");
		}
		if (!write_table(table, folder)) {
			return false;
		}
		if (memcmp(table->signature, ACPI_SIGNATURE_FADT, ACPI_SIGNATURE_SIZE) == 0 &&
			!write_dsdt(memory, (const struct acpi_fadt *)table, folder)) {
			return false;
		}
	}
	return write_table(&acpi->xsdt->header, folder);
}

bool acpi_dump(const struct vm_config *config, const char *folder)
{
	struct vm_memory vm = {config};
	const struct acpi_memory memory = {map_ipa, &vm};
	uint64_t rsdp = find_rsdp(&memory);
	struct acpi acpi;
	const char *why;
	bool done;
	int fd;

	if (rsdp == 0) {
		return fail("this VM has no ACPI tables");
	}
	if (acpi_open(&acpi, &memory, rsdp, &why) != PLINTH_OK) {
		return fail(why);
	}
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		return fail("there is no such folder");
	}
	done = write_tables(&memory, &acpi, fd);
	close(fd);
	return done;
}
