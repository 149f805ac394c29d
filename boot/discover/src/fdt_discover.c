/* SPDX-License-Identifier: Apache-2.0 */
#include "discover/discover.h"

#include <libfdt.h>
#include <stdint.h>

#include "base/bits.h"
#include "base/compiler.h"
#include "fdt_nodes.h"
#include "fdtcheck/fdtcheck.h"
#include "fdtwalk/fdtwalk.h"

#define NO_NODE (-1)

/* Every tree in use has it; in older ones properties lie otherwise, and libfdt 1.6.1 may follow a
 * null pointer. */
#define FDT_VERSION_MIN 17U

static void find_timer(
	const struct fdt_walk *walk, struct fdt_found *found, struct machine *machine)
{
	(void)machine;
	if (found->timer < 0) {
		found->timer = walk->node;
	}
}

/* Where the firmware names no console, the first UART that we know is one. */
static void find_uart(const struct fdt_walk *walk, struct fdt_found *found, struct machine *machine)
{
	if (found->uart < 0 && fdt_read_uart(walk, machine)) {
		found->uart = walk->node;
		found->uart_depth = walk->depth;
	}
}

/* Devices by their compatible strings; of a node's, the first that is here counts. */
static const struct {
	const char *compatible;
	void (*read)(const struct fdt_walk *walk, struct fdt_found *found, struct machine *machine);
} readers[] = {
	{"arm,gic-v3", fdt_read_gicv3},
	{"arm,gic-400", fdt_read_gicv2},
	{"arm,cortex-a15-gic", fdt_read_gicv2},
	{"arm,cortex-a7-gic", fdt_read_gicv2},
	{"arm,psci-1.0", fdt_read_psci},
	{"arm,psci-0.2", fdt_read_psci},
	{"arm,pl031", fdt_read_rtc},
	{"arm,pl011", find_uart},
	{"arm,armv8-timer", find_timer},
};

size_t discover_fdt_size(const void *fdt)
{
	const uint32_t *word = fdt; /* magic and totalsize, big-endian */
	size_t size;

	if (fdt == NULL || __builtin_bswap32(word[0]) != FDT_MAGIC) {
		return 0;
	}
	size = __builtin_bswap32(word[1]);
	return size >= FDT_V17_SIZE && size <= DISCOVER_FDT_MAX ? size : 0;
}

static bool is_in(const struct fdt_walk *walk, const char *parent)
{
	return walk->depth == 2 && strcmp(fdt_walk_name(walk, 1), parent) == 0;
}

static void read_device(
	const struct fdt_walk *walk, struct fdt_found *found, struct machine *machine)
{
	const char *string = NULL;

	while ((string = fdt_walk_compatible(walk, string)) != NULL) {
		for (size_t i = 0; i < ARRAY_SIZE(readers); i++) {
			if (strcmp(string, readers[i].compatible) == 0) {
				readers[i].read(walk, found, machine);
				return;
			}
		}
	}
}

/* What is read after the walk, when all of it is known. */
static void find_named(const struct fdt_walk *walk, struct fdt_found *found)
{
	const char *name = fdt_walk_name(walk, 1);

	if (strcmp(name, "chosen") == 0) {
		found->chosen = walk->node;
	} else if (strcmp(name, "aliases") == 0) {
		found->aliases = walk->node;
	}
}

/* Everything but what /chosen and the memory reservation block say. */
static enum plinth_status read_node(
	const struct fdt_walk *walk, struct fdt_found *found, struct machine *machine)
{
	if (walk->depth == 1) {
		find_named(walk, found);
	}
	if (is_in(walk, "reserved-memory")) {
		return fdt_read_reserved(walk, machine);
	}
	if (!fdt_walk_is_enabled(walk)) {
		return PLINTH_OK;
	}
	if (walk->depth == 1 && fdt_value_is(&walk->device_type, "memory")) {
		fdt_read_memory(walk, machine);
	} else if (is_in(walk, "cpus")) {
		fdt_read_cpu(walk, machine);
	} else {
		read_device(walk, found, machine);
	}
	return PLINTH_OK;
}

/* The console is the UART that /chosen names, which the walk may have come to before it knew. That
 * one lies at the top more often than not. */
static void take_console(struct fdt_walk *walk, struct fdt_found *found, struct machine *machine)
{
	size_t length;
	const char *path = fdt_stdout_path(walk->fdt, found, &length);
	int node;

	if (path == NULL || fdt_is_top(walk->fdt, found, path, length)) {
		return;
	}
	node = fdt_path_offset_namelen(walk->fdt, path, (int)length);
	if (node < 0) {
		return;
	}
	found->uart = NO_NODE;
	machine->uart = (struct boot_uart){.type = BOOT_UART_NONE};
	fdt_walk_init(walk, walk->fdt);
	while (fdt_walk_next(walk)) {
		if (walk->node == node && fdt_walk_is_enabled(walk) &&
			fdt_walk_is(walk, "arm,pl011")) {
			find_uart(walk, found, machine);
		}
	}
}

static enum plinth_status read_tree(const void *fdt, struct machine *machine)
{
	struct fdt_found found = {NO_NODE, NO_NODE, NO_NODE, 0, NO_NODE, NO_NODE};
	enum plinth_status status = PLINTH_OK;
	struct fdt_walk walk;

	fdt_walk_init(&walk, fdt);
	while (status == PLINTH_OK && fdt_walk_next(&walk)) {
		status = read_node(&walk, &found, machine);
	}
	if (found.chosen >= 0) {
		take_console(&walk, &found, machine);
		fdt_read_chosen(fdt, found.chosen, machine);
	}
	fdt_read_interrupts(fdt, &found, machine);
	return status;
}

enum plinth_status discover_fdt(
	const void *fdt, size_t size, struct machine *machine, const char **why)
{
	enum plinth_status status;
	int error;

	memset(machine, 0, sizeof(*machine));
	if (fdt == NULL || size < FDT_V17_SIZE || !is_aligned((uintptr_t)fdt, 8U)) {
		*why = "no devicetree";
		return PLINTH_EINVAL;
	}
	if (fdt_magic(fdt) == FDT_MAGIC && fdt_version(fdt) < FDT_VERSION_MIN) {
		*why = "a devicetree of a version before 17";
		return PLINTH_EINVAL;
	}
	error = fdtcheck_full(fdt, size);
	if (error != 0) {
		*why = fdt_strerror(error);
		return PLINTH_EINVAL;
	}
	status = fdt_read_memreserve(fdt, machine);
	if (status == PLINTH_OK) {
		status = read_tree(fdt, machine);
	}
	if (status != PLINTH_OK) {
		*why = "more reserved memory ranges than there is room for";
	}
	return status;
}
