/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Readers of single tables. They never fail: what is malformed is left out.
 */
#ifndef DISCOVER_ACPI_TABLES_H
#define DISCOVER_ACPI_TABLES_H

#include <stdbool.h>
#include <stdint.h>

#include "acpi/acpi.h"
#include "discover/machine.h"

/* The enabled CPUs; machine->psci_conduit is set. */
void acpi_read_cpus(struct acpi_madt *madt, struct machine *machine);

/* Version 0 where the MADT does not describe a GIC that we know, or not all of it. */
void acpi_read_gic(struct acpi_madt *madt, struct machine *machine);

/* A GSIV of the range of PPIs, or of SPIs; others are 0. On Arm it is the INTID. */
uint32_t acpi_ppi(uint32_t gsiv);
uint32_t acpi_spi(uint32_t gsiv);

/* Can a device lie at [base, base + size)? Not at 0, page-aligned, not wrapping. */
bool acpi_is_device(uint64_t base, uint64_t size);

#endif
