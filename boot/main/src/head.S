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
	relocate x21, boot_lds_rela, boot_lds_rela_end
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

	.section .bss.boot_stack, "aw", %nobits
	.balign	16
	.space	16384
boot_stack_end:
