/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The machine's own devicetree, as far as devices for guests go. Pure. The tree has passed
 * fdtcheck_full(); what is said in it is not trusted further than that.
 */
#ifndef LOADER_HOST_FDT_H
#define LOADER_HOST_FDT_H

#include <stdbool.h>
#include <stdint.h>

#define HOST_FDT_DEPTH	 8U
#define HOST_FDT_REG_MAX 4U

/* A node with its ancestors. */
struct host_node {
	const void *fdt;
	int node;
	int depth;		      /* of node; the root has 0 */
	int ancestor[HOST_FDT_DEPTH]; /* [0] is the root, [depth] the node itself */
};

struct host_reg {
	uint64_t base;
	uint64_t size;
};

/* Before the first node. */
void host_node_begin(struct host_node *walk, const void *fdt);

/* To the next node, the root not counted; those deeper than HOST_FDT_DEPTH - 1 are passed over.
 * False: there is none. */
bool host_node_next(struct host_node *walk);

/* The node at the path, each of whose parts is a node's whole name. False: there is none. */
bool host_node_find(const void *fdt, const char *path, struct host_node *found);

/* Its name with the unit address. */
const char *host_node_name(const struct host_node *node);

/* Is there no status but "okay", here and above? */
bool host_node_is_enabled(const struct host_node *node);

/* Has it nodes below it that are too deep for host_node_next(), and that CPUs may reach? */
bool host_node_is_cut(const struct host_node *node);

/* Are its addresses those of the CPUs: does every bus above have empty `ranges`? */
bool host_node_has_cpu_addresses(const struct host_node *node);

/* Are its addresses those of the CPUs, and those by which it reaches memory, too: does every bus
 * above say so? */
bool host_node_is_direct(const struct host_node *node);

/* Does it see what CPUs have in their caches (devicetree specification 0.4, 2.3.10)? */
bool host_node_is_coherent(const struct host_node *node);

bool host_node_is(const struct host_node *node, const char *compatible);

/* The index-th of reg, or of the addresses to which ranges translates; with has_cpu_addresses. Of
 * size 0 too. BAD: the property is malformed, or an entry wraps. */
enum host_list { HOST_REG, HOST_RANGES };
enum host_entry { HOST_ENTRY_GOOD, HOST_ENTRY_NONE, HOST_ENTRY_BAD };
enum host_entry host_node_entry(
	const struct host_node *node, enum host_list list, uint32_t index, struct host_reg *entry);

/* Its reg, at most HOST_FDT_REG_MAX entries; the number of them, 0: none, malformed, more, or
 * what is no address (size 0). Entries do not wrap. */
uint32_t host_node_reg(const struct host_node *node, struct host_reg reg[HOST_FDT_REG_MAX]);

/* Do its interrupts go to an Arm GIC with specifiers of three cells? */
bool host_node_has_gic(const struct host_node *node);

#endif
