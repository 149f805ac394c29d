/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ARCH_IMPL_AT_H
#define ARCH_IMPL_AT_H

#include <stdint.h>

static inline uint64_t arch_at_begin(void)
{
	uint64_t par;

	__asm__ volatile("dmb sy\n\tmrs %0, par_el1" : "=r"(par)::"memory");
	return par;
}

static inline void arch_at_end(uint64_t par)
{
	__asm__ volatile("dmb sy\n\tmsr par_el1, %0" ::"r"(par) : "memory");
}

/* at.S's in line. */
static inline uint64_t arch_at_s1e1r_far(uint64_t far)
{
	uint64_t elr;
	uint64_t spsr;
	uint64_t par;

	__asm__ volatile("	mrs	%0, elr_el2\n"
			 "	mrs	%1, spsr_el2\n"
			 "1:	at	s1e1r, %3\n"
			 "	isb\n"
			 "	mrs	%2, par_el1\n"
			 "2:\n"
			 "	.pushsection .text.at_aborted, \"ax\", %%progbits\n"
			 "3:	msr	elr_el2, %0\n"
			 "	msr	spsr_el2, %1\n"
			 "	msr	far_el2, %3\n"
			 "	mov	%2, #-1\n"
			 "	b	2b\n"
			 "	.popsection\n"
			 "	.pushsection .fixups, \"a\", %%progbits\n"
			 "	.balign	4\n"
			 "	.word	1b - ., 3b - .\n"
			 "	.popsection"
			 : "=&r"(elr), "=&r"(spsr), "=&r"(par)
			 : "r"(far)
			 : "memory");
	return par;
}

#endif
