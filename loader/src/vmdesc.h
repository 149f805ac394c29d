/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A VM as its owner wrote it: vm.dtb, checked and in C. docs/vm.md has the properties.
 */
#ifndef LOADER_VMDESC_H
#define LOADER_VMDESC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "loader/loader.h"
#include "vmdesc_property.h"

#define VMDESC_BOOTARGS_MAX	 2047U /* what arm64 Linux takes */
#define VMDESC_OVERHEAD_MAX	 GIB(1)
#define VMDESC_GICV2_VCPU_MAX	 8U
#define VMDESC_GUESTINFO_KEY_MAX 55U
#define VMDESC_DISK_MAX		 8U
#define VMDESC_DISK_NAME_SIZE	 16U /* "disk@ffffffff" with its NUL */
/* The map of the virtual machine has the PCIe configuration space at 0x40_1000_0000. */
#define VMDESC_RAM_END_MAX UINT64_C(0x4000000000)

/* The largest page that a guest may have: reserved memory starts and ends at a multiple of it. */
#define VMDESC_PAGE_MAX KIB(64)

/* How the guest starts its secondary vCPUs. */
enum vmdesc_secondary_boot {
	VMDESC_PSCI,
	VMDESC_SPIN_TABLE, /* with VMDESC_FDT */
	VMDESC_PARKING,	   /* with VMDESC_ACPI */
};

/* What describes the machine to the guest. */
enum vmdesc_tables {
	VMDESC_FDT,
	VMDESC_ACPI, /* reached from a devicetree that says nothing else */
};

/* Memory that the guest finds as a disk. */
struct vmdesc_disk {
	char name[VMDESC_DISK_NAME_SIZE]; /* of its node */
	uint32_t number;
	bool is_read_only;
	uint64_t size;	   /* a multiple of 2 MiB; 0: as large as the image, rounded up */
	const char *image; /* a file; NULL: zeroes */
};

/* Strings lie in the vm.dtb. */
struct vmdesc {
	uint32_t vcpu_count;
	uint32_t weight;
	uint32_t flags;	 /* VM_FLAG_* */
	uint32_t rights; /* VM_RIGHT_* */
	enum vmdesc_secondary_boot secondary_boot;
	enum vmdesc_tables tables;
	uint64_t memory;   /* bytes */
	uint64_t ram_base; /* VM_RAM_BASE; with VM_FLAG_MEMORY_DIRECT, once there is memory */
	uint64_t overhead;
	uint64_t affinity;    /* 0: all CPUs */
	const char *kernel;   /* NULL: none, with firmware alone */
	const char *firmware; /* a file; NULL: none, or Plinth's own */
	bool has_own_firmware;
	const char *initrd;   /* NULL: none */
	const char *bootargs; /* "" where there are none */
	uint32_t guestinfo_count;
	int guestinfo_node;	 /* in the vm.dtb; each of its properties is one string */
	struct property assign;	 /* paths in the machine's devicetree; name NULL: none */
	uint32_t assigned_bound; /* bytes of what describes them to the guest, once it is known */
	uint32_t disk_count;
	struct vmdesc_disk disks[VMDESC_DISK_MAX]; /* by number */
};

/* The VM starts in a firmware, which finds kernel and initrd by itself. */
static inline bool vmdesc_has_firmware(const struct vmdesc *desc)
{
	return desc->firmware != NULL || desc->has_own_firmware;
}

/* Reads the devicetree of `size` bytes at dtb, which must be aligned to 8; any bytes are safe.
 * PLINTH_OK: *desc is complete and each value in the range that abi/vm_config.h and `host` allow.
 * PLINTH_EINVAL: error says what is wrong, *desc is undefined. */
enum plinth_status vmdesc_parse(const void *dtb, size_t size, const struct loader_host *host,
	struct vmdesc *desc, struct loader_error *error);

#endif
