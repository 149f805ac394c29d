/* SPDX-License-Identifier: Apache-2.0 */
#include "assigned.h"

#include <libfdt.h>
#include <string.h>

#include "abi/guest_map.h"
#include "base/bits.h"
#include "base/checked.h"
#include "base/types.h"
#include "fdtcheck/fdtcheck.h"
#include "fdtwalk/fdtwalk.h"

/* The GIC's binding. */
#define GIC_CELLS    3U
#define GIC_KIND_SPI 0U
#define GIC_EDGE     1U
#define GIC_LEVEL    4U
#define GIC_SPI_MAX  256U /* ids that a VM can have: core/vgic */
#define CELL_SIZE    4U

/* Of a node without its name and what is copied: both ends, the registers, dma-coherent. */
#define NODE_BOUND                                                                                 \
	(sizeof(struct fdt_node_header) + 2U * CELL_SIZE + 2U * sizeof(struct fdt_property) +      \
		sizeof("reg") + sizeof("dma-coherent") + ASSIGNED_REG_MAX * 4U * CELL_SIZE)

struct finder {
	const struct assigned_input *input;
	struct assigned *assigned;
	struct loader_error *error;
	const char *name; /* of the node that is being looked at */
	struct fdt_walk walk;
};

/* The image has room for few texts, and for few ways to say them. */
static enum plinth_status refuse(struct finder *finder, const char *why)
{
	return loader_fail(finder->error, "assign: \"%s\" %s", finder->name, why);
}

static enum plinth_status refuse_shared(
	struct finder *finder, const char *what, const struct vm_config *other)
{
	return loader_fail(finder->error, "assign: \"%s\" shares %s with VM \"%s\"", finder->name,
		what, other->name);
}

static uint64_t pages_start(const struct vm_device *d)
{
	return align_down(d->base, PAGE_SIZE);
}

static uint64_t pages_size(const struct vm_device *d)
{
	return align_up(d->base + d->size, PAGE_SIZE) - pages_start(d);
}

static bool has_pages_of(
	const struct vm_device *devices, uint32_t count, uint64_t base, uint64_t size)
{
	for (uint32_t i = 0; i < count; i++) {
		if (ranges_overlap(pages_start(&devices[i]), pages_size(&devices[i]), base, size)) {
			return true;
		}
	}
	return false;
}

/* `names` ends with a NUL more, for libfdt may look one byte beyond a list. */
static bool is_one_of(const char *names, size_t size, const char *name)
{
	return fdt_stringlist_contains(names, (int)size - 1, name) != 0;
}

/* What can be copied as it is: no number in it names something of the machine. Interrupts have the
 * same numbers, and specifiers, as on the machine. */
static bool is_copied(const char *name)
{
	static const char names[] =
		"compatible\0interrupt-names\0interrupts\0reg-io-width\0reg-names\0reg-shift\0";

	return is_one_of(names, sizeof(names), name);
}

/* What is written anew, or of no use to the guest. */
static bool is_replaced(const char *name)
{
	static const char names[] = "dma-coherent\0dma-noncoherent\0interrupt-parent\0"
				    "linux,phandle\0phandle\0reg\0status\0";

	return is_one_of(names, sizeof(names), name);
}

static enum plinth_status check_properties(struct finder *finder)
{
	const void *fdt = finder->walk.fdt;
	int offset;

	fdt_for_each_property_offset(offset, fdt, finder->walk.node)
	{
		const char *name = "?";
		int size = 0;

		(void)fdt_getprop_by_offset(fdt, offset, &name, &size);
		if (!is_copied(name) && !is_replaced(name)) {
			return loader_fail(finder->error,
				"assign: \"%s\" has \"%s\", which cannot be copied", finder->name,
				name);
		}
		finder->assigned->bound += (uint32_t)(sizeof(struct fdt_property) + strlen(name) +
						      1U + align_up((uint64_t)size, CELL_SIZE));
	}
	return fdt_first_subnode(fdt, finder->walk.node) >= 0
		       ? refuse(finder, "has nodes below it, which cannot be copied")
		       : PLINTH_OK;
}

