/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A set of ACPI tables for a unit test: the files *.acpi are FADT, MADT, GTDT and SPCR, one behind
 * the other, as AAVMF 2022.11 left them on QEMU 7.2's virt; RSDP and XSDT are made around them.
 */
#ifndef BOOT_TEST_ACPI_H
#define BOOT_TEST_ACPI_H

#include <string.h>

#include "acpi/acpi.h"
#include "test_data.h"

#define TEST_ACPI_TABLE_MAX 8U

/* All of it in one allocation of exactly its size. `base` is its physical address. */
struct test_acpi {
	uint8_t *bytes;
	size_t size;
	uint64_t base;
	struct acpi_header *table[TEST_ACPI_TABLE_MAX];
	uint32_t table_count;
};

static inline uint64_t test_acpi_rsdp(const struct test_acpi *set)
{
	return set->base;
}

/* The table of that signature; it is there. */
static inline struct acpi_header *test_acpi_table(const struct test_acpi *set, const char *name)
{
	for (uint32_t i = 0; i < set->table_count; i++) {
		if (memcmp(set->table[i]->signature, name, 4) == 0) {
			return set->table[i];
		}
	}
	abort();
}

/* For struct acpi_memory; ctx is the set. */
static inline void *test_acpi_map(void *ctx, uint64_t pa, uint64_t size)
{
	struct test_acpi *set = ctx;

	if (pa < set->base || pa - set->base > set->size || size > set->size - (pa - set->base)) {
		return NULL;
	}
	return set->bytes + (pa - set->base);
}

static inline void test_acpi_make_root(struct test_acpi *set)
{
	struct acpi_rsdp *rsdp = (void *)set->bytes;
	struct acpi_xsdt *xsdt = (void *)(rsdp + 1);

	*rsdp = (struct acpi_rsdp){.revision = 2, .length = sizeof(*rsdp)};
	memcpy(rsdp->signature, ACPI_RSDP_SIGNATURE, sizeof(rsdp->signature));
	rsdp->xsdt_address = set->base + sizeof(*rsdp);
	acpi_seal_rsdp(rsdp);
	acpi_header_init(&xsdt->header, ACPI_SIGNATURE_XSDT, 1,
		(uint32_t)(sizeof(*xsdt) + set->table_count * sizeof(uint64_t)));
	for (uint32_t i = 0; i < set->table_count; i++) {
		uint64_t pa = set->base + (uint64_t)((uint8_t *)set->table[i] - set->bytes);

		memcpy((uint8_t *)xsdt + sizeof(*xsdt) + i * sizeof(pa), &pa, sizeof(pa));
	}
	acpi_seal(&xsdt->header);
}

/* base 0: the address that the set has in this program. Undone by test_acpi_free(). */
static inline void test_acpi_load(struct test_acpi *set, const char *name, uint64_t base)
{
	size_t root = sizeof(struct acpi_rsdp) + sizeof(struct acpi_xsdt) +
		      TEST_ACPI_TABLE_MAX * sizeof(uint64_t);
	size_t size;
	uint8_t *tables = test_data_read(name, &size);

	*set = (struct test_acpi){.bytes = calloc(1, root + size), .size = root + size};
	if (set->bytes == NULL) {
		abort();
	}
	memcpy(set->bytes + root, tables, size);
	free(tables);
	set->base = base != 0U ? base : (uint64_t)(uintptr_t)set->bytes;
	for (size_t at = root; at < set->size; at += set->table[set->table_count - 1U]->length) {
		set->table[set->table_count++] = (void *)(set->bytes + at);
	}
	test_acpi_make_root(set);
}

static inline void test_acpi_free(struct test_acpi *set)
{
	free(set->bytes);
}

#endif
