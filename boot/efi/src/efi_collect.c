/* SPDX-License-Identifier: Apache-2.0 */
#include "base/bits.h"
#include "base/string.h"
#include "discover/discover.h"
#include "discover/discover_acpi.h"
#include "efi/efi.h"

#define FDT_HEADER_SIZE 40U

/* Under UEFI memory is mapped one to one: what the firmware calls RAM can be read. */
void *efi_map_table(void *ctx, uint64_t pa, uint64_t size)
{
	return machine_is_memory(ctx, pa, size) ? (void *)(uintptr_t)pa : NULL;
}

/* False where the tree tells nothing of the machine: on one with ACPI, a boot loader may leave a
 * tree with nothing but /chosen. */
static bool read_fdt(const struct efi *efi, struct efi_start *start)
{
	const void *fdt = efi_find_table(efi, &efi_guid_devicetree);
	enum plinth_status status = PLINTH_EINVAL;
	const char *why = "not where the firmware has memory, or not aligned";
	size_t size = 0;

	if (fdt == NULL) {
		return false;
	}
	if (is_aligned((uintptr_t)fdt, 8U) &&
		efi_map_table(&start->ram, (uintptr_t)fdt, FDT_HEADER_SIZE) != NULL) {
		size = discover_fdt_size(fdt);
	}
	if (size != 0U && efi_map_table(&start->ram, (uintptr_t)fdt, size) != NULL) {
		status = discover_fdt(fdt, size, &start->machine, &why);
	}
	if (status != PLINTH_OK) {
		efi_print(efi, "devicetree: %s", why);
		return false;
	}
	if (start->machine.cpu_count == 0U) {
		return false;
	}
	start->fdt = fdt;
	start->fdt_size = size;
	return true;
}

static enum plinth_status read_tables(const struct efi *efi, struct efi_start *start)
{
	const struct acpi_memory memory = {.map = efi_map_table, .ctx = &start->ram};
	const char *from = "ACPI";
	const char *why = "";

	start->rsdp = (uintptr_t)efi_find_table(efi, &efi_guid_acpi20);
	if (read_fdt(efi, start)) {
		from = "a devicetree";
	} else if (start->rsdp == 0U) {
		efi_print(efi, "neither ACPI 2.0 nor a devicetree that has CPUs");
		return PLINTH_EINVAL;
	} else if (discover_acpi(&memory, start->rsdp, &start->machine, &why) != PLINTH_OK) {
		efi_print(efi, "ACPI: %s", why);
		return PLINTH_EINVAL;
	}
	efi_print(efi, "started by UEFI with %s: %u CPUs, GICv%u", from, start->machine.cpu_count,
		start->machine.gic.version);
	return PLINTH_OK;
}

static void read_options(const struct efi *efi, struct efi_start *start)
{
	struct machine *machine = &start->machine;
	struct efi_options *options = &start->options;

	efi_parse_options(efi->loaded->load_options, efi->loaded->load_options_size, options);
	if (options->refused) {
		efi_print(efi, "the load options are no text: they are ignored");
	}
	if (options->cut) {
		efi_print(efi, "the load options are too long: words are left out");
	}
	if (options->cmdline[0] != '\0') {
		memcpy(machine->cmdline, options->cmdline, sizeof(machine->cmdline));
		machine->cmdline_cut = false;
	}
}

/* More entropy than the devicetree's: mixed, not replaced. */
static void add_seed(const struct efi *efi, struct machine *machine)
{
	uint8_t bytes[BOOT_SEED_SIZE];

	if (!efi_random(efi, bytes, sizeof(bytes))) {
		return;
	}
	for (uint32_t i = 0; i < BOOT_SEED_SIZE; i++) {
		machine->seed[i] ^= bytes[i];
	}
	machine->seed_size = BOOT_SEED_SIZE;
	memset(bytes, 0, sizeof(bytes));
}

enum plinth_status efi_collect(const struct efi *efi, struct efi_start *start)
{
	enum plinth_status status;

	memset(start, 0, sizeof(*start));
	status = efi_get_memory_map(efi, &start->map);
	if (status == PLINTH_OK) {
		status = efi_describe_memory(&start->map, &start->ram);
	}
	if (status != PLINTH_OK) {
		efi_print(efi, "the firmware gives no memory map");
		return status;
	}
	status = read_tables(efi, start);
	if (status != PLINTH_OK) {
		return status;
	}
	read_options(efi, start);
	add_seed(efi, &start->machine);
	return PLINTH_OK;
}

enum plinth_status efi_find_bundle(const struct efi *efi, struct efi_start *start)
{
	struct boot_range *bundle = &start->machine.initrd;
	enum plinth_status status = PLINTH_OK;

	if (start->options.bundle[0] != '\0' || bundle->size == 0U) {
		status = efi_load_bundle(efi, start->options.bundle, bundle);
	}
	if (status == PLINTH_ENOENT) {
		efi_print(efi,
			"no bundle of VMs: put it at " EFI_BUNDLE_PATH " on the file system that "
			"Plinth is started from, name it by bundle=PATH in the load options, or "
			"let the boot loader pass it as an initrd");
	}
	return status;
}

efi_status_t efi_status_of(enum plinth_status status)
{
	if (status == PLINTH_OK) {
		return EFI_SUCCESS;
	}
	if (status == PLINTH_ENOENT) {
		return EFI_NOT_FOUND;
	}
	return status == PLINTH_ENOMEM ? EFI_OUT_OF_RESOURCES : EFI_LOAD_ERROR;
}

/* Where the firmware says what of its runtime memory is code: else it would have to be writable and
 * executable at once. */
static void find_runtime(const struct efi *efi, struct efi_start *start)
{
	const struct efi_memory_attributes_table *table =
		efi_find_table(efi, &efi_guid_memory_attributes);
	uint64_t size = sizeof(*table);

	if (efi->system->runtime_services == NULL || table == NULL ||
		!is_aligned((uintptr_t)table, sizeof(uint64_t)) ||
		efi_map_table(&start->ram, (uintptr_t)table, size) == NULL) {
		return;
	}
	size += (uint64_t)table->entry_count * table->descriptor_size;
	if (efi_map_table(&start->ram, (uintptr_t)table, size) != NULL &&
		efi_describe_runtime(&start->map, table, size, &start->machine.efi)) {
		start->machine.efi.services = (uintptr_t)efi->system->runtime_services;
	}
}

enum plinth_status efi_leave(const struct efi *efi, struct efi_start *start)
{
	enum plinth_status status = efi_exit_boot_services(efi, &start->map);

	if (status == PLINTH_OK) {
		find_runtime(efi, start);
		status = efi_describe_memory(&start->map, &start->machine);
	}
	return status;
}
