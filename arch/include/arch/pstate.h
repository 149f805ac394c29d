/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SPSR_ELx of AArch64 and AArch32 state (DDI 0487, C5.2, SPSR_EL2).
 */
#ifndef ARCH_PSTATE_H
#define ARCH_PSTATE_H

#include "base/bits.h"

#define PSTATE_MODE_MASK UINT64_C(0x1f)
#define PSTATE_MODE_EL0T UINT64_C(0x00)
#define PSTATE_MODE_EL1T UINT64_C(0x04)
#define PSTATE_MODE_EL1H UINT64_C(0x05)
#define PSTATE_MODE_EL2H UINT64_C(0x09)
#define PSTATE_EL_MASK	 UINT64_C(0x0c)
#define PSTATE_EL1	 UINT64_C(0x04)
#define PSTATE_AARCH32	 BIT(4)
#define PSTATE_THUMB	 BIT(5)
#define PSTATE_F	 BIT(6)
#define PSTATE_I	 BIT(7)
#define PSTATE_A	 BIT(8)
#define PSTATE_D	 BIT(9)
#define PSTATE_DAIF	 (PSTATE_D | PSTATE_A | PSTATE_I | PSTATE_F)
#define PSTATE_BTYPE	 (UINT64_C(3) << 10)
#define PSTATE_SSBS	 BIT(12)
#define PSTATE_IL	 BIT(20)
#define PSTATE_SS	 BIT(21)
#define PSTATE_PAN	 BIT(22)
#define PSTATE_UAO	 BIT(23)
#define PSTATE_DIT	 BIT(24)
#define PSTATE_TCO	 BIT(25)
#define PSTATE_NZCV	 (UINT64_C(0xf) << 28)

/* What AArch64 state has. */
#define PSTATE_AARCH64                                                                             \
	((PSTATE_MODE_MASK & ~PSTATE_AARCH32) | PSTATE_DAIF | PSTATE_BTYPE | PSTATE_SSBS |         \
		PSTATE_IL | PSTATE_SS | PSTATE_PAN | PSTATE_UAO | PSTATE_DIT | PSTATE_TCO |        \
		PSTATE_NZCV)

#endif
