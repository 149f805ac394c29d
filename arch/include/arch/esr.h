/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ESR_ELx and what comes with it (DDI 0487, D19.2, ESR_EL2).
 */
#ifndef ARCH_ESR_H
#define ARCH_ESR_H

#include "base/bits.h"

#define ESR_EC_SHIFT  26U
#define ESR_EC_WIDTH  6U
#define ESR_IL	      BIT(25) /* the instruction has 4 bytes */
#define ESR_ISS_SHIFT 0U
#define ESR_ISS_WIDTH 25U

#define EC_UNKNOWN    0x00U
#define EC_WFX	      0x01U
#define EC_CP15_32    0x03U
#define EC_CP15_64    0x04U
#define EC_CP14_32    0x05U
#define EC_CP14_LDST  0x06U
#define EC_FP	      0x07U
#define EC_CP10_ID    0x08U
#define EC_PAUTH      0x09U
#define EC_CP14_64    0x0cU
#define EC_ILLEGAL    0x0eU
#define EC_SVC32      0x11U
#define EC_HVC32      0x12U
#define EC_SMC32      0x13U
#define EC_SVC64      0x15U
#define EC_HVC64      0x16U
#define EC_SMC64      0x17U
#define EC_SYSREG     0x18U
#define EC_SVE	      0x19U
#define EC_IABT_LOWER 0x20U
#define EC_IABT_SAME  0x21U
#define EC_PC_ALIGN   0x22U
#define EC_DABT_LOWER 0x24U
#define EC_DABT_SAME  0x25U
#define EC_SP_ALIGN   0x26U
#define EC_SERROR     0x2fU
#define EC_BKPT_LOWER 0x30U /* a breakpoint of DBGBVR<n>_EL1 */
#define EC_STEP_LOWER 0x32U
#define EC_WTPT_LOWER 0x34U
#define EC_BKPT32     0x38U
#define EC_BRK64      0x3cU

/* Instruction and Data Aborts */
#define ISS_FSC_SHIFT 0U
#define ISS_FSC_WIDTH 6U
#define ISS_WNR	      BIT(6)
#define ISS_S1PTW     BIT(7)
#define ISS_CM	      BIT(8)
#define ISS_EA	      BIT(9)
#define ISS_FNV	      BIT(10)
#define ISS_SF	      BIT(15)
#define ISS_SRT_SHIFT 16U
#define ISS_SRT_WIDTH 5U
#define ISS_SSE	      BIT(21)
#define ISS_SAS_SHIFT 22U
#define ISS_SAS_WIDTH 2U
#define ISS_ISV	      BIT(24)

/* Fault status: the kind in [5:2], the level in [1:0]. */
#define FSC_ADDRESS_SIZE  0x00U
#define FSC_TRANSLATION	  0x04U
#define FSC_ACCESS_FLAG	  0x08U
#define FSC_PERMISSION	  0x0cU
#define FSC_EXTERNAL	  0x10U /* synchronous external abort, not on a walk */
#define FSC_EXTERNAL_WALK 0x14U
#define FSC_ALIGNMENT	  0x21U
#define FSC_KIND(fsc)	  ((fsc)&0x3cU)

/* Trapped MSR, MRS and system instructions (EC 0x18) */
#define ISS_SYS_READ	  BIT(0)
#define ISS_SYS_CRM_SHIFT 1U
#define ISS_SYS_CRM_WIDTH 4U
#define ISS_SYS_RT_SHIFT  5U
#define ISS_SYS_RT_WIDTH  5U
#define ISS_SYS_CRN_SHIFT 10U
#define ISS_SYS_CRN_WIDTH 4U
#define ISS_SYS_OP1_SHIFT 14U
#define ISS_SYS_OP1_WIDTH 3U
#define ISS_SYS_OP2_SHIFT 17U
#define ISS_SYS_OP2_WIDTH 3U
#define ISS_SYS_OP0_SHIFT 20U
#define ISS_SYS_OP0_WIDTH 2U

/* The register alone: the ISS without direction and Rt. */
#define ISS_SYS_REGISTER_MASK UINT64_C(0x3ffc1e)
#define ISS_SYS_REGISTER(op0, op1, crn, crm, op2)                                                  \
	(((uint64_t)(op0) << ISS_SYS_OP0_SHIFT) | ((uint64_t)(op2) << ISS_SYS_OP2_SHIFT) |         \
		((uint64_t)(op1) << ISS_SYS_OP1_SHIFT) | ((uint64_t)(crn) << ISS_SYS_CRN_SHIFT) |  \
		((uint64_t)(crm) << ISS_SYS_CRM_SHIFT))

#endif
