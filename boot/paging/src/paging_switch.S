/* SPDX-License-Identifier: Apache-2.0 */
#include "arch_impl/asm.h"

/* In: x0 = struct paging_regs, [x1, x2). Between the maintenance and the write of SCTLR nothing
 * is stored: with the MMU off a store goes around the caches. The lines are clean (nothing has
 * run with caches on since head.S cleaned them), so clean-and-invalidate discards them. */
	.macro switch el
	ldp	x3, x4, [x0]
	ldp	x5, x6, [x0, #16]
	mrs	x7, ctr_el0
	ubfx	x7, x7, #16, #4		/* DminLine: log2 of words */
	mov	x8, #4
	lsl	x8, x8, x7
	sub	x9, x8, #1
	bic	x1, x1, x9
1:	dc	civac, x1
	add	x1, x1, x8
	cmp	x1, x2
	b.lo	1b
	dsb	sy
	msr	mair_\el, x4
	msr	tcr_\el, x5
	msr	ttbr0_\el, x3
	isb
	.ifc	\el, el2
	tlbi	alle2
	.else
	tlbi	vmalle1
	.endif
	ic	iallu
	dsb	sy
	isb
	msr	sctlr_\el, x6
	isb
	ret
	.endm

func paging_switch_el1
	switch	el1
endfunc paging_switch_el1

func paging_switch_el2
	switch	el2
endfunc paging_switch_el2
