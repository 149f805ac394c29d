/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What follows boot in mpboot.img where UEFI has started it: the next stage is an EFI application
 * too and gets the boot services as they are, with a machine whose CPUs wait by a mailbox
 * protocol. The mailboxes are memory that the firmware's map calls reserved.
 */
#include "arch/sysreg.h"
#include "base/bits.h"
#include "base/string.h"
#include "base/types.h"
#include "efi/efi_next.h"
#include "mpboot.h"
#include "next/target.h"
#include "smp/smp.h"
#include "tables/acpi.h"

static struct boot_cpu boot_cpus[BOOT_CPU_MAX];
static struct tables_cpu table_cpus[BOOT_CPU_MAX];
static const struct efi *console; /* for report() */

static void report(const char *text)
{
	efi_print(console, "%s", text);
}

/* The pen, and behind it a page for each CPU. */
static uint64_t pen_size(const struct machine *machine, enum tables_target target)
{
	uint64_t size = align_up(SMP_PEN_SIZE, PAGE_SIZE);

	return target == TABLES_PARKING ? size + machine->cpu_count * SMP_PARKING_PAGE_SIZE : size;
}

/* The CPUs into the pen, and into the list that the tables will name; how many run. */
static uint32_t start_cpus(const struct machine *machine, uint64_t pen, enum tables_target target)
{
	uint64_t parking = pen + align_up(SMP_PEN_SIZE, PAGE_SIZE);
	const struct smp_request request = {
		.machine = machine,
		.boot_mpidr = read_mpidr_el1() & MACHINE_MPIDR_AFFINITY,
		.pen = (void *)(uintptr_t)pen,
		.parking = target == TABLES_PARKING ? (void *)(uintptr_t)parking : NULL,
		.level = boot_current_el(),
		.frequency = machine->timer.frequency != 0U ? machine->timer.frequency
							    : (uint32_t)read_cntfrq_el0(),
		.report = report,
	};
	uint32_t running = smp_start_all(&request, boot_cpus);

	for (uint32_t i = 0; running != 0U && i < machine->cpu_count; i++) {
		table_cpus[i] = (struct tables_cpu){
			.mpidr = boot_cpus[i].mpidr,
			.mailbox = target == TABLES_PARKING ? parking + i * SMP_PARKING_PAGE_SIZE
							    : boot_cpus[i].mailbox,
			.interface = machine->cpu[i].interface,
			.present = boot_cpus[i].status != BOOT_CPU_FAILED,
		};
	}
	return running;
}

static enum plinth_status rewrite_acpi(
	struct efi_start *start, const struct tables_cpus *cpus, const char **why)
{
	const struct acpi_memory memory = {.map = efi_map_table, .ctx = &start->ram};
	struct acpi acpi;
	enum plinth_status status = acpi_open(&acpi, &memory, start->rsdp, why);

	return status == PLINTH_OK ? tables_rewrite_acpi(&acpi, cpus, NULL, why) : status;
}

/* A rewritten copy becomes the firmware's devicetree, in memory that outlives the boot services. */
static enum plinth_status rewrite_fdt(const struct efi *efi, struct efi_start *start,
	const struct tables_fdt *request, const char **why)
{
	uint64_t size = start->fdt_size + TABLES_FDT_SLACK;
	enum plinth_status status;
	uint64_t tree;

	*why = "no memory for a new one";
	status = efi_alloc(efi, EFI_ACPI_RECLAIM_MEMORY, size, PAGE_SIZE, &tree);
	if (status != PLINTH_OK) {
		return status;
	}
	status = tables_rewrite_fdt(start->fdt, (void *)(uintptr_t)tree, size, request, why);
	if (status == PLINTH_OK && efi->services->install_configuration_table(&efi_guid_devicetree,
					   (void *)(uintptr_t)tree) != EFI_SUCCESS) {
		*why = "the firmware does not take the new one";
		status = PLINTH_EPERM;
	}
	return status;
}

static bool rewrite(const struct efi *efi, struct efi_start *start, const struct boot_range *pen,
	enum tables_target target)
{
	const struct tables_fdt request = {
		.cpus = {target, table_cpus, start->machine.cpu_count},
		.reserve = pen,
		.reserve_count = 1,
	};
	const char *why = "";
	enum plinth_status status = start->fdt == NULL ? rewrite_acpi(start, &request.cpus, &why)
						       : rewrite_fdt(efi, start, &request, &why);

	if (status != PLINTH_OK) {
		efi_print(efi, "%s: %s", start->fdt == NULL ? "ACPI" : "devicetree", why);
	}
	return status == PLINTH_OK;
}

/* From here on CPUs and tables are changed: what fails then leaves the firmware a machine that has
 * but one CPU to start. */
static bool park_cpus(const struct efi *efi, struct efi_start *start, enum tables_target target)
{
	struct machine *machine = &start->machine;
	struct boot_range pen = {0, pen_size(machine, target)};
	uint32_t running;

	if (efi_alloc(efi, EFI_RESERVED_MEMORY, pen.size, PAGE_SIZE, &pen.base) != PLINTH_OK) {
		efi_print(efi, "no memory for the pen");
		return false;
	}
	console = efi;
	running = start_cpus(machine, pen.base, target);
	if (running == 0U) {
		efi_print(efi, "the CPU that runs boot is not in the firmware's tables");
		efi_free(efi, pen.base, pen.size);
		return false;
	}
	if (!rewrite(efi, start, &pen, target)) {
		return false;
	}
	efi_print(efi, "mpboot: %u of %u CPUs, the others wait by %s, EL%llu", running,
		machine->cpu_count, next_target_name(target),
		(unsigned long long)boot_current_el());
	return true;
}

uint64_t boot_next_efi(const struct efi *efi, struct efi_start *start)
{
	enum plinth_status status = efi_find_bundle(efi, start);
	struct mpboot_kernel kernel;
	struct efi_next next;
	const char *why;

	if (status != PLINTH_OK) {
		return efi_status_of(status);
	}
	why = mpboot_find_files(&start->machine.initrd, &kernel);
	if (why != NULL) {
		efi_print(efi, "%s", why);
		return EFI_NOT_FOUND;
	}
	if (start->fdt == NULL) {
		kernel.target = TABLES_PARKING; /* ACPI knows one protocol */
	}
	/* A protocol's mailboxes have to lie in memory, as UEFI knows it. */
	if (efi_describe_memory(&start->map, &start->machine) != PLINTH_OK ||
		!park_cpus(efi, start, kernel.target)) {
		return EFI_UNSUPPORTED;
	}
	next = (struct efi_next){kernel.file, kernel.initrd, start->machine.cmdline};
	return efi_start_next(efi, &next);
}
