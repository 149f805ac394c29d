/* SPDX-License-Identifier: Apache-2.0 */
#include "machine/fw_machine.h"

#include <libfdt.h>

#include "base/checked.h"
#include "base/compiler.h"
#include "base/fmt.h"

static uint64_t read_cells(const fdt32_t *cell, uint32_t count)
{
	uint64_t value = 0;

	while (count-- > 0U) {
		value = value << 32 | fdt32_to_cpu(*cell++);
	}
	return value;
}

/* The cells of addresses and sizes below `node`; 1 or 2 each. */
static enum plinth_status read_cell_counts(
	const void *fdt, int node, uint32_t *address, uint32_t *size)
{
	int a = fdt_address_cells(fdt, node);
	int s = fdt_size_cells(fdt, node);

	if (a < 1 || a > 2 || s < 1 || s > 2) {
		return PLINTH_EINVAL;
	}
	*address = (uint32_t)a;
	*size = (uint32_t)s;
	return PLINTH_OK;
}

/* The pair with that number of the node's reg; ENOENT: there are fewer. */
static enum plinth_status read_reg(
	const void *fdt, int parent, int node, uint32_t number, struct fw_range *range)
{
	int length;
	const fdt32_t *reg = fdt_getprop(fdt, node, "reg", &length);
	uint32_t address;
	uint32_t size;
	uint64_t end;

	if (reg == NULL) {
		return PLINTH_ENOENT;
	}
	if (read_cell_counts(fdt, parent, &address, &size) != PLINTH_OK) {
		return PLINTH_EINVAL;
	}
	if ((uint64_t)length / sizeof(*reg) < ((uint64_t)number + 1U) * (address + size)) {
		return PLINTH_ENOENT;
	}
	reg += number * (address + size);
	range->base = read_cells(reg, address);
	range->size = read_cells(reg + address, size);
	return add_overflows(range->base, range->size, &end) ? PLINTH_ERANGE : PLINTH_OK;
}

/* Appends all of the node's reg to a list. */
static enum plinth_status add_ranges(
	const void *fdt, int parent, int node, struct fw_range *list, uint32_t *count, uint32_t max)
{
	for (uint32_t i = 0;; i++) {
		struct fw_range range;
		enum plinth_status status = read_reg(fdt, parent, node, i, &range);

		if (status == PLINTH_ENOENT) {
			return PLINTH_OK;
		}
		if (status != PLINTH_OK) {
			return status;
		}
		if (range.size == 0U) {
			continue;
		}
		if (*count == max) {
			return PLINTH_ERANGE;
		}
		list[(*count)++] = range;
	}
}

static bool is_off(const void *fdt, int node)
{
	const char *status = fdt_getprop(fdt, node, "status", NULL);

	return status != NULL && strcmp(status, "okay") != 0 && strcmp(status, "ok") != 0;
}

static enum plinth_status read_ram(struct fw_machine *machine, const void *fdt)
{
	int node;

	fdt_for_each_subnode(node, fdt, 0)
	{
		const char *type = fdt_getprop(fdt, node, "device_type", NULL);
		enum plinth_status status;

		if (type == NULL || strcmp(type, "memory") != 0 || is_off(fdt, node)) {
			continue;
		}
		status = add_ranges(fdt, 0, node, machine->ram, &machine->ram_count, FW_RAM_MAX);
		if (status != PLINTH_OK) {
			return status;
		}
	}
	return machine->ram_count > 0U ? PLINTH_OK : PLINTH_ENOENT;
}

static enum plinth_status read_reserved(struct fw_machine *machine, const void *fdt)
{
	int parent = fdt_path_offset(fdt, "/reserved-memory");
	int node;

	for (int i = 0; i < fdt_num_mem_rsv(fdt); i++) {
		struct fw_range range;

		if (fdt_get_mem_rsv(fdt, i, &range.base, &range.size) != 0 ||
			range.base + range.size < range.base ||
			machine->reserved_count == FW_RESERVED_MAX) {
			return PLINTH_ERANGE;
		}
		machine->reserved[machine->reserved_count++] = range;
	}
	if (parent < 0) {
		return PLINTH_OK;
	}
	fdt_for_each_subnode(node, fdt, parent)
	{
		enum plinth_status status = add_ranges(fdt, parent, node, machine->reserved,
			&machine->reserved_count, FW_RESERVED_MAX);

		if (status != PLINTH_OK) {
			return status;
		}
	}
	return PLINTH_OK;
}

static enum plinth_status read_disks(struct fw_machine *machine, const void *fdt)
{
	int node = -1;

	for (;;) {
		struct fw_range range = {0};
		int parent;

		node = fdt_node_offset_by_compatible(fdt, node, "pmem-region");
		if (node < 0) {
			return PLINTH_OK;
		}
		parent = fdt_parent_offset(fdt, node);
		if (is_off(fdt, node) || parent < 0) {
			continue;
		}
		/* A region is one range each: Linux makes several of several. */
		for (uint32_t i = 0; read_reg(fdt, parent, node, i, &range) == PLINTH_OK; i++) {
			struct fw_disk disk = {.range = range};

			disk.read_only = fdt_getprop(fdt, node, "read-only", NULL) != NULL;
			if (machine->disk_count == FW_DISK_MAX) {
				machine->disks_left_out++;
			} else if (range.size > 0U) {
				machine->disk[machine->disk_count++] = disk;
			}
		}
	}
}

