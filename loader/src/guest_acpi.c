/* SPDX-License-Identifier: Apache-2.0 */
#include "guest_acpi.h"

#include <string.h>

#include "abi/guest_map.h"
#include "base/bits.h"
#include "guest_acpi_private.h"
#include "guest_identity.h"

#define XSDT_REVISION 1U
#define FADT_REVISION 6U
#define GTDT_REVISION 2U
#define GTDT_LENGTH   ACPI_GTDT_LENGTH_MIN
#define SPCR_REVISION 2U

#define SPCR_UART_BITS	  32U
#define SPCR_VT_UTF8	  2U /* terminal_type */
#define SPCR_ONE_STOP_BIT 1U

#define FIXED_BOUND 2048U /* RSDP, XSDT, FADT, GTDT, SPCR and what alignment takes: tested */

enum { FADT, MADT, GTDT, SPCR, NFIT, TABLE_COUNT_MAX };

void *guest_acpi_begin(const struct guest_acpi_input *input, struct guest_area *area,
	const char *signature, uint8_t revision, size_t size)
{
	const struct guest_identity *identity = guest_identity(input->desc->flags);
	struct acpi_header *header = guest_area_take(area, size);

	acpi_header_init(header, signature, revision, (uint32_t)size);
	memcpy(header->oem_id, identity->oem_id, sizeof(header->oem_id));
	memcpy(header->oem_table_id, identity->oem_table_id, sizeof(header->oem_table_id));
	header->oem_revision = 1;
	memcpy(header->creator_id, identity->creator_id, sizeof(header->creator_id));
	header->creator_revision = 1;
	return header;
}

static uint16_t boot_arch(const struct vmdesc *desc)
{
	return desc->secondary_boot == VMDESC_PSCI
		       ? ACPI_FADT_PSCI_COMPLIANT | ACPI_FADT_PSCI_USE_HVC
		       : 0;
}

static uint64_t write_fadt(
	const struct guest_acpi_input *input, uint64_t dsdt, struct guest_area *area)
{
	struct acpi_fadt *fadt = guest_acpi_begin(
		input, area, ACPI_SIGNATURE_FADT, FADT_REVISION, sizeof(struct acpi_fadt));

	fadt->flags = ACPI_FADT_HW_REDUCED_ACPI;
	fadt->arm_boot_arch = boot_arch(input->desc);
	fadt->x_dsdt = dsdt;
	memcpy(&fadt->hypervisor_vendor_identity, guest_identity(input->desc->flags)->hypervisor,
		sizeof(fadt->hypervisor_vendor_identity));
	acpi_seal(&fadt->header);
	return guest_area_ipa(area, fadt);
}

static uint64_t write_gtdt(const struct guest_acpi_input *input, struct guest_area *area)
{
	struct acpi_gtdt *gtdt =
		guest_acpi_begin(input, area, ACPI_SIGNATURE_GTDT, GTDT_REVISION, GTDT_LENGTH);
	uint32_t flags = ACPI_GTDT_ACTIVE_LOW | ACPI_GTDT_ALWAYS_ON;

	gtdt->cnt_control_base = ACPI_GTDT_NO_MEMORY;
	gtdt->secure_el1_timer_gsiv = GUEST_PPI_FIRST + GUEST_PPI_TIMER_SECURE;
	gtdt->secure_el1_timer_flags = flags;
	gtdt->non_secure_el1_timer_gsiv = GUEST_PPI_FIRST + GUEST_PPI_TIMER_PHYS;
	gtdt->non_secure_el1_timer_flags = flags;
	gtdt->virtual_el1_timer_gsiv = GUEST_PPI_FIRST + GUEST_PPI_TIMER_VIRT;
	gtdt->virtual_el1_timer_flags = flags;
	gtdt->el2_timer_gsiv = GUEST_PPI_FIRST + GUEST_PPI_TIMER_HYP;
	gtdt->el2_timer_flags = flags;
	gtdt->cnt_read_base = ACPI_GTDT_NO_MEMORY;
	acpi_seal(&gtdt->header);
	return guest_area_ipa(area, gtdt);
}

