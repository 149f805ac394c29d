/* SPDX-License-Identifier: Apache-2.0 */
#include "fdtwalk/fdtwalk.h"

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

bool fdt_walk_is(const struct fdt_walk *walk, const char *name)
{
	return walk->compatible != NULL &&
	       fdt_stringlist_contains(walk->compatible, walk->compatible_size, name) != 0;
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

/* #address-cells or #size-cells (devicetree specification, 2.3.5), -1: malformed. */
static int cell_count(const void *value, int size)
{
	uint32_t count = size == CELL_SIZE ? fdt32_ld(value) : UINT32_MAX;

	return count <= FDT_MAX_NCELLS ? (int)count : -1;
}

static bool is_text(const void *value, int size, const char *text)
{
	size_t wanted = strlen(text) + 1U;

	return (size_t)size == wanted && memcmp(value, text, wanted) == 0;
}

/* What the walk wants of one property. */
static void take_property(
	struct fdt_walk *walk, const char *name, const void *value, int size, bool *okay)
{
	struct fdt_level *level = &walk->level[walk->depth];

	if (strcmp(name, "compatible") == 0) {
		walk->compatible = value;
		walk->compatible_size = size;
	} else if (strcmp(name, "#address-cells") == 0) {
		level->address_cells = cell_count(value, size);
	} else if (strcmp(name, "#size-cells") == 0) {
		level->size_cells = cell_count(value, size);
	} else if (strcmp(name, "ranges") == 0) {
		level->is_open = size == 0;
	} else if (strcmp(name, "device_type") == 0) {
		walk->is_memory = is_text(value, size, "memory");
	} else if (strcmp(name, "status") == 0) {
		*okay = is_text(value, size, "okay") || is_text(value, size, "ok");
	}
}

/* Fills what the walk keeps of the node that it stands on, in one pass over its properties: looking
 * each one up by name would be a pass of its own, and this is a good part of a cold start. */
static void enter_node(struct fdt_walk *walk)
{
	struct fdt_level *level = &walk->level[walk->depth];
	bool okay = true;
	int property;

	*level = (struct fdt_level){.node = walk->node, .address_cells = 2, .size_cells = 1};
	walk->compatible = NULL;
	walk->is_memory = false;
	fdt_for_each_property_offset(property, walk->fdt, walk->node)
	{
		const char *name;
		int size;
		const void *value = fdt_getprop_by_offset(walk->fdt, property, &name, &size);

		if (value != NULL) {
			take_property(walk, name, value, size, &okay);
		}
	}
	if (level->address_cells <= 0 || level->size_cells < 0) {
		level->address_cells = -1;
	}
	level->enabled = okay && (walk->depth == 0 || level[-1].enabled);
	level->is_open = walk->depth == 0 || (level->is_open && level[-1].is_open);
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

enum fdt_entry fdt_walk_entry(
	const struct fdt_walk *walk, enum fdt_list list, unsigned index, struct boot_range *range)
{
	const struct fdt_level *level = &walk->level[walk->depth];
	const struct fdt_level *parent = walk->depth > 0 ? level - 1 : level;
	const struct fdt_level *sizes = list == FDT_LIST_RANGES ? level : parent;
	int skipped = list == FDT_LIST_RANGES ? level->address_cells : 0;
	int size;
	const uint8_t *p = fdt_getprop(
		walk->fdt, walk->node, list == FDT_LIST_RANGES ? "ranges" : "reg", &size);
	uint64_t entry =
		(uint64_t)(skipped + parent->address_cells + sizes->size_cells) * CELL_SIZE;

	if (p == NULL || size == 0) {
		return FDT_ENTRY_NONE;
	}
	if (skipped < 0 || parent->address_cells < 0) {
		return FDT_ENTRY_BAD;
	}
	if ((index + UINT64_C(1)) * entry > (uint64_t)size) {
		return index * entry == (uint64_t)size ? FDT_ENTRY_NONE : FDT_ENTRY_BAD;
	}
	p += index * entry + (uint64_t)(skipped * CELL_SIZE);
	return read_cells(p, parent->address_cells, &range->base) &&
			       read_cells(p + parent->address_cells * CELL_SIZE, sizes->size_cells,
				       &range->size)
		       ? FDT_ENTRY_GOOD
		       : FDT_ENTRY_BAD;
}

bool fdt_walk_reg_local(const struct fdt_walk *walk, unsigned index, struct boot_range *range)
{
	return walk->depth > 0 &&
	       fdt_walk_entry(walk, FDT_LIST_REG, index, range) == FDT_ENTRY_GOOD;
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
