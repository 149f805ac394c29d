/* SPDX-License-Identifier: Apache-2.0 */
/* Memory, reservations and CPUs. */
#include <libfdt.h>

#include "base/bits.h"
#include "base/checked.h"
#include "base/compiler.h"
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

/* Enable-methods, and the properties that say where a CPU waits: one row for each protocol that
 * boot/smp knows. "parking-protocol" in a devicetree is our own binding: mpboot's second target. */
static const struct {
	const char *name;
	enum machine_cpu_method method;
	const char *address;
	const char *interface;
} cpu_methods[] = {
	{"psci", MACHINE_CPU_PSCI, NULL, NULL},
	{"spin-table", MACHINE_CPU_SPIN_TABLE, "cpu-release-addr", NULL},
	{"parking-protocol", MACHINE_CPU_PARKING, "plinth,parked-address",
		"plinth,cpu-interface-number"},
	{"plinth,example-pen", MACHINE_CPU_EXAMPLE, "plinth,example-word", NULL},
};

/* Method, address and interface of a CPU. A method whose properties are missing has address 0. */
static void read_cpu_method(const void *fdt, int node, struct machine_cpu *cpu)
{
	const struct fdt_value method = fdt_prop(fdt, node, "enable-method");

	for (size_t i = 0; i < ARRAY_SIZE(cpu_methods); i++) {
		if (!fdt_value_is(&method, cpu_methods[i].name)) {
			continue;
		}
		cpu->method = cpu_methods[i].method;
		if (cpu_methods[i].address != NULL) {
			(void)fdt_prop_u64(fdt, node, cpu_methods[i].address, &cpu->address);
		}
		if (cpu_methods[i].interface != NULL) {
			(void)fdt_prop_u32(fdt, node, cpu_methods[i].interface, &cpu->interface);
		}
	}
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
	struct machine_cpu *cpu;

	if (!fdt_value_is(&walk->device_type, "cpu") || !fdt_walk_reg_local(walk, 0, &reg)) {
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
	cpu = &machine->cpu[machine->cpu_count];
	/* A devicetree numbers no CPU interfaces: the place in the list is as good. */
	*cpu = (struct machine_cpu){.mpidr = reg.base, .interface = machine->cpu_count};
	machine->cpu_count++;
	read_cpu_method(walk->fdt, walk->node, cpu);
}
