/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Indices that a guest chose. After a bounds check the CPU may still run ahead with an index that
 * failed it; index_nospec() forces such an index to 0 in that speculation too (DDI 0487, "CSDB").
 */
#ifndef BASE_NOSPEC_H
#define BASE_NOSPEC_H

#include <stdint.h>

/* index where index < limit, else 0, without a branch that could be predicted. The caller has
 * checked index < limit already. */
static inline uint64_t index_nospec(uint64_t index, uint64_t limit)
{
	uint64_t mask;

#ifdef PLINTH_NOMITIG
	(void)limit;
	mask = ~(uint64_t)0; /* for the bench that says what it costs */
#elif defined(__aarch64__)
	/* All ones where the subtraction borrows: index < limit. CSDB keeps what follows from
	 * using a predicted mask. */
	__asm__ volatile("cmp	%1, %2\n\t"
			 "sbc	%0, xzr, xzr\n\t"
			 "hint	#20"
			 : "=r"(mask)
			 : "r"(index), "r"(limit)
			 : "cc");
#else
	mask = (uint64_t)0 - (uint64_t)(index < limit);
#endif
	return index & mask;
}

#endif
