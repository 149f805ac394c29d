/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ARCH_IMPL_CPU_H
#define ARCH_IMPL_CPU_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/sysreg.h"

struct percpu;

static inline void arch_wfe(void)
{
	__asm__ volatile("wfe" ::: "memory");
}

static inline void arch_wfi(void)
{
	__asm__ volatile("dsb sy\n\twfi" ::: "memory");
}

static inline void arch_sev(void)
{
	__asm__ volatile("dsb ishst\n\tsev" ::: "memory");
}

static inline void arch_yield(void)
{
	__asm__ volatile("yield" ::: "memory");
}

static inline struct percpu *arch_percpu(void)
{
	struct percpu *p;

	__asm__("mrs %0, tpidr_el2" : "=r"(p));
	return p;
}

static inline void arch_percpu_set(struct percpu *p)
{
	__asm__ volatile("msr tpidr_el2, %0" ::"r"(p) : "memory");
}

#endif
