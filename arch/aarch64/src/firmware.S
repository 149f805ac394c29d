/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bool arch_firmware_call(x0 = function, x1 = args, x2 = frame, x3 = status): all callee-saved
 * registers and x18 on the stack, and q0 to q31 with FPCR and FPSR, which may be a guest's.
 */
#include "arch_impl/asm.h"

	.arch_extension simd

#define SCTLR_EL2_A 2

/* stp or ldp, above the frame's x29 and x30. */
	.macro	callee_saved op
	\op	x19, x20, [sp, #16]
	\op	x21, x22, [sp, #32]
	\op	x23, x24, [sp, #48]
	\op	x25, x26, [sp, #64]
	\op	x27, x28, [sp, #80]
	.endm

/* st1 or ld1 of q0 to q31; x9 = their place, afterwards what follows it. */
	.macro	vectors op
	\op	{v0.16b-v3.16b}, [x9], #64
	\op	{v4.16b-v7.16b}, [x9], #64
	\op	{v8.16b-v11.16b}, [x9], #64
	\op	{v12.16b-v15.16b}, [x9], #64
	\op	{v16.16b-v19.16b}, [x9], #64
	\op	{v20.16b-v23.16b}, [x9], #64
	\op	{v24.16b-v27.16b}, [x9], #64
	\op	{v28.16b-v31.16b}, [x9], #64
	.endm

/* x29, x30, x19 to x28, and at FRAME_PLACE what we were given in x2 and x3; below FPCR, FPSR, x18, and
 * the vectors. */
#define FRAME_SIZE   112
#define FRAME_PLACE  96
#define FRAME_VECTOR 544

func arch_firmware_call
	stp	x29, x30, [sp, #-FRAME_SIZE]!
	mov	x29, sp
	callee_saved stp
	stp	x2, x3, [sp, #FRAME_PLACE]
	mrs	x9, fpcr
	mrs	x10, fpsr
	stp	x9, x10, [sp, #-32]!
	str	x18, [sp, #16]
	sub	sp, sp, #512
	mov	x9, sp
	vectors	st1
	str	x29, [x2]
	mrs	x9, sctlr_el2
	bic	x9, x9, #SCTLR_EL2_A
	msr	sctlr_el2, x9
	msr	fpcr, xzr
	isb
	mov	x9, x0
	ldp	x2, x3, [x1, #16]
	ldr	x4, [x1, #32]
	ldp	x0, x1, [x1]
	blr	x9
	ldr	x9, [x29, #(FRAME_PLACE + 8)]
	str	x0, [x9]
	mov	x0, #1
1:	ldr	x9, [x29, #FRAME_PLACE]
	str	xzr, [x9]
	mrs	x9, sctlr_el2
	orr	x9, x9, #SCTLR_EL2_A
	msr	sctlr_el2, x9
	isb
	sub	sp, x29, #FRAME_VECTOR
	mov	x9, sp
	vectors	ld1
	ldp	x10, x11, [x9]
	ldr	x18, [x9, #16]
	msr	fpcr, x10
	msr	fpsr, x11
	mov	sp, x29
	callee_saved ldp
	ldp	x29, x30, [sp], #FRAME_SIZE
	ret

/* By an exception's return, x0 = the frame: out of whatever the function did. */
	.global	arch_firmware_fault
	.hidden	arch_firmware_fault
arch_firmware_fault:
	mov	x29, x0
	mov	x0, xzr
	b	1b
endfunc arch_firmware_call
