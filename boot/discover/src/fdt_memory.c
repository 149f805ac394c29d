/* SPDX-License-Identifier: Apache-2.0 */
/* Memory, reservations and CPUs. */
#include <libfdt.h>

#include "base/bits.h"
#include "base/checked.h"
#include "fdt_nodes.h"

void fdt_read_memory(const struct fdt_walk *walk, struct machine *machine)
{
	struct boot_range range;

	for (unsigned i = 0; fdt_walk_reg(walk, i, &range); i++) {
		if (range.size == 0U) {
			continue;
		}
		if (machine->ram_count == MACHINE_RAM_MAX) {
			machine->ram_ignored++;
			continue;
		}
		machine->ram[machine->ram_count++] = range;
	}
}

/* ENOMEM: no room. A range that wraps is cut at the end of the address space: to reserve too much
 * is safe. */
static enum plinth_status add_reserved(struct machine *machine, struct boot_range range)
{
	range.size = min_u64(range.size, UINT64_MAX - range.base);
	if (range.size == 0U) {
		return PLINTH_OK;
	}
	if (machine->reserved_count == MACHINE_RESERVED_MAX) {
		return PLINTH_ENOMEM;
	}
	machine->reserved[machine->reserved_count++] = range;
	return PLINTH_OK;
}

/* A disabled node reserves all the same, whether no-map or reusable: none of it is ours. One with
 * a size but no address asks for an allocation by the operating system, which boot is not. */
enum plinth_status fdt_read_reserved(const struct fdt_walk *walk, struct machine *machine)
{
	enum plinth_status status = PLINTH_OK;
	struct boot_range range;

	for (unsigned i = 0; status == PLINTH_OK && fdt_walk_reg(walk, i, &range); i++) {
		status = add_reserved(machine, range);
	}
	return status;
}

enum plinth_status fdt_read_memreserve(const void *fdt, struct machine *machine)
{
	enum plinth_status status = PLINTH_OK;
	int count = fdt_num_mem_rsv(fdt);

	for (int i = 0; status == PLINTH_OK && i < count; i++) {
		struct boot_range range;

		if (fdt_get_mem_rsv(fdt, i, &range.base, &range.size) != 0) {
			break;
		}
		status = add_reserved(machine, range);
	}
	return status;
}

static enum machine_cpu_method cpu_method(const void *fdt, int node)
{
	if (fdt_prop_is(fdt, node, "enable-method", "psci")) {
		return MACHINE_CPU_PSCI;
	}
	if (fdt_prop_is(fdt, node, "enable-method", "spin-table")) {
		return MACHINE_CPU_SPIN_TABLE;
	}
	return MACHINE_CPU_UNKNOWN;
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

void fdt_read_cpu(const struct fdt_walk *walk, struct machine *machine)
{
	struct boot_range reg;

	if (!fdt_prop_is(walk->fdt, walk->node, "device_type", "cpu") ||
		!fdt_walk_reg_local(walk, 0, &reg)) {
		return;
	}
	reg.base &= MACHINE_MPIDR_AFFINITY;
	if (has_cpu(machine, reg.base)) {
		return;
	}
	if (machine->cpu_count == BOOT_CPU_MAX) {
		machine->cpu_ignored++;
		return;
	}
	machine->cpu[machine->cpu_count++] = (struct machine_cpu){
		.mpidr = reg.base,
		.method = cpu_method(walk->fdt, walk->node),
	};
}
