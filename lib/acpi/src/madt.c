/* SPDX-License-Identifier: Apache-2.0 */
#include "acpi/acpi.h"

void acpi_madt_walk_init(struct acpi_madt_walk *walk, struct acpi_madt *madt)
{
	*walk = (struct acpi_madt_walk){.madt = madt, .offset = sizeof(*madt)};
}

/* The structure at walk->offset, which it passes; NULL at the end, or where it does not fit. */
static struct acpi_madt_entry *take(struct acpi_madt_walk *walk)
{
	uint32_t left = walk->madt->header.length - walk->offset;
	struct acpi_madt_entry *entry;

	if (left == 0U || walk->malformed) {
		return NULL;
	}
	entry = (struct acpi_madt_entry *)((uint8_t *)walk->madt + walk->offset);
	if (left < sizeof(*entry) || entry->length < sizeof(*entry) || entry->length > left) {
		walk->malformed = true;
		return NULL;
	}
	walk->offset += entry->length;
	return entry;
}

struct acpi_madt_entry *acpi_madt_next(struct acpi_madt_walk *walk, uint8_t type, uint8_t length)
{
	struct acpi_madt_entry *entry = take(walk);

	while (entry != NULL && entry->type != type) {
		entry = take(walk);
	}
	if (entry != NULL && entry->length < length) {
		walk->malformed = true;
		return NULL;
	}
	return entry;
}

bool acpi_gicc_is_enabled(const struct acpi_madt_gicc *gicc)
{
	return (gicc->flags & ACPI_GICC_ENABLED) != 0U;
}
