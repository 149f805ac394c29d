/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What each CPU keeps for itself. arch_percpu() finds it; no other CPU writes these fields but
 * `resched` and `poked`, which every exit asks, and none but `id`, `mpidr` and `kick` may be read
 * by others.
 */
#ifndef PERCPU_PERCPU_H
#define PERCPU_PERCPU_H

#include <stdint.h>

#include "arch/cpu.h"
#include "base/types.h"
#include "percpu/percpu_layout.h"

struct vcpu;

struct percpu {
	struct vcpu *current; /* the vCPU whose state is in this CPU's registers, or NULL; at offset
			       * PERCPU_CURRENT for the vectors */
	uint64_t stack_top;   /* PERCPU_STACK_TOP: where the EL2 stack starts at each exit */
	uint64_t overflow_stack_top; /* PERCPU_OVERFLOW_STACK_TOP */
	uint32_t defence_argument;   /* PERCPU_DEFENCE_ARGUMENT: of struct errata_predictors */
	cpu_id_t id;
	uint32_t resched;    /* atomic, core/sched, core/timerq: sched_pick() is to be called */
	uint32_t poked;	     /* atomic, core/timerq: another CPU has armed a timer for this one */
	uint32_t held_ranks; /* core/lock */
	mpidr_t mpidr;
	uint64_t gicr; /* VA of this CPU's redistributor (GICv3) */
	uint64_t kick; /* drivers/gic: what, written to ICC_SGI1R_EL1, kicks this CPU (GICv3) */
	uint64_t firmware_frame; /* core/hostuefi: of arch_firmware_call(), while one runs here */
	uint32_t panicking;
	uint32_t gic_interface; /* GICv2 CPU interface mask bit number */
};

static inline struct percpu *percpu_this(void)
{
	return arch_percpu();
}

static inline cpu_id_t cpu_this(void)
{
	return arch_percpu()->id;
}

/* The table of all CPUs, filled by core/init before any secondary starts. */
extern struct percpu *percpu_table[CPU_MAX];
extern uint32_t percpu_count;

#endif
