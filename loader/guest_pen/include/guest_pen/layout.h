/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pen's page, as loader/ fills it and pen.S reads it. Plain numbers: assembly reads this too.
 */
#ifndef GUEST_PEN_LAYOUT_H
#define GUEST_PEN_LAYOUT_H

/* Parameters behind the first instruction. */
#define PEN_PROTOCOL_OFFSET 4  /* u32, PEN_PROTOCOL_* */
#define PEN_ENTRY_OFFSET    8  /* u64: the kernel */
#define PEN_COUNT_OFFSET    16 /* u32: vCPUs */
#define PEN_GIC_OFFSET	    20 /* u32: version of the VM's interrupt controller, 2 or 3 */
#define PEN_PARAMS_END	    24

#define PEN_PROTOCOL_SPIN_TABLE 0
#define PEN_PROTOCOL_PARKING	1

/* Spin table: one word of 8 bytes for each vCPU, in the upper half of the page. */
#define PEN_WORDS_OFFSET 0x800
#define PEN_WORD_SHIFT	 3

/* Parking protocol: the page of vCPU n is page n of the pen. */
#define PEN_MAILBOX_SHIFT 12
#define PEN_MAILBOX_ID	  0 /* u32 */
#define PEN_MAILBOX_ENTRY 8 /* u64 */

#endif
