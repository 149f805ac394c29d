/* SPDX-License-Identifier: Apache-2.0 */
#include "arch_impl/asm.h"

	.arch_extension fp

/* efi_status_t platform_enter(frame, entry, image, system) */
func platform_enter
	stp	x19, x20, [x0]
	stp	x21, x22, [x0, #16]
	stp	x23, x24, [x0, #32]
	stp	x25, x26, [x0, #48]
	stp	x27, x28, [x0, #64]
	stp	x29, x30, [x0, #80]
	mov	x4, sp
	str	x4, [x0, #96]
	stp	d8, d9, [x0, #104]
	stp	d10, d11, [x0, #120]
	stp	d12, d13, [x0, #136]
	stp	d14, d15, [x0, #152]
	str	x0, [sp, #-16]!
	mov	x4, x1
	mov	x0, x2
	mov	x1, x3
	mov	x29, xzr
	blr	x4
	mov	x1, x0
	ldr	x0, [sp]
	b	platform_leave
endfunc platform_enter

/* platform_leave(frame, status): as if the entry had returned. */
func platform_leave
	ldp	x19, x20, [x0]
	ldp	x21, x22, [x0, #16]
	ldp	x23, x24, [x0, #32]
	ldp	x25, x26, [x0, #48]
	ldp	x27, x28, [x0, #64]
	ldp	x29, x30, [x0, #80]
	ldr	x4, [x0, #96]
	mov	sp, x4
	ldp	d8, d9, [x0, #104]
	ldp	d10, d11, [x0, #120]
	ldp	d12, d13, [x0, #136]
	ldp	d14, d15, [x0, #152]
	mov	x0, x1
	ret
endfunc platform_leave

/* void paging_enter(x0 = TTBR0_EL1, with another ASID than the ROM's tables have) */
func paging_enter
	adrp	x1, fw_vectors
	add	x1, x1, :lo12:fw_vectors
	msr	vbar_el1, x1
	msr	ttbr0_el1, x0
	isb
	ret
endfunc paging_enter

/* void paging_invalidate(void): an entry of tables in use is invalid, or says less, now. */
func paging_invalidate
	dsb	ishst
	tlbi	vmalle1
	dsb	nsh
	isb
	ret
endfunc paging_invalidate
