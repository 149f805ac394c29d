/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ROM's first page. EL1, MMU and caches off, x0 = devicetree (docs/firmware-contract.md), or EL2
 * likewise with FEAT_VHE, by which EL2 is what EL1 would be, registers' names and all. The
 * MMU goes on before anything is stored, by tables in the ROM: so nothing is stored past the
 * caches, and nothing has to be cleaned. Then the firmware proper is copied to its place in RAM.
 */
#include "abi/guest_map.h"
#include "arch_impl/asm.h"

#define CURRENTEL_EL1	4
#define CURRENTEL_EL2	8
#define MMFR1_VH_SHIFT	8
#define HCR_HOST	((1 << 27) | (1 << 31) | (1 << 34))	/* TGE, RW, E2H */
#define GUEST_RAM_BASE	0x40000000
#define DTB_AT_START	GUEST_RAM_BASE

/* DDI 0487, D19.2: TCR_EL1 and MAIR_EL1; attribute 0 is Device-nGnRE, 1 Normal write-back. */
#define TCR_T0SZ_39	25
#define TCR_WALKS	((1 << 8) | (1 << 10) | (3 << 12))
#define TCR_EPD1	(1 << 23)
#define PARANGE_48	5
#define MAIR		0xff04
#define SCTLR_RES1	0x30d00800
#define SCTLR_MCI	((1 << 0) | (1 << 2) | (1 << 12))
#define CPACR_FPEN	(3 << 20)

#define ENTRY_BLOCK	((1 << 0) | (1 << 10) | (1 << 11))	/* valid, AF, nG */
#define ENTRY_TABLE	3
#define ENTRY_RAM	(ENTRY_BLOCK | (1 << 2) | (3 << 8))	/* attribute 1, inner shareable */
#define ENTRY_RO	(1 << 7)
#define ENTRY_XN	(3 << 53)

	.section .rom.head, "ax", %progbits
	.global	fw_rom_entry
fw_rom_entry:
	msr	daifset, #0xf
	mrs	x1, currentel
	cmp	x1, #CURRENTEL_EL1
	b.eq	right_level
	cmp	x1, #CURRENTEL_EL2
	b.ne	wrong_level
	mrs	x1, id_aa64mmfr1_el1
	ubfx	x1, x1, #MMFR1_VH_SHIFT, #4
	cbz	x1, wrong_level
	ldr	x1, =HCR_HOST
	msr	hcr_el2, x1
	isb
right_level:
	mov	x19, x0
	cbnz	x19, 1f
	mov	x19, #DTB_AT_START	/* QEMU's -bios passes nothing */
1:	msr	spsel, #1
	mov	x0, #CPACR_FPEN
	msr	cpacr_el1, x0
	mov	x0, #MAIR
	msr	mair_el1, x0
	ldr	x0, =(TCR_T0SZ_39 | TCR_WALKS | TCR_EPD1)
	mrs	x1, id_aa64mmfr0_el1
	and	x1, x1, #0xf
	mov	x2, #PARANGE_48
	cmp	x1, x2
	csel	x1, x1, x2, lo
	bfi	x0, x1, #32, #3		/* IPS */
	msr	tcr_el1, x0
	adr	x0, fw_rom_level1
	msr	ttbr0_el1, x0
	tlbi	vmalle1
	dsb	nsh
	isb
	ldr	w0, =(SCTLR_RES1 | SCTLR_MCI)
	msr	sctlr_el1, x0
	isb

	ldr	x0, =fw_lds_load
	ldr	x1, =fw_lds_start
	ldr	x2, =fw_lds_file_end
2:	ldp	x3, x4, [x0], #16
	ldp	x5, x6, [x0], #16
	stp	x3, x4, [x1], #16
	stp	x5, x6, [x1], #16
	cmp	x1, x2
	b.lo	2b
	ldr	x2, =fw_lds_bss_end
3:	stp	xzr, xzr, [x1], #16
	cmp	x1, x2
	b.lo	3b

	/* The copy is code: to memory, then out of the instruction caches. Not by DC CVAU: Cortex-A53
	 * up to r0p2 must not clean without invalidating (826319 and others). */
	mrs	x3, ctr_el0
	ubfx	x3, x3, #16, #4
	mov	x4, #4
	lsl	x4, x4, x3
	ldr	x1, =fw_lds_start
	ldr	x2, =fw_lds_text_end
4:	dc	civac, x1
	add	x1, x1, x4
	cmp	x1, x2
	b.lo	4b
	dsb	ish
	ic	ialluis
	dsb	ish
	isb
	ldr	x0, =fw_lds_stack_end
	mov	sp, x0
	mov	x0, x19
	mov	x29, xzr
	mov	x30, xzr
	ldr	x1, =fw_start
	br	x1

/* Somebody's own QEMU, say: there is nothing here for EL3, or for EL2 as it was in Armv8.0. */
wrong_level:
	mov	x1, #GUEST_UART_BASE
	adr	x2, wrong_level_text
1:	ldrb	w3, [x2], #1
	cbz	w3, 2f
	str	w3, [x1]
	b	1b
2:	wfi
	b	2b
wrong_level_text:
	.asciz	"plinth-fw: neither entered at EL1 nor at EL2 with VHE: this is firmware for virtual machines\r\n"

	.balign	8
	.ltorg

/* Level 1: 512 GiB as RAM, but for the first, whose table is below. */
	.section .rom.tables, "a", %progbits
	.balign	4096
fw_rom_level1:
	.quad	fw_lds_rom_level2 + ENTRY_TABLE
	.set	gib, 1
	.rept	511
	.quad	(gib << 30) | ENTRY_RAM
	.set	gib, gib + 1
	.endr
/* Level 2: this ROM, and devices. */
	.global	fw_rom_level2
fw_rom_level2:
	.quad	ENTRY_RAM | ENTRY_RO
	.set	block, 1
	.rept	511
	.quad	(block << 21) | ENTRY_BLOCK | ENTRY_XN
	.set	block, block + 1
	.endr
