/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ACPI tables of a VM: the machine of guest_fdt.h in the terms of ACPI 6.0.
 */
#ifndef LOADER_GUEST_ACPI_H
#define LOADER_GUEST_ACPI_H

#include <stddef.h>
#include <stdint.h>

#include "guest_area.h"
#include "guest_disks.h"
#include "loader/loader.h"
#include "vmdesc.h"

struct guest_acpi_input {
	const struct vmdesc *desc;
	const struct loader_host *host;
	uint64_t pen; /* IPA; with VMDESC_PARKING alone */
	const struct guest_disks *disks;
};

/* Bytes of a guest_area that the tables take at most. */
size_t guest_acpi_bound(const struct vmdesc *desc);

/* Writes RSDP, first, and XSDT, FADT, DSDT, MADT, GTDT, SPCR, and NFIT where there are disks.
 * Returns the IPA of the RSDP. */
uint64_t guest_acpi_build(const struct guest_acpi_input *input, struct guest_area *area);

#endif
