/* SPDX-License-Identifier: Apache-2.0 */
/* Entry of CPU 0 (from the loader) and of the others (from PSCI, x0 = their number), vectors. */

#define STACK_SIZE 0x4000

#define CURRENTEL_EL2	 (2 << 2)
#define HCR_EL2_RW	 (1 << 31)
#define CPTR_EL2_RES1	 0x33ff
#define CNTHCTL_EL1_OPEN 3	/* EL1PCTEN, EL1PCEN */
#define SCTLR_EL1_OFF	 0x30d00800
#define SPSR_EL1H_MASKED 0x3c5
#define PFR0_GIC	 24
#define ICC_SRE_EL2	 S3_4_C12_C9_5
#define ICC_SRE_EL2_OPEN 0xf	/* SRE, DFB, DIB, Enable */

	.section .text.start, "ax"
	.global	_start
_start:
	mov	x19, xzr
	b	enter

	.global	secondary_start
secondary_start:
	mov	x19, x0
enter:
	mrs	x1, currentel
	cmp	x1, #CURRENTEL_EL2
	b.eq	leave_el2
at_el1:
	adrp	x1, guest_stacks
	add	x1, x1, :lo12:guest_stacks
	add	x2, x19, #1
	mov	x3, #STACK_SIZE
	madd	x1, x2, x3, x1
	mov	x2, #(3 << 20)
	msr	cpacr_el1, x2
	msr	spsel, #1
	mov	sp, x1
	msr	tpidr_el1, x19
	adrp	x1, guest_vectors
	add	x1, x1, :lo12:guest_vectors
	msr	vbar_el1, x1
	isb
	mov	x0, x19
	bl	mmu_on
	mov	x0, x19
	bl	guest_enter
	b	.

/* A bare machine that is started at EL2, which stays empty: nothing traps there, and PSCI is the
 * firmware's, by SMC. */
leave_el2:
	mov	x1, #HCR_EL2_RW
	msr	hcr_el2, x1
	mov	x1, #CNTHCTL_EL1_OPEN
	msr	cnthctl_el2, x1
	msr	cntvoff_el2, xzr
	mov	x1, #CPTR_EL2_RES1
	msr	cptr_el2, x1
	msr	hstr_el2, xzr
	msr	vttbr_el2, xzr
	mrs	x1, mdcr_el2
	and	x1, x1, #0x1f		/* HPMN stays */
	msr	mdcr_el2, x1
	mrs	x1, midr_el1
	msr	vpidr_el2, x1
	mrs	x1, mpidr_el1
	msr	vmpidr_el2, x1
	mrs	x1, id_aa64pfr0_el1
	ubfx	x1, x1, #PFR0_GIC, #4
	cbz	x1, 1f
	mov	x1, #ICC_SRE_EL2_OPEN
	msr	ICC_SRE_EL2, x1
1:	mov	w1, #(SCTLR_EL1_OFF & 0xffff)
	movk	w1, #(SCTLR_EL1_OFF >> 16), lsl #16
	msr	sctlr_el1, x1
	adrp	x1, came_from_el2
	mov	w2, #1
	str	w2, [x1, :lo12:came_from_el2]
	mov	x1, #SPSR_EL1H_MASKED
	msr	spsr_el2, x1
	adr	x1, at_el1
	msr	elr_el2, x1
	eret

	.macro	vector number
	.balign	128
	sub	sp, sp, #288
	stp	x0, x1, [sp]
	mov	x0, #\number
	b	vector_common
	.endm

	.section .text.vectors, "ax"
	.balign	2048
	.global	guest_vectors
guest_vectors:
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	vector	\n
	.endr

	.balign	128
vector_common:
	stp	x2, x3, [sp, #16]
	stp	x4, x5, [sp, #32]
	stp	x6, x7, [sp, #48]
	stp	x8, x9, [sp, #64]
	stp	x10, x11, [sp, #80]
	stp	x12, x13, [sp, #96]
	stp	x14, x15, [sp, #112]
	stp	x16, x17, [sp, #128]
	stp	x18, x19, [sp, #144]
	stp	x20, x21, [sp, #160]
	stp	x22, x23, [sp, #176]
	stp	x24, x25, [sp, #192]
	stp	x26, x27, [sp, #208]
	stp	x28, x29, [sp, #224]
	mrs	x1, elr_el1
	stp	x30, x1, [sp, #240]
	mrs	x1, spsr_el1
	mrs	x2, esr_el1
	stp	x1, x2, [sp, #256]
	mrs	x1, far_el1
	stp	x1, x0, [sp, #272]
	mov	x0, sp
	bl	guest_exception
	ldp	x30, x1, [sp, #240]
	msr	elr_el1, x1
	ldr	x1, [sp, #256]
	msr	spsr_el1, x1
	ldp	x2, x3, [sp, #16]
	ldp	x4, x5, [sp, #32]
	ldp	x6, x7, [sp, #48]
	ldp	x8, x9, [sp, #64]
	ldp	x10, x11, [sp, #80]
	ldp	x12, x13, [sp, #96]
	ldp	x14, x15, [sp, #112]
	ldp	x16, x17, [sp, #128]
	ldp	x18, x19, [sp, #144]
	ldp	x20, x21, [sp, #160]
	ldp	x22, x23, [sp, #176]
	ldp	x24, x25, [sp, #192]
	ldp	x26, x27, [sp, #208]
	ldp	x28, x29, [sp, #224]
	ldp	x0, x1, [sp]
	add	sp, sp, #288
	eret

	.text
	.global	hvc
hvc:
	adrp	x16, came_from_el2
	ldr	w16, [x16, :lo12:came_from_el2]
	cbnz	w16, 1f
	hvc	#0
	ret
1:	smc	#0
	ret

	.global	hvc_call
hvc_call:
	stp	x29, x30, [sp, #-32]!
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
	hvc	#0
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

	.data
	.balign	4
came_from_el2:
	.word	0

	.bss
	.balign	4096
guest_stacks:
	.space	STACK_SIZE * 9
