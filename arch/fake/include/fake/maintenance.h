/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every barrier, cache and TLB operation of the fake goes through one door, which a model (or a
 * test that counts) can take over. Without one they do nothing.
 */
#ifndef FAKE_MAINTENANCE_H
#define FAKE_MAINTENANCE_H

#include <stdint.h>

enum fake_op {
	FAKE_ISB,
	FAKE_DSB_ISH,
	FAKE_DSB_ISHST,
	FAKE_DSB_SY,
	FAKE_DC_CVAU,
	FAKE_DC_CIVAC,
	FAKE_DC_IVAC,
	FAKE_DC_ZVA, /* has also zeroed its 64 bytes in host memory */
	FAKE_IC_IVAU,
	FAKE_IC_IALLUIS,
	FAKE_IC_IALLU,
	FAKE_TLBI_IPAS2E1IS,
	FAKE_TLBI_VMALLE1IS,
	FAKE_TLBI_VMALLE1,
	FAKE_TLBI_VMALLS12E1IS,
	FAKE_TLBI_ALLE1IS,
	FAKE_TLBI_VAE2IS,
	FAKE_TLBI_ALLE2,
	FAKE_OP_COUNT,
};

typedef void fake_maintain_fn(void *ctx, enum fake_op op, uint64_t address);

/* NULL removes it. The handler is process-wide; set it before any thread that maintains. */
void fake_maintain_hook(fake_maintain_fn *fn, void *ctx);

void fake_maintain(enum fake_op op, uint64_t address);

#endif
