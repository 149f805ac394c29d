/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pen of a VM (loader/src/guest_pen.h): position-independent, at EL1, MMU and caches off, exceptions
 * masked. It lies at the start of a page, its parameters behind the first instruction.
 *
 * A vCPU that waits is in WFI and costs nothing. The parking protocol ends that by an SGI; a spin
 * table by an SEV, which ends no WFI, so there the virtual timer does it 64 times a second: to a kernel that starts
 * its CPUs once that is soon, and 100 of them cost their host little.
 * Interrupt interface and timer are off again when the vCPU leaves.
 *
 * x19: vCPU 0's x0, later a secondary's number; x20: the page; x21: a secondary's word or mailbox;
 * w22: the protocol; w24: the GIC's version; x25: its registers of SGIs and PPIs; x26: GICC.
 */
#include "abi/guest_map.h"
#include "guest_pen/layout.h"

#define PSCI_CPU_ON_LOW	 0x0003
#define PSCI_CPU_ON_HIGH 0xc400
#define AFF0_BITS	 4
#define AFF1_SHIFT	 8

/* IHI 0069, 12.9 and 12.11; IHI 0048, 4.3 and 4.4. */
#define GICR_WAKER	  0x0014
#define GICR_SGI_FRAME	  0x10000
#define GIC_IGROUPR0	  0x0080
#define GIC_ISENABLER0	  0x0100
#define GICC_CTLR	  0x0000
#define GICC_PMR	  0x0004
#define GICC_IAR	  0x000c
#define GICC_EOIR	  0x0010
#define GIC_ICENABLER0	  0x0180
#define ALL_SGIS	  0xffff
#define VIRTUAL_TIMER	  (1 << (GUEST_PPI_FIRST + GUEST_PPI_TIMER_VIRT))
#define ALL_PRIORITIES	  0xff
#define ICC_PMR_EL1	  S3_0_C4_C6_0
#define ICC_IAR1_EL1	  S3_0_C12_C12_0
#define ICC_EOIR1_EL1	  S3_0_C12_C12_1
#define ICC_SRE_EL1	  S3_0_C12_C12_5
#define ICC_IGRPEN1_EL1	  S3_0_C12_C12_7

	.text
pen:
	b	primary
	.org	PEN_PARAMS_END

/* vCPU 0. A mailbox says that its vCPU is ready before that has come so far: what is written into
 * it meanwhile is found then. No CPU_ON can fail: all are off, and the entry is RAM. */
primary:
	mov	x19, x0
	adr	x20, pen
	ldr	w21, [x20, #PEN_COUNT_OFFSET]
	ldr	w22, [x20, #PEN_PROTOCOL_OFFSET]
	mov	w23, #1
start_next:
	cmp	w23, w21
	b.hs	enter_kernel
	cbz	w22, 1f				/* PEN_PROTOCOL_SPIN_TABLE */
	add	x2, x20, x23, lsl #PEN_MAILBOX_SHIFT
	mov	w3, #-1
	str	w3, [x2, #PEN_MAILBOX_ID]
1:	and	x1, x23, #(1 << AFF0_BITS) - 1
	lsr	x2, x23, #AFF0_BITS
	orr	x1, x1, x2, lsl #AFF1_SHIFT
	mov	w0, #PSCI_CPU_ON_LOW
	movk	w0, #PSCI_CPU_ON_HIGH, lsl #16
	adr	x2, secondary
	mov	x3, x23
	hvc	#0
	add	w23, w23, #1
	b	start_next

enter_kernel:
	ldr	x4, [x20, #PEN_ENTRY_OFFSET]
	mov	x0, x19
	b	jump

/* x0: its number. */
secondary:
	mov	x19, x0
	adr	x20, pen
	ldr	w22, [x20, #PEN_PROTOCOL_OFFSET]
	ldr	w24, [x20, #PEN_GIC_OFFSET]
	add	x21, x20, x19, lsl #PEN_MAILBOX_SHIFT
	cbnz	w22, open_gic
	add	x21, x20, x19, lsl #PEN_WORD_SHIFT
	add	x21, x21, #PEN_WORDS_OFFSET

open_gic:
	mov	w5, #ALL_SGIS
	movk	w5, #(VIRTUAL_TIMER >> 16), lsl #16
	mov	w6, #ALL_PRIORITIES
	mov	x7, #1
	cmp	w24, #2
	b.eq	open_gicv2
	mov	x25, #GUEST_GICR_BASE
	add	x25, x25, x19, lsl #GUEST_GICR_SHIFT
	str	wzr, [x25, #GICR_WAKER]
	add	x25, x25, #GICR_SGI_FRAME
	mov	w3, #-1
	str	w3, [x25, #GIC_IGROUPR0]
	str	w5, [x25, #GIC_ISENABLER0]
	msr	ICC_SRE_EL1, x7
	isb
	msr	ICC_PMR_EL1, x6
	msr	ICC_IGRPEN1_EL1, x7
	isb
	b	look
open_gicv2:
	mov	x25, #GUEST_GICD_BASE
	mov	x26, #GUEST_GICC_BASE
	str	w5, [x25, #GIC_ISENABLER0]
	str	w6, [x26, #GICC_PMR]
	str	w7, [x26, #GICC_CTLR]
	dsb	sy

look:
	cbnz	w22, look_at_mailbox
	ldr	x4, [x21]
	cbnz	x4, release
	mrs	x3, cntfrq_el0
	lsr	x3, x3, #6
	msr	cntv_tval_el0, x3
	mov	x3, #1
	msr	cntv_ctl_el0, x3
	isb
	b	wait
look_at_mailbox:
	ldr	w3, [x21, #PEN_MAILBOX_ID]
	cmp	w3, w19
	b.ne	wait
	ldr	x4, [x21, #PEN_MAILBOX_ENTRY]
	cbz	x4, wait
	str	xzr, [x21, #PEN_MAILBOX_ENTRY]
	dsb	sy
	b	release

/* What ended the WFI is taken off, or the next one would not wait. */
wait:
	wfi
	msr	cntv_ctl_el0, xzr
	isb
	cmp	w24, #2
	b.eq	1f
	mrs	x3, ICC_IAR1_EL1
	msr	ICC_EOIR1_EL1, x3
	isb
	b	look
1:	ldr	w3, [x26, #GICC_IAR]
	str	w3, [x26, #GICC_EOIR]
	dsb	sy
	b	look

release:
	mov	w3, #-1
	str	w3, [x25, #GIC_ICENABLER0]
	cmp	w24, #2
	b.eq	1f
	msr	ICC_IGRPEN1_EL1, xzr
	b	2f
1:	str	wzr, [x26, #GICC_CTLR]
2:	dsb	sy
	mov	x0, xzr
jump:
	mov	x1, xzr
	mov	x2, xzr
	mov	x3, xzr
	isb
	br	x4
