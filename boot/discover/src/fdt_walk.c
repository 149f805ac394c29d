/* SPDX-License-Identifier: Apache-2.0 */
#include "fdt_walk.h"

#include <libfdt.h>
#include <stddef.h>

#include "base/checked.h"

#define CELL_SIZE 4

/* Reads a big-endian number of 0 to 4 cells; false where it does not fit 64 bits. */
static bool read_cells(const uint8_t *p, int cells, uint64_t *v)
{
	uint64_t value = 0;

	for (int i = 0; i < cells; i++) {
		if (value >> 32 != 0U) {
			return false;
		}
		value = value << 32 | fdt32_ld((const fdt32_t *)(const void *)(p + i * CELL_SIZE));
	}
	*v = value;
	return true;
}

bool fdt_node_is(const void *fdt, int node, const char *name)
{
	return fdt_node_check_compatible(fdt, node, name) == 0;
}

bool fdt_prop_is(const void *fdt, int node, const char *name, const char *value)
{
	int size;
	const char *text = fdt_getprop(fdt, node, name, &size);
	size_t wanted = strlen(value) + 1U;

	return text != NULL && (size_t)size == wanted && memcmp(text, value, wanted) == 0;
}

bool fdt_prop_u32(const void *fdt, int node, const char *name, uint32_t *v)
{
	int size;
	const fdt32_t *cell = fdt_getprop(fdt, node, name, &size);

	if (cell == NULL || size != CELL_SIZE) {
		return false;
	}
	*v = fdt32_ld(cell);
	return true;
}

bool fdt_prop_u64(const void *fdt, int node, const char *name, uint64_t *v)
{
	int size;
	const uint8_t *cells = fdt_getprop(fdt, node, name, &size);

	if (cells == NULL || (size != CELL_SIZE && size != 2 * CELL_SIZE)) {
		return false;
	}
	return read_cells(cells, size / CELL_SIZE, v);
}

static bool is_status_okay(const void *fdt, int node)
{
	int size;

	return fdt_getprop(fdt, node, "status", &size) == NULL ||
	       fdt_prop_is(fdt, node, "status", "okay") || fdt_prop_is(fdt, node, "status", "ok");
}

/* Fills level[depth] for the node that the walk stands on. */
static void enter_node(struct fdt_walk *walk)
{
	struct fdt_level *level = &walk->level[walk->depth];

	level->node = walk->node;
	level->address_cells = fdt_address_cells(walk->fdt, walk->node);
	level->size_cells = fdt_size_cells(walk->fdt, walk->node);
	if (level->address_cells < 0 || level->size_cells < 0) {
		level->address_cells = -1;
	}
	level->enabled =
		is_status_okay(walk->fdt, walk->node) && (walk->depth == 0 || level[-1].enabled);
}

void fdt_walk_init(struct fdt_walk *walk, const void *fdt)
{
	walk->fdt = fdt;
	walk->node = 0;
	walk->depth = 0;
	enter_node(walk);
}

bool fdt_walk_next(struct fdt_walk *walk)
{
	do {
		walk->node = fdt_next_node(walk->fdt, walk->node, &walk->depth);
		if (walk->node < 0 || walk->depth <= 0) {
			walk->node = -1;
			return false;
		}
	} while (walk->depth >= FDT_WALK_DEPTH);
	enter_node(walk);
	return true;
}

bool fdt_walk_is_enabled(const struct fdt_walk *walk)
{
	return walk->level[walk->depth].enabled;
}

/* Maps *address of `bus`'s children to an address of its parent, by bus's ranges. */
static bool translate_up(const void *fdt, const struct fdt_level *parent,
	const struct fdt_level *bus, uint64_t *address, uint64_t range_size)
{
	int size;
	const uint8_t *p = fdt_getprop(fdt, bus->node, "ranges", &size);
	int entry = (bus->address_cells + parent->address_cells + bus->size_cells) * CELL_SIZE;
	uint64_t child, up, length;

	if (p == NULL || bus->address_cells < 0 || parent->address_cells < 0) {
		return false;
	}
	if (size == 0) {
		return true; /* the same addresses on both sides */
	}
	for (; size >= entry && entry > 0; size -= entry, p += entry) {
		const uint8_t *up_cells = p + bus->address_cells * CELL_SIZE;

		if (read_cells(p, bus->address_cells, &child) &&
			read_cells(up_cells, parent->address_cells, &up) &&
			read_cells(up_cells + parent->address_cells * CELL_SIZE, bus->size_cells,
				&length) &&
			range_contains(child, length, *address, range_size)) {
			return !add_overflows(up, *address - child, address);
		}
	}
	return false;
}

bool fdt_walk_reg_local(const struct fdt_walk *walk, unsigned index, struct boot_range *range)
{
	const struct fdt_level *parent = &walk->level[walk->depth > 0 ? walk->depth - 1 : 0];
	int size;
	const uint8_t *reg = fdt_getprop(walk->fdt, walk->node, "reg", &size);
	uint64_t entry;

	if (reg == NULL || walk->depth == 0 || parent->address_cells < 0) {
		return false;
	}
	entry = (uint64_t)(parent->address_cells + parent->size_cells) * CELL_SIZE;
	if (entry == 0U || (index + UINT64_C(1)) * entry > (uint64_t)size) {
		return false;
	}
	reg += index * entry;
	return read_cells(reg, parent->address_cells, &range->base) &&
	       read_cells(
		       reg + parent->address_cells * CELL_SIZE, parent->size_cells, &range->size);
}

bool fdt_walk_reg(const struct fdt_walk *walk, unsigned index, struct boot_range *range)
{
	const struct fdt_level *level = walk->level;
	struct boot_range found;
	uint64_t end;

	if (!fdt_walk_reg_local(walk, index, &found)) {
		return false;
	}
	for (int i = walk->depth - 1; i > 0; i--) {
		if (!translate_up(walk->fdt, &level[i - 1], &level[i], &found.base, found.size)) {
			return false;
		}
	}
	if (add_overflows(found.base, found.size, &end)) {
		return false;
	}
	*range = found;
	return true;
}
