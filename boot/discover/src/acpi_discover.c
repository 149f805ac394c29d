/* SPDX-License-Identifier: Apache-2.0 */
#include "discover/discover_acpi.h"

#include "acpi_tables.h"
#include "base/string.h"

#define PL011_SIZE UINT64_C(0x1000)

static void read_timer(const struct acpi *acpi, struct machine *machine)
{
	struct acpi_header *header;
	const struct acpi_gtdt *gtdt;

	if (acpi_find(acpi, ACPI_SIGNATURE_GTDT, ACPI_GTDT_LENGTH_MIN, &header, NULL) !=
		PLINTH_OK) {
		return;
	}
	gtdt = (const struct acpi_gtdt *)header;
	machine->timer.phys_intid = acpi_ppi(gtdt->non_secure_el1_timer_gsiv);
	machine->timer.virt_intid = acpi_ppi(gtdt->virtual_el1_timer_gsiv);
	machine->timer.hyp_intid = acpi_ppi(gtdt->el2_timer_gsiv);
}

/* The SBSA's UART has the registers of a PL011 that boot and core use. */
static void read_uart(const struct acpi *acpi, struct machine *machine)
{
	struct acpi_header *header;
	const struct acpi_spcr *spcr;
	uint64_t base;

	if (acpi_find(acpi, ACPI_SIGNATURE_SPCR, sizeof(*spcr), &header, NULL) != PLINTH_OK) {
		return;
	}
	spcr = (const struct acpi_spcr *)header;
	base = spcr->base_address.address;
	if ((spcr->interface_type != ACPI_SPCR_PL011 &&
		    spcr->interface_type != ACPI_SPCR_SBSA_UART) ||
		spcr->base_address.address_space_id != ACPI_GAS_SYSTEM_MEMORY ||
		!acpi_is_device(base, PL011_SIZE)) {
		return;
	}
	machine->uart.regs = (struct boot_range){base, PL011_SIZE};
	machine->uart.type = BOOT_UART_PL011;
	if ((spcr->interrupt_type & ACPI_SPCR_INTERRUPT_GIC) != 0U) {
		machine->uart.intid = acpi_spi(spcr->global_system_interrupt);
	}
}

static void read_psci(const struct acpi *acpi, struct machine *machine)
{
	struct acpi_header *header;
	uint16_t flags;

	if (acpi_find(acpi, ACPI_SIGNATURE_FADT, ACPI_FADT_ARM_BOOT_ARCH_END, &header, NULL) !=
		PLINTH_OK) {
		return;
	}
	flags = ((const struct acpi_fadt *)header)->arm_boot_arch;
	if ((flags & ACPI_FADT_PSCI_COMPLIANT) != 0U) {
		machine->psci_conduit = (flags & ACPI_FADT_PSCI_USE_HVC) != 0U ? BOOT_CONDUIT_HVC
									       : BOOT_CONDUIT_SMC;
	}
}

enum plinth_status discover_acpi(
	const struct acpi_memory *memory, uint64_t rsdp, struct machine *machine, const char **why)
{
	struct acpi_header *madt;
	struct acpi acpi;
	enum plinth_status status = acpi_open(&acpi, memory, rsdp, why);

	if (status != PLINTH_OK) {
		return PLINTH_EINVAL;
	}
	machine->psci_conduit = BOOT_CONDUIT_NONE;
	memset(&machine->timer, 0, sizeof(machine->timer));
	memset(&machine->uart, 0, sizeof(machine->uart));
	memset(&machine->gic, 0, sizeof(machine->gic));
	machine->cpu_count = 0;
	machine->cpu_ignored = 0;
	read_psci(&acpi, machine);
	read_timer(&acpi, machine);
	read_uart(&acpi, machine);
	if (acpi_find(&acpi, ACPI_SIGNATURE_MADT, sizeof(struct acpi_madt), &madt, NULL) ==
		PLINTH_OK) {
		acpi_read_cpus((struct acpi_madt *)madt, machine);
		acpi_read_gic((struct acpi_madt *)madt, machine);
	}
	return PLINTH_OK;
}
