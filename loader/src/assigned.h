/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Devices of the machine for one VM (`assign`): found in the machine's devicetree, checked, and
 * written into the guest's. Pure.
 */
#ifndef LOADER_ASSIGNED_H
#define LOADER_ASSIGNED_H

#include "abi/boot_info.h"
#include "abi/vm_config.h"
#include "error.h"
#include "fdt_writer.h"
#include "loader/loader.h"
#include "vmdesc.h"

#define ASSIGNED_MAX	 8U
#define ASSIGNED_REG_MAX 4U

struct assigned_node {
	int node;
	uint32_t reg_count;
	bool is_coherent;
	struct boot_range reg[ASSIGNED_REG_MAX]; /* all of them */
};

struct assigned {
	const void *fdt; /* the machine's */
	uint32_t node_count;
	uint32_t device_count;
	uint32_t interrupt_count;
	uint32_t bound; /* bytes that the nodes take in a guest's devicetree, at most */
	struct assigned_node nodes[ASSIGNED_MAX];
	/* Their registers, and those of all other virtio-mmio transports in the same pages. */
	struct vm_device devices[VM_DEVICE_MAX];
	struct vm_interrupt interrupts[VM_INTERRUPT_MAX];
};

struct assigned_input {
	const struct loader *loader;
	const struct vmdesc *desc;	/* with its ram_base */
	const struct vm_config *others; /* VMs that have been built */
	size_t other_count;
};

/* Fills *assigned; nothing of it where desc names no device. PLINTH_EINVAL, with the error written,
 * where one of them is not there, not to be given to a guest, or cannot be described to it. */
enum plinth_status assigned_find(
	const struct assigned_input *input, struct assigned *assigned, struct loader_error *error);

/* The nodes, at the place where the writer is: right in the root, which has two cells for
 * addresses, two for sizes, and the GIC for its interrupt-parent. */
void assigned_write(const struct assigned *assigned, struct fdt_writer *writer);

#endif
