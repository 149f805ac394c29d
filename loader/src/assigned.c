/* SPDX-License-Identifier: Apache-2.0 */
#include "assigned.h"

#include <libfdt.h>
#include <string.h>

#include "abi/guest_map.h"
#include "base/bits.h"
#include "base/checked.h"
#include "base/types.h"
#include "fdtcheck/fdtcheck.h"

#define VIRTIO "virtio,mmio"

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
		sizeof("reg") + sizeof("dma-coherent") + HOST_FDT_REG_MAX * 4U * CELL_SIZE)

struct finder {
	const struct assigned_input *input;
	struct assigned *assigned;
	struct loader_error *error;
	const char *path;	/* of the device that is being looked at */
	struct host_node other; /* while the tree is searched for those that share its pages */
};

static const struct loader_host *host_of(const struct finder *finder)
{
	return &finder->input->loader->host;
}

/* With the device's path before it: the image has room for few texts. */
static enum plinth_status refuse(struct finder *finder, const char *why)
{
	return loader_fail(finder->error, "assign: \"%s\" %s", finder->path, why);
}

static uint64_t pages_start(const struct vm_device *d)
{
	return align_down(d->base, PAGE_SIZE);
}

static uint64_t pages_size(const struct vm_device *d)
{
	return align_up(d->base + d->size, PAGE_SIZE) - pages_start(d);
}

static bool share_pages(const struct vm_device *a, const struct vm_device *b)
{
	return ranges_overlap(pages_start(a), pages_size(a), pages_start(b), pages_size(b));
}

/* What can be copied as it is: no number in it names something of the machine. */
static bool is_copied(const char *name)
{
	static const char *const names[] = {
		"compatible", "interrupt-names", "reg-io-width", "reg-names", "reg-shift"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcmp(name, names[i]) == 0) {
			return true;
		}
	}
	return false;
}

/* What is written anew, or of no use to the guest. */
static bool is_replaced(const char *name)
{
	static const char *const names[] = {"dma-coherent", "dma-noncoherent", "interrupt-parent",
		"interrupts", "linux,phandle", "phandle", "reg", "status"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcmp(name, names[i]) == 0) {
			return true;
		}
	}
	return false;
}

static enum plinth_status check_properties(struct finder *finder, const struct host_node *node)
{
	int offset;

	fdt_for_each_property_offset(offset, node->fdt, node->node)
	{
		const char *name = "?";
		int size = 0;

		(void)fdt_getprop_by_offset(node->fdt, offset, &name, &size);
		if (!is_copied(name) && !is_replaced(name)) {
			return loader_fail(finder->error,
				"assign: \"%s\" has the property \"%s\", which cannot be copied",
				finder->path, name);
		}
		finder->assigned->bound += (uint32_t)(sizeof(struct fdt_property) + strlen(name) +
						      1U + align_up((uint64_t)size, CELL_SIZE));
	}
	if (fdt_first_subnode(node->fdt, node->node) >= 0) {
		return refuse(finder, "has nodes below it, which cannot be copied");
	}
	return PLINTH_OK;
}

static enum plinth_status check_node(struct finder *finder, const struct host_node *node)
{
	if (!host_node_is_enabled(node)) {
		return refuse(finder, "is disabled");
	}
	if (!host_node_is_direct(node)) {
		return refuse(finder, "is on a bus that translates addresses");
	}
	if (host_of(finder)->has_fwb && !host_node_is_coherent(node)) {
		return refuse(finder, "is not dma-coherent, and guests' memory here is always "
				      "cached (FEAT_S2FWB)");
	}
	return check_properties(finder, node);
}

/* Another VM's, or of its pages? */
static enum plinth_status check_others(struct finder *finder, const struct vm_device *device)
{
	for (size_t i = 0; i < finder->input->other_count; i++) {
		const struct vm_config *other = &finder->input->others[i];

		for (uint32_t k = 0; k < other->device_count; k++) {
			if (share_pages(device, &other->devices[k])) {
				return loader_fail(finder->error,
					"assign: \"%s\" shares its 4 KiB page with a device of VM "
					"\"%s\"",
					finder->path, other->name);
			}
		}
	}
	return PLINTH_OK;
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
		return loader_fail(finder->error,
			"assign: \"%s\" lies at 0x%llx, where the VM has something of its own",
			finder->path, (unsigned long long)device->base);
	}
	if (loader->ops->is_spare == NULL || !loader->ops->is_spare(loader->ctx, start, size)) {
		return refuse(finder, "shares its pages with memory or a device of Plinth's");
	}
	return check_others(finder, device);
}

