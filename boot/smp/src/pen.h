/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pen's view of a struct boot_mailbox until the CPU has been counted; the words behind entry
 * and arg are zero again when the next stage gets them. Shared with pen.S.
 */
#ifndef SMP_PEN_H
#define SMP_PEN_H

#define PEN_MAILBOXES 0x1000 /* SMP_PEN_CODE_SIZE */
#define PEN_COUNT     64     /* BOOT_CPU_MAX */
#define PEN_SIZE      64     /* sizeof(struct boot_mailbox) */

#define PEN_ENTRY   0  /* boot_mailbox.entry */
#define PEN_ARG	    8  /* boot_mailbox.arg */
#define PEN_STATE   16 /* PEN_STATE_*; written last by the CPU */
#define PEN_GICD    24 /* in: GICv2's distributor, or 0 */
#define PEN_TARGETS 32 /* out: what this CPU reads in GICD_ITARGETSR0 */
#define PEN_KEY	    40 /* in: the complement of the CPU's affinity, so that 0 is no CPU's */
#define PEN_PARKING 48 /* in: the CPU's page of the parking protocol; 0: it waits on `entry` */
#define PEN_NEED    56 /* in: PEN_NEED_*, and the parking protocol's number in the upper half */

#define PEN_NEED_EL	 0xc /* as CurrentEL reads */
#define PEN_NEED_E2H_OFF 0   /* number of the bit */
#define PEN_NEED_NUMBER	 32  /* number of the lowest bit */

#define PEN_STATE_ABSENT   0
#define PEN_STATE_READY	   1
#define PEN_STATE_OTHER_EL 2
#define PEN_STATE_E2H	   3 /* HCR_EL2.E2H stays 1 */

#define GICD_ITARGETSR0 0x800

#ifndef __ASSEMBLER__

#include <stddef.h>
#include <stdint.h>

#include "abi/boot_info.h"
#include "base/compiler.h"
#include "smp/smp.h"

struct pen_mailbox {
	uint64_t entry;
	uint64_t arg;
	uint64_t state;
	uint64_t gicd;
	uint64_t targets;
	uint64_t key;
	uint64_t parking;
	uint64_t need;
};

STATIC_ASSERT(sizeof(struct pen_mailbox) == sizeof(struct boot_mailbox), "one mailbox");
STATIC_ASSERT(sizeof(struct pen_mailbox) == PEN_SIZE, "pen.S");
STATIC_ASSERT(BOOT_CPU_MAX == PEN_COUNT, "pen.S");
STATIC_ASSERT(SMP_PEN_CODE_SIZE == PEN_MAILBOXES, "pen.S");
STATIC_ASSERT(offsetof(struct pen_mailbox, entry) == PEN_ENTRY, "pen.S");
STATIC_ASSERT(offsetof(struct pen_mailbox, arg) == PEN_ARG, "pen.S");
STATIC_ASSERT(offsetof(struct pen_mailbox, state) == PEN_STATE, "pen.S");
STATIC_ASSERT(offsetof(struct pen_mailbox, gicd) == PEN_GICD, "pen.S");
STATIC_ASSERT(offsetof(struct pen_mailbox, targets) == PEN_TARGETS, "pen.S");
STATIC_ASSERT(offsetof(struct pen_mailbox, key) == PEN_KEY, "pen.S");
STATIC_ASSERT(offsetof(struct pen_mailbox, parking) == PEN_PARKING, "pen.S");
STATIC_ASSERT(offsetof(struct pen_mailbox, need) == PEN_NEED, "pen.S");
STATIC_ASSERT(offsetof(struct boot_mailbox, entry) == PEN_ENTRY, "boot_info.h");
STATIC_ASSERT(offsetof(struct boot_mailbox, arg) == PEN_ARG, "boot_info.h");

STATIC_ASSERT(offsetof(struct boot_mailbox, returned) == PEN_STATE, "boot_info.h");

/* The code, position-independent: copied to the start of the pen. A CPU that comes back enters at
 * pen_code_back. */
extern const uint8_t pen_code[];
extern const uint8_t pen_code_back[];
extern const uint32_t pen_code_size;

#endif

#endif