static int value_size(const struct fdt_walk *walk, int level, const char *name)
{
	int size;

	(void)fdt_getprop(walk->fdt, walk->level[level].node, name, &size);
	return size; /* negative: there is none */
}

/* Does every bus above say that the device reaches memory by the CPUs' addresses, too? */
static bool is_direct(const struct fdt_walk *walk)
{
	bool is_moved = false;

	for (int i = 0; i < walk->depth; i++) {
		is_moved = is_moved || value_size(walk, i, "dma-ranges") > 0;
	}
	return walk->level[walk->depth - 1].is_open && !is_moved;
}

/* Does it see what CPUs have in their caches (devicetree specification 0.4, 2.3.10)? */
static bool is_coherent(const struct fdt_walk *walk)
{
	int i = walk->depth;

	while (i > 0 && value_size(walk, i, "dma-coherent") < 0 &&
		value_size(walk, i, "dma-noncoherent") < 0) {
		i--;
	}
	return value_size(walk, i, "dma-coherent") >= 0;
}

static enum plinth_status check_node(struct finder *finder)
{
	const struct fdt_walk *walk = &finder->walk;
	const char *why = NULL;

	if (!fdt_walk_is_enabled(walk)) {
		why = "is disabled";
	} else if (!is_direct(walk)) {
		why = "is on a bus that translates addresses";
	} else if (finder->input->loader->host.has_fwb && !is_coherent(walk)) {
		why = "is not dma-coherent, and guests' memory here is always cached "
		      "(FEAT_S2FWB)";
	}
	return why == NULL ? check_properties(finder) : refuse(finder, why);
}

static enum plinth_status check_place(struct finder *finder, const struct vm_device *device)
{
	const struct loader *loader = finder->input->loader;
	const struct vmdesc *desc = finder->input->desc;
	uint64_t start = pages_start(device);
	uint64_t size = pages_size(device);
	uint64_t ram = align_down(desc->ram_base, BLOCK_1G);
	uint64_t ram_end = align_up(desc->ram_base + desc->memory, BLOCK_1G);

	if (!range_contains(0, BIT(loader->host.ipa_bits), start, size) ||
		ranges_overlap(start, size, VM_DEVICES_BASE, VM_DEVICES_END - VM_DEVICES_BASE) ||
		ranges_overlap(start, size, ram, ram_end - ram)) {
		return refuse(finder, "lies where the VM has something of its own");
	}
	if (loader->ops->is_spare == NULL || !loader->ops->is_spare(loader->ctx, start, size)) {
		return refuse(finder, "shares its pages with memory or a device of Plinth's");
	}
	for (size_t i = 0; i < finder->input->other_count; i++) {
		const struct vm_config *other = &finder->input->others[i];

		if (has_pages_of(other->devices, other->device_count, start, size)) {
			return refuse_shared(finder, "its 4 KiB page", other);
		}
	}
	return PLINTH_OK;
}

static enum plinth_status add_device(struct finder *finder, const struct boot_range *reg)
{
	struct assigned *assigned = finder->assigned;
	const struct vm_device device = {reg->base, (uint32_t)reg->size,
		fdt_walk_is(&finder->walk, "virtio,mmio") ? VM_DEVICE_VIRTIO : 0U};
	enum plinth_status status = check_place(finder, &device);

	for (uint32_t i = 0; i < assigned->device_count && status == PLINTH_OK; i++) {
		const struct vm_device *other = &assigned->devices[i];

		if (other->base == device.base) {
			return other->size == device.size && other->flags == device.flags
				       ? PLINTH_OK
				       : refuse(finder, "is described twice, differently");
		}
	}
	if (status == PLINTH_OK && assigned->device_count == VM_DEVICE_MAX) {
		return refuse(finder, "is one too many, those in the same pages counted");
	}
	if (status == PLINTH_OK) {
		assigned->devices[assigned->device_count++] = device;
	}
	return status;
}

