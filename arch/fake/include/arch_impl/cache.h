/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ARCH_IMPL_CACHE_H
#define ARCH_IMPL_CACHE_H

#include <stdint.h>

#include "fake/maintenance.h"

#define FAKE_ZVA_SIZE 64U /* what the fake's DCZID_EL0 says */

static inline void arch_dc_cvau(uintptr_t va)
{
	fake_maintain(FAKE_DC_CVAU, va);
}

static inline void arch_dc_civac(uintptr_t va)
{
	fake_maintain(FAKE_DC_CIVAC, va);
}

static inline void arch_dc_ivac(uintptr_t va)
{
	fake_maintain(FAKE_DC_IVAC, va);
}

static inline void arch_dc_zva(uintptr_t va)
{
	__builtin_memset((void *)(va & ~(uintptr_t)(FAKE_ZVA_SIZE - 1U)), 0, FAKE_ZVA_SIZE);
	fake_maintain(FAKE_DC_ZVA, va);
}

static inline void arch_ic_ivau(uintptr_t va)
{
	fake_maintain(FAKE_IC_IVAU, va);
}

static inline void arch_ic_ialluis(void)
{
	fake_maintain(FAKE_IC_IALLUIS, 0);
}

static inline void arch_ic_iallu(void)
{
	fake_maintain(FAKE_IC_IALLU, 0);
}

#endif
