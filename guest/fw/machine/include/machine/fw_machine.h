/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The VM as its devicetree tells the firmware (docs/firmware-contract.md). Pure.
 */
#ifndef MACHINE_FW_MACHINE_H
#define MACHINE_FW_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

#define FW_RAM_MAX	8U
#define FW_RESERVED_MAX 16U
#define FW_DISK_MAX	32U
#define FW_BOOTARGS_MAX 2048U
#define FW_SEED_MAX	64U

struct fw_range {
	uint64_t base;
	uint64_t size; /* 0: there is none */
};

struct fw_disk {
	struct fw_range range;
	bool read_only;
};

struct fw_machine {
	struct fw_range ram[FW_RAM_MAX];
	uint32_t ram_count;
	struct fw_range reserved[FW_RESERVED_MAX];
	uint32_t reserved_count;
	struct fw_disk disk[FW_DISK_MAX];
	uint32_t disk_count;
	uint32_t disks_left_out; /* beyond FW_DISK_MAX */
	struct fw_range kernel;
	struct fw_range initrd;
	struct fw_range acpi;
	struct fw_range smbios;
	char bootargs[FW_BOOTARGS_MAX];
	uint8_t seed[FW_SEED_MAX]; /* of random numbers: kaslr-seed and rng-seed */
	uint32_t seed_size;
};

/* Reads the tree at fdt. PLINTH_EINVAL: it is none. ENOENT: it names no RAM. ERANGE: something does
 * not fit (RAM, reserved memory, the command line), or a range wraps. */
enum plinth_status fw_machine_read(struct fw_machine *machine, const void *fdt);

/* Bytes of a tree that fw_machine_read() took. */
uint32_t fw_machine_tree_size(const void *fdt);

/* The tree that an operating system gets: a copy in `size` bytes at `out` without what was the
 * firmware's own: its properties of /chosen, and the seeds, which are used up. ERANGE: no room. */
enum plinth_status fw_machine_publish(const void *fdt, void *out, uint32_t size);

#endif
