/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a machine's memory with an RSDP at its start: nothing outside them is read. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "acpi/acpi.h"

/* The memory begins here, so that no table lies at address 0. */
#define MEMORY_BASE UINT64_C(0x1000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct memory {
	uint8_t *bytes;
	size_t size;
};

static void *map(void *ctx, uint64_t pa, uint64_t size)
{
	const struct memory *memory = ctx;

	if (pa < MEMORY_BASE || pa - MEMORY_BASE > memory->size ||
		size > memory->size - (pa - MEMORY_BASE)) {
		return NULL;
	}
	return memory->bytes + (pa - MEMORY_BASE);
}

/* Fuzzers do not guess checksums: all are made right where the lengths allow it. */
static void seal_all(const struct memory *memory, const struct acpi_memory *reach)
{
	struct acpi_rsdp *rsdp = (struct acpi_rsdp *)memory->bytes;
	struct acpi_xsdt *xsdt;

	if (memory->size < sizeof(*rsdp)) {
		return;
	}
	xsdt = reach->map(reach->ctx, rsdp->xsdt_address, sizeof(*xsdt));
	for (uint64_t i = 0; xsdt != NULL && i < 4U; i++) {
		uint64_t at = rsdp->xsdt_address + sizeof(*xsdt) + i * sizeof(uint64_t);
		uint64_t *entry = reach->map(reach->ctx, at, sizeof(*entry));
		uint64_t pa = 0;
		struct acpi_header *table;

		if (entry != NULL) {
			memcpy(&pa, entry, sizeof(pa));
		}
		table = reach->map(reach->ctx, pa, sizeof(*table));
		if (table != NULL && table->length >= sizeof(*table) &&
			reach->map(reach->ctx, pa, table->length) != NULL) {
			acpi_seal(table);
		}
	}
	if (xsdt != NULL && xsdt->header.length >= sizeof(*xsdt) &&
		reach->map(reach->ctx, rsdp->xsdt_address, xsdt->header.length) != NULL) {
		acpi_seal(&xsdt->header);
	}
	rsdp->length = sizeof(*rsdp);
	acpi_seal_rsdp(rsdp);
}

static void walk_madt(struct acpi_header *table)
{
	struct acpi_madt_walk walk;
	struct acpi_madt_entry *entry;
	uint32_t count = 0;

	acpi_madt_walk_init(&walk, (struct acpi_madt *)table);
	do {
		entry = acpi_madt_next(&walk, ACPI_MADT_GICC, ACPI_GICC_LENGTH_MIN);
		if (entry != NULL) {
			struct acpi_madt_gicc *gicc = (struct acpi_madt_gicc *)entry;

			gicc->parked_address = gicc->mpidr;
			count += acpi_gicc_is_enabled(gicc) ? 1U : 0U;
		}
	} while (entry != NULL);
	if (count > table->length / ACPI_GICC_LENGTH_MIN) {
		abort();
	}
}

static void try_tables(const struct acpi_memory *reach)
{
	struct acpi_header *table;
	struct acpi acpi;
	const char *why = NULL;

	if (acpi_open(&acpi, reach, MEMORY_BASE, &why) != PLINTH_OK) {
		if (why == NULL) {
			abort();
		}
		return;
	}
	if (acpi_find(&acpi, ACPI_SIGNATURE_MADT, sizeof(struct acpi_madt), &table, NULL) ==
		PLINTH_OK) {
		walk_madt(table);
	}
	if (acpi_find(&acpi, ACPI_SIGNATURE_FADT, ACPI_FADT_ARM_BOOT_ARCH_END, &table, NULL) ==
		PLINTH_OK) {
		((struct acpi_fadt *)table)->arm_boot_arch = 0;
		acpi_seal(table);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct memory memory = {malloc(size > 0U ? size : 1U), size};
	const struct acpi_memory reach = {map, &memory};

	if (memory.bytes == NULL) {
		return 0;
	}
	memcpy(memory.bytes, data, size);
	try_tables(&reach);
	seal_all(&memory, &reach);
	try_tables(&reach);
	free(memory.bytes);
	return 0;
}
