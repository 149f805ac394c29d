/* SPDX-License-Identifier: Apache-2.0 */
/*
 * EL3 of the tests: starts what lies at 0 at EL2, and answers some of the runtime services that come
 * by SMC (abi/uefi_rt.h), each by its operand and the level that it came from: a time is written
 * where AT of that level says that the caller's pointer leads, and its second is the level. Another
 * level's address space is never asked. For QEMU's virt board with secure=on: EL2 is Secure EL2,
 * since the board's flash at 0 is nobody else's.
 */
#include "abi/uefi_rt.h"

#define SCR	     ((1 << 18) | (1 << 10) | (1 << 8))	/* EEL2, RW, HCE; Secure */
#define SPSR_EL2H    0x3c9
#define MODE_EL1H    0x5
#define MODE_EL2H    0x9
#define MODE_MASK    0xf
#define EC_SHIFT     26
#define EC_SMC64     0x17
#define PAR_ADDRESS  0x000ffffffffff000
#define PSCI_OFF     0x84000008
#define SYS_EXIT     0x18	/* of semihosting; the reason is ADP_Stopped_ApplicationExit */
#define APP_EXIT     0x20026

	.arch	armv8.4-a
	.text
	.global	head
head:
	adr	x0, vectors
	msr	vbar_el3, x0
	adr	x0, stack_end
	mov	sp, x0
	ldr	x0, =SCR
	msr	scr_el3, x0
	msr	cptr_el3, xzr
	mov	x0, #SPSR_EL2H
	msr	spsr_el3, x0
	msr	elr_el3, xzr
	isb
	mov	x0, xzr
	eret

	.balign	2048
vectors:
	.space	0x400
	b	called			/* lower EL, AArch64, synchronous */
	.balign	2048

/* x0 to x4: a service's arguments. Only x0 changes. */
called:
	stp	x1, x2, [sp, #-32]!
	stp	x3, x4, [sp, #16]
	mrs	x1, esr_el3
	lsr	x2, x1, #EC_SHIFT
	cmp	x2, #EC_SMC64
	b.ne	halt
	and	x1, x1, #0xffff		/* the operand */
	mrs	x2, spsr_el3
	and	x2, x2, #MODE_MASK	/* the level */
	cbz	x1, psci
	mov	x3, #UEFI_RT_GET_TIME
	cmp	x1, x3
	b.eq	get_time
	mov	x3, #UEFI_RT_RESET_SYSTEM
	cmp	x1, x3
	b.eq	off
	mov	x0, #(UEFI_UNSUPPORTED & 0xff)
error:
	orr	x0, x0, #UEFI_ERROR_BIT
	b	done

get_time:
	cbz	x0, bad
	cmp	x2, #MODE_EL2H
	b.eq	1f
	cmp	x2, #MODE_EL1H
	b.ne	bad
	at	s12e1w, x0
	mov	x4, #1
	b	2f
1:	at	s1e2w, x0
	mov	x4, #2
2:	isb
	mrs	x1, par_el1
	tbnz	x1, #0, bad
	and	x1, x1, #PAR_ADDRESS
	and	x3, x0, #0xfff
	tst	x0, #7			/* so that it lies in one page */
	b.ne	bad
	orr	x1, x1, x3
	mov	x3, #2031		/* 2031-02-03 04:05 */
	movk	x3, #0x0302, lsl #16
	movk	x3, #0x0504, lsl #32
	orr	x3, x3, x4, lsl #48
	str	x3, [x1]
	mov	x0, xzr
	b	done

bad:
	mov	x0, #(UEFI_INVALID_PARAMETER & 0xff)
	b	error

psci:
	mov	w1, #(PSCI_OFF & 0xffff)
	movk	w1, #(PSCI_OFF >> 16), lsl #16
	cmp	w0, w1
	b.eq	off
	mov	x0, #-1
done:
	ldp	x3, x4, [sp, #16]
	ldp	x1, x2, [sp], #32
	eret

/* QEMU ends. */
off:
	adr	x1, reason
	mov	x0, #SYS_EXIT
	hlt	#0xf000
halt:
	wfi
	b	halt

	.balign	16
reason:
	.quad	APP_EXIT, 0
stack:
	.space	256
stack_end:
