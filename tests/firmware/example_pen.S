/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The firmware of the made-up vendor (boot/smp, smp_example.c): an Image that takes QEMU's CPUs
 * from PSCI into a pen of its own, where all of them poll one pair of words as they would poll a
 * device, and then enters what QEMU has loaded at NEXT with its own x0.
 */
#define PSCI_CPU_ON 0xc4000003
#define CPU_COUNT   8
#define WORDS	    0x4fff0000 /* the test's devicetree names and reserves them */
#define WHO	    0
#define WHERE	    8
#define NEXT	    0x50000000

	.text
	.global	head
head:
	b	start
	.word	0
	.quad	0		/* text_offset */
	.quad	0x1000		/* image_size */
	.quad	0xa
	.quad	0, 0, 0
	.ascii	"ARM\x64"
	.word	0

start:
	mov	x19, x0
	ldr	x20, =WORDS
	str	xzr, [x20, #WHO]
	mov	x21, #1
1:	ldr	w0, =PSCI_CPU_ON
	mov	x1, x21
	adr	x2, pen
	mov	x3, xzr
	smc	#0		/* a CPU that is not there is refused */
	add	x21, x21, #1
	cmp	x21, #CPU_COUNT
	b.lo	1b
	mov	x0, x19
	ldr	x9, =NEXT
	br	x9

pen:
	ldr	x20, =WORDS
	mrs	x1, mpidr_el1
	and	x1, x1, #0xffffff
	orr	x1, x1, #(1 << 63)
2:	ldr	x2, [x20, #WHO]
	cmp	x2, x1
	b.eq	3f
	yield
	b	2b
3:	dsb	sy
	ldr	x9, [x20, #WHERE]
	str	xzr, [x20, #WHO]
	dsb	sy
	br	x9
