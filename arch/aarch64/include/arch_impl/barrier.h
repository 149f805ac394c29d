/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ARCH_IMPL_BARRIER_H
#define ARCH_IMPL_BARRIER_H

static inline void arch_isb(void)
{
	__asm__ volatile("isb" ::: "memory");
}

static inline void arch_dsb_ish(void)
{
	__asm__ volatile("dsb ish" ::: "memory");
}

static inline void arch_dsb_ishst(void)
{
	__asm__ volatile("dsb ishst" ::: "memory");
}

static inline void arch_dsb_sy(void)
{
	__asm__ volatile("dsb sy" ::: "memory");
}

static inline void arch_esb(void)
{
	__asm__ volatile("hint #16" ::: "memory");
}

static inline void arch_dmb_ish(void)
{
	__asm__ volatile("dmb ish" ::: "memory");
}

#endif
