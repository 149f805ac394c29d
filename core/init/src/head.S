/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The core's first instructions: header of core.bin, entry of the boot CPU from boot/ and of the
 * others from their mailboxes. docs/boot-contract.md has the state at both entries: EL2, MMU and
 * caches off, everything masked.
 */
#include "abi/core_header.h"
#include "arch_impl/asm.h"
#include "hypmap/hypmap_layout.h"
#include "init/cpu_entry.h"

#define SCTLR_EL2_RES1 0x30c50830
#define SCTLR_EL2_M    (1 << 0)
#define SCTLR_EL2_A    (1 << 1)
#define SCTLR_EL2_C    (1 << 2)
#define SCTLR_EL2_SA   (1 << 3)
#define SCTLR_EL2_I    (1 << 12)
#define SCTLR_EL2_WXN  (1 << 19)
#define SCTLR_EL2_ON                                                                               \
	(SCTLR_EL2_RES1 | SCTLR_EL2_M | SCTLR_EL2_A | SCTLR_EL2_C | SCTLR_EL2_SA | SCTLR_EL2_I |   \
		SCTLR_EL2_WXN)

	.macro	address reg, symbol
	adrp	\reg, \symbol
	add	\reg, \reg, :lo12:\symbol
	.endm

	.macro load_immediate reg, value
	movz	\reg, #((\value) & 0xffff)
	movk	\reg, #(((\value) >> 16) & 0xffff), lsl #16
	movk	\reg, #(((\value) >> 32) & 0xffff), lsl #32
	movk	\reg, #(((\value) >> 48) & 0xffff), lsl #48
	.endm

	.section .head, "ax", %progbits
	.global	core_head
	.hidden	core_head
core_head:
	.quad	CORE_HEADER_MAGIC
	.word	CORE_HEADER_VERSION
	.word	CORE_HEADER_SIZE
	.quad	core_lds_image_size
	.quad	core_lds_memory_size
	.quad	core_primary - core_head

/* Boot CPU: x0 = physical address of boot_info, x1 = where the core was loaded. */
core_primary:
	mov	x19, x0
	mov	x20, x1
	address	x2, early_stack
	add	x2, x2, #EARLY_STACK_SIZE
	mov	sp, x2
	/* Where we run and where boot/ says we do must agree. */
	adrp	x2, core_head
	cmp	x2, x1
	b.ne	.
	bl	drop_lines
	bl	copy_data
	adr	x2, enable_mmu
	bl	init_early		/* (boot_info, load, trampoline): value for TTBR0_EL2 */
	mov	x21, x0
	bl	hypmap_tcr
	mov	x1, x0
	mov	x0, x21
	load_immediate x2, HYPMAP_IMAGE
	sub	x2, x2, x20		/* physical to link address */
	adr	x3, primary_mapped
	add	x3, x3, x2
	b	enable_mmu

primary_mapped:
	hint	#36			/* BTI j */
	mov	x0, sp
	add	sp, x0, x2
	mov	x29, xzr
	mov	x30, xzr
	bl	init_primary		/* does not return */
	brk	#0

/* Until the MMU is on, all of our data are written past the caches. Lines of what was there before,
 * which are clean, but which boot/ or a prefetch may have left, would hide it then. Before the first
 * store. Uses x2 to x5. */
drop_lines:
	address	x2, core_lds_data
	address	x3, core_lds_end
	mrs	x4, ctr_el0
	ubfx	x4, x4, #16, #4		/* DminLine: log2 of words */
	mov	x5, #4
	lsl	x4, x5, x4
1:	dc	civac, x2
	add	x2, x2, x4
	cmp	x2, x3
	b.lo	1b
	dsb	sy
	ret

/* .data from where the file has it to its place, MMU off. From the end: the two may overlap, and the
 * place is never below. Uses x2 to x5. */
copy_data:
	address	x2, core_lds_data
	address	x3, core_lds_data_end
	address	x4, core_lds_data_load
	sub	x5, x3, x2
	add	x4, x4, x5
1:	cmp	x3, x2
	b.ls	2f
	ldr	x5, [x4, #-8]!
	str	x5, [x3, #-8]!
	b	1b
2:	ret

/* Another CPU: x0 = physical address of its struct cpu_entry, MMU off. */
	.global	core_secondary
	.hidden	core_secondary
core_secondary:
	mov	x4, x0
	ldr	x0, [x4, #CPU_ENTRY_TTBR0]
	ldr	x1, [x4, #CPU_ENTRY_TCR]
	ldr	x5, [x4, #CPU_ENTRY_STACK_TOP]
	ldr	x6, [x4, #CPU_ENTRY_PERCPU]
	ldr	x2, [x4, #CPU_ENTRY_OFFSET]
	adr	x3, secondary_mapped
	add	x3, x3, x2
	b	enable_mmu

secondary_mapped:
	hint	#36
	mov	sp, x5
	mov	x0, x6
	mov	x29, xzr
	mov	x30, xzr
	bl	init_secondary		/* does not return */
	brk	#0

/* x0 = TTBR0_EL2, x1 = TCR_EL2, x3 = where to go on. Lies in the page that is mapped onto itself,
 * whole: the vectors behind all of this begin within the image's first page. Clobbers x7. */
enable_mmu:
	load_immediate x7, HYPMAP_MAIR
	msr	mair_el2, x7
	msr	tcr_el2, x1
	msr	ttbr0_el2, x0
	isb
	tlbi	alle2
	dsb	nsh
	isb
	load_immediate x7, SCTLR_EL2_ON
	msr	sctlr_el2, x7
	isb
	ic	iallu			/* nothing fetched with the MMU off stays */
	dsb	nsh
	isb
	br	x3

/* The way back: x0 is passed on, x1 = where to go, with MMU and caches off. In the same page; called
 * at its physical address. */
	.global	core_leave
	.hidden	core_leave
core_leave:
	hint	#38			/* BTI jc */
	load_immediate x2, SCTLR_EL2_RES1
	dsb	sy
	msr	sctlr_el2, x2
	isb
	tlbi	alle2
	tlbi	alle1
	ic	iallu
	dsb	sy
	isb
	br	x1
