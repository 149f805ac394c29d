/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cache maintenance, one operation on one line, at an EL2 virtual address. None of them waits:
 * the caller issues the barriers. Only core/coh and boot/handoff call these. A clean without
 * invalidation is core/coh's alone, which knows the CPUs that it is wrong on.
 */
#ifndef ARCH_CACHE_H
#define ARCH_CACHE_H

#include "arch_impl/cache.h"

/* void arch_dc_cvau(uintptr_t va);   clean to PoU */
/* void arch_dc_civac(uintptr_t va);  clean and invalidate to PoC */
/* void arch_dc_ivac(uintptr_t va);   invalidate to PoC */
/* void arch_dc_zva(uintptr_t va);    zero one block of DCZID_EL0.BS */
/* void arch_ic_ivau(uintptr_t va);   invalidate instruction lines of this VA to PoU */
/* void arch_ic_ialluis(void);        invalidate all, inner shareable */
/* void arch_ic_iallu(void);          invalidate all, this CPU */

#endif
