/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LOADER_GUEST_ACPI_PRIVATE_H
#define LOADER_GUEST_ACPI_PRIVATE_H

#include "acpi/acpi.h"
#include "guest_acpi.h"

/* A table of zeroes behind a header with the VM's identity. */
void *guest_acpi_begin(const struct guest_acpi_input *input, struct guest_area *area,
	const char *signature, uint8_t revision, size_t size);

/* Each returns the table's IPA. */
uint64_t guest_acpi_write_madt(const struct guest_acpi_input *input, struct guest_area *area);
uint64_t guest_acpi_write_dsdt(const struct guest_acpi_input *input, struct guest_area *area);

/* Bytes of these two, at most and exactly. */
size_t guest_acpi_dsdt_bound(const struct vmdesc *desc);
size_t guest_acpi_madt_size(const struct guest_acpi_input *input);

#endif
