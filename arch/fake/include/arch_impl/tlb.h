/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ARCH_IMPL_TLB_H
#define ARCH_IMPL_TLB_H

#include <stdint.h>

#include "fake/maintenance.h"

static inline void arch_tlbi_ipas2e1is(uint64_t ipa)
{
	fake_maintain(FAKE_TLBI_IPAS2E1IS, ipa);
}

static inline void arch_tlbi_vmalle1is(void)
{
	fake_maintain(FAKE_TLBI_VMALLE1IS, 0);
}

static inline void arch_tlbi_vmalle1(void)
{
	fake_maintain(FAKE_TLBI_VMALLE1, 0);
}

static inline void arch_tlbi_vmalls12e1is(void)
{
	fake_maintain(FAKE_TLBI_VMALLS12E1IS, 0);
}

static inline void arch_tlbi_alle1is(void)
{
	fake_maintain(FAKE_TLBI_ALLE1IS, 0);
}

static inline void arch_tlbi_vae2is(uint64_t va)
{
	fake_maintain(FAKE_TLBI_VAE2IS, va);
}

static inline void arch_tlbi_alle2(void)
{
	fake_maintain(FAKE_TLBI_ALLE2, 0);
}

#endif
