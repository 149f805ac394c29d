/* SPDX-License-Identifier: Apache-2.0 */
#include "host_fdt.h"

#include <libfdt.h>
#include <string.h>

#include "base/checked.h"

#define CELL_SIZE 4U

void host_node_begin(struct host_node *walk, const void *fdt)
{
	*walk = (struct host_node){.fdt = fdt};
}

bool host_node_next(struct host_node *walk)
{
	do {
		walk->node = fdt_next_node(walk->fdt, walk->node, &walk->depth);
	} while (walk->node >= 0 && walk->depth >= (int)HOST_FDT_DEPTH);
	if (walk->node < 0 || walk->depth <= 0) {
		return false;
	}
	walk->ancestor[walk->depth] = walk->node;
	return true;
}

bool host_node_is_cut(const struct host_node *node)
{
	return node->depth == (int)HOST_FDT_DEPTH - 1 &&
	       fdt_getprop(node->fdt, node->node, "ranges", NULL) != NULL &&
	       fdt_first_subnode(node->fdt, node->node) >= 0;
}

const char *host_node_name(const struct host_node *node)
{
	const char *name = fdt_get_name(node->fdt, node->node, NULL);

	return name == NULL ? "" : name;
}

/* Does the path lead to the node: its last part to it, the one before to its parent? */
static bool is_at(const struct host_node *node, const char *path)
{
	for (int i = 1; i <= node->depth; i++) {
		const char *name = fdt_get_name(node->fdt, node->ancestor[i], NULL);
		size_t length = name == NULL ? 0 : strlen(name);

		if (length == 0 || path[0] != '/' || strncmp(path + 1, name, length) != 0) {
			return false;
		}
		path += 1 + length;
	}
	return *path == '\0';
}

bool host_node_find(const void *fdt, const char *path, struct host_node *found)
{
	host_node_begin(found, fdt);
	while (host_node_next(found)) {
		if (is_at(found, path)) {
			return true;
		}
	}
	return false;
}

bool host_node_is_enabled(const struct host_node *node)
{
	for (int i = 0; i <= node->depth; i++) {
		const char *status = fdt_getprop(node->fdt, node->ancestor[i], "status", NULL);

		if (status != NULL && strcmp(status, "okay") != 0 && strcmp(status, "ok") != 0) {
			return false;
		}
	}
	return true;
}

bool host_node_has_cpu_addresses(const struct host_node *node)
{
	for (int i = 1; i < node->depth; i++) {
		int size = 0;

		if (fdt_getprop(node->fdt, node->ancestor[i], "ranges", &size) == NULL ||
			size != 0) {
			return false;
		}
	}
	return true;
}

bool host_node_is_direct(const struct host_node *node)
{
	if (!host_node_has_cpu_addresses(node)) {
		return false;
	}
	for (int i = 0; i < node->depth; i++) {
		int size = 0;

		if (fdt_getprop(node->fdt, node->ancestor[i], "dma-ranges", &size) != NULL &&
			size != 0) {
			return false;
		}
	}
	return true;
}

bool host_node_is_coherent(const struct host_node *node)
{
	for (int i = node->depth; i >= 0; i--) {
		if (fdt_getprop(node->fdt, node->ancestor[i], "dma-coherent", NULL) != NULL) {
			return true;
		}
		if (fdt_getprop(node->fdt, node->ancestor[i], "dma-noncoherent", NULL) != NULL) {
			return false;
		}
	}
	return false;
}

bool host_node_is(const struct host_node *node, const char *compatible)
{
	return fdt_node_check_compatible(node->fdt, node->node, compatible) == 0;
}

static uint64_t read_cells(const fdt32_t *cells, uint32_t count)
{
	uint64_t value = 0;

	for (uint32_t i = 0; i < count; i++) {
		value = value << 32 | fdt32_ld(&cells[i]);
	}
	return value;
}

/* #address-cells or #size-cells; 0, which no address has: malformed. (libfdt's come with all that
 * writes.) */
static uint32_t cells_of(const struct host_node *node, int at, const char *name, uint32_t usual)
{
	int size = 0;
	const fdt32_t *cell = fdt_getprop(node->fdt, at, name, &size);

	if (cell == NULL) {
		return usual;
	}
	return size == (int)CELL_SIZE && fdt32_ld(cell) <= FDT_MAX_NCELLS ? fdt32_ld(cell) : 0U;
}

enum host_entry host_node_entry(
	const struct host_node *node, enum host_list list, uint32_t index, struct host_reg *entry)
{
	bool is_ranges = list == HOST_RANGES;
	int parent = node->ancestor[node->depth - 1];
	uint32_t skipped = is_ranges ? cells_of(node, node->node, "#address-cells", 2) : 0U;
	uint32_t address_cells = cells_of(node, parent, "#address-cells", 2);
	uint32_t size_cells = cells_of(node, is_ranges ? node->node : parent, "#size-cells", 1);
	uint32_t each = (skipped + address_cells + size_cells) * CELL_SIZE;
	int size = 0;
	const fdt32_t *cells =
		fdt_getprop(node->fdt, node->node, is_ranges ? "ranges" : "reg", &size);
	uint64_t end;

	if (cells == NULL || size == 0) {
		return HOST_ENTRY_NONE;
	}
	if (address_cells - 1U > 1U || size_cells - 1U > 1U || (is_ranges && skipped == 0U) ||
		(uint32_t)size % each != 0U) {
		return HOST_ENTRY_BAD;
	}
	if (index >= (uint32_t)size / each) {
		return HOST_ENTRY_NONE;
	}
	cells += index * (each / CELL_SIZE) + skipped;
	entry->base = read_cells(cells, address_cells);
	entry->size = read_cells(cells + address_cells, size_cells);
	return add_overflows(entry->base, entry->size, &end) ? HOST_ENTRY_BAD : HOST_ENTRY_GOOD;
}

uint32_t host_node_reg(const struct host_node *node, struct host_reg reg[HOST_FDT_REG_MAX])
{
	struct host_reg more;
	uint32_t count = 0;

	while (count < HOST_FDT_REG_MAX &&
		host_node_entry(node, HOST_REG, count, &reg[count]) == HOST_ENTRY_GOOD) {
		if (reg[count].size == 0U) {
			return 0;
		}
		count++;
	}
	return host_node_entry(node, HOST_REG, count, &more) == HOST_ENTRY_NONE ? count : 0U;
}

static bool is_gic(const void *fdt, int node)
{
	static const char *const names[] = {
		"arm,gic-v3", "arm,gic-400", "arm,cortex-a15-gic", "arm,cortex-a7-gic"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (fdt_node_check_compatible(fdt, node, names[i]) == 0) {
			return true;
		}
	}
	return false;
}

/* The nearest interrupt-parent counts (devicetree specification 0.4, 2.4). */
bool host_node_has_gic(const struct host_node *node)
{
	for (int i = node->depth; i >= 0; i--) {
		int size = 0;
		const fdt32_t *phandle =
			fdt_getprop(node->fdt, node->ancestor[i], "interrupt-parent", &size);
		int parent;

		if (phandle == NULL) {
			continue;
		}
		parent = size == (int)CELL_SIZE
				 ? fdt_node_offset_by_phandle(node->fdt, fdt32_ld(phandle))
				 : -1;
		if (parent < 0 || !is_gic(node->fdt, parent)) {
			return false;
		}
		phandle = fdt_getprop(node->fdt, parent, "#interrupt-cells", &size);
		return phandle != NULL && size == (int)CELL_SIZE && fdt32_ld(phandle) == 3U;
	}
	return false;
}
