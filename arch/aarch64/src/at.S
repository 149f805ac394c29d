/* SPDX-License-Identifier: Apache-2.0 */
/*
 * uint64_t arch_at_FORM(x0 = gva): AT, and what PAR_EL1 says then.
 * AT may itself end in a Data Abort at EL2 (external abort on the walk). The vector finds the
 * faulting PC in the fix-up table (core/exits) and continues at its second address, which answers
 * all ones. That exception overwrites ELR_EL2, SPSR_EL2 and FAR_EL2, where the guest's state is: that
 * path puts them back. (ESR_EL2, too, which core/exits reads first of all and once.) Clobbers x4 to
 * x6.
 *
 * struct arch_at_answer arch_at_run_FORM(x0 = gva, x1 = count, x2 = expected, x3 = step, x4 = span,
 * x5 = relevant): the same for one address after the other, arch/at.h says how far. Ten
 * instructions for each. Clobbers x6 to x11.
 */
#include "arch_impl/asm.h"

	.macro at_form name, operation
func arch_at_\name
	mrs	x4, elr_el2
	mrs	x5, spsr_el2
	mrs	x6, far_el2
1:	at	\operation, x0
	isb
	mrs	x0, par_el1
	ret
2:	msr	elr_el2, x4
	msr	spsr_el2, x5
	msr	far_el2, x6
	mov	x0, #-1
	ret
	fixup	1b, 2b
endfunc arch_at_\name
	.endm

	at_form	s1e0r, s1e0r
	at_form	s1e0w, s1e0w
	at_form	s1e1r, s1e1r
	at_form	s1e1w, s1e1w

	.macro at_run name, operation
func arch_at_run_\name
	mrs	x6, elr_el2
	mrs	x7, spsr_el2
	mrs	x8, far_el2
1:	at	\operation, x0
	isb
	mrs	x10, par_el1
	eor	x11, x10, x2
	tst	x11, x5
	b.ne	3f
	add	x2, x2, x3
	add	x0, x0, x4
	subs	x1, x1, #1
	b.ne	1b
3:	mov	x0, x10
	ret
2:	msr	elr_el2, x6
	msr	spsr_el2, x7
	msr	far_el2, x8
	mov	x0, #-1
	ret
	fixup	1b, 2b
endfunc arch_at_run_\name
	.endm

	at_run	s1e0w, s1e0w
	at_run	s1e1w, s1e1w
