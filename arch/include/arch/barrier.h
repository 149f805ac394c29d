/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Barriers by their Arm ARM names. On the fake, the DSBs complete the model's pending cache and
 * TLB operations (what is not completed is not seen by other observers); ISB synchronises its
 * register file.
 */
#ifndef ARCH_BARRIER_H
#define ARCH_BARRIER_H

#include "arch_impl/barrier.h"

/* void arch_isb(void);       context synchronisation */
/* void arch_dsb_ish(void);   all accesses and maintenance, inner shareable */
/* void arch_dsb_ishst(void); stores alone */
/* void arch_dsb_sy(void);    full system: before a power-off, an MMU-off observer, a device */
/* void arch_esb(void);       a pending SError, which is masked, goes to DISR_EL1 (FEAT_RAS) */
/* void arch_dmb_ish(void);   */

#endif
