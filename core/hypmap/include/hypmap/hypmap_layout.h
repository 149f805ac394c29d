/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers of EL2's address space, for C, assembly and the linker script.
 */
#ifndef HYPMAP_HYPMAP_LAYOUT_H
#define HYPMAP_HYPMAP_LAYOUT_H

#define HYPMAP_IMAGE	0x800000000000 /* 2^47; also in core.lds */
#define HYPMAP_CPU_BASE 0x900000000000
#define HYPMAP_CPU(n)	(HYPMAP_CPU_BASE + (uint64_t)(n)*HYPMAP_CPU_STRIDE)

/* One CPU's window. Everything between the named pages is unmapped. A stack pointer inside the
 * stack has HYPMAP_CPU_STACK_BIT set and one that ran off it has not: vectors.S relies on it. */
#define HYPMAP_CPU_STRIDE	  0x10000
#define HYPMAP_CPU_STACK	  0x4000
#define HYPMAP_CPU_STACK_PAGES	  4
#define HYPMAP_CPU_STACK_TOP	  0x7ff0
#define HYPMAP_CPU_STACK_BIT	  14
#define HYPMAP_CPU_OVERFLOW_STACK 0x9000
#define HYPMAP_CPU_OVERFLOW_TOP	  0x9ff0
#define HYPMAP_CPU_PRIVATE	  0xb000

#define HYPMAP_MAIR 0x44ff04 /* 0: Device-nGnRE, 1: Normal write-back, 2: non-cacheable */

#endif
