/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts of the GICv3 payload, and what they share. CPU 0 runs with its interrupts masked and
 * acknowledges by hand, unless a check says otherwise; CPU 1 takes what comes to it, and counts.
 */
#ifndef PAYLOAD_GIC_H
#define PAYLOAD_GIC_H

#include <stdbool.h>
#include <stdint.h>

#include "libguest/libguest.h"

#define GIC_SPURIOUS 1023U
#define GIC_IDS	     64U /* SGIs, PPIs, 32 SPIs */
#define GIC_SPI	     40U /* of no device */

#define GICD_IGROUPR   0x080U
#define GICD_ISENABLER 0x100U
#define GICD_ICENABLER 0x180U
#define GICD_ISPENDR   0x200U
#define GICD_ICPENDR   0x280U
#define GICD_ISACTIVER 0x300U
#define GICD_ICACTIVER 0x380U
#define GICD_ICFGR     0xc00U

#define ICC_PMR	    "S3_0_C4_C6_0"
#define ICC_IAR0    "S3_0_C12_C8_0"
#define ICC_EOIR0   "S3_0_C12_C8_1"
#define ICC_DIR	    "S3_0_C12_C11_1"
#define ICC_RPR	    "S3_0_C12_C11_3"
#define ICC_SGI0R   "S3_0_C12_C11_7"
#define ICC_IAR1    "S3_0_C12_C12_0"
#define ICC_EOIR1   "S3_0_C12_C12_1"
#define ICC_HPPIR1  "S3_0_C12_C12_2"
#define ICC_CTLR    "S3_0_C12_C12_4"
#define ICC_IGRPEN0 "S3_0_C12_C12_6"

void test_order(void);	 /* priorities, masking, preemption */
void test_state(void);	 /* pending and active, EOImode, registers */
void test_many(void);	 /* more than there are list registers */
void test_targets(void); /* the other CPU; group 0 */

/* Registers with one bit for each interrupt, of this CPU where it is private. */
void gic_set(uint32_t offset, uint32_t intid);
bool gic_is_set(uint32_t offset, uint32_t intid);
uint64_t gic_priority_at(uint32_t intid); /* the address of its byte */
void gic_set_priority(uint32_t intid, uint8_t priority);
uint8_t gic_priority(uint32_t intid);

/* The next interrupt, now active, or GIC_SPURIOUS. */
uint32_t gic_take(void);
void gic_end(uint32_t intid); /* EOIR */
bool gic_is_quiet(void);      /* nothing pending for this CPU, and nothing active */

#endif
