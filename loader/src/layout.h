/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where in a VM's RAM the devicetree and the initrd go, beside the kernel. Pure.
 *
 * The devicetree lies at the start of RAM for ELF kernels and flat binaries that leave room there,
 * else right behind the kernel; it never crosses a multiple of 2 MiB. The initrd lies as high as
 * it may: in the 1 GiB, aligned to 1 GiB, that holds the kernel's start (Linux's
 * booting.rst), above the kernel and the devicetree. What the guest is to keep out of its hands,
 * the pen and then the tables, is the end of RAM.
 */
#ifndef LOADER_LAYOUT_H
#define LOADER_LAYOUT_H

#include <stdint.h>

#include "error.h"
#include "kernel_image.h"

struct layout_input {
	uint64_t ram_base; /* multiples of 2 MiB */
	uint64_t ram_size;
	const struct kernel_image *kernel;
	uint64_t dtb_size;    /* at most 2 MiB */
	uint64_t initrd_size; /* 0: none */
	uint64_t initrd_pa;   /* where its bytes are now */
	uint64_t pen_size;    /* multiples of VMDESC_PAGE_MAX; 0: none */
	uint64_t tables_size;
};

struct layout {
	uint64_t dtb;	 /* IPA, a multiple of 4 KiB */
	uint64_t initrd; /* IPA; 0 without initrd. Its offset in its 2 MiB is that of initrd_pa, or
			  * where that does not fit, its offset in its 4 KiB: pages, and mostly
			  * blocks, can be mapped instead of copied. */
	uint64_t pen;	 /* IPA; 0: none */
	uint64_t tables; /* IPA; 0: none */
};

/* PLINTH_EINVAL, error written: the RAM is too small. */
enum plinth_status layout_plan(
	const struct layout_input *input, struct layout *layout, struct loader_error *error);

#endif
