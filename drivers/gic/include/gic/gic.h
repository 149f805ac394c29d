/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The machine's own interrupt controller, GICv3 or GICv2 (IHI 0069, IHI 0048), as Plinth uses it:
 * all interrupts are Group 1, at one priority; EOImode is 1, so that an interrupt handed to a
 * guest with the HW bit stays active until the guest deactivates it.
 */
#ifndef GIC_GIC_H
#define GIC_GIC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "base/types.h"

struct boot_gic;

#define GIC_SGI_KICK 0U /* the one SGI: look at what you have to do */

#define GIC_INTID_MASK	   0xffffffU
#define GIC_INTID_SPURIOUS 1020U /* this and above: nothing to handle */

/* Distributor and, for GICv3, the table of redistributors. All SPIs disabled, level, routed to the
 * boot CPU. The registers are mapped (hypmap_device). Boot CPU, once.
 * ENOTSUP: neither GICv2 nor GICv3. ERANGE: a range is smaller than the architecture wants.
 * ETIMEDOUT: GICD_CTLR.RWP stays set. */
enum plinth_status gic_init(const struct boot_gic *gic);

/* This CPU's interface and, for GICv3, its redistributor, found by MPIDR and woken. Needs
 * percpu_this(). ENOENT: no redistributor names this CPU. ETIMEDOUT: it does not wake. */
enum plinth_status gic_init_cpu(void);

/* The opposite of gic_init_cpu(): this CPU gets no interrupt any more, and none of its own stays
 * active. */
void gic_leave_cpu(void);

/* The opposite of gic_init(): no SPI is forwarded any more. Once, when the other CPUs have left. */
void gic_leave(void);

uint32_t gic_version(void); /* 2 or 3 */
uint32_t gic_spi_count(void);

/* Acknowledges the highest pending interrupt: the raw IAR, whose GIC_INTID_MASK bits are the INTID
 * (GICv2 SGIs have the sender in [12:10]). */
uint32_t gic_ack(void);
void gic_drop(uint32_t iar);	   /* priority drop: others may come */
void gic_deactivate(uint32_t iar); /* and this one may come again */

/* Sends GIC_SGI_KICK; what was stored before it is seen by the target's handler. */
void gic_kick(cpu_id_t cpu);

/* SGIs and PPIs: of this CPU. */
void gic_enable(intid_t intid);
void gic_disable(intid_t intid);
void gic_set_active(intid_t intid, bool active);
void gic_clear_pending(intid_t intid);	     /* an edge, or what software has set */
void gic_set_edge(intid_t intid, bool edge); /* SPIs; while disabled */
void gic_route_spi(intid_t intid, cpu_id_t cpu);
/* An SPI that is active goes to another CPU, which will deactivate it; it stays active. */
void gic_move_active(intid_t intid, cpu_id_t cpu);

/* GICv2: VA of the virtual interface control registers (GICH); 0 for GICv3. */
uint64_t gic_v2_hyp_if(void);

#endif
