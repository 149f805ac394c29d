/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The same for ACPI: MADT and FADT name the parking protocol, and PSCI no more. Pure.
 */
#ifndef TABLES_ACPI_H
#define TABLES_ACPI_H

#include "acpi/acpi.h"
#include "tables/tables.h"

/* Where tables that cannot be changed in their place may go. */
struct tables_room {
	uint8_t *bytes;
	uint64_t address; /* of bytes[0], physical */
	uint64_t size;
};

/* Changes the tables; cpus->target is TABLES_PARKING.
 * - MADT: each GICC of a CPU that is present gets the parking protocol's version and its mailbox;
 *   every other is disabled, and not to be enabled later.
 * - FADT: "PSCI compliant" and "PSCI uses HVC" are cleared.
 * - The checksums are set. With `room`, MADT and FADT are copied there and changed there, the XSDT
 *   names the copies, and the RSDP names no RSDT any more. room = NULL: all in place.
 * On any failure nothing has changed: PLINTH_ENOENT: there is no MADT, or no FADT. PLINTH_EEXIST:
 * there are two. PLINTH_EINVAL: one is broken or too old to name a CPU's MPIDR or the boot flags,
 * or the present CPUs of the list are not all in the MADT. PLINTH_ENOMEM: the room is too small.
 * *why, a constant string, is set on failure alone. */
enum plinth_status tables_rewrite_acpi(const struct acpi *acpi, const struct tables_cpus *cpus,
	const struct tables_room *room, const char **why);

#endif
