/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPBOOT_MPBOOT_H
#define MPBOOT_MPBOOT_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/boot_info.h"
#include "main/boot.h"
#include "tables/tables.h"

/* The next stage, from its file to its place. */
struct mpboot_kernel {
	struct boot_range file;	  /* in the bundle */
	struct boot_range initrd; /* in the bundle, used in place; size 0: none */
	uint64_t base;		  /* where it was placed */
	uint64_t size;		  /* of its image, .bss included */
};

/* options.c: the target protocol, by the last word "mpboot.target=spin-table" or "=parking" of the
 * command line; without one, the spin table. False: it names another. */
bool mpboot_read_target(const char *cmdline, enum tables_target *target);

/* Each of the following prints and leaves by boot_exit() where it can't do its part. */

/* place.c: next/kernel and next/initrd of the bundle; the kernel is copied to where it will run,
 * clean to PoC. */
void mpboot_place_kernel(struct boot *boot, struct mpboot_kernel *kernel);

#endif
