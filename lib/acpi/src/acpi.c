/* SPDX-License-Identifier: Apache-2.0 */
#include "acpi/acpi.h"

#include "base/string.h"

#define MAKER	       "PLINTH"
#define MAKER_TABLE    "PLINTH  "
#define MAKER_PROGRAM  "PLTH"
#define MAKER_REVISION 1U

uint8_t acpi_sum(const void *bytes, size_t size)
{
	const uint8_t *byte = bytes;
	uint8_t sum = 0;

	for (size_t i = 0; i < size; i++) {
		sum = (uint8_t)(sum + byte[i]);
	}
	return sum;
}

void acpi_seal(struct acpi_header *header)
{
	header->checksum = 0;
	header->checksum = (uint8_t)-acpi_sum(header, header->length);
}

void acpi_seal_rsdp(struct acpi_rsdp *rsdp)
{
	rsdp->checksum = 0;
	rsdp->checksum = (uint8_t)-acpi_sum(rsdp, ACPI_RSDP_V1_SIZE);
	rsdp->extended_checksum = 0;
	rsdp->extended_checksum = (uint8_t)-acpi_sum(rsdp, rsdp->length);
}

/* Maps a table of the length that its header claims. */
static struct acpi_header *map_table(const struct acpi_memory *memory, uint64_t pa)
{
	struct acpi_header *header = NULL;
	uint32_t length;

	if (pa != 0U) {
		header = memory->map(memory->ctx, pa, sizeof(*header));
	}
	if (header == NULL) {
		return NULL;
	}
	length = header->length;
	if (length < sizeof(*header) || length > ACPI_TABLE_SIZE_MAX) {
		return NULL;
	}
	return memory->map(memory->ctx, pa, length);
}

static bool has_signature(const struct acpi_header *table, const char *signature)
{
	return memcmp(table->signature, signature, ACPI_SIGNATURE_SIZE) == 0;
}

static bool is_sound(const struct acpi_header *table)
{
	return acpi_sum(table, table->length) == 0U;
}

static enum plinth_status open_rsdp(struct acpi *acpi, uint64_t pa, const char **why)
{
	struct acpi_rsdp *rsdp = NULL;

	if (pa != 0U) {
		rsdp = acpi->memory->map(acpi->memory->ctx, pa, sizeof(*rsdp));
	}
	if (rsdp == NULL ||
		memcmp(rsdp->signature, ACPI_RSDP_SIGNATURE, sizeof(rsdp->signature)) != 0 ||
		rsdp->revision < ACPI_RSDP_REVISION) {
		*why = "no RSDP of ACPI 2.0 or later";
		return PLINTH_ENOENT;
	}
	/* A longer one would have to be mapped again, and no specification has made it longer. */
	if (rsdp->length != sizeof(*rsdp) || acpi_sum(rsdp, ACPI_RSDP_V1_SIZE) != 0U ||
		acpi_sum(rsdp, sizeof(*rsdp)) != 0U) {
		*why = "the RSDP has a wrong length or checksum";
		return PLINTH_EINVAL;
	}
	acpi->rsdp = rsdp;
	return PLINTH_OK;
}

enum plinth_status acpi_open(
	struct acpi *acpi, const struct acpi_memory *memory, uint64_t rsdp, const char **why)
{
	struct acpi_header *table;
	enum plinth_status status;

	*acpi = (struct acpi){.memory = memory};
	status = open_rsdp(acpi, rsdp, why);
	if (status != PLINTH_OK) {
		return status;
	}
	table = map_table(memory, acpi->rsdp->xsdt_address);
	if (table == NULL || !has_signature(table, ACPI_SIGNATURE_XSDT) || !is_sound(table)) {
		*why = "no XSDT, or one with a wrong length or checksum";
		return PLINTH_EINVAL;
	}
	acpi->xsdt = (struct acpi_xsdt *)table;
	acpi->entry_count = (uint32_t)((table->length - sizeof(*table)) / sizeof(uint64_t));
	if (acpi->entry_count > ACPI_TABLE_COUNT_MAX) {
		*why = "the XSDT has too many entries";
		return PLINTH_EINVAL;
	}
	return PLINTH_OK;
}

enum plinth_status acpi_table(const struct acpi *acpi, uint32_t index, struct acpi_header **table)
{
	struct acpi_header *found;

	if (index >= acpi->entry_count) {
		return PLINTH_ENOENT;
	}
	found = map_table(acpi->memory, acpi->xsdt->entry[index]);
	if (found == NULL || !is_sound(found)) {
		return PLINTH_EINVAL;
	}
	*table = found;
	return PLINTH_OK;
}

/* Looks at the signature before the rest: a broken table of another kind is no hindrance. */
static bool is_named(const struct acpi *acpi, uint32_t index, const char *signature)
{
	uint64_t pa = acpi->xsdt->entry[index];
	const struct acpi_header *header = NULL;

	if (pa != 0U) {
		header = acpi->memory->map(acpi->memory->ctx, pa, sizeof(*header));
	}
	return header != NULL && has_signature(header, signature);
}

enum plinth_status acpi_find(const struct acpi *acpi, const char *signature, uint32_t size,
	struct acpi_header **table, uint32_t *index)
{
	struct acpi_header *found = NULL;
	uint32_t at = 0;

	for (uint32_t i = 0; i < acpi->entry_count; i++) {
		if (!is_named(acpi, i, signature)) {
			continue;
		}
		if (found != NULL) {
			return PLINTH_EEXIST;
		}
		if (acpi_table(acpi, i, &found) != PLINTH_OK || found->length < size) {
			return PLINTH_EINVAL;
		}
		at = i;
	}
	if (found == NULL) {
		return PLINTH_ENOENT;
	}
	*table = found;
	if (index != NULL) {
		*index = at;
	}
	return PLINTH_OK;
}

void acpi_header_init(
	struct acpi_header *header, const char *signature, uint8_t revision, uint32_t length)
{
	memset(header, 0, sizeof(*header));
	memcpy(header->signature, signature, sizeof(header->signature));
	header->length = length;
	header->revision = revision;
	memcpy(header->oem_id, MAKER, sizeof(header->oem_id));
	memcpy(header->oem_table_id, MAKER_TABLE, sizeof(header->oem_table_id));
	header->oem_revision = MAKER_REVISION;
	memcpy(header->creator_id, MAKER_PROGRAM, sizeof(header->creator_id));
	header->creator_revision = MAKER_REVISION;
}
