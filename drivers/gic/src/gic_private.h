/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GIC_PRIVATE_H
#define GIC_PRIVATE_H

#include <stdint.h>

#include "abi/boot_info.h"
#include "base/status.h"
#include "base/types.h"

/* Registers that GICD and the SGI frame of a GICR share (IHI 0069, 12.9, 12.11). */
#define GICD_CTLR	0x0000U
#define GICD_TYPER	0x0004U
#define GICD_IGROUPR	0x0080U
#define GICD_ISENABLER	0x0100U
#define GICD_ICENABLER	0x0180U
#define GICD_ICPENDR	0x0280U
#define GICD_ISACTIVER	0x0300U
#define GICD_ICACTIVER	0x0380U
#define GICD_IPRIORITYR 0x0400U
#define GICD_ITARGETSR	0x0800U
#define GICD_ICFGR	0x0c00U
#define GICD_SGIR	0x0f00U
#define GICD_IROUTER	0x6000U

#define GICD_CTLR_ENABLE_GRP1 0x2U
#define GICD_CTLR_ARE	      0x10U
#define GICD_CTLR_RWP	      0x80000000U

#define GIC_PRIORITY	0xa0U
#define GIC_PRIORITY_X4 0xa0a0a0a0U
#define GIC_SPI_FIRST	32U

/* Polls `va` until no bit of `mask` is set. ETIMEDOUT after a bounded number of reads. */
enum plinth_status gic_wait_clear(uint64_t va, uint32_t mask);

enum plinth_status gicv3_init(const struct boot_gic *gic);
enum plinth_status gicv3_init_cpu(void);
void gicv3_leave_cpu(void);
void gicv3_kick(cpu_id_t cpu);

enum plinth_status gicv2_init(const struct boot_gic *gic);
void gicv2_init_cpu(void);
void gicv2_leave_cpu(void);
uint32_t gicv2_ack(void);
void gicv2_drop(uint32_t iar);
void gicv2_deactivate(uint32_t iar);
void gicv2_kick(cpu_id_t cpu);

#endif
