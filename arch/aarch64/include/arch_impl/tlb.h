/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ARCH_IMPL_TLB_H
#define ARCH_IMPL_TLB_H

#include <stdint.h>

#define ARCH_TLBI(name, instruction)                                                               \
	static inline void name(void)                                                              \
	{                                                                                          \
		__asm__ volatile(instruction ::: "memory");                                        \
	}

ARCH_TLBI(arch_tlbi_vmalle1is, "tlbi vmalle1is")
ARCH_TLBI(arch_tlbi_vmalle1, "tlbi vmalle1")
ARCH_TLBI(arch_tlbi_vmalls12e1is, "tlbi vmalls12e1is")
ARCH_TLBI(arch_tlbi_alle1is, "tlbi alle1is")
ARCH_TLBI(arch_tlbi_alle2, "tlbi alle2")

#undef ARCH_TLBI

/* The operand holds the address shifted down by 12 (DDI 0487, C5.5, TLBI IPAS2E1IS). */
static inline void arch_tlbi_ipas2e1is(uint64_t ipa)
{
	__asm__ volatile("tlbi ipas2e1is, %0" ::"r"(ipa >> 12) : "memory");
}

static inline void arch_tlbi_vae2is(uint64_t va)
{
	__asm__ volatile("tlbi vae2is, %0" ::"r"((va >> 12) & ((UINT64_C(1) << 44) - 1))
			 : "memory");
}

#endif
