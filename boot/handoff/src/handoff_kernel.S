/* SPDX-License-Identifier: Apache-2.0 */
#include "arch_impl/asm.h"

#define CURRENTEL_EL2 8
#define SCTLR_M	      (1 << 0)
#define SCTLR_C	      (1 << 2)
#define SCTLR_I	      (1 << 12)

/* In: x0 = devicetree, x1 = entry. As in handoff_enter: from the write of SCTLR_ELx on, nothing is
 * loaded or stored. Its other bits stay, as RES1 differs with the level and with E2H. */
func handoff_enter_kernel
	msr	daifset, #0xf
	mov	x9, x1
	dsb	sy
	mrs	x2, currentel
	cmp	x2, #CURRENTEL_EL2
	b.ne	1f
	mrs	x2, sctlr_el2
	bic	x2, x2, #SCTLR_M
	bic	x2, x2, #SCTLR_C
	bic	x2, x2, #SCTLR_I
	msr	sctlr_el2, x2
	isb
	tlbi	alle2
	b	2f
1:	mrs	x2, sctlr_el1
	bic	x2, x2, #SCTLR_M
	bic	x2, x2, #SCTLR_C
	bic	x2, x2, #SCTLR_I
	msr	sctlr_el1, x2
	isb
	tlbi	vmalle1
2:	ic	iallu
	dsb	sy
	isb
	mov	x1, xzr
	mov	x2, xzr
	mov	x3, xzr
	br	x9
endfunc handoff_enter_kernel
