/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The last step of vm_build(): everything is known, nothing can fail.
 */
#ifndef LOADER_VM_CONFIG_WRITE_H
#define LOADER_VM_CONFIG_WRITE_H

#include "assigned.h"
#include "bundle/cpio.h"
#include "guest_disks.h"
#include "guest_fdt.h"
#include "guest_firmware.h"
#include "kernel_image.h"
#include "layout.h"
#include "vm_build.h"
#include "vmdesc.h"

struct vm_block {
	uint64_t size; /* 0: not allocated */
	pa_t pa;
	void *va;
};

struct vm_build_range {
	uint64_t ipa;
	uint64_t size;
	uint32_t flags; /* VM_RANGE_* */
	pa_t source;
	uint64_t source_size; /* 0: zeroes alone */
};

struct vm_build {
	const struct vm_build_input *input;
	struct loader_error *error;
	struct cpio_entry dtb_file, kernel_file, initrd_file;
	struct vmdesc desc;
	const uint8_t *kernel_bytes; /* unpacked */
	size_t kernel_size;
	pa_t kernel_pa;
	pa_t initrd_pa;
	struct assigned assigned;
	/* In the order in which they are allocated; `ram` is of a VM with memory-direct. */
	struct vm_block ram, unpacked, pen, tables, dtb, guestinfo;
	uint64_t tables_used; /* bytes of `tables` */
	uint32_t range_count;
	struct vm_build_range ranges[VM_RANGE_MAX];
	struct guest_disks disks; /* those of the ranges that are disks */
	struct kernel_image kernel;
	struct layout layout;
	uint8_t uuid[16];
	struct guest_efi efi; /* of size 0: none */
	struct {
		struct guest_piece kernel, initrd;
		struct guest_firmware tables;
	} for_firmware;
	struct guest_fdt fdt;
};

/* Writes the whole of *config, from a build whose every field is set. */
void vm_config_write(const struct vm_build *build, struct vm_config *config);

#endif
