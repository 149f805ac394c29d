/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ARCH_IMPL_AT_H
#define ARCH_IMPL_AT_H

#include <stdint.h>

#include "arch/sysreg.h"

static inline uint64_t arch_at_begin(void)
{
	return read_par_el1();
}

static inline void arch_at_end(uint64_t par)
{
	write_par_el1(par);
}

#define arch_at_s1e1r_far arch_at_s1e1r /* the tests' own */

#endif
