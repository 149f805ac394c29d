/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading, changing and making ACPI tables (ACPI 6.5). Pure: tables are reached through the
 * caller's map function, and no byte beyond what it granted is read, whatever the tables say.
 */
#ifndef ACPI_ACPI_H
#define ACPI_ACPI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "acpi/tables.h"
#include "base/status.h"

/* Tables of more bytes, and more tables than this, are taken for broken. */
#define ACPI_TABLE_SIZE_MAX  (1U << 20)
#define ACPI_TABLE_COUNT_MAX 256U

/* The memory that tables lie in. */
struct acpi_memory {
	/* [pa, pa + size) as bytes that stay valid and may be written; NULL: not to be had.
	 * size > 0; the same place may be mapped again with another size. */
	void *(*map)(void *ctx, uint64_t pa, uint64_t size);
	void *ctx;
};

/* A firmware's set of tables; made by acpi_open(). */
struct acpi {
	const struct acpi_memory *memory;
	struct acpi_rsdp *rsdp;
	struct acpi_xsdt *xsdt;
	uint32_t entry_count; /* of xsdt->entry */
};

/* The sum of the bytes, modulo 256: 0 for a table whose checksum is right. */
uint8_t acpi_sum(const void *bytes, size_t size);

/* Sets the checksum of a table of header->length bytes. */
void acpi_seal(struct acpi_header *header);

/* Sets both checksums. */
void acpi_seal_rsdp(struct acpi_rsdp *rsdp);

/* Checks RSDP and XSDT. PLINTH_ENOENT: there is no RSDP of revision 2 at that place.
 * PLINTH_EINVAL: it, or the XSDT, has a wrong length or checksum, or cannot be mapped. *why, a
 * constant string, is set on failure alone. */
enum plinth_status acpi_open(
	struct acpi *acpi, const struct acpi_memory *memory, uint64_t rsdp, const char **why);

/* Table `index` of the XSDT, whole. PLINTH_ENOENT: index >= entry_count. PLINTH_EINVAL: it cannot
 * be mapped, or its length or checksum is wrong. */
enum plinth_status acpi_table(const struct acpi *acpi, uint32_t index, struct acpi_header **table);

/* The first sound table of that signature, of at least `size` bytes; *index is its place in the
 * XSDT and may be NULL. PLINTH_ENOENT: there is none. PLINTH_EINVAL: there is one that is broken
 * or shorter. PLINTH_EEXIST: there are two. */
enum plinth_status acpi_find(const struct acpi *acpi, const char *signature, uint32_t size,
	struct acpi_header **table, uint32_t *index);

/* The MADT's interrupt controller structures, one after the other. */
struct acpi_madt_walk {
	struct acpi_madt *madt;
	uint32_t offset; /* of the next structure */
	bool malformed;	 /* the walk ended at a structure that does not fit */
};

/* madt: sound, of at least sizeof(struct acpi_madt) bytes, as acpi_find() gives it. */
void acpi_madt_walk_init(struct acpi_madt_walk *walk, struct acpi_madt *madt);

/* The next structure of that type that has at least `length` bytes; shorter ones of the type, and
 * such as reach beyond the table, end the walk with `malformed`. NULL: the end. */
struct acpi_madt_entry *acpi_madt_next(struct acpi_madt_walk *walk, uint8_t type, uint8_t length);

/* Can this CPU be used: enabled, in the sense of its flags? */
bool acpi_gicc_is_enabled(const struct acpi_madt_gicc *gicc);

/* A header for a new table: zeroes but for what is given, "PLINTH" as the maker's id. The caller
 * fills the rest and calls acpi_seal(). */
void acpi_header_init(
	struct acpi_header *header, const char *signature, uint8_t revision, uint32_t length);

#endif
