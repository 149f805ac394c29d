/* SPDX-License-Identifier: Apache-2.0 */
/*
 * EL3 of the tests, as firmware of real machines has it: gives all interrupts of a GICv3 with two
 * security states to Non-secure, starts the Image at IMAGE in Non-secure EL2 with the devicetree at
 * DTB, and offers PSCI's version and power off, and SMCCC_ARCH_WORKAROUND_1 and 3 (DEN0028), which
 * clear nothing here: that they are called is what the tests look at. One CPU, QEMU's virt board with
 * secure=on.
 */
#define DTB		0x44000000
#define IMAGE		0x46000000
#define GICD		0x08000000
#define GICR		0x080a0000
#define GICD_CTLR	0x0000
#define GICD_IGROUPR	0x0080
#define GICR_WAKER	0x0014
#define GICR_IGROUPR0	0x10080
#define CTLR_ARE	0x30
#define CTLR_GROUPS	0x07
#define IGROUPRS	9	/* 288 interrupts */
#define PROCESSOR_SLEEP 2
#define CHILDREN_ASLEEP 2	/* the bit's number */
#define SRE_EL3		S3_6_C12_C12_5
#define PMR		S3_0_C4_C6_0
#define SCR		0x535	/* RW, HCE, FIQ, NS, RES1 */
#define SPSR_EL2H	0x3c9
#define EC_SHIFT	26
#define EC_SMC64	0x17
#define SYS_EXIT	0x18	/* of semihosting; the reason is ADP_Stopped_ApplicationExit */
#define APP_EXIT	0x20026

	.text
	.global	head
head:
	adr	x0, vectors
	msr	vbar_el3, x0
	adr	x0, stack_end
	mov	sp, x0
	msr	cptr_el3, xzr
	msr	mdcr_el3, xzr
	mov	x1, #GICD
	mov	w0, #CTLR_ARE
	str	w0, [x1, #GICD_CTLR]
	mov	w0, #(CTLR_ARE | CTLR_GROUPS)
	str	w0, [x1, #GICD_CTLR]
	add	x1, x1, #GICD_IGROUPR
	mov	w0, #-1
	mov	x2, #(IGROUPRS - 1)
1:	str	w0, [x1, #4]!
	subs	x2, x2, #1
	b.ne	1b
	ldr	x1, =GICR
	ldr	w0, [x1, #GICR_WAKER]
	bic	w0, w0, #PROCESSOR_SLEEP
	str	w0, [x1, #GICR_WAKER]
1:	ldr	w0, [x1, #GICR_WAKER]
	tbnz	w0, #CHILDREN_ASLEEP, 1b
	ldr	x2, =GICR_IGROUPR0
	mov	w0, #-1
	str	w0, [x1, x2]
	mov	x0, #0xf
	msr	SRE_EL3, x0
	isb
	mov	x0, #0xff	/* else Non-secure cannot write it */
	msr	PMR, x0
	mov	x0, #SCR
	msr	scr_el3, x0
	mov	x0, #SPSR_EL2H
	msr	spsr_el3, x0
	ldr	x0, =IMAGE
	msr	elr_el3, x0
	ldr	x0, =DTB
	mov	x1, xzr
	mov	x2, xzr
	mov	x3, xzr
	isb
	eret

	.balign	2048
vectors:
	.space	0x400
	b	called			/* lower EL, AArch64, synchronous */
	.balign	2048

	.macro on function, label
	ldr	w2, =\function
	cmp	w0, w2
	b.eq	\label
	.endm

/* w0: the function, w1: what it is about. X0 to X3 change at most. */
called:
	mrs	x2, esr_el3
	lsr	x2, x2, #EC_SHIFT
	cmp	x2, #EC_SMC64
	b.ne	halt
	on	0x80008000, done	/* SMCCC_ARCH_WORKAROUND_1 */
	on	0x80003fff, done	/* SMCCC_ARCH_WORKAROUND_3 */
	on	0x84000000, version	/* PSCI_VERSION */
	on	0x80000000, version	/* SMCCC_VERSION */
	on	0x84000008, off		/* SYSTEM_OFF */
	on	0x80000001, features	/* SMCCC_ARCH_FEATURES */
unknown:
	mov	x0, #-1
done:
	eret
version:
	ldr	w0, =0x10001
	eret
features:
	mov	w0, w1
	on	0x80008000, offered
	on	0x80003fff, offered
	b	unknown
offered:
	mov	x0, xzr
	eret

/* QEMU ends. */
off:
	adr	x1, reason
	mov	x0, #SYS_EXIT
	hlt	#0xf000
halt:
	wfi
	b	halt

	.ltorg
	.balign	16
reason:
	.quad	APP_EXIT, 0
stack:
	.space	256
stack_end:
