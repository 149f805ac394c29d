/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ARCH_IMPL_CPU_H
#define ARCH_IMPL_CPU_H

#include <sched.h>
#include <stdbool.h>
#include <stdint.h>

#include "arch/sysreg.h"

struct percpu;

extern _Thread_local struct percpu *fake_percpu;

/* Whoever waits gives its CPU away now and then: on a busy machine each time may take as long as
 * all others' slices, and a bounded wait asks thousands of times. */
static inline void fake_relax(void)
{
	static _Thread_local uint32_t calls;

	if (++calls % 64U == 0U) {
		sched_yield();
	}
}

static inline void arch_wfe(void)
{
	fake_relax();
}

static inline void arch_wfi(void)
{
	fake_relax();
}

static inline void arch_sev(void)
{
}

static inline void arch_yield(void)
{
	fake_relax();
}

static inline struct percpu *arch_percpu(void)
{
	return fake_percpu;
}

static inline void arch_percpu_set(struct percpu *p)
{
	fake_percpu = p;
}

#endif
