/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ARCH_IMPL_BARRIER_H
#define ARCH_IMPL_BARRIER_H

#include "fake/maintenance.h"

static inline void arch_isb(void)
{
	fake_maintain(FAKE_ISB, 0);
}

static inline void arch_dsb_ish(void)
{
	fake_maintain(FAKE_DSB_ISH, 0);
}

static inline void arch_dsb_ishst(void)
{
	fake_maintain(FAKE_DSB_ISHST, 0);
}

static inline void arch_dsb_sy(void)
{
	fake_maintain(FAKE_DSB_SY, 0);
}

static inline void arch_esb(void)
{
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
}

static inline void arch_dmb_ish(void)
{
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
}

#endif
