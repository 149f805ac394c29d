/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From ACPI tables to struct machine. Pure: tables are reached through the caller's map function,
 * and no byte beyond what it grants is read, whatever the tables say.
 */
#ifndef DISCOVER_DISCOVER_ACPI_H
#define DISCOVER_DISCOVER_ACPI_H

#include <stdint.h>

#include "acpi/acpi.h"
#include "base/status.h"
#include "discover/machine.h"

/* Fills *machine's CPUs, GIC (MADT), timer (GTDT), UART (SPCR) and PSCI conduit (FADT) from the
 * tables that the RSDP at physical address `rsdp` leads to; the rest of *machine is left as it
 * is: memory, command line, seed and initrd are not ACPI's to tell.
 *
 * PLINTH_OK: done. A table that is missing or malformed leaves its part zero, as does a GIC or
 *   UART of an unknown kind; it is for the caller to say what it can't do without.
 * PLINTH_EINVAL: no RSDP there, a broken one, or a broken XSDT. *why, a constant string, says
 *   which; it is set on failure alone. */
enum plinth_status discover_acpi(
	const struct acpi_memory *memory, uint64_t rsdp, struct machine *machine, const char **why);

#endif
