/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LOADER_GUEST_ACPI_PRIVATE_H
#define LOADER_GUEST_ACPI_PRIVATE_H

#include "acpi/acpi.h"
#include "aml.h"
#include "guest_acpi.h"

/* A table of zeroes behind a header with the VM's identity. */
void *guest_acpi_begin(const struct guest_acpi_input *input, struct guest_area *area,
	const char *signature, uint8_t revision, size_t size);

/* Each returns the table's IPA. */
uint64_t guest_acpi_write_madt(const struct guest_acpi_input *input, struct guest_area *area);
uint64_t guest_acpi_write_dsdt(const struct guest_acpi_input *input, struct guest_area *area);
/* For VMs with disks alone. */
uint64_t guest_acpi_write_nfit(const struct guest_acpi_input *input, struct guest_area *area);

/* The devices that the NFIT of so many disks names, into the DSDT. */
void guest_acpi_write_nvdimms(struct aml *aml, uint32_t count);
size_t guest_acpi_nvdimm_bound(const struct vmdesc *desc);

/* Bytes of these tables, at most and exactly. */
size_t guest_acpi_dsdt_bound(const struct vmdesc *desc);
size_t guest_acpi_madt_size(const struct guest_acpi_input *input);
size_t guest_acpi_nfit_size(const struct vmdesc *desc); /* 0 without disks */

#endif
