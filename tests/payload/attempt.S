/* SPDX-License-Identifier: Apache-2.0 */
#include "attempt.h"

/* One slot per CPU: x19 to x30, SP, VBAR_EL1 and the struct attempt. */
#define SLOT_SHIFT   7
#define SLOT_SP	     96
#define SLOT_VBAR    104
#define SLOT_ATTEMPT 112

	.macro slot_address to, cpu
	mrs	\cpu, tpidr_el1
	adrp	\to, attempt_slots
	add	\to, \to, :lo12:attempt_slots
	add	\to, \to, \cpu, lsl #SLOT_SHIFT
	.endm

	.text
	.global	attempt_run
attempt_run:
	slot_address x1, x2
	stp	x19, x20, [x1]
	stp	x21, x22, [x1, #16]
	stp	x23, x24, [x1, #32]
	stp	x25, x26, [x1, #48]
	stp	x27, x28, [x1, #64]
	stp	x29, x30, [x1, #80]
	mov	x2, sp
	mrs	x3, vbar_el1
	stp	x2, x3, [x1, #SLOT_SP]
	str	x0, [x1, #SLOT_ATTEMPT]
	adrp	x2, attempt_vectors
	add	x2, x2, :lo12:attempt_vectors
	msr	vbar_el1, x2
	ldp	x2, x3, [x0, #ATTEMPT_SP]
	ldr	x4, [x0, #ATTEMPT_PSTATE]
	msr	sp_el0, x2
	msr	elr_el1, x3
	msr	spsr_el1, x4
	ldp	x2, x3, [x0, #16]
	ldp	x4, x5, [x0, #32]
	ldp	x6, x7, [x0, #48]
	ldp	x8, x9, [x0, #64]
	ldp	x10, x11, [x0, #80]
	ldp	x12, x13, [x0, #96]
	ldp	x14, x15, [x0, #112]
	ldp	x16, x17, [x0, #128]
	ldp	x18, x19, [x0, #144]
	ldp	x20, x21, [x0, #160]
	ldp	x22, x23, [x0, #176]
	ldp	x24, x25, [x0, #192]
	ldp	x26, x27, [x0, #208]
	ldp	x28, x29, [x0, #224]
	ldr	x30, [x0, #240]
	ldp	x0, x1, [x0]
	isb
	eret

	.macro	attempt_vector number
	.balign	128
	sub	sp, sp, #32
	stp	x0, x1, [sp]
	str	x2, [sp, #16]
	mov	x1, #\number
	b	attempt_over
	.endm

	.section .text.vectors, "ax"
	.balign	2048
attempt_vectors:
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	attempt_vector \n
	.endr

	.balign	128
attempt_over:
	slot_address x2, x0
	ldr	x0, [x2, #SLOT_ATTEMPT]
	str	x1, [x0, #ATTEMPT_KIND]
	stp	x3, x4, [x0, #24]
	stp	x5, x6, [x0, #40]
	stp	x7, x8, [x0, #56]
	stp	x9, x10, [x0, #72]
	stp	x11, x12, [x0, #88]
	stp	x13, x14, [x0, #104]
	stp	x15, x16, [x0, #120]
	stp	x17, x18, [x0, #136]
	stp	x19, x20, [x0, #152]
	stp	x21, x22, [x0, #168]
	stp	x23, x24, [x0, #184]
	stp	x25, x26, [x0, #200]
	stp	x27, x28, [x0, #216]
	stp	x29, x30, [x0, #232]
	ldp	x3, x4, [sp]
	stp	x3, x4, [x0]
	ldr	x3, [sp, #16]
	str	x3, [x0, #16]
	mrs	x3, sp_el0
	mrs	x4, elr_el1
	stp	x3, x4, [x0, #ATTEMPT_SP]
	mrs	x3, spsr_el1
	mrs	x4, esr_el1
	stp	x3, x4, [x0, #ATTEMPT_PSTATE]
	mrs	x3, far_el1
	str	x3, [x0, #ATTEMPT_FAR]
	ldp	x19, x20, [x2]
	ldp	x21, x22, [x2, #16]
	ldp	x23, x24, [x2, #32]
	ldp	x25, x26, [x2, #48]
	ldp	x27, x28, [x2, #64]
	ldp	x29, x30, [x2, #80]
	ldp	x3, x4, [x2, #SLOT_SP]
	mov	sp, x3
	msr	vbar_el1, x4
	isb
	ret

	.bss
	.balign	128
attempt_slots:
	.space	8 << SLOT_SHIFT
