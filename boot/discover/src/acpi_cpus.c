/* SPDX-License-Identifier: Apache-2.0 */
#include "acpi_tables.h"
#include "base/bits.h"
#include "base/checked.h"
#include "base/types.h"

#define PPI_FIRST 16U
#define SPI_FIRST 32U
#define SPI_END	  1020U

uint32_t acpi_ppi(uint32_t gsiv)
{
	return gsiv >= PPI_FIRST && gsiv < SPI_FIRST ? gsiv : 0U;
}

uint32_t acpi_spi(uint32_t gsiv)
{
	return gsiv >= SPI_FIRST && gsiv < SPI_END ? gsiv : 0U;
}

bool acpi_is_device(uint64_t base, uint64_t size)
{
	uint64_t end;

	return base != 0U && is_aligned(base, PAGE_SIZE) && !add_overflows(base, size, &end);
}

static bool has_cpu(const struct machine *machine, uint64_t mpidr)
{
	for (uint32_t i = 0; i < machine->cpu_count; i++) {
		if (machine->cpu[i].mpidr == mpidr) {
			return true;
		}
	}
	return false;
}

static void add_cpu(const struct acpi_madt_gicc *gicc, struct machine *machine)
{
	struct machine_cpu *cpu;

	if (!acpi_gicc_is_enabled(gicc) || has_cpu(machine, gicc->mpidr & MACHINE_MPIDR_AFFINITY)) {
		return;
	}
	if (machine->cpu_count == BOOT_CPU_MAX) {
		machine->cpu_ignored++;
		return;
	}
	cpu = &machine->cpu[machine->cpu_count++];
	*cpu = (struct machine_cpu){
		.mpidr = gicc->mpidr & MACHINE_MPIDR_AFFINITY,
		.interface = gicc->cpu_interface_number,
	};
	/* Where the FADT promises PSCI it counts, whatever the MADT says of parking. */
	if (machine->psci_conduit != BOOT_CONDUIT_NONE) {
		cpu->method = MACHINE_CPU_PSCI;
	} else if (gicc->parking_protocol_version == ACPI_PARKING_VERSION &&
		   gicc->parked_address != 0U) {
		cpu->method = MACHINE_CPU_PARKING;
		cpu->address = gicc->parked_address;
	}
}

void acpi_read_cpus(struct acpi_madt *madt, struct machine *machine)
{
	struct acpi_madt_walk walk;
	const struct acpi_madt_entry *entry;

	acpi_madt_walk_init(&walk, madt);
	while ((entry = acpi_madt_next(&walk, ACPI_MADT_GICC, ACPI_GICC_LENGTH_MIN)) != NULL) {
		add_cpu((const struct acpi_madt_gicc *)entry, machine);
	}
}
