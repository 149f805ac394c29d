/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one table: DDI 0487, D19.2, in the order of the encodings. A field without a row is 0, which
 * for nearly all fields means "not there"; those of which 0 means more have a row here. Notes say
 * why a field that could be passed is not.
 */
#include "table.h"

#include "a64/sysreg.h"
#include "base/compiler.h"

#define ID(crm, op2) A64_SYSREG(3, 0, 0, crm, op2)
#define WHOLE(crm, op2)                                                                            \
	{                                                                                          \
		ID(crm, op2), 0, 32, POLICY_PASS, 0                                                \
	}
#define PASS(crm, op2, shift)                                                                      \
	{                                                                                          \
		ID(crm, op2), shift, 4, POLICY_PASS, 0                                             \
	}
#define CAP(crm, op2, shift, n)                                                                    \
	{                                                                                          \
		ID(crm, op2), shift, 4, POLICY_CAP, n                                              \
	}
#define CAP_SIGNED(crm, op2, shift, n)                                                             \
	{                                                                                          \
		ID(crm, op2), shift, 4, POLICY_CAP_SIGNED, n                                       \
	}
#define FIXED(crm, op2, shift, n)                                                                  \
	{                                                                                          \
		ID(crm, op2), shift, 4, POLICY_FIXED, n                                            \
	}
#define GIC(crm, op2, shift)                                                                       \
	{                                                                                          \
		ID(crm, op2), shift, 4, POLICY_GIC, 0                                              \
	}

/* clang-format off */
const struct idregs_row idregs_rows[] = {
	/* AArch32, which guests may use at EL0 alone: what describes EL1 and above is hidden. */
	/* ID_PFR0_EL1; not AMU, RAS */
	PASS(1, 0, 0),		/* State0: A32 */
	PASS(1, 0, 4),		/* State1: T32 */
	PASS(1, 0, 8),		/* State2: Jazelle */
	PASS(1, 0, 12),		/* State3: T32EE */
	CAP(1, 0, 16, 1),	/* CSV2: 2 has SCXTNUM registers */
	PASS(1, 0, 24),		/* DIT */
	/* ID_PFR1_EL1; not ProgMod, Security, Virtualization: EL1 and above */
	PASS(1, 1, 16),		/* GenTimer */
	GIC(1, 1, 28),		/* GIC */
	/* ID_DFR0_EL1; not trace, not PerfMon */
	CAP(1, 2, 0, 9),	/* CopDbg, as DebugVer below */
	/* ID_AFR0_EL1: implementation defined, hidden */
	WHOLE(1, 4),		/* ID_MMFR0_EL1 */
	WHOLE(1, 5),		/* ID_MMFR1_EL1 */
	WHOLE(1, 6),		/* ID_MMFR2_EL1 */
	WHOLE(1, 7),		/* ID_MMFR3_EL1 */
	WHOLE(2, 0),		/* ID_ISAR0_EL1 */
	WHOLE(2, 1),		/* ID_ISAR1_EL1 */
	WHOLE(2, 2),		/* ID_ISAR2_EL1 */
	WHOLE(2, 3),		/* ID_ISAR3_EL1 */
	WHOLE(2, 4),		/* ID_ISAR4_EL1 */
	WHOLE(2, 5),		/* ID_ISAR5_EL1 */
	/* ID_MMFR4_EL1; not SpecSEI, AC2 (ACTLR2), EVT */
	PASS(2, 6, 8),		/* XNX */
	PASS(2, 6, 12),		/* CnP */
	PASS(2, 6, 16),		/* HPDS */
	PASS(2, 6, 20),		/* LSM */
	PASS(2, 6, 24),		/* CCIDX */
	WHOLE(2, 7),		/* ID_ISAR6_EL1 */
	WHOLE(3, 0),		/* MVFR0_EL1 */
	WHOLE(3, 1),		/* MVFR1_EL1 */
	WHOLE(3, 2),		/* MVFR2_EL1 */
	/* ID_PFR2_EL1; not RAS_frac */
	PASS(3, 4, 0),		/* CSV3 */
	PASS(3, 4, 4),		/* SSBS */
	/* ID_DFR1_EL1: PMU and trace, hidden */
	/* ID_MMFR5_EL1 */
	PASS(3, 6, 0),		/* ETS */
	PASS(3, 6, 4),		/* nTLBPA */

	/* ID_AA64PFR0_EL1; not EL2, EL3, RAS, SVE, SEL2, MPAM, AMU, RME */
	PASS(4, 0, 0),		/* EL0: AArch32 too where the host has it */
	FIXED(4, 0, 4, 1),	/* EL1: AArch64 alone (HCR_EL2.RW) */
	PASS(4, 0, 16),		/* FP: 0 is there, 0xf is not */
	PASS(4, 0, 20),		/* AdvSIMD: the same */
	GIC(4, 0, 24),		/* GIC */
	PASS(4, 0, 48),		/* DIT */
	CAP(4, 0, 56, 1),	/* CSV2: 2 has SCXTNUM registers, which nobody switches */
	PASS(4, 0, 60),		/* CSV3 */
	/* ID_AA64PFR1_EL1; not MTE, RAS_frac, MPAM_frac, SME, RNDR_trap, NMI, GCS */
	PASS(4, 1, 0),		/* BT */
	PASS(4, 1, 4),		/* SSBS */
	CAP(4, 1, 32, 1),	/* CSV2_frac: 2 has SCXTNUM registers */
	/* ID_AA64ZFR0_EL1, ID_AA64SMFR0_EL1: SVE and SME, hidden */

	/* ID_AA64DFR0_EL1; not trace, PMU, SPE, TRBE, BRBE */
	CAP(5, 0, 0, 9),	/* DebugVer: 10 and up have more registers */
	PASS(5, 0, 12),		/* BRPs */
	PASS(5, 0, 20),		/* WRPs */
	PASS(5, 0, 28),		/* CTX_CMPs */
	FIXED(5, 0, 36, 15),	/* DoubleLock: not there (0 would be) */

	/* ID_AA64ISAR0_EL1; not TME */
	PASS(6, 0, 4),		/* AES */
	PASS(6, 0, 8),		/* SHA1 */
	PASS(6, 0, 12),		/* SHA2 */
	PASS(6, 0, 16),		/* CRC32 */
	PASS(6, 0, 20),		/* Atomic */
	PASS(6, 0, 28),		/* RDM */
	PASS(6, 0, 32),		/* SHA3 */
	PASS(6, 0, 36),		/* SM3 */
	PASS(6, 0, 40),		/* SM4 */
	PASS(6, 0, 44),		/* DP */
	PASS(6, 0, 48),		/* FHM */
	PASS(6, 0, 52),		/* TS */
	PASS(6, 0, 56),		/* TLB: outer shareable and ranges, all confined to the VMID */
	PASS(6, 0, 60),		/* RNDR */
	/* ID_AA64ISAR1_EL1; not XS, LS64: HCRX_EL2 disables them */
	PASS(6, 1, 0),		/* DPB */
	PASS(6, 1, 4),		/* APA */
	PASS(6, 1, 8),		/* API */
	PASS(6, 1, 12),		/* JSCVT */
	PASS(6, 1, 16),		/* FCMA */
	PASS(6, 1, 20),		/* LRCPC */
	PASS(6, 1, 24),		/* GPA */
	PASS(6, 1, 28),		/* GPI */
	PASS(6, 1, 32),		/* FRINTTS */
	PASS(6, 1, 36),		/* SB */
	CAP(6, 1, 40, 1),	/* SPECRES */
	PASS(6, 1, 44),		/* BF16 */
	PASS(6, 1, 48),		/* DGH */
	PASS(6, 1, 52),		/* I8MM */
	/* ID_AA64ISAR2_EL1; not WFxT (WFI is trapped, without a time-out), MOPS (HCRX_EL2) */
	PASS(6, 2, 4),		/* RPRES */
	PASS(6, 2, 8),		/* GPA3 */
	PASS(6, 2, 12),		/* APA3 */
	PASS(6, 2, 20),		/* BC */
	PASS(6, 2, 24),		/* PAC_frac */
	PASS(6, 2, 28),		/* CLRBHB */

	/* ID_AA64MMFR0_EL1; not BigEnd and BigEndEL0 (devices are emulated little-endian), SNSMem,
	 * FGT, ECV, stage 2's granules */
	CAP(7, 0, 0, 5),	/* PARange: 48 bits */
	PASS(7, 0, 4),		/* ASIDBits */
	CAP(7, 0, 20, 1),	/* TGran16: 2 is LPA2 */
	PASS(7, 0, 24),		/* TGran64: 0 is there, 0xf is not */
	CAP_SIGNED(7, 0, 28, 0), /* TGran4: 0 is there, 0xf is not, 1 is LPA2 */
	PASS(7, 0, 44),		/* ExS */
	/* ID_AA64MMFR1_EL1; not VMIDBits, VH, LO, SpecSEI, XNX, TWED, HCX, TIDCP1, CMOW */
	CAP(7, 1, 0, 2),	/* HAFDBS */
	PASS(7, 1, 12),		/* HPDS */
	PASS(7, 1, 20),		/* PAN */
	PASS(7, 1, 36),		/* ETS */
	PASS(7, 1, 44),		/* AFP */
	PASS(7, 1, 48),		/* nTLBPA */
	/* ID_AA64MMFR2_EL1; not IESB (RAS), NV, FWB, EVT */
	PASS(7, 2, 0),		/* CnP: VTTBR_EL2.CnP is 0, so nothing is shared */
	PASS(7, 2, 4),		/* UAO */
	PASS(7, 2, 8),		/* LSM */
	PASS(7, 2, 16),		/* VARange */
	PASS(7, 2, 20),		/* CCIDX: CCSIDR_EL1 is the host's */
	PASS(7, 2, 28),		/* ST */
	PASS(7, 2, 32),		/* AT */
	PASS(7, 2, 36),		/* IDS */
	PASS(7, 2, 48),		/* TTL */
	PASS(7, 2, 52),		/* BBM */
	PASS(7, 2, 60),		/* E0PD */
	/* ID_AA64MMFR3_EL1, ID_AA64MMFR4_EL1: registers that HCRX_EL2 traps, hidden */
};
/* clang-format on */

const unsigned idregs_row_count = ARRAY_SIZE(idregs_rows);
