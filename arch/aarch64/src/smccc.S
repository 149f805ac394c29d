/* SPDX-License-Identifier: Apache-2.0 */
/* void arch_smc(x0 = struct smccc_regs *), arch_hvc: x0..x17 from and to the struct. */
#include "arch_impl/asm.h"

	.macro conduit name, instruction
func arch_\name
	stp	x29, x30, [sp, #-32]!
	mov	x29, sp
	str	x0, [sp, #16]
	mov	x18, x0
	ldp	x16, x17, [x18, #128]
	ldp	x14, x15, [x18, #112]
	ldp	x12, x13, [x18, #96]
	ldp	x10, x11, [x18, #80]
	ldp	x8, x9, [x18, #64]
	ldp	x6, x7, [x18, #48]
	ldp	x4, x5, [x18, #32]
	ldp	x2, x3, [x18, #16]
	ldp	x0, x1, [x18]
	\instruction #0
	ldr	x18, [sp, #16]
	stp	x0, x1, [x18]
	stp	x2, x3, [x18, #16]
	stp	x4, x5, [x18, #32]
	stp	x6, x7, [x18, #48]
	stp	x8, x9, [x18, #64]
	stp	x10, x11, [x18, #80]
	stp	x12, x13, [x18, #96]
	stp	x14, x15, [x18, #112]
	stp	x16, x17, [x18, #128]
	ldp	x29, x30, [sp], #32
	ret
endfunc arch_\name
	.endm

	conduit	smc, smc
	conduit	hvc, hvc
