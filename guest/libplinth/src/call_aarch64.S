/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The backdoor's calls on Arm: X7 holds the I/O instruction and the magic, and the MRS traps. No
 * other register than X0 to X6 changes.
 */
#define IN_EAX_DX 0x0e
#define REP_INSB  0x1c
#define REP_OUTSB 0x18
#define X7_MAGIC  0x86

.macro call name, instruction
	.global	\name
	.type	\name, %function
\name:
	hint	#34	/* BTI C */
	mov	x9, x0
	mov	x7, #\instruction
	movk	x7, #X7_MAGIC, lsl #32
	ldp	x0, x1, [x9]
	ldp	x2, x3, [x9, #16]
	ldp	x4, x5, [x9, #32]
	ldr	x6, [x9, #48]
	.global	\name\()_instruction
\name\()_instruction:
	mrs	xzr, mdccsr_el0
	stp	x0, x1, [x9]
	stp	x2, x3, [x9, #16]
	stp	x4, x5, [x9, #32]
	str	x6, [x9, #48]
	ret
	.size	\name, . - \name
.endm

	.text
	call	plinth_call_in, IN_EAX_DX
	call	plinth_call_ins, REP_INSB
	call	plinth_call_outs, REP_OUTSB

	.section .note.GNU-stack, "", %progbits
