/* SPDX-License-Identifier: Apache-2.0 */
#include "arch_impl/asm.h"
#include "pen.h"

#define CURRENTEL_EL2 8
#define HCR_EL2_RW    (1 << 31)
#define HCR_EL2_E2H_BIT 34

/* A secondary's first instructions, and those that it waits in: MMU and caches off, so that each
 * load and store here is one of memory itself. In: x0 = its mailbox. Uses no stack. */
	.section .rodata.pen, "a", %progbits
	.balign	64
	.global	pen_code, pen_code_size
	.hidden	pen_code, pen_code_size
pen_code:
	msr	daifset, #0xf
	mov	x3, #PEN_STATE_NOT_EL2
	mrs	x1, currentel
	cmp	x1, #CURRENTEL_EL2
	b.ne	.Lrefuse
	mov	x1, #HCR_EL2_RW
	msr	hcr_el2, x1
	isb
	mov	x3, #PEN_STATE_E2H
	mrs	x1, hcr_el2
	tbnz	x1, #HCR_EL2_E2H_BIT, .Lrefuse
	ldr	x1, [x0, #PEN_GICD]
	cbz	x1, 1f
	ldr	w2, [x1, #GICD_ITARGETSR0]
	str	x2, [x0, #PEN_TARGETS]
	/* The report must not be seen before what it reports. */
1:	dsb	sy
	mov	x3, #PEN_STATE_READY
	str	x3, [x0, #PEN_STATE]
	dsb	sy
2:	ldr	x1, [x0, #PEN_ENTRY]
	cbnz	x1, 3f
	wfe
	b	2b
	/* arg was written before entry. Nothing of what lay at entry before may be executed. */
3:	dsb	sy
	ldr	x0, [x0, #PEN_ARG]
	ic	iallu
	dsb	sy
	isb
	br	x1
.Lrefuse:
	str	x3, [x0, #PEN_STATE]
	dsb	sy
4:	wfi
	b	4b
pen_code_size:
	.word	pen_code_size - pen_code
