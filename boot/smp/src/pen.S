/* SPDX-License-Identifier: Apache-2.0 */
#include "arch_impl/asm.h"
#include "pen.h"

#define CURRENTEL_EL2	 8
#define HCR_EL2_RW	 (1 << 31)
#define HCR_EL2_E2H_BIT	 34
#define MPIDR_AFF3_SHIFT 32
#define PARKING_ID	 0
#define PARKING_JUMP	 8

/* CNTHCTL_EL2 and CNTKCTL_EL1 agree in these: EVNTEN, EVNTI = 9, an event every 1024 ticks. */
#define EVENTS_CLEAR	 0xfc
#define EVENTS_SET	 0x94

/* A secondary's first instructions, and those that it waits in: MMU and caches off, so that each
 * load and store here is one of memory itself. In: nothing, as no protocol but PSCI has an
 * argument. Uses no stack. x0 = its mailbox from .Lfound on. */
	.section .rodata.pen, "a", %progbits
	.balign	64
	.global	pen_code, pen_code_back, pen_code_size
	.hidden	pen_code, pen_code_back, pen_code_size
pen_code:
	msr	daifset, #0xf
	adr	x0, pen_code
	add	x0, x0, #PEN_MAILBOXES
	mrs	x2, mpidr_el1
	and	x1, x2, #0xffffff
	ubfx	x2, x2, #MPIDR_AFF3_SHIFT, #8
	orr	x1, x1, x2, lsl #MPIDR_AFF3_SHIFT
	mvn	x1, x1
	mov	x2, #PEN_COUNT
.Lfind:
	ldr	x3, [x0, #PEN_KEY]
	cmp	x3, x1
	b.eq	.Lfound
	add	x0, x0, #PEN_SIZE
	subs	x2, x2, #1
	b.ne	.Lfind
.Lsleep:
	wfi
	b	.Lsleep

.Lfound:
	ldr	x4, [x0, #PEN_NEED]
	mov	x3, #PEN_STATE_OTHER_EL
	mrs	x5, currentel
	and	x1, x4, #PEN_NEED_EL
	cmp	x1, x5
	b.ne	.Lrefuse
	cmp	x5, #CURRENTEL_EL2
	b.ne	1f
	mov	x1, #HCR_EL2_RW
	msr	hcr_el2, x1
	isb
	tbz	x4, #PEN_NEED_E2H_OFF, 1f
	mov	x3, #PEN_STATE_E2H
	mrs	x1, hcr_el2
	tbnz	x1, #HCR_EL2_E2H_BIT, .Lrefuse
1:	ldr	x1, [x0, #PEN_GICD]
	cbz	x1, 2f
	ldr	w2, [x1, #GICD_ITARGETSR0]
	str	x2, [x0, #PEN_TARGETS]
	/* What comes in is read, and what goes out written, before the report is seen: the mailbox
	 * changes hands with it. From pen_code_back: x0 = mailbox, all 0; x4 and x5 are not used. */
pen_code_back:
2:	ldr	x6, [x0, #PEN_PARKING]
	lsr	x4, x4, #PEN_NEED_NUMBER
	dsb	sy
	mov	x3, #PEN_STATE_READY
	str	x3, [x0, #PEN_STATE]
	dsb	sy
	cbnz	x6, .Lparked
3:	ldr	x9, [x0, #PEN_ENTRY]
	cbnz	x9, 4f
	wfe
	b	3b
	/* arg was written before entry. */
4:	dsb	sy
	ldr	x0, [x0, #PEN_ARG]
	/* Nothing of what lay at entry before may be executed. */
.Lgo:
	mov	x1, xzr
	mov	x2, xzr
	mov	x3, xzr
	ic	iallu
	dsb	sy
	isb
	br	x9

.Lrefuse:
	str	x3, [x0, #PEN_STATE]
	dsb	sy
	b	.Lsleep

/* The caller ends by an SGI, which wakes no WFE while masked, and whose interrupt controller is
 * not ours to set up: the counter's event stream makes WFE a slow poll. x4 = our number, x5 =
 * CurrentEL, x6 = our page. */
.Lparked:
	cmp	x5, #CURRENTEL_EL2
	b.ne	5f
	mrs	x7, cnthctl_el2
	b	6f
5:	mrs	x7, cntkctl_el1
6:	bic	x8, x7, #EVENTS_CLEAR
	mov	x1, #EVENTS_SET
	orr	x8, x8, x1
	bl	.Lset_events
7:	wfe
	ldr	w1, [x6, #PARKING_ID]
	cmp	w1, w4
	b.ne	7b
	dsb	sy
	ldr	x9, [x6, #PARKING_JUMP]
	cbz	x9, 7b
	/* Taken: the caller reads the 0 as the answer. */
	str	xzr, [x6, #PARKING_JUMP]
	dsb	sy
	mov	x8, x7
	bl	.Lset_events
	mov	x0, xzr
	b	.Lgo

.Lset_events:
	cmp	x5, #CURRENTEL_EL2
	b.ne	8f
	msr	cnthctl_el2, x8
	isb
	ret
8:	msr	cntkctl_el1, x8
	isb
	ret
pen_code_size:
	.word	pen_code_size - pen_code
