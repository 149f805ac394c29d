/* SPDX-License-Identifier: Apache-2.0 */
/* Where mailbox.c lets a penned vCPU go: it notes how it came, and waits for ever. */
	.text
	.global	mailbox_entry
mailbox_entry:
	orr	x0, x0, x1
	orr	x2, x2, x3
	orr	x0, x0, x2
	mrs	x1, sctlr_el1
	and	x1, x1, #1			/* M */
	orr	x0, x0, x1
	cmp	x0, #0
	cset	w0, ne
	add	w0, w0, #1			/* MAILBOX_GOOD, or more */
	mrs	x1, mpidr_el1
	and	x1, x1, #0xff
	adrp	x2, mailbox_arrival
	add	x2, x2, :lo12:mailbox_arrival
	str	w0, [x2, x1, lsl #2]
	dsb	sy
1:	wfi
	b	1b
