/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first bytes of core.bin, by which boot/ places the core without knowing its link address.
 * boot copies image_size bytes to a physical address that is a multiple of CORE_ALIGN, zeroes
 * from there to memory_size, and enters at that address + entry (docs/boot-contract.md).
 */
#ifndef ABI_CORE_HEADER_H
#define ABI_CORE_HEADER_H

/* Plain numbers: the core's assembly fills the header in. */
#define CORE_HEADER_MAGIC   0x45524f4348544c50 /* "PLTHCORE" read as bytes */
#define CORE_HEADER_VERSION 1
#define CORE_HEADER_SIZE    40
#define CORE_ALIGN	    0x10000
#define CORE_MEMORY_MAX	    0x1000000 /* 16 MiB: more is a broken header */

#ifndef __ASSEMBLER__

#include <stdint.h>

struct core_header {
	uint64_t magic;
	uint32_t version;
	uint32_t header_size;
	uint64_t image_size;  /* bytes of core.bin */
	uint64_t memory_size; /* with .bss and stacks; at least image_size, a multiple of 4 KiB */
	uint64_t entry;	      /* offset of the first instruction, a multiple of 4 */
};

#endif

#endif
