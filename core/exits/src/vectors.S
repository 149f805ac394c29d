/* SPDX-License-Identifier: Apache-2.0 */
/*
 * EL2's vectors, and the way into a guest.
 *
 * While a guest runs, SP_EL2 points to its struct vcpu_context and TPIDR_EL2 to the CPU's struct
 * percpu. An exit stores x0..x30 in the context, starts the CPU's EL2 stack afresh, and calls
 *     struct vcpu_context *exits_KIND(struct vcpu_context *)
 * which returns the context to resume: PC, PSTATE and the system registers of that one are in the
 * hardware already (vcpu_context_load). EL2 itself runs with SP_EL2 as its stack and all
 * exceptions masked.
 *
 * There is a table for each enum errata_defence. What it does comes ahead of the first branch,
 * and ends in a barrier or an exception return: nothing behind it is executed by speculation from
 * before it.
 */
#include "arch_impl/asm.h"
#include "hypmap/hypmap_layout.h"
#include "percpu/percpu_layout.h"
#include "vcpu/context.h"

#define EXITS_FRAME_SIZE 256

/* A slot of 128 bytes; what does not fit fails to assemble. */
	.macro end_slot start
	.if (. - \start) > 128
	.error "vector does not fit its slot"
	.endif
	.endm

	.macro save_from first, last
	stp	x\first, x\last, [sp, #VCPU_X + 8 * \first]
	.endm

	.macro save_rest
	save_from 4, 5
	save_from 6, 7
	save_from 8, 9
	save_from 10, 11
	save_from 12, 13
	save_from 14, 15
	save_from 16, 17
	save_from 18, 19
	save_from 20, 21
	save_from 22, 23
	save_from 24, 25
	save_from 26, 27
	save_from 28, 29
	str	x30, [sp, #VCPU_X + 8 * 30]
	.endm

	.macro defence_none
	.endm

	/* Arm's loop, which puts branches of ours in place of the guest's in the branch history, and
	 * CLRBHB, which clears it where there is such an instruction and is a NOP elsewhere. */
	.macro defence_history
	mrs	x0, tpidr_el2
	ldr	w0, [x0, #PERCPU_DEFENCE_ARGUMENT]
1:	b	2f
2:	subs	x0, x0, #1
	b.ne	1b
	hint	#22		/* CLRBHB */
	dsb	nsh
	isb
	.endm

	/* SMCCC_ARCH_WORKAROUND_1 or 3: changes X0 to X3 at most. */
	.macro defence_firmware
	mrs	x0, tpidr_el2
	ldr	w0, [x0, #PERCPU_DEFENCE_ARGUMENT]
	smc	#0
	.endm

	.macro guest_vector handler, defence
	.balign	128
.Lslot\@:
	save_from 0, 1
	save_from 2, 3
	defence_\defence
	save_rest
	mov	x0, sp
	mrs	x1, tpidr_el2
	ldr	x1, [x1, #PERCPU_STACK_TOP]
	mov	sp, x1
	bl	\handler
	b	guest_resume
	end_slot .Lslot\@
	.endm

/* An exception of EL2 itself: a fix-up, or the end. The frame is struct exits_frame. If it does not
 * fit on the stack, or the stack ran off into its guard page, SP loses HYPMAP_CPU_STACK_BIT, seen
 * here without a free register: x0 and sp are added and subtracted into each other's place. */
	.macro el2_vector kind
	.balign	128
.Lslot\@:
	sub	sp, sp, #EXITS_FRAME_SIZE
	add	sp, sp, x0
	sub	x0, sp, x0
	tbz	x0, #HYPMAP_CPU_STACK_BIT, 1f
	sub	x0, sp, x0
	sub	sp, sp, x0
	stp	x0, x1, [sp]
	mov	x0, #\kind
	b	el2_exception
1:	add	x1, x0, #EXITS_FRAME_SIZE
	mov	x0, #\kind
	b	el2_stack_overflow
	end_slot .Lslot\@
	.endm

/* From EL2 with SP_EL0: nothing of ours selects it. */
	.macro impossible_vector kind
	.balign	128
	mov	x0, #\kind
	mov	x1, sp
	b	el2_stack_overflow
	.endm

	.macro vectors name, defence
	.balign	2048
	.global	\name
	.hidden	\name
\name:
	.irp	kind, 0, 1, 2, 3
	impossible_vector \kind
	.endr
	.irp	kind, 4, 5, 6, 7
	el2_vector \kind
	.endr
	.rept	2	/* from AArch64, from AArch32 */
	guest_vector exits_sync, \defence
	guest_vector exits_irq, \defence
	guest_vector exits_irq, \defence
	guest_vector exits_serror, \defence
	.endr
	.endm

	.section .text.vectors, "ax", %progbits
	vectors	exits_vectors, none
	vectors	exits_vectors_history, history
	vectors	exits_vectors_firmware, firmware
	.balign	128

/* x0 = struct vcpu_context to run; its other registers are in the hardware. Does not return. Called
 * by name alone: no landing pad for indirect branches. */
	.global	guest_resume
	.hidden	guest_resume
	.type	guest_resume, %function
guest_resume:
	mov	sp, x0
	ldp	x2, x3, [sp, #VCPU_X + 16 * 1]
	ldp	x4, x5, [sp, #VCPU_X + 16 * 2]
	ldp	x6, x7, [sp, #VCPU_X + 16 * 3]
	ldp	x8, x9, [sp, #VCPU_X + 16 * 4]
	ldp	x10, x11, [sp, #VCPU_X + 16 * 5]
	ldp	x12, x13, [sp, #VCPU_X + 16 * 6]
	ldp	x14, x15, [sp, #VCPU_X + 16 * 7]
	ldp	x16, x17, [sp, #VCPU_X + 16 * 8]
	ldp	x18, x19, [sp, #VCPU_X + 16 * 9]
	ldp	x20, x21, [sp, #VCPU_X + 16 * 10]
	ldp	x22, x23, [sp, #VCPU_X + 16 * 11]
	ldp	x24, x25, [sp, #VCPU_X + 16 * 12]
	ldp	x26, x27, [sp, #VCPU_X + 16 * 13]
	ldp	x28, x29, [sp, #VCPU_X + 16 * 14]
	ldr	x30, [sp, #VCPU_X + 16 * 15]
	ldp	x0, x1, [sp, #VCPU_X + 16 * 0]
	exception_return
	.size	guest_resume, . - guest_resume

/* x0 = kind; x0 and x1 of the interrupted code are in the frame. */
el2_exception:
	stp	x2, x3, [sp, #16 * 1]
	stp	x4, x5, [sp, #16 * 2]
	stp	x6, x7, [sp, #16 * 3]
	stp	x8, x9, [sp, #16 * 4]
	stp	x10, x11, [sp, #16 * 5]
	stp	x12, x13, [sp, #16 * 6]
	stp	x14, x15, [sp, #16 * 7]
	stp	x16, x17, [sp, #16 * 8]
	stp	x18, x19, [sp, #16 * 9]
	stp	x20, x21, [sp, #16 * 10]
	stp	x22, x23, [sp, #16 * 11]
	stp	x24, x25, [sp, #16 * 12]
	stp	x26, x27, [sp, #16 * 13]
	stp	x28, x29, [sp, #16 * 14]
	str	x30, [sp, #16 * 15]
	mov	x1, sp
	bl	exits_el2_exception	/* returns only after a fix-up */
	ldp	x2, x3, [sp, #16 * 1]
	ldp	x4, x5, [sp, #16 * 2]
	ldp	x6, x7, [sp, #16 * 3]
	ldp	x8, x9, [sp, #16 * 4]
	ldp	x10, x11, [sp, #16 * 5]
	ldp	x12, x13, [sp, #16 * 6]
	ldp	x14, x15, [sp, #16 * 7]
	ldp	x16, x17, [sp, #16 * 8]
	ldp	x18, x19, [sp, #16 * 9]
	ldp	x20, x21, [sp, #16 * 10]
	ldp	x22, x23, [sp, #16 * 11]
	ldp	x24, x25, [sp, #16 * 12]
	ldp	x26, x27, [sp, #16 * 13]
	ldp	x28, x29, [sp, #16 * 14]
	ldr	x30, [sp, #16 * 15]
	ldp	x0, x1, [sp]
	add	sp, sp, #EXITS_FRAME_SIZE
	exception_return

/* x0 = kind, x1 = the stack pointer that was. */
el2_stack_overflow:
	mrs	x2, tpidr_el2
	ldr	x2, [x2, #PERCPU_OVERFLOW_STACK_TOP]
	mov	sp, x2
	bl	exits_stack_overflow

/* void exits_restart_stack(x0 = function, x1 = argument): calls it on a fresh EL2 stack; for what
 * does not return. */
func exits_restart_stack
	mrs	x2, tpidr_el2
	ldr	x2, [x2, #PERCPU_STACK_TOP]
	mov	sp, x2
	mov	x2, x0
	mov	x0, x1
	mov	x30, xzr
	blr	x2
	brk	#0
endfunc exits_restart_stack
