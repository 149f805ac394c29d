/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HCR_EL2, MDCR_EL2, CPTR_EL2, CNTHCTL_EL2 (DDI 0487, D19.2), with E2H = 0.
 */
#ifndef ARCH_HCR_H
#define ARCH_HCR_H

#include "base/bits.h"

#define HCR_VM	   BIT(0)
#define HCR_SWIO   BIT(1)
#define HCR_PTW	   BIT(2)
#define HCR_FMO	   BIT(3)
#define HCR_IMO	   BIT(4)
#define HCR_AMO	   BIT(5)
#define HCR_VF	   BIT(6)
#define HCR_VI	   BIT(7)
#define HCR_VSE	   BIT(8)
#define HCR_FB	   BIT(9)
#define HCR_BSU_IS BIT(10)
#define HCR_TWI	   BIT(13)
#define HCR_TWE	   BIT(14)
#define HCR_TID2   BIT(17)
#define HCR_TID3   BIT(18)
#define HCR_TSC	   BIT(19)
#define HCR_TIDCP  BIT(20)
#define HCR_TACR   BIT(21)
#define HCR_TSW	   BIT(22)
#define HCR_TVM	   BIT(26)
#define HCR_RW	   BIT(31)
#define HCR_E2H	   BIT(34)
#define HCR_TLOR   BIT(35)
#define HCR_TERR   BIT(36)
#define HCR_APK	   BIT(40)
#define HCR_API	   BIT(41)
#define HCR_FWB	   BIT(46)

#define MDCR_TPMCR BIT(5)
#define MDCR_TPM   BIT(6)
#define MDCR_TDE   BIT(8)
#define MDCR_TDA   BIT(9)
#define MDCR_TDOSA BIT(10)
#define MDCR_TDRA  BIT(11)
#define MDCR_TPMS  BIT(14)
#define MDCR_TTRF  BIT(19)

#define CPTR_RES1  UINT64_C(0x32ff) /* with TZ (bit 8): SVE traps */
#define CPTR_TZ	   BIT(8)
#define CPTR_TFP   BIT(10)
#define CPTR_TSM   BIT(12)
#define CPTR_TTA   BIT(20)
#define CPTR_TAM   BIT(30)
#define CPTR_TCPAC BIT(31)

#define CNTHCTL_EL1PCTEN BIT(0)
#define CNTHCTL_EL1PCEN	 BIT(1)

#endif
