/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TLB invalidation. None of them waits: DSB and ISB are the caller's. The VMID forms act on the
 * VMID in VTTBR_EL2.
 */
#ifndef ARCH_TLB_H
#define ARCH_TLB_H

#include "arch_impl/tlb.h"

/* void arch_tlbi_ipas2e1is(uint64_t ipa);    one 4 KiB-granule entry of stage 2 at this IPA */
/* void arch_tlbi_vmalle1is(void);            stage 1 of this VMID, all CPUs */
/* void arch_tlbi_vmalle1(void);              stage 1 of this VMID, this CPU */
/* void arch_tlbi_vmalls12e1is(void);         both stages of this VMID, all CPUs */
/* void arch_tlbi_alle1is(void);              all VMIDs, both stages, all CPUs */
/* void arch_tlbi_vae2is(uint64_t va);        EL2's own stage 1 at this VA, all CPUs */
/* void arch_tlbi_alle2(void);                EL2's own stage 1, this CPU */

#endif
