/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Paravirtualised time: stolen time (DEN0057). Two calls, and for each vCPU a structure of 64
 * bytes in a page that the guest can read and not write. No lock: a structure is written by the
 * CPU that runs its vCPU, and read by the guest with single-copy atomic loads.
 */
#ifndef PVTIME_PVTIME_H
#define PVTIME_PVTIME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/types.h"

#define PVTIME_IPA	     UINT64_C(0x090A0000)
#define PVTIME_CALL_FEATURES UINT32_C(0xC5000020) /* PV_TIME_FEATURES */
#define PVTIME_CALL_ST	     UINT32_C(0xC5000021) /* PV_TIME_ST */

/* As the guest sees it, little-endian; the rest is 0. */
struct pvtime_stolen {
	uint32_t revision;   /* 0 */
	uint32_t attributes; /* 0 */
	uint64_t stolen_ns;
	uint8_t pad[48];
};

/* Multiplier for ticks to nanoseconds, made once: ns = ticks * mult >> shift. */
struct pvtime_scale {
	uint64_t mult;
	uint32_t shift;
};

/* ticks_per_second: CNTFRQ_EL0, 1 to 2^32 - 1. Divides, at boot only. */
struct pvtime_scale pvtime_scale_init(uint64_t ticks_per_second);
/* No overflow before the result itself wraps (584 years); the error is below 1 ns and
 * one part in 2^32 up to 1 GHz. No division. */
uint64_t pvtime_ns(struct pvtime_scale scale, uint64_t ticks);

/* Bytes for n vCPUs, whole pages. */
uint64_t pvtime_size(uint32_t vcpu_count);
static inline ipa_t pvtime_ipa(vcpu_id_t vcpu)
{
	return ipa_init(PVTIME_IPA + sizeof(struct pvtime_stolen) * (uint64_t)vcpu);
}

/* Zeroes it: at each start of the VM. */
void pvtime_reset(struct pvtime_stolen *st);
/* Publishes the stolen time: one single-copy atomic store. Before each entry of the vCPU after it
 * was loaded or waited in a queue. */
void pvtime_update(struct pvtime_stolen *st, uint64_t stolen_ns);

/* Is this function id ours? */
bool pvtime_is_call(uint64_t function);
/* The answer to a call of vCPU `vcpu` in x0, from x0 and x1. enabled: the page is mapped.
 * Everything that is not offered gives NOT_SUPPORTED (-1). Guests ask SMCCC_ARCH_FEATURES for
 * PVTIME_CALL_FEATURES first: SUCCESS where enabled, by whoever answers that. */
uint64_t pvtime_call(vcpu_id_t vcpu, bool enabled, uint64_t function, uint64_t argument);

#endif
