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

/* Every tree in use has it; with older ones fdt_check_full() of libfdt 1.6.1 itself reads through
 * a null pointer. */
#define FDT_VERSION_MIN 17U

/* Devices by their compatible strings; the first match of a kind wins. */
static const struct {
	const char *compatible;
	void (*read)(const struct fdt_walk *walk, struct machine *machine);
} readers[] = {
	{"arm,gic-v3", fdt_read_gicv3},
	{"arm,gic-400", fdt_read_gicv2},
	{"arm,cortex-a15-gic", fdt_read_gicv2},
	{"arm,cortex-a7-gic", fdt_read_gicv2},
	{"arm,psci-1.0", fdt_read_psci},
	{"arm,psci-0.2", fdt_read_psci},
	{"arm,pl031", fdt_read_rtc},
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
	const char *name;

	if (walk->depth != 2) {
		return false;
	}
	name = fdt_get_name(walk->fdt, walk->level[1].node, NULL);
	return name != NULL && strcmp(name, parent) == 0;
}

static void read_device(
	const struct fdt_walk *walk, struct fdt_found *found, struct machine *machine)
{
	uint32_t gic_version = machine->gic.version;

	for (size_t i = 0; i < ARRAY_SIZE(readers); i++) {
		if (fdt_walk_is(walk, readers[i].compatible)) {
			readers[i].read(walk, machine);
			break;
		}
	}
	if (machine->gic.version != gic_version) {
		found->gic = walk->node;
	}
	if (found->timer < 0 && fdt_walk_is(walk, "arm,armv8-timer")) {
		found->timer = walk->node;
	}
	/* Where the firmware names no console, the first UART that we know is one. */
	if (walk->node == found->stdout_node ||
		(found->stdout_node < 0 && machine->uart.type == BOOT_UART_NONE)) {
		fdt_read_uart(walk, machine);
		found->uart = machine->uart.type != BOOT_UART_NONE ? walk->node : NO_NODE;
	}
}

/* Everything but what /chosen and the memory reservation block say. */
static enum plinth_status read_node(
	const struct fdt_walk *walk, struct fdt_found *found, struct machine *machine)
{
	if (is_in(walk, "reserved-memory")) {
		return fdt_read_reserved(walk, machine);
	}
	if (!fdt_walk_is_enabled(walk)) {
		return PLINTH_OK;
	}
	if (walk->depth == 1 && walk->is_memory) {
		fdt_read_memory(walk, machine);
	} else if (is_in(walk, "cpus")) {
		fdt_read_cpu(walk, machine);
	} else {
		read_device(walk, found, machine);
	}
	return PLINTH_OK;
}

static enum plinth_status read_tree(const void *fdt, struct machine *machine)
{
	int chosen = fdt_path_offset(fdt, "/chosen");
	struct fdt_found found = {NO_NODE, NO_NODE, NO_NODE, fdt_stdout_node(fdt, chosen)};
	enum plinth_status status = PLINTH_OK;
	struct fdt_walk walk;

	fdt_walk_init(&walk, fdt);
	while (status == PLINTH_OK && fdt_walk_next(&walk)) {
		status = read_node(&walk, &found, machine);
	}
	fdt_read_interrupts(fdt, &found, machine);
	if (chosen >= 0) {
		fdt_read_chosen(fdt, chosen, machine);
	}
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