static uint64_t write_spcr(const struct guest_acpi_input *input, struct guest_area *area)
{
	struct acpi_spcr *spcr = guest_acpi_begin(
		input, area, ACPI_SIGNATURE_SPCR, SPCR_REVISION, sizeof(struct acpi_spcr));

	spcr->interface_type = ACPI_SPCR_PL011;
	spcr->base_address = (struct acpi_gas){
		.address_space_id = ACPI_GAS_SYSTEM_MEMORY,
		.register_bit_width = SPCR_UART_BITS,
		.access_size = ACPI_GAS_DWORD,
		.address = GUEST_UART_BASE,
	};
	spcr->interrupt_type = ACPI_SPCR_INTERRUPT_GIC;
	spcr->global_system_interrupt = GUEST_SPI_FIRST + GUEST_SPI_UART;
	spcr->configured_baud_rate = ACPI_SPCR_BAUD_115200;
	spcr->stop_bits = SPCR_ONE_STOP_BIT;
	spcr->terminal_type = SPCR_VT_UTF8;
	spcr->pci_device_id = ACPI_SPCR_NO_PCI;
	spcr->pci_vendor_id = ACPI_SPCR_NO_PCI;
	acpi_seal(&spcr->header);
	return guest_area_ipa(area, spcr);
}

/* The NFIT is the last, and not always there. */
static uint64_t write_xsdt(const struct guest_acpi_input *input,
	const uint64_t tables[TABLE_COUNT_MAX], struct guest_area *area)
{
	uint32_t count = tables[NFIT] != 0 ? TABLE_COUNT_MAX : NFIT;
	size_t size = sizeof(struct acpi_xsdt) + count * sizeof(uint64_t);
	struct acpi_xsdt *xsdt =
		guest_acpi_begin(input, area, ACPI_SIGNATURE_XSDT, XSDT_REVISION, size);

	memcpy(xsdt->entry, tables, count * sizeof(uint64_t));
	acpi_seal(&xsdt->header);
	return guest_area_ipa(area, xsdt);
}

static void write_rsdp(const struct guest_acpi_input *input, uint64_t xsdt, struct acpi_rsdp *rsdp)
{
	memcpy(rsdp->signature, ACPI_RSDP_SIGNATURE, sizeof(rsdp->signature));
	memcpy(rsdp->oem_id, guest_identity(input->desc->flags)->oem_id, sizeof(rsdp->oem_id));
	rsdp->revision = ACPI_RSDP_REVISION;
	rsdp->length = sizeof(*rsdp);
	rsdp->xsdt_address = xsdt;
	acpi_seal_rsdp(rsdp);
}

size_t guest_acpi_bound(const struct vmdesc *desc)
{
	const struct loader_host gicv3 = {.gic_version = 3}; /* has the larger MADT */
	const struct guest_acpi_input input = {.desc = desc, .host = &gicv3};

	return FIXED_BOUND + guest_acpi_madt_size(&input) + guest_acpi_dsdt_bound(desc) +
	       guest_acpi_nfit_size(desc);
}

uint64_t guest_acpi_build(const struct guest_acpi_input *input, struct guest_area *area)
{
	struct acpi_rsdp *rsdp = guest_area_take(area, sizeof(*rsdp));
	uint64_t tables[TABLE_COUNT_MAX];

	tables[FADT] = write_fadt(input, guest_acpi_write_dsdt(input, area), area);
	tables[MADT] = guest_acpi_write_madt(input, area);
	tables[GTDT] = write_gtdt(input, area);
	tables[SPCR] = write_spcr(input, area);
	tables[NFIT] = input->disks->count != 0 ? guest_acpi_write_nfit(input, area) : 0;
	write_rsdp(input, write_xsdt(input, tables, area), rsdp);
	return guest_area_ipa(area, rsdp);
}
