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

/* Answered by what the test installs with fake_at_hook (fake/at.h); without it, false. */
#define ARCH_AT_ABORTED UINT64_MAX
uint64_t arch_at_s1e0r(uint64_t gva);
uint64_t arch_at_s1e0w(uint64_t gva);
uint64_t arch_at_s1e1r(uint64_t gva);
uint64_t arch_at_s1e1w(uint64_t gva);
uint64_t arch_at_s12e0r(uint64_t gva);
uint64_t arch_at_s12e0w(uint64_t gva);
uint64_t arch_at_s12e1r(uint64_t gva);
uint64_t arch_at_s12e1w(uint64_t gva);

#endif
