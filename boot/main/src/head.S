/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The head of the file, which is an arm64 Image (Documentation/arch/arm64/booting.rst, "Call the
 * kernel image") and an EFI application at once, and boot's first instructions as an Image. State
 * at entry: MMU off, x0 = devicetree, the file clean to PoC.
 */
#include "arch_impl/asm.h"
#include "image/pe_header.h"
#include "image/relocate.h"

#define CURRENTEL_EL2	8
#define HCR_EL2_RW	(1 << 31)
#define IMAGE_FLAGS	((1 << 1) | (1 << 3))	/* little-endian, 4 KiB, anywhere in RAM */

	.section .head, "a", %progbits
	.global	boot_head
	.hidden	boot_head
boot_head:
	.inst	0xfa405a4d		/* ccmp x18, #0, #0xd, pl: no effect, and reads "MZ" */
	b	boot_start
	.quad	0			/* text_offset */
	/* image_size, .bss and stack included. In halves: of a .quad, linkers make a relocation at
	 * run time. */
	.word	boot_lds_size, 0
	.quad	IMAGE_FLAGS
	.quad	0, 0, 0
	.ascii	"ARM\x64"
	.word	.Lpe_header - boot_head
.Lpe_header:
	pe_header boot_head

func boot_start
	mrs	x20, cntpct_el0
	mov	x19, x0
	mov	x22, xzr
	b	boot_begin
endfunc boot_start

/* MMU off. In: x19 = devicetree, x20 = counter at entry, x22 = struct machine, or 0. From here
 * on x21 = where we run. */
func boot_begin
	msr	daifset, #0xf
	msr	spsel, #1
	adrp	x21, boot_head
	address	x1, boot_vectors
	mrs	x0, currentel
	cmp	x0, #CURRENTEL_EL2
	b.hi	sleep			/* EL3: the protocol knows no such entry */
	b.lo	1f
	/* E2H off before any register is used whose layout depends on it; the C code looks whether
	 * it went off. */
	mov	x0, #HCR_EL2_RW
	msr	hcr_el2, x0
	msr	vbar_el2, x1
	b	2f
1:	msr	vbar_el1, x1
2:	isb
	address	x0, boot_lds_text_end
	bl	boot_clean_image
	bl	boot_relocate
	bl	clear_bss
	address	x0, boot_stack_end
	mov	sp, x0
	/* A poor seed, until the firmware's has been read. */
	address	x0, __stack_chk_guard
	eor	x1, x20, x20, lsl #27
	eor	x1, x1, x19
	str	x1, [x0]
	mov	x0, x19
	mov	x1, x20
	mov	x2, x22
	mov	x29, xzr
	mov	x30, xzr
	b	boot_main
endfunc boot_begin

/* Writes back and drops what the caches hold of our memory from x0 on, so that no stale line lands
 * on what is stored around them from here on. Uses x0 to x3, and no memory. */
func boot_clean_image
	mrs	x3, ctr_el0
	ubfx	x3, x3, #16, #4		/* DminLine: log2 of words */
	mov	x2, #4
	lsl	x2, x2, x3
	address	x1, boot_lds_tables
1:	dc	civac, x0
	add	x0, x0, x2
	cmp	x0, x1
	b.lo	1b
	dsb	sy
	ret
endfunc boot_clean_image

/* Adds to each of the image's pointers to itself how far we run from where they say we do: 0 if this
 * was done before. They are listed by the linker's -z pack-dyn-relocs=relr (ELF gABI, "Relative
 * Relocation Table"): an even word is where the next pointer lies; an odd one has a bit for each of
 * the 63 words behind, from bit 1 on. In: x21 = where we run. Uses x0 to x6. */
func boot_relocate
	address	x5, boot_relocated
	ldr	x4, [x5]
	sub	x4, x21, x4
	str	x21, [x5]
	address	x0, boot_lds_relr
	address	x1, boot_lds_relr_end
1:	cmp	x0, x1
	b.hs	5f
	ldr	x2, [x0], #8
	tbnz	x2, #0, 2f
	add	x3, x21, x2
	ldr	x6, [x3]
	add	x6, x6, x4
	str	x6, [x3], #8
	b	1b
2:	mov	x5, x3
	add	x3, x3, #(63 * 8)
3:	lsr	x2, x2, #1
	cbz	x2, 1b
	tbz	x2, #0, 4f
	ldr	x6, [x5]
	add	x6, x6, x4
	str	x6, [x5]
4:	add	x5, x5, #8
	b	3b
5:	ret
endfunc boot_relocate

sleep:
	wfi
	b	sleep

clear_bss:
	address	x0, boot_lds_bss
	address	x1, boot_lds_tables
1:	stp	xzr, xzr, [x0], #16
	cmp	x0, x1
	b.lo	1b
	ret

	/* Where the image's pointers to itself say that it is. */
	.section .data.boot_relocated, "aw", %progbits
	.balign	8
boot_relocated:
	.quad	0

	.section .bss.boot_stack, "aw", %nobits
	.balign	16
	.space	16384
boot_stack_end:
