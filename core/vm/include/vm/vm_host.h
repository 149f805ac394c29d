/* SPDX-License-Identifier: Apache-2.0 */
/* What core/vm is told of the machine. */
#ifndef VM_VM_HOST_H
#define VM_VM_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/types.h"

struct vgic_hw;

/* For the modules that vm_create composes: the machine as the core found it. Boot CPU, before any
 * vm_create. */
struct vm_host {
	uint32_t gic_version;
	uint32_t cpu_count;
	uint64_t ticks_per_second;
	uint32_t virt_timer_intid;
	const struct vgic_hw *gic;
	pa_t gicv; /* GICv2: the guests' CPU interface */
	uint64_t gicv_size;
	uint64_t start_count; /* CNTPCT_EL0 at boot/'s first instruction */
	bool bench;	      /* the command line's `bench`: figures in the log */
};

/* After pmem_init(). ENOMEM: not the few pages that VMs want together. */
enum plinth_status vm_setup(const struct vm_host *host);
const struct vm_host *vm_host(void);

#endif
