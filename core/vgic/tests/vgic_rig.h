/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One vGIC on the interfaces of vif.h, with what it asks of others kept, and a guest's accesses to
 * its registers. Offsets are those of IHI 0069, chapter 12.
 */
#ifndef VGIC_RIG_H
#define VGIC_RIG_H

#include <stdbool.h>
#include <stdint.h>

#include "vgic/vgic.h"
#include "vif.h"

#define RIG_VCPUS      18U
#define RIG_TIMER      27U /* vCPU 0's PPI, linked by rig_start() */
#define RIG_TIMER_PHYS 30U
#define RIG_DISK       48U /* an SPI, for who links it */

struct vgic_rig {
	struct vgic vgic;
	struct vgic_cpu vcpu[RIG_VCPUS];
	uint32_t kicked;	    /* bit n: vCPU n */
	unsigned timer_deactivated; /* by Plinth, how often */
	unsigned disk_deactivated;
	cpu_id_t disk_adopted_by; /* or CPU_MAX */
};

extern struct vgic_rig rig;
extern const struct vgic_ops rig_ops; /* of rig.vgic */

/* A vGIC with its vCPUs, which are open for both groups; on CPU 0 afterwards, nothing loaded. */
void rig_make(enum vgic_view view, uint32_t vcpus, uint32_t spis, unsigned lr_count);

/* Of version 3, RIG_VCPUS vCPUs and 32 SPIs, all interrupts enabled, group 1; vCPU 0 loaded on
 * CPU 0, the others nowhere. */
void rig_start(unsigned lr_count);

/* vCPU v's access; a redistributor's offset is from its own one on. What has been read. */
uint64_t rig_dist(unsigned v, uint64_t offset, uint8_t size, bool write, uint64_t value);
uint64_t rig_redist(unsigned v, uint64_t offset, uint8_t size, bool write, uint64_t value);

/* vCPU 0 writes 32 bits; of v's SGIs and PPIs, in their frame. */
void rig_set(uint64_t offset, uint32_t value);
void rig_set_private(unsigned v, uint64_t offset, uint32_t value);

/* Before entry, as the run loop does. */
void rig_settle(struct vgic_cpu *cpu);

#endif