static enum plinth_status add_device(struct finder *finder, const struct vm_device *device)
{
	struct assigned *assigned = finder->assigned;

	for (uint32_t i = 0; i < assigned->device_count; i++) {
		const struct vm_device *other = &assigned->devices[i];

		if (other->base == device->base) {
			return other->size == device->size && other->flags == device->flags
				       ? PLINTH_OK
				       : loader_fail(finder->error,
						 "assign: 0x%llx is described twice, differently",
						 (unsigned long long)device->base);
		}
	}
	if (assigned->device_count == VM_DEVICE_MAX) {
		return loader_fail(finder->error,
			"assign: more than %u ranges of registers, those in the same pages counted",
			VM_DEVICE_MAX);
	}
	assigned->devices[assigned->device_count++] = *device;
	return PLINTH_OK;
}

static struct vm_device device_of(const struct host_node *node, const struct host_reg *reg)
{
	return (struct vm_device){
		reg->base, (uint32_t)reg->size, host_node_is(node, VIRTIO) ? VM_DEVICE_VIRTIO : 0U};
}

static enum plinth_status add_registers(struct finder *finder, const struct host_node *node)
{
	struct host_reg reg[HOST_FDT_REG_MAX];
	uint32_t count = host_node_reg(node, reg);
	enum plinth_status status = PLINTH_OK;

	if (count == 0) {
		return loader_fail(finder->error,
			"assign: \"%s\" has no registers, or more than %u ranges of them",
			finder->path, HOST_FDT_REG_MAX);
	}
	for (uint32_t i = 0; i < count && status == PLINTH_OK; i++) {
		struct vm_device device = device_of(node, &reg[i]);

		if (reg[i].size > UINT32_MAX) {
			return refuse(finder, "has more than 4 GiB");
		}
		status = check_place(finder, &device);
		if (status == PLINTH_OK) {
			status = add_device(finder, &device);
		}
	}
	return status;
}

static bool is_interrupt_of(const struct vm_config *config, uint32_t intid)
{
	for (uint32_t i = 0; i < config->interrupt_count; i++) {
		if (config->interrupts[i].intid == intid) {
			return true;
		}
	}
	return false;
}

/* Those of the VM's own devices, whether it has them or not. */
static bool is_own(uint32_t intid)
{
	return intid == GUEST_SPI_FIRST + GUEST_SPI_UART ||
	       intid == GUEST_SPI_FIRST + GUEST_SPI_RTC ||
	       intid == GUEST_SPI_FIRST + GUEST_SPI_GPIO;
}

static enum plinth_status add_interrupt(struct finder *finder, uint32_t intid, bool is_edge)
{
	struct assigned *assigned = finder->assigned;

	if (is_own(intid) || intid == host_of(finder)->uart_intid) {
		return loader_fail(finder->error,
			"assign: \"%s\" has interrupt %u, which the VM or Plinth has already",
			finder->path, intid);
	}
	for (size_t i = 0; i < finder->input->other_count; i++) {
		if (is_interrupt_of(&finder->input->others[i], intid)) {
			return loader_fail(finder->error,
				"assign: \"%s\" shares interrupt %u with a device of VM \"%s\"",
				finder->path, intid, finder->input->others[i].name);
		}
	}
	for (uint32_t i = 0; i < assigned->interrupt_count; i++) {
		if (assigned->interrupts[i].intid == intid) {
			return PLINTH_OK; /* of several devices of this VM */
		}
	}
	if (assigned->interrupt_count == VM_INTERRUPT_MAX) {
		return loader_fail(
			finder->error, "assign: more than %u interrupts", VM_INTERRUPT_MAX);
	}
	assigned->interrupts[assigned->interrupt_count++] =
		(struct vm_interrupt){intid, is_edge ? VM_INTERRUPT_EDGE : 0U};
	return PLINTH_OK;
}

