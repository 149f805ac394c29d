/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One pass over a devicetree, each tag read once, that keeps what reg and ranges need: the chain of
 * ancestors with their #address-cells and #size-cells.
 */
#ifndef FDTWALK_FDTWALK_H
#define FDTWALK_FDTWALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi/boot_info.h"

#define FDT_WALK_DEPTH 16

/* A property's value, in the tree. */
struct fdt_value {
	const uint8_t *bytes; /* NULL: there is no such property */
	int size;
};

struct fdt_level {
	int node;
	int8_t address_cells; /* of its children; -1: malformed, no child's reg can be read */
	int8_t size_cells;
	bool enabled; /* its status, and that of everything above it */
	bool is_open; /* its children's addresses are the CPU's: empty ranges, here and above */
	struct fdt_value ranges;
};

struct fdt_walk {
	const void *fdt;
	int node;  /* the current node; < 0: the end */
	int depth; /* 0: the root */
	/* Of the current node. */
	struct fdt_value compatible, device_type, reg;
	struct fdt_level level[FDT_WALK_DEPTH]; /* [depth] is the current node itself */
	/* The tag behind what has been read: what it is, where it lies, where the next one does. */
	uint32_t tag;
	int at, next;
};

/* Begins at the root of a devicetree that fdtcheck_full() has passed. */
void fdt_walk_init(struct fdt_walk *walk, const void *fdt);

/* To the next node; subtrees deeper than FDT_WALK_DEPTH are passed over. False at the end. */
bool fdt_walk_next(struct fdt_walk *walk);

/* Is the current node, and its parents, without a status other than "okay"? */
bool fdt_walk_is_enabled(const struct fdt_walk *walk);

/* The name of the node at a level up to the current one, with its unit address. */
const char *fdt_walk_name(const struct fdt_walk *walk, int level);

/* Is `path`, of `length` bytes in a string, the whole path of the current node? */
bool fdt_walk_is_at(const struct fdt_walk *walk, const char *path, size_t length);

/* Entry `index` of the current node's reg, translated through all ranges to an address of the
 * CPU. False: no such entry, no translation, or it wraps. Size 0 is passed on. */
bool fdt_walk_reg(const struct fdt_walk *walk, unsigned index, struct boot_range *range);

/* The same without translation, for a reg that is no address of the CPU (a CPU's MPIDR). */
bool fdt_walk_reg_local(const struct fdt_walk *walk, unsigned index, struct boot_range *range);

/* Entry `index` of the current node's reg, or of the addresses above it to which its ranges
 * translate, as it stands there. BAD: the property is malformed. A size without cells is 0. */
enum fdt_list { FDT_LIST_REG, FDT_LIST_RANGES };
enum fdt_entry { FDT_ENTRY_GOOD, FDT_ENTRY_NONE, FDT_ENTRY_BAD };
enum fdt_entry fdt_walk_entry(
	const struct fdt_walk *walk, enum fdt_list list, unsigned index, struct boot_range *range);

/* The string behind `previous` (NULL: the first one) in the current node's compatible list; NULL at
 * its end. What has no NUL at its end is no string. */
const char *fdt_walk_compatible(const struct fdt_walk *walk, const char *previous);

/* Does the current node's compatible list hold `name`? */
bool fdt_walk_is(const struct fdt_walk *walk, const char *name);

/* Is the value exactly this string? */
bool fdt_value_is(const struct fdt_value *value, const char *text);

/* The property's value. */
struct fdt_value fdt_prop(const void *fdt, int node, const char *name);

/* A property of one cell, or of one or two (big-endian). False: absent or another size. */
bool fdt_prop_u32(const void *fdt, int node, const char *name, uint32_t *v);
bool fdt_prop_u64(const void *fdt, int node, const char *name, uint64_t *v);

#endif
