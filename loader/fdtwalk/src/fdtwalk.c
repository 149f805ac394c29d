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

const char *fdt_walk_compatible(const struct fdt_walk *walk, const char *previous)
{
	const char *list = (const char *)walk->compatible.bytes;
	size_t size = list != NULL ? (size_t)walk->compatible.size : 0U;
	size_t at = previous != NULL ? (size_t)(previous - list) + strlen(previous) + 1U : 0U;

	return at < size && strnlen(list + at, size - at) != size - at ? list + at : NULL;
}

bool fdt_walk_is(const struct fdt_walk *walk, const char *name)
{
	const char *string = NULL;

	while ((string = fdt_walk_compatible(walk, string)) != NULL) {
		if (strcmp(string, name) == 0) {
			return true;
		}
	}
	return false;
}

bool fdt_value_is(const struct fdt_value *value, const char *text)
{
	size_t wanted = strlen(text) + 1U;

	return value->bytes != NULL && (size_t)value->size == wanted &&
	       memcmp(value->bytes, text, wanted) == 0;
}

struct fdt_value fdt_prop(const void *fdt, int node, const char *name)
{
	struct fdt_value value;

	value.bytes = fdt_getprop(fdt, node, name, &value.size);
	return value;
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
static int8_t cell_count(const struct fdt_value *value)
{
	uint32_t count =
		value->size == CELL_SIZE ? fdt32_ld((const void *)value->bytes) : UINT32_MAX;

	return count <= FDT_MAX_NCELLS ? (int8_t)count : -1;
}

/* Most names differ in the first character from most that are wanted. */
static bool is_named(const char *name, const char *wanted)
{
	return name[0] == wanted[0] && strcmp(name, wanted) == 0;
}

/* What the walk wants of one property. */
static void take_property(
	struct fdt_walk *walk, const char *name, const struct fdt_value *value, bool *okay)
{
	struct fdt_level *level = &walk->level[walk->depth];

	if (is_named(name, "compatible")) {
		walk->compatible = *value;
	} else if (is_named(name, "reg")) {
		walk->reg = *value;
	} else if (is_named(name, "#address-cells")) {
		level->address_cells = cell_count(value);
	} else if (is_named(name, "#size-cells")) {
		level->size_cells = cell_count(value);
	} else if (is_named(name, "ranges")) {
		level->ranges = *value;
	} else if (is_named(name, "device_type")) {
		walk->device_type = *value;
	} else if (is_named(name, "status")) {
		*okay = fdt_value_is(value, "okay") || fdt_value_is(value, "ok");
	}
}

static void step(struct fdt_walk *walk)
{
	walk->at = walk->next;
	walk->tag = fdt_next_tag(walk->fdt, walk->at, &walk->next);
}

/* The property that the walk has come to. fdtcheck_full() has seen that all of it lies in the
 * tree, and its name in the strings. */
static void read_property(struct fdt_walk *walk, bool *okay)
{
	const struct fdt_property *property =
		fdt_offset_ptr(walk->fdt, walk->at, (unsigned)sizeof(*property));
	const char *strings = (const char *)walk->fdt + fdt_off_dt_strings(walk->fdt);
	const struct fdt_value value = {
		(const uint8_t *)property->data, (int)fdt32_ld(&property->len)};

	take_property(walk, strings + fdt32_ld(&property->nameoff), &value, okay);
}

/* Fills what the walk keeps of the node that it has come to, up to the first tag that is no
 * property. Looking each one up by its name would pass all before it again, and this is a good part
 * of a cold start. */
static void enter_node(struct fdt_walk *walk)
{
	struct fdt_level *level = &walk->level[walk->depth];
	const struct fdt_value none = {NULL, 0};
	bool okay = true;

	walk->node = walk->at;
	walk->compatible = none;
	walk->device_type = none;
	walk->reg = none;
	*level = (struct fdt_level){.node = walk->node, .address_cells = 2, .size_cells = 1};
	for (step(walk); walk->tag == FDT_PROP || walk->tag == FDT_NOP; step(walk)) {
		if (walk->tag == FDT_PROP) {
			read_property(walk, &okay);
		}
	}
	if (level->address_cells <= 0 || level->size_cells < 0) {
		level->address_cells = -1;
	}
	level->enabled = okay && (walk->depth == 0 || level[-1].enabled);
	level->is_open = walk->depth == 0 || (level->ranges.bytes != NULL &&
						     level->ranges.size == 0 && level[-1].is_open);
}

void fdt_walk_init(struct fdt_walk *walk, const void *fdt)
{
	walk->fdt = fdt;
	walk->depth = 0;
	walk->next = 0;
	do {
		step(walk);
	} while (walk->tag == FDT_NOP);
	enter_node(walk);
}

bool fdt_walk_next(struct fdt_walk *walk)
{
	for (; walk->tag != FDT_END && walk->depth >= 0; step(walk)) {
		if (walk->tag == FDT_END_NODE) {
			walk->depth--;
		} else if (walk->tag == FDT_BEGIN_NODE && ++walk->depth < FDT_WALK_DEPTH) {
			enter_node(walk);
			return true;
		}
	}
	walk->node = -1;
	return false;
}

const char *fdt_walk_name(const struct fdt_walk *walk, int level)
{
	return fdt_offset_ptr(walk->fdt, walk->level[level].node + (int)FDT_TAGSIZE, 1);
}

bool fdt_walk_is_at(const struct fdt_walk *walk, const char *path, size_t length)
{
	const char *end = path + length;

	for (int i = 1; i <= walk->depth; i++) {
		const char *name = fdt_walk_name(walk, i);
		size_t part = strlen(name);

		if (*path != '/' || strncmp(path + 1, name, part) != 0) {
			return false;
		}
		path += 1U + part;
	}
	return path == end;
}

bool fdt_walk_is_enabled(const struct fdt_walk *walk)
{
	return walk->level[walk->depth].enabled;
}

/* Maps *address of `bus`'s children to an address of its parent, by bus's ranges. */
static bool translate_up(const struct fdt_level *parent, const struct fdt_level *bus,
	uint64_t *address, uint64_t range_size)
{
	int size = bus->ranges.size;
	const uint8_t *p = bus->ranges.bytes;
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
	const struct fdt_value *value = list == FDT_LIST_RANGES ? &level->ranges : &walk->reg;
	const uint8_t *p = value->bytes;
	uint64_t entry =
		(uint64_t)(skipped + parent->address_cells + sizes->size_cells) * CELL_SIZE;

	if (p == NULL || value->size == 0) {
		return FDT_ENTRY_NONE;
	}
	if (skipped < 0 || parent->address_cells < 0) {
		return FDT_ENTRY_BAD;
	}
	if ((index + UINT64_C(1)) * entry > (uint64_t)value->size) {
		return index * entry == (uint64_t)value->size ? FDT_ENTRY_NONE : FDT_ENTRY_BAD;
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
		if (!translate_up(&level[i - 1], &level[i], &found.base, found.size)) {
			return false;
		}
	}
	if (add_overflows(found.base, found.size, &end)) {
		return false;
	}
	*range = found;
	return true;
}