static enum plinth_status add_registers(struct finder *finder, struct assigned_node *node)
{
	enum fdt_entry entry = FDT_ENTRY_GOOD;
	enum plinth_status status = PLINTH_OK;
	struct boot_range reg;

	while (status == PLINTH_OK && (entry = fdt_walk_entry(&finder->walk, FDT_LIST_REG,
					       node->reg_count, &reg)) == FDT_ENTRY_GOOD) {
		if (node->reg_count == ASSIGNED_REG_MAX || reg.size - 1U >= UINT32_MAX) {
			entry = FDT_ENTRY_BAD;
			break;
		}
		node->reg[node->reg_count++] = reg;
		status = add_device(finder, &reg);
	}
	if (entry == FDT_ENTRY_BAD || node->reg_count == 0U) {
		return refuse(finder, "has no registers, or more than 4 ranges or 4 GiB of them");
	}
	return status;
}

static bool is_interrupt_of(const struct vm_interrupt *interrupts, uint32_t count, uint32_t intid)
{
	for (uint32_t i = 0; i < count; i++) {
		if (interrupts[i].intid == intid) {
			return true;
		}
	}
	return false;
}

static enum plinth_status add_interrupt(struct finder *finder, uint32_t intid, uint32_t flags)
{
	struct assigned *assigned = finder->assigned;

	/* Those of the VM's own devices, whether it has them or not. */
	if (intid == GUEST_SPI_FIRST + GUEST_SPI_UART || intid == GUEST_SPI_FIRST + GUEST_SPI_RTC ||
		intid == GUEST_SPI_FIRST + GUEST_SPI_GPIO ||
		intid == finder->input->loader->host.uart_intid) {
		return refuse(finder, "has an interrupt that the VM or Plinth has already");
	}
	for (size_t i = 0; i < finder->input->other_count; i++) {
		const struct vm_config *other = &finder->input->others[i];

		if (is_interrupt_of(other->interrupts, other->interrupt_count, intid)) {
			return refuse_shared(finder, "an interrupt", other);
		}
	}
	if (is_interrupt_of(assigned->interrupts, assigned->interrupt_count, intid)) {
		return PLINTH_OK; /* of several devices of this VM */
	}
	if (assigned->interrupt_count == VM_INTERRUPT_MAX) {
		return refuse(finder, "has one interrupt too many");
	}
	assigned->interrupts[assigned->interrupt_count++] = (struct vm_interrupt){intid, flags};
	return PLINTH_OK;
}

static bool is_gic(const void *fdt, int node)
{
	static const char names[] =
		"arm,gic-v3\0arm,gic-400\0arm,cortex-a15-gic\0arm,cortex-a7-gic\0";
	const char *name;
	bool is_known = false;

	for (int i = 0; (name = fdt_stringlist_get(fdt, node, "compatible", i, NULL)) != NULL;
		i++) {
		is_known = is_known || is_one_of(names, sizeof(names), name);
	}
	return is_known;
}

/* Do its interrupts go to a GIC, with specifiers of three cells? The nearest interrupt-parent
 * counts (devicetree specification 0.4, 2.4). */
static bool goes_to_gic(const struct fdt_walk *walk)
{
	uint32_t value = 0;
	int gic = -1;
	int i = walk->depth;

	while (i > 0 && value_size(walk, i, "interrupt-parent") < 0) {
		i--;
	}
	if (fdt_prop_u32(walk->fdt, walk->level[i].node, "interrupt-parent", &value)) {
		gic = fdt_node_offset_by_phandle(walk->fdt, value);
	}
	return gic >= 0 && is_gic(walk->fdt, gic) &&
	       fdt_prop_u32(walk->fdt, gic, "#interrupt-cells", &value) && value == GIC_CELLS;
}

