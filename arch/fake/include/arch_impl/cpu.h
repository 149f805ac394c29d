/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ARCH_IMPL_CPU_H
#define ARCH_IMPL_CPU_H

#include <sched.h>
#include <stdbool.h>
#include <stdint.h>

#include "arch/sysreg.h"

struct percpu;

extern _Thread_local struct percpu *fake_percpu;

static inline void arch_wfe(void)
{
	sched_yield();
}

static inline void arch_wfi(void)
{
	sched_yield();
}

static inline void arch_sev(void)
{
}

static inline void arch_yield(void)
{
	sched_yield();
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