/* A pair of 64-bit cells of /chosen; nothing where the property is not there. */
static enum plinth_status read_pair(
	const void *fdt, int chosen, const char *name, struct fw_range *range)
{
	int length;
	const fdt32_t *cells = fdt_getprop(fdt, chosen, name, &length);
	uint64_t end;

	if (cells == NULL) {
		return PLINTH_OK;
	}
	if (length != 4 * (int)sizeof(*cells)) {
		return PLINTH_EINVAL;
	}
	range->base = read_cells(cells, 2);
	range->size = read_cells(cells + 2, 2);
	return add_overflows(range->base, range->size, &end) ? PLINTH_ERANGE : PLINTH_OK;
}

/* Of other loaders: linux,initrd-start and -end, 32 or 64 bits each. */
static enum plinth_status read_initrd(struct fw_machine *machine, const void *fdt, int chosen)
{
	int start_length;
	int end_length;
	const fdt32_t *start = fdt_getprop(fdt, chosen, "linux,initrd-start", &start_length);
	const fdt32_t *end = fdt_getprop(fdt, chosen, "linux,initrd-end", &end_length);
	uint64_t last;

	if (machine->initrd.size != 0 || start == NULL || end == NULL) {
		return PLINTH_OK;
	}
	if ((start_length != 4 && start_length != 8) || (end_length != 4 && end_length != 8)) {
		return PLINTH_EINVAL;
	}
	machine->initrd.base = read_cells(start, (uint32_t)start_length / 4U);
	last = read_cells(end, (uint32_t)end_length / 4U);
	if (last < machine->initrd.base) {
		return PLINTH_ERANGE;
	}
	machine->initrd.size = last - machine->initrd.base;
	return PLINTH_OK;
}

static void add_seed(struct fw_machine *machine, const void *fdt, int chosen, const char *name)
{
	int length;
	const uint8_t *seed = fdt_getprop(fdt, chosen, name, &length);
	uint32_t room = FW_SEED_MAX - machine->seed_size;

	if (seed != NULL && length > 0) {
		uint32_t size = (uint32_t)length < room ? (uint32_t)length : room;

		memcpy(machine->seed + machine->seed_size, seed, size);
		machine->seed_size += size;
	}
}

static enum plinth_status read_chosen(struct fw_machine *machine, const void *fdt)
{
	static const char *const names[] = {
		"plinth,kernel", "plinth,initrd", "plinth,acpi", "plinth,smbios"};
	struct fw_range *const places[] = {
		&machine->kernel, &machine->initrd, &machine->acpi, &machine->smbios};
	int chosen = fdt_path_offset(fdt, "/chosen");
	const char *arguments;

	if (chosen < 0) {
		return PLINTH_OK;
	}
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		enum plinth_status status = read_pair(fdt, chosen, names[i], places[i]);

		if (status != PLINTH_OK) {
			return status;
		}
	}
	add_seed(machine, fdt, chosen, "rng-seed");
	add_seed(machine, fdt, chosen, "kaslr-seed");
	arguments = fdt_getprop(fdt, chosen, "bootargs", NULL);
	if (arguments != NULL && fmt_buf(machine->bootargs, sizeof(machine->bootargs), "%s",
					 arguments) >= sizeof(machine->bootargs)) {
		return PLINTH_ERANGE;
	}
	return read_initrd(machine, fdt, chosen);
}

enum plinth_status fw_machine_read(struct fw_machine *machine, const void *fdt)
{
	enum plinth_status status;

	memset(machine, 0, sizeof(*machine));
	if (fdt_check_header(fdt) != 0) {
		return PLINTH_EINVAL;
	}
	status = read_ram(machine, fdt);
	if (status == PLINTH_OK) {
		status = read_reserved(machine, fdt);
	}
	if (status == PLINTH_OK) {
		status = read_disks(machine, fdt);
	}
	return status == PLINTH_OK ? read_chosen(machine, fdt) : status;
}

uint32_t fw_machine_tree_size(const void *fdt)
{
	return fdt_totalsize(fdt);
}

enum plinth_status fw_machine_publish(const void *fdt, void *out, uint32_t size)
{
	static const char *const own[] = {"plinth,kernel", "plinth,initrd", "plinth,acpi",
		"plinth,smbios", "linux,initrd-start", "linux,initrd-end", "bootargs", "rng-seed",
		"kaslr-seed"};
	int chosen;

	if (fdt_open_into(fdt, out, (int)size) != 0) {
		return PLINTH_ERANGE;
	}
	chosen = fdt_path_offset(out, "/chosen");
	for (size_t i = 0; chosen >= 0 && i < ARRAY_SIZE(own); i++) {
		(void)fdt_delprop(out, chosen, own[i]);
	}
	return PLINTH_OK;
}
