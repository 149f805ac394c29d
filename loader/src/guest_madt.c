/* SPDX-License-Identifier: Apache-2.0 */
/* The MADT: the interrupt controller, and with each vCPU how it is started. */
#include "abi/guest_map.h"
#include "guest_acpi_private.h"
#include "guest_fdt.h"
#include "guest_pen.h"

#define REVISION    4U	/* ACPI 6.0, as is the length: SPE's interrupt is of 6.3 */
#define GICC_LENGTH 80U /* of struct acpi_madt_gicc */

static bool is_gicv2(const struct guest_acpi_input *input)
{
	return input->host->gic_version == 2;
}

size_t guest_acpi_madt_size(const struct guest_acpi_input *input)
{
	return sizeof(struct acpi_madt) + sizeof(struct acpi_madt_gicd) +
	       (size_t)input->desc->vcpu_count * GICC_LENGTH +
	       (is_gicv2(input) ? 0 : sizeof(struct acpi_madt_gicr));
}

static void write_gicd(const struct guest_acpi_input *input, struct acpi_madt_gicd *gicd)
{
	gicd->entry = (struct acpi_madt_entry){ACPI_MADT_GICD, sizeof(*gicd)};
	gicd->physical_base_address = GUEST_GICD_BASE;
	gicd->gic_version = (uint8_t)input->host->gic_version;
}

static void write_gicc(
	const struct guest_acpi_input *input, uint32_t vcpu, struct acpi_madt_gicc *gicc)
{
	gicc->entry = (struct acpi_madt_entry){ACPI_MADT_GICC, GICC_LENGTH};
	gicc->cpu_interface_number = vcpu;
	gicc->acpi_processor_uid = vcpu;
	gicc->flags = ACPI_GICC_ENABLED;
	gicc->physical_base_address = is_gicv2(input) ? GUEST_GICC_BASE : 0;
	gicc->mpidr = guest_fdt_mpidr(vcpu);
	if (input->desc->secondary_boot == VMDESC_PARKING && vcpu != 0) {
		gicc->parking_protocol_version = ACPI_PARKING_VERSION;
		gicc->parked_address = guest_pen_mailbox(input->pen, vcpu);
	}
}

static void write_gicr(const struct guest_acpi_input *input, struct acpi_madt_gicr *gicr)
{
	gicr->entry = (struct acpi_madt_entry){ACPI_MADT_GICR, sizeof(*gicr)};
	gicr->discovery_range_base_address = GUEST_GICR_BASE;
	gicr->discovery_range_length = input->desc->vcpu_count * GUEST_GICR_SIZE;
}

uint64_t guest_acpi_write_madt(const struct guest_acpi_input *input, struct guest_area *area)
{
	struct acpi_madt *madt = guest_acpi_begin(
		input, area, ACPI_SIGNATURE_MADT, REVISION, guest_acpi_madt_size(input));
	uint8_t *next = madt->interrupt_controller_structure;

	write_gicd(input, (struct acpi_madt_gicd *)next);
	next += sizeof(struct acpi_madt_gicd);
	for (uint32_t i = 0; i < input->desc->vcpu_count; i++) {
		write_gicc(input, i, (struct acpi_madt_gicc *)next);
		next += GICC_LENGTH;
	}
	if (!is_gicv2(input)) {
		write_gicr(input, (struct acpi_madt_gicr *)next);
	}
	acpi_seal(&madt->header);
	return guest_area_ipa(area, madt);
}
