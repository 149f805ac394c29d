/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A virtual CPU interface as the hardware has it (IHI 0069, 4.8 and the pseudocode of chapter 12),
 * and what a guest does with it. One for each fake CPU; vif_select() is "we are on CPU n".
 */
#ifndef VIF_H
#define VIF_H

#include <stdbool.h>
#include <stdint.h>

#include "percpu/percpu.h"
#include "vgic/vgic.h"

#define VIF_CPUS     4U
#define VIF_SPURIOUS 1023U
#define VIF_OPEN     UINT32_C(0xf8000003) /* VMCR: both groups on, mask open */

struct vif {
	struct percpu percpu;
	uint64_t lr[VGIC_LR_MAX];
	uint32_t hcr;
	uint32_t vmcr;
	uint32_t apr[2];
	unsigned lr_count;
	unsigned accesses;	    /* by the vGIC */
	uint32_t deactivated[1024]; /* physical interrupts, by EOI of HW = 1 */
};

extern struct vif vif[VIF_CPUS];

/* All interfaces empty, with `lr_count` list registers each; on CPU 0 afterwards. */
const struct vgic_hw *vif_reset(unsigned lr_count);
void vif_select(unsigned cpu);
struct vif *vif_this(void);

/* The guest on this CPU: acknowledge the best pending one (or VIF_SPURIOUS), end it (EOImode 0, or
 * with VEOIM the priority drop alone), deactivate it. */
uint32_t vif_peek(void);
uint32_t vif_ack(void);
uint32_t vif_ack_source(unsigned *source);
void vif_eoi(uint32_t intid);
/* False: the write trapped (TDIR). */
bool vif_dir(uint32_t intid);
bool vif_maintenance(void); /* is the maintenance interrupt asserted? */
unsigned vif_valid(void);   /* list registers in use */

/* vgic_has_deliverable() of a vCPU that is loaded here, or nowhere: then on the last CPU meanwhile.
 */
bool vif_wakes(struct vgic_cpu *cpu);

#endif
