/* SPDX-License-Identifier: Apache-2.0 */
/*
 * boot's first and last instructions under UEFI. The firmware's state: EL2 or EL1, MMU and caches
 * on, RAM identity-mapped, a stack of at least 128 KiB (UEFI 2.10, 2.3.6).
 */
#include "arch_impl/asm.h"
#include "image/relocate.h"

#define SCTLR_M		 0
#define SCTLR_C		 2
#define SCTLR_I		 12

/* In: x0 = image handle, x1 = system table. Returns an EFI_STATUS where boot cannot go on. */
func efi_start
	stp	x29, x30, [sp, #-48]!
	stp	x19, x20, [sp, #16]
	stp	x21, x22, [sp, #32]
	mov	x29, sp
	mrs	x22, cntpct_el0
	mov	x19, x0
	mov	x20, x1
	adrp	x21, boot_head
	address	x0, __stack_chk_guard
	eor	x1, x22, x22, lsl #27
	str	x1, [x0]
	bl	boot_relocate
	mov	x0, x19
	mov	x1, x20
	mov	x2, x22
	bl	boot_efi_main
	ldp	x21, x22, [sp, #32]
	ldp	x19, x20, [sp, #16]
	ldp	x29, x30, [sp], #48
	ret
endfunc efi_start

/* In: x0 = struct machine, in our image; x1 = the counter at entry. At EL2, boot services gone, or
 * from the core with the MMU off. Goes where an Image starts: MMU and caches off. Whatever the caches hold of us is written back
 * first, and nothing is stored in between. */
func boot_restart
	msr	daifset, #0xf
	mov	x19, xzr
	mov	x20, x1
	mov	x22, x0
	adrp	x21, boot_head
	mov	x0, x21
	bl	boot_clean_image
	mrs	x0, sctlr_el2
	mov	x1, #(1 << SCTLR_M | 1 << SCTLR_C)
	orr	x1, x1, #(1 << SCTLR_I)
	bic	x0, x0, x1
	msr	sctlr_el2, x0
	isb
	ic	iallu
	dsb	sy
	isb
	b	boot_begin
endfunc boot_restart