/* SPIs, rising edge or high level: what a GIC has. */
static enum plinth_status add_interrupts(struct finder *finder)
{
	int size = 0;
	const fdt32_t *cells =
		fdt_getprop(finder->walk.fdt, finder->walk.node, "interrupts", &size);
	bool is_good = cells == NULL || ((uint32_t)size % (GIC_CELLS * CELL_SIZE) == 0U &&
						goes_to_gic(&finder->walk));
	enum plinth_status status = PLINTH_OK;

	for (; cells != NULL && is_good && status == PLINTH_OK && size > 0;
		size -= (int)(GIC_CELLS * CELL_SIZE), cells += GIC_CELLS) {
		uint32_t number = fdt32_ld(&cells[1]);
		uint32_t trigger = fdt32_ld(&cells[2]);

		is_good = fdt32_ld(&cells[0]) == GIC_KIND_SPI && number < GIC_SPI_MAX &&
			  (trigger == GIC_EDGE || trigger == GIC_LEVEL);
		if (is_good) {
			status = add_interrupt(finder, GUEST_SPI_FIRST + number,
				trigger == GIC_EDGE ? VM_INTERRUPT_EDGE : 0U);
		}
	}
	return is_good ? status
		       : refuse(finder, "has an interrupt that is no SPI of the GIC below 256, or "
					"of another trigger");
}

static struct assigned_node *find_named(struct assigned *assigned, int node)
{
	for (uint32_t i = 0; i < assigned->node_count; i++) {
		if (assigned->nodes[i].node == node) {
			return &assigned->nodes[i];
		}
	}
	return NULL;
}

/* What lies in the same pages comes along. A transport of virtio can be reset with the others,
 * anything else is to be named, so that its owner knows. What lies behind a bus that translates
 * addresses is somewhere in the windows that it has. */
static enum plinth_status check_neighbour(struct finder *finder, enum fdt_list list)
{
	const struct assigned *assigned = finder->assigned;
	enum plinth_status status = PLINTH_OK;
	enum fdt_entry entry;
	struct boot_range reg;
	uint64_t end;

	for (uint32_t i = 0; status == PLINTH_OK && (entry = fdt_walk_entry(&finder->walk, list, i,
							     &reg)) != FDT_ENTRY_NONE;
		i++) {
		if (entry == FDT_ENTRY_BAD || add_overflows(reg.base, reg.size, &end)) {
			return refuse(
				finder, "may lie in the same 4 KiB page: that cannot be read");
		}
		reg.size = max_u64(reg.size, 1); /* one without a size lies there, too */
		if (!has_pages_of(assigned->devices, assigned->device_count, reg.base, reg.size)) {
			continue;
		}
		if (list == FDT_LIST_RANGES || reg.size > UINT32_MAX ||
			!fdt_walk_is(&finder->walk, "virtio,mmio")) {
			return refuse(finder, "shares a 4 KiB page, and is not named");
		}
		status = add_device(finder, &reg);
	}
	return status;
}

static enum plinth_status add_neighbours(struct finder *finder)
{
	struct fdt_walk *walk = &finder->walk;
	enum plinth_status status = PLINTH_OK;

	fdt_walk_init(walk, finder->input->loader->host.fdt);
	while (status == PLINTH_OK && fdt_walk_next(walk)) {
		if (!walk->level[walk->depth - 1].is_open ||
			find_named(finder->assigned, walk->node) != NULL) {
			continue;
		}
		finder->name = fdt_walk_name(walk, walk->depth);
		status = check_neighbour(finder, FDT_LIST_REG);
		if (status == PLINTH_OK) {
			status = check_neighbour(finder, FDT_LIST_RANGES);
		}
		if (status == PLINTH_OK && walk->depth == FDT_WALK_DEPTH - 1 &&
			walk->level[walk->depth].is_open &&
			fdt_first_subnode(walk->fdt, walk->node) >= 0) {
			status = refuse(finder, "has nodes too deep below it");
		}
	}
	return status;
}

static bool find_node(struct fdt_walk *walk, const void *fdt, const char *path)
{
	size_t length = strlen(path);

	fdt_walk_init(walk, fdt);
	while (fdt_walk_next(walk)) {
		if (fdt_walk_is_at(walk, path, length)) {
			return true;
		}
	}
	return false;
}

static enum plinth_status add_node(struct finder *finder)
{
	struct assigned *assigned = finder->assigned;
	struct assigned_node *node = &assigned->nodes[assigned->node_count];
	enum plinth_status status;

	if (!find_node(&finder->walk, finder->input->loader->host.fdt, finder->name)) {
		return refuse(finder, "is not in the machine's devicetree");
	}
	if (assigned->node_count == ASSIGNED_MAX ||
		find_named(assigned, finder->walk.node) != NULL) {
		return refuse(finder, "is named twice, or one too many");
	}
	*node = (struct assigned_node){
		.node = finder->walk.node, .is_coherent = is_coherent(&finder->walk)};
	assigned->node_count++;
	assigned->bound += (uint32_t)(NODE_BOUND + strlen(finder->name));
	status = check_node(finder);
	if (status == PLINTH_OK) {
		status = add_registers(finder, node);
	}
	return status == PLINTH_OK ? add_interrupts(finder) : status;
}

enum plinth_status assigned_find(
	const struct assigned_input *input, struct assigned *assigned, struct loader_error *error)
{
	const struct loader_host *host = &input->loader->host;
	const struct property *property = &input->desc->assign;
	struct finder finder = {.input = input, .assigned = assigned, .error = error};
	enum plinth_status status = PLINTH_OK;
	size_t offset = 0;

	*assigned = (struct assigned){.fdt = host->fdt};
	if (property->name == NULL) {
		return PLINTH_OK;
	}
	if (host->fdt == NULL || fdtcheck_full(host->fdt, host->fdt_size) != 0) {
		return loader_fail(error,
			"assign: needs a machine that a devicetree describes, and a "
			"VM of its boot loader's bundle");
	}
	while (status == PLINTH_OK && property_next_string(property, &offset, &finder.name)) {
		status = add_node(&finder);
	}
	if (status == PLINTH_OK && (offset < property->size || assigned->node_count == 0U)) {
		return loader_fail(error, "assign: is not a list of strings");
	}
	return status == PLINTH_OK ? add_neighbours(&finder) : status;
}

static void write_node(const void *fdt, const struct assigned_node *node, struct fdt_writer *writer)
{
	uint32_t cells[ASSIGNED_REG_MAX * 4U];
	int offset;

	fdt_writer_begin(writer, fdt_get_name(fdt, node->node, NULL));
	for (uint32_t i = 0; i < node->reg_count; i++) {
		cells[4U * i] = (uint32_t)(node->reg[i].base >> 32);
		cells[4U * i + 1U] = (uint32_t)node->reg[i].base;
		cells[4U * i + 2U] = (uint32_t)(node->reg[i].size >> 32);
		cells[4U * i + 3U] = (uint32_t)node->reg[i].size;
	}
	fdt_writer_cells(writer, "reg", cells, (size_t)node->reg_count * 4U);
	fdt_for_each_property_offset(offset, fdt, node->node)
	{
		const char *name = "?";
		int size = 0;
		const char *value = fdt_getprop_by_offset(fdt, offset, &name, &size);

		if (is_copied(name)) {
			fdt_writer_strings(writer, name, value, (size_t)size);
		}
	}
	if (node->is_coherent) {
		fdt_writer_flag(writer, "dma-coherent");
	}
	fdt_writer_end(writer);
}

void assigned_write(const struct assigned *assigned, struct fdt_writer *writer)
{
	for (uint32_t i = 0; i < assigned->node_count; i++) {
		write_node(assigned->fdt, &assigned->nodes[i], writer);
	}
}
