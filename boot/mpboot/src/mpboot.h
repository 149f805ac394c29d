/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPBOOT_MPBOOT_H
#define MPBOOT_MPBOOT_H

#include <stdint.h>

#include "abi/boot_info.h"
#include "main/boot.h"
#include "tables/tables.h"

/* The next stage, from its file to its place. */
struct mpboot_kernel {
	struct boot_range file;	   /* in the bundle */
	struct boot_range initrd;  /* in the bundle, used in place; size 0: none */
	enum tables_target target; /* by next/target, else the spin table */
	uint64_t text_offset;	   /* by its header, as is size: .bss included */
	uint64_t size;
	uint64_t base; /* where it was placed */
};

/* files.c: next/kernel, next/initrd and next/target, where they lie in the bundle; NULL, or why
 * there is nothing to start. */
const char *mpboot_find_files(const struct boot_range *bundle, struct mpboot_kernel *kernel);

/* Each of the following prints and leaves by boot_exit() where it can't do its part. */

/* place.c: the files are found, and the kernel's header is read. */
void mpboot_choose_kernel(const struct boot *boot, struct mpboot_kernel *kernel);

/* place.c: the kernel is copied to where it will run, clean to PoC. Comes after the CPUs' start:
 * a firmware that forgot to reserve the memory that they wait in keeps it until then. */
void mpboot_place_kernel(struct boot *boot, struct mpboot_kernel *kernel);

#endif