/* SPIs, rising edge or high level: what a GIC has. */
static enum plinth_status add_interrupts(struct finder *finder, const struct host_node *node)
{
	int size = 0;
	const fdt32_t *cells = fdt_getprop(node->fdt, node->node, "interrupts", &size);
	uint32_t count = (uint32_t)size / CELL_SIZE;
	enum plinth_status status = PLINTH_OK;

	if (cells == NULL) {
		return PLINTH_OK;
	}
	if (!host_node_has_gic(node) || (uint32_t)size % (GIC_CELLS * CELL_SIZE) != 0U) {
		return refuse(finder, "has interrupts that do not go to the GIC");
	}
	for (uint32_t i = 0; i + GIC_CELLS <= count && status == PLINTH_OK; i += GIC_CELLS) {
		uint32_t number = fdt32_ld(&cells[i + 1U]);
		uint32_t trigger = fdt32_ld(&cells[i + 2U]);

		if (fdt32_ld(&cells[i]) != GIC_KIND_SPI || number >= GIC_SPI_MAX ||
			(trigger != GIC_EDGE && trigger != GIC_LEVEL)) {
			return loader_fail(finder->error,
				"assign: \"%s\" has an interrupt that is no SPI below %u, or of "
				"another trigger",
				finder->path, GIC_SPI_MAX);
		}
		status = add_interrupt(finder, GUEST_SPI_FIRST + number, trigger == GIC_EDGE);
	}
	return status;
}

static bool is_named(const struct assigned *assigned, int node)
{
	for (uint32_t i = 0; i < assigned->node_count; i++) {
		if (assigned->nodes[i].node == node) {
			return true;
		}
	}
	return false;
}

static bool has_pages_of(const struct assigned *assigned, const struct host_reg *reg)
{
	for (uint32_t i = 0; i < assigned->device_count; i++) {
		const struct vm_device *device = &assigned->devices[i];

		if (ranges_overlap(pages_start(device), pages_size(device), reg->base, reg->size)) {
			return true;
		}
	}
	return false;
}

/* What lies in the same pages comes along. A transport of virtio can be reset with the others,
 * anything else is to be named, so that its owner knows. */
static enum plinth_status add_neighbour(
	struct finder *finder, const struct host_node *node, const struct host_reg *reg)
{
	struct vm_device device = device_of(node, reg);
	enum plinth_status status;

	if (!has_pages_of(finder->assigned, reg)) {
		return PLINTH_OK;
	}
	if ((device.flags & VM_DEVICE_VIRTIO) == 0U || reg->size > UINT32_MAX) {
		return loader_fail(finder->error,
			"assign: shares a 4 KiB page with \"%s\", which is not named",
			host_node_name(node));
	}
	status = check_place(finder, &device);
	return status == PLINTH_OK ? add_device(finder, &device) : status;
}

/* What lies behind a bus that translates addresses is somewhere in the windows that it has. */
static enum plinth_status check_window(
	struct finder *finder, const struct host_node *node, const struct host_reg *reg)
{
	return has_pages_of(finder->assigned, reg)
		       ? loader_fail(finder->error,
				 "assign: shares a 4 KiB page with what is behind \"%s\"",
				 host_node_name(node))
		       : PLINTH_OK;
}

static enum plinth_status visit(struct finder *finder, enum host_list list,
	enum plinth_status (*fn)(
		struct finder *, const struct host_node *, const struct host_reg *))
{
	const struct host_node *node = &finder->other;
	enum host_entry entry = HOST_ENTRY_GOOD;
	enum plinth_status status = PLINTH_OK;
	struct host_reg reg;

	for (uint32_t i = 0; entry == HOST_ENTRY_GOOD && status == PLINTH_OK; i++) {
		entry = host_node_entry(node, list, i, &reg);
		if (entry == HOST_ENTRY_GOOD) {
			status = fn(finder, node, &reg);
		}
	}
	if (entry == HOST_ENTRY_BAD || host_node_is_cut(node)) {
		return loader_fail(finder->error,
			"assign: where \"%s\" lies cannot be read, perhaps in the same 4 KiB page",
			host_node_name(node));
	}
	return status;
}

