/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The CPU's own address translation: AT, ISB, PAR_EL1 (DDI 0487, C5.5). AT may itself end in a Data
 * Abort (external abort on the walk), which has a fix-up; ESR_EL2 is then lost.
 */
#ifndef ARCH_AT_H
#define ARCH_AT_H

#include <stdint.h>

#include "arch_impl/at.h"

/* uint64_t arch_at_begin(void);    ahead of any AT: the guest's PAR_EL1 */
/* void arch_at_end(uint64_t par);  behind the last one: puts it back */
/* With a barrier each: on Cortex-A77 (1508412) a read of PAR_EL1 and a load from Device or
 * Non-cacheable memory, the guest's or ours, may lock up the CPU. Between the two there is no such
 * load. */

#define ARCH_AT_ABORTED UINT64_MAX /* AT itself aborted; PAR_EL1.F is set in it */

/* What PAR_EL1 says of `gva`, or ARCH_AT_ABORTED. */
uint64_t arch_at_s1e0r(uint64_t gva);
uint64_t arch_at_s1e0w(uint64_t gva);
uint64_t arch_at_s1e1r(uint64_t gva);
uint64_t arch_at_s1e1w(uint64_t gva);

/* uint64_t arch_at_s1e1r_far(uint64_t far);   arch_at_s1e1r() in line, of the address that is in
 * FAR_EL2. */

struct arch_at_answer {
	uint64_t par;  /* of the last address asked, or ARCH_AT_ABORTED */
	uint64_t left; /* not 0: so many are not done, and `par` is of the first of them */
};

/* Asks `count` addresses (at least one), each `span` after the one before, as long as the answers
 * are what is expected: in the bits of `relevant` the first is `expected`, each next one `step`
 * more. */
struct arch_at_answer arch_at_run_s1e0w(uint64_t gva, uint64_t count, uint64_t expected,
	uint64_t step, uint64_t span, uint64_t relevant);
struct arch_at_answer arch_at_run_s1e1w(uint64_t gva, uint64_t count, uint64_t expected,
	uint64_t step, uint64_t span, uint64_t relevant);

#endif
