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

#endif