static enum plinth_status add_neighbours(struct finder *finder)
{
	enum plinth_status status = PLINTH_OK;

	host_node_begin(&finder->other, host_of(finder)->fdt);
	while (status == PLINTH_OK && host_node_next(&finder->other)) {
		if (host_node_has_cpu_addresses(&finder->other) &&
			!is_named(finder->assigned, finder->other.node)) {
			status = visit(finder, HOST_REG, add_neighbour);
			status = status == PLINTH_OK ? visit(finder, HOST_RANGES, check_window)
						     : status;
		}
	}
	return status;
}

static enum plinth_status add_node(struct finder *finder)
{
	struct assigned *assigned = finder->assigned;
	struct host_node *node = &assigned->nodes[assigned->node_count];
	enum plinth_status status;

	if (!host_node_find(host_of(finder)->fdt, finder->path, node)) {
		return refuse(finder, "is not in the machine's devicetree");
	}
	assigned->node_count++;
	assigned->bound += (uint32_t)(NODE_BOUND + strlen(host_node_name(node)));
	status = check_node(finder, node);
	if (status == PLINTH_OK) {
		status = add_registers(finder, node);
	}
	return status == PLINTH_OK ? add_interrupts(finder, node) : status;
}

enum plinth_status assigned_find(
	const struct assigned_input *input, struct assigned *assigned, struct loader_error *error)
{
	const struct loader_host *host = &input->loader->host;
	struct finder finder = {.input = input, .assigned = assigned, .error = error};
	enum plinth_status status = PLINTH_OK;

	*assigned = (struct assigned){.node_count = 0};
	if (input->desc->assign_count == 0U) {
		return PLINTH_OK;
	}
	if (host->fdt == NULL || fdtcheck_full(host->fdt, host->fdt_size) != 0) {
		return loader_fail(error,
			"assign: needs a machine that a devicetree describes, and a "
			"VM of its boot loader's bundle");
	}
	for (uint32_t i = 0; i < input->desc->assign_count && status == PLINTH_OK; i++) {
		finder.path = input->desc->assign[i];
		status = add_node(&finder);
	}
	return status == PLINTH_OK ? add_neighbours(&finder) : status;
}

static void write_reg(const struct host_node *node, struct fdt_writer *writer)
{
	struct host_reg reg[HOST_FDT_REG_MAX];
	uint32_t cells[HOST_FDT_REG_MAX * 4U];
	uint32_t count = host_node_reg(node, reg);

	for (uint32_t i = 0; i < count; i++) {
		cells[4U * i] = (uint32_t)(reg[i].base >> 32);
		cells[4U * i + 1U] = (uint32_t)reg[i].base;
		cells[4U * i + 2U] = (uint32_t)(reg[i].size >> 32);
		cells[4U * i + 3U] = (uint32_t)reg[i].size;
	}
	fdt_writer_cells(writer, "reg", cells, (size_t)count * 4U);
}

static void write_node(const struct host_node *node, struct fdt_writer *writer)
{
	int offset;

	fdt_writer_begin(writer, host_node_name(node));
	write_reg(node, writer);
	fdt_for_each_property_offset(offset, node->fdt, node->node)
	{
		const char *name = "?";
		int size = 0;
		const char *value = fdt_getprop_by_offset(node->fdt, offset, &name, &size);

		/* Interrupts have the same numbers, and specifiers, as on the machine. */
		if (is_copied(name) || strcmp(name, "interrupts") == 0) {
			fdt_writer_strings(writer, name, value, (size_t)size);
		}
	}
	if (host_node_is_coherent(node)) {
		fdt_writer_flag(writer, "dma-coherent");
	}
	fdt_writer_end(writer);
}

void assigned_write(const struct assigned *assigned, struct fdt_writer *writer)
{
	for (uint32_t i = 0; i < assigned->node_count; i++) {
		write_node(&assigned->nodes[i], writer);
	}
}
