/* SPDX-License-Identifier: Apache-2.0 */
#include <libfdt.h>

#include "base/compiler.h"
#include "fdt_parts.h"

#define MPIDR_AFFINITY UINT64_C(0xff00ffffff)

/* What of a CPU's node rests on PSCI, or on the protocol that it had. */
static const char *const stale[] = {
	"cpu-idle-states",
	"cpu-release-addr",
	"plinth,cpu-interface-number",
	"plinth,example-word",
	"plinth,parked-address",
	"power-domain-names",
	"power-domains",
};

static const char *const psci_nodes[] = {"arm,psci-1.0", "arm,psci-0.2", "arm,psci"};

static bool is_cpu(const void *fdt, int node)
{
	int size;
	const char *type = fdt_getprop(fdt, node, "device_type", &size);

	return type != NULL && size == sizeof("cpu") && memcmp(type, "cpu", sizeof("cpu")) == 0;
}

/* The list's entry of a CPU's node; NULL: it has none, or did not come up. */
static const struct tables_cpu *find_cpu(
	const void *fdt, int node, int cells, const struct tables_cpus *cpus)
{
	int size;
	const fdt32_t *reg = fdt_getprop(fdt, node, "reg", &size);
	uint64_t mpidr;

	if (reg == NULL || (cells != 1 && cells != 2) || size < cells * (int)sizeof(*reg)) {
		return NULL;
	}
	mpidr = fdt32_ld(&reg[cells - 1]);
	if (cells == 2) {
		mpidr |= (uint64_t)fdt32_ld(&reg[0]) << 32;
	}
	for (uint32_t i = 0; i < cpus->count; i++) {
		if (cpus->cpu[i].mpidr == (mpidr & MPIDR_AFFINITY)) {
			return cpus->cpu[i].present ? &cpus->cpu[i] : NULL;
		}
	}
	return NULL;
}

static int set_string(void *fdt, int node, const char *name, const char *text)
{
	return fdt_setprop(fdt, node, name, text, (int)strlen(text) + 1);
}

static int set_method(void *fdt, int node, enum tables_target target, const struct tables_cpu *cpu)
{
	int error;

	for (size_t i = 0; i < ARRAY_SIZE(stale); i++) {
		(void)fdt_delprop(fdt, node, stale[i]);
	}
	if (target == TABLES_SPIN_TABLE) {
		error = set_string(fdt, node, "enable-method", "spin-table");
		return error != 0 ? error
				  : fdt_setprop_u64(fdt, node, "cpu-release-addr", cpu->mailbox);
	}
	error = set_string(fdt, node, "enable-method", "parking-protocol");
	if (error == 0) {
		error = fdt_setprop_u64(fdt, node, "plinth,parked-address", cpu->mailbox);
	}
	return error != 0
		       ? error
		       : fdt_setprop_u32(fdt, node, "plinth,cpu-interface-number", cpu->interface);
}

static void drop_node(void *fdt, int parent, const char *name)
{
	int node = fdt_subnode_offset(fdt, parent, name);

	if (node >= 0) {
		(void)fdt_nop_node(fdt, node);
	}
}

int fdt_rewrite_cpus(void *fdt, const struct tables_cpus *cpus)
{
	int parent = fdt_path_offset(fdt, "/cpus");
	int cells = parent < 0 ? 0 : fdt_address_cells(fdt, parent);
	int node = parent < 0 ? parent : fdt_first_subnode(fdt, parent);
	bool all = true;
	int error = 0;

	if (parent < 0) {
		return parent;
	}
	while (node >= 0 && error == 0) {
		bool cpu_node = is_cpu(fdt, node);
		const struct tables_cpu *cpu = cpu_node ? find_cpu(fdt, node, cells, cpus) : NULL;
		int gone = -1;

		if (cpu != NULL) {
			error = set_method(fdt, node, cpus->target, cpu);
		} else if (cpu_node) {
			gone = node;
			all = false;
		}
		node = error == 0 ? fdt_next_subnode(fdt, node) : error;
		/* NOPs leave all offsets as they are; the walk is past it already. */
		if (gone >= 0) {
			(void)fdt_nop_node(fdt, gone);
		}
	}
	drop_node(fdt, parent, "idle-states");
	if (!all) {
		drop_node(fdt, parent, "cpu-map");
	}
	return error;
}

void fdt_drop_psci(void *fdt)
{
	for (size_t i = 0; i < ARRAY_SIZE(psci_nodes); i++) {
		int node = fdt_node_offset_by_compatible(fdt, -1, psci_nodes[i]);

		/* Each turn leaves one node less. */
		while (node >= 0 && fdt_nop_node(fdt, node) == 0) {
			node = fdt_node_offset_by_compatible(fdt, -1, psci_nodes[i]);
		}
	}
}
