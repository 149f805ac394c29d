/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as MADT and FADT of a set that is sound otherwise: the rewrite stays inside them, and
 * leaves right checksums behind. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tables/acpi.h"

#define BASE	    UINT64_C(0x1000)
#define TABLES	    UINT64_C(0x100) /* where the fuzzer's bytes begin */
#define CPUS	    4U
#define SIZE_MAX_IN 0x10000U

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct memory {
	uint8_t *bytes;
	size_t size;
};

static void *map(void *ctx, uint64_t pa, uint64_t size)
{
	const struct memory *memory = ctx;

	if (pa < BASE || pa - BASE > memory->size || size > memory->size - (pa - BASE)) {
		return NULL;
	}
	return memory->bytes + (pa - BASE);
}

/* One table at the offset, its checksum made right; returns where the next one may be. */
static uint64_t seal_at(const struct memory *memory, uint64_t offset, const char *signature)
{
	struct acpi_header *table = (struct acpi_header *)(memory->bytes + offset);

	if (memory->size - offset < sizeof(*table)) {
		return offset;
	}
	memcpy(table->signature, signature, sizeof(table->signature));
	if (table->length < sizeof(*table) || table->length > memory->size - offset) {
		return offset;
	}
	acpi_seal(table);
	return offset + table->length;
}

static void make_set(const struct memory *memory)
{
	struct acpi_rsdp *rsdp = (struct acpi_rsdp *)memory->bytes;
	struct acpi_xsdt *xsdt = (struct acpi_xsdt *)(memory->bytes + 0x40);
	uint64_t fadt = seal_at(memory, TABLES, ACPI_SIGNATURE_MADT);

	(void)seal_at(memory, fadt, ACPI_SIGNATURE_FADT);
	memset(rsdp, 0, sizeof(*rsdp));
	memcpy(rsdp->signature, ACPI_RSDP_SIGNATURE, sizeof(rsdp->signature));
	rsdp->revision = 2;
	rsdp->length = sizeof(*rsdp);
	rsdp->xsdt_address = BASE + 0x40;
	acpi_seal_rsdp(rsdp);
	acpi_header_init(
		&xsdt->header, ACPI_SIGNATURE_XSDT, 1, sizeof(*xsdt) + 2U * sizeof(uint64_t));
	xsdt->entry[0] = BASE + TABLES;
	xsdt->entry[1] = BASE + fadt;
	acpi_seal(&xsdt->header);
}

static void rewrite(const struct memory *memory)
{
	const struct acpi_memory reach = {map, (void *)(uintptr_t)memory};
	struct tables_cpu cpu[CPUS];
	const struct tables_cpus cpus = {TABLES_PARKING, cpu, CPUS};
	struct acpi_header *table;
	const char *why = NULL;
	struct acpi acpi;

	for (uint32_t i = 0; i < CPUS; i++) {
		cpu[i] = (struct tables_cpu){i, 0x1000U * i, i, i == 0U};
	}
	if (acpi_open(&acpi, &reach, BASE, &why) != PLINTH_OK) {
		abort();
	}
	if (tables_rewrite_acpi(&acpi, &cpus, NULL, &why) == PLINTH_OK &&
		(acpi_find(&acpi, ACPI_SIGNATURE_MADT, 44, &table, NULL) != PLINTH_OK ||
			acpi_find(&acpi, ACPI_SIGNATURE_FADT, 131, &table, NULL) != PLINTH_OK)) {
		abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct memory memory = {NULL, TABLES + size};

	if (size > SIZE_MAX_IN) {
		return 0;
	}
	memory.bytes = malloc(memory.size);
	if (memory.bytes == NULL) {
		return 0;
	}
	memcpy(memory.bytes + TABLES, data, size);
	make_set(&memory);
	rewrite(&memory);
	free(memory.bytes);
	return 0;
}
