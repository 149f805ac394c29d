/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/sysreg.h"
#include "base/bits.h"
#include "paging/paging.h"
#include "paging_switch.h"

#define CURRENTEL_EL2 (UINT64_C(2) << 2)

/* Attribute 0: Device-nGnRE, 1: Normal, write-back, allocating (DDI 0487, D19.2, MAIR_EL2). */
#define MAIR_VALUE UINT64_C(0xff04)

/* TCR_EL1 and TCR_EL2: the fields for TTBR0 are at the same places. T0SZ = 16, walks write-back
 * and inner shareable, 4 KiB. */
#define TCR_COMMON   (UINT64_C(16) | BIT(8) | BIT(10) | (UINT64_C(3) << 12))
#define TCR_EL1_EPD1 BIT(23)
#define TCR_EL1_IPS  32U
#define TCR_EL2_RES1 (BIT(31) | BIT(23))
#define TCR_EL2_PS   16U
#define PARANGE_48   UINT64_C(5)

/* RES1 bits of Armv8.0, then M, C, I. */
#define SCTLR_EL1_RES1 UINT64_C(0x30d00800)
#define SCTLR_EL2_RES1 UINT64_C(0x30c50830)
#define SCTLR_MCI      (BIT(0) | BIT(2) | BIT(12))

#define CPTR_EL2_RES1 UINT64_C(0x33ff) /* TFP = 0; SVE and SME stay trapped */
#define CPACR_FPEN    (UINT64_C(3) << 20)

void paging_enable(struct paging *paging, uint64_t image, uint64_t image_end)
{
	struct paging_regs regs = {.ttbr = (uintptr_t)paging->table[0], .mair = MAIR_VALUE};
	uint64_t range = min_u64(read_id_aa64mmfr0_el1() & 0xfU, PARANGE_48);
	bool el2 = read_currentel() == CURRENTEL_EL2;

	regs.tcr = paging->two_regimes ? TCR_COMMON | TCR_EL1_EPD1 | range << TCR_EL1_IPS
				       : TCR_COMMON | TCR_EL2_RES1 | range << TCR_EL2_PS;
	paging->enabled = true; /* in time for its line to be among those that are dropped */
	regs.sctlr = SCTLR_MCI | (el2 ? SCTLR_EL2_RES1 : SCTLR_EL1_RES1);
	if (!el2) {
		write_cpacr_el1(CPACR_FPEN);
		paging_switch_el1(&regs, image, image_end);
		return;
	}
	write_cptr_el2(paging->two_regimes ? CPACR_FPEN : CPTR_EL2_RES1);
	paging_switch_el2(&regs, image, image_end);
}
