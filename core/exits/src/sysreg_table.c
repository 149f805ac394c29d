/* SPDX-License-Identifier: Apache-2.0 */
#include "sysreg_table.h"

#include "arch/barrier.h"
#include "arch/hcr.h"
#include "arch/sysreg.h"
#include "base/compiler.h"
#include "coh/coh.h"

#define SCTLR_M BIT(0)
#define SCTLR_C BIT(2)

/* CSSELR_EL1 and CLIDR_EL1 (DDI 0487, D19.2). */
#define CSSELR_InD	   BIT(0)
#define CSSELR_Level_SHIFT 1U
#define CSSELR_Level_WIDTH 3U
#define CSSELR_TnD	   BIT(4)
#define CSSELR_FIELDS	   MASK_BELOW(5)
#define LEVELS		   7U
#define CTYPE_WIDTH	   3U
#define CTYPE_I		   1U /* beside a data cache: 3 */
#define CTYPE_D		   2U
#define CTYPE_SEPARATE	   3U /* more is unified */

#define ICC_SRE_EL1_ALL 7U /* SRE, DFB, DIB */

/* Registers under HCR_EL2.TVM: the guest's write goes through. */
#define PASS(name)                                                                                 \
	static bool write_through_##name(struct vcpu *vcpu, uint64_t *value)                       \
	{                                                                                          \
		(void)vcpu;                                                                        \
		write_##name(*value);                                                              \
		return true;                                                                       \
	}

PASS(ttbr0_el1)
PASS(ttbr1_el1)
PASS(tcr_el1)
PASS(afsr0_el1)
PASS(afsr1_el1)
PASS(esr_el1)
PASS(far_el1)
PASS(mair_el1)
PASS(amair_el1)
PASS(contextidr_el1)

/* The guest's read goes through. */
#define SHOW(name)                                                                                 \
	static bool read_through_##name(struct vcpu *vcpu, uint64_t *value)                        \
	{                                                                                          \
		(void)vcpu;                                                                        \
		*value = read_##name();                                                            \
		return true;                                                                       \
	}

SHOW(actlr_el1)
SHOW(clidr_el1)
SHOW(csselr_el1)

/* The moment TVM is there for: with MMU and caches on, the guest sees memory through the caches
 * from now on, and the trap is not needed any more. A guest that turns them off while it still
 * traps (after set/way operations) goes past the caches again. */
static bool write_sctlr(struct vcpu *vcpu, uint64_t *value)
{
	if ((*value & (SCTLR_M | SCTLR_C)) != (SCTLR_M | SCTLR_C)) {
		vcpu->set_way_done = false;
		if (!vm_caches_off(vcpu)) {
			return false;
		}
	} else if (!vm_caches_on(vcpu)) {
		return false;
	} else {
		write_hcr_el2(read_hcr_el2() & ~HCR_TVM);
	}
	write_sctlr_el1(*value);
	return true;
}

/* HCR_EL2.TID2, where CPUs differ: what all of them keep. */
static bool read_ctr(struct vcpu *vcpu, uint64_t *value)
{
	(void)vcpu;
	*value = coh_strategy()->ctr;
	return true;
}

static bool write_csselr(struct vcpu *vcpu, uint64_t *value)
{
	(void)vcpu;
	write_csselr_el1(*value & CSSELR_FIELDS);
	return true;
}

/* Is the cache there that CSSELR_EL1 names, by its level's Ctype in CLIDR_EL1? */
static bool selects_cache(uint64_t csselr)
{
	uint64_t level = FIELD_GET(csselr, CSSELR_Level);
	uint64_t type = read_clidr_el1() >> (CTYPE_WIDTH * level) & MASK_BELOW(CTYPE_WIDTH);

	if (level >= LEVELS || (csselr & CSSELR_TnD) != 0U) {
		return false;
	}
	return (csselr & CSSELR_InD) != 0U ? (type & CTYPE_I) != 0U && type <= CTYPE_SEPARATE
					   : type >= CTYPE_D;
}

/* Where there is no such cache the read may be UNDEFINED, here too. */
static bool read_ccsidr(struct vcpu *vcpu, uint64_t *value)
{
	(void)vcpu;
	*value = selects_cache(read_csselr_el1()) ? read_ccsidr_el1() : 0U;
	return true;
}

static bool read_nothing(struct vcpu *vcpu, uint64_t *value)
{
	(void)vcpu;
	*value = 0;
	return true;
}

static bool ignore(struct vcpu *vcpu, uint64_t *value)
{
	(void)vcpu;
	(void)value;
	return true;
}

/* The system-register interface is the only one: its enable reads as one and stays. */
static bool read_sre(struct vcpu *vcpu, uint64_t *value)
{
	(void)vcpu;
	*value = ICC_SRE_EL1_ALL;
	return true;
}

static bool set_way(struct vcpu *vcpu, uint64_t *value)
{
	(void)value;
	return vm_set_way(vcpu);
}

static bool write_sgi1r(struct vcpu *vcpu, uint64_t *value)
{
	vgic_sgi1r(&vcpu->gic, *value);
	return true;
}

static bool write_sgi0r(struct vcpu *vcpu, uint64_t *value)
{
	vgic_sgi0r(&vcpu->gic, *value);
	return true;
}

static bool write_asgi1r(struct vcpu *vcpu, uint64_t *value)
{
	vgic_asgi1r(&vcpu->gic, *value);
	return true;
}

static bool write_dir(struct vcpu *vcpu, uint64_t *value)
{
	vgic_dir(&vcpu->gic, *value);
	return true;
}

static bool read_cntpct(struct vcpu *vcpu, uint64_t *value)
{
	*value = vtimer_read_cntpct(&vcpu->timer);
	return true;
}

#define CNTP(name)                                                                                 \
	static bool read_##name(struct vcpu *vcpu, uint64_t *value)                                \
	{                                                                                          \
		*value = vtimer_read_##name(&vcpu->timer);                                         \
		return true;                                                                       \
	}                                                                                          \
	static bool write_##name(struct vcpu *vcpu, uint64_t *value)                               \
	{                                                                                          \
		vtimer_write_##name(&vcpu->timer, *value);                                         \
		return true;                                                                       \
	}

CNTP(cntp_ctl)
CNTP(cntp_cval)
CNTP(cntp_tval)

const struct sysreg_row sysreg_rows[] = {
	{A64_SYSREG(1, 0, 7, 6, 2), NULL, set_way},	/* DC ISW */
	{A64_SYSREG(1, 0, 7, 10, 2), NULL, set_way},	/* DC CSW */
	{A64_SYSREG(1, 0, 7, 14, 2), NULL, set_way},	/* DC CISW */
	{A64_SYSREG(3, 0, 1, 0, 0), NULL, write_sctlr}, /* SCTLR_EL1 */
	{A64_SYSREG(3, 0, 1, 0, 1), read_through_actlr_el1, ignore},
	{A64_SYSREG(3, 0, 2, 0, 0), NULL, write_through_ttbr0_el1},
	{A64_SYSREG(3, 0, 2, 0, 1), NULL, write_through_ttbr1_el1},
	{A64_SYSREG(3, 0, 2, 0, 2), NULL, write_through_tcr_el1},
	{A64_SYSREG(3, 0, 5, 1, 0), NULL, write_through_afsr0_el1},
	{A64_SYSREG(3, 0, 5, 1, 1), NULL, write_through_afsr1_el1},
	{A64_SYSREG(3, 0, 5, 2, 0), NULL, write_through_esr_el1},
	{A64_SYSREG(3, 0, 6, 0, 0), NULL, write_through_far_el1},
	{A64_SYSREG(3, 0, 10, 2, 0), NULL, write_through_mair_el1},
	{A64_SYSREG(3, 0, 10, 3, 0), NULL, write_through_amair_el1},
	{A64_SYSREG(3, 0, 12, 11, 1), NULL, write_dir},	   /* ICC_DIR_EL1 */
	{SYSREG_ICC_SGI1R_EL1, NULL, write_sgi1r},	   /* ICC_SGI1R_EL1 */
	{A64_SYSREG(3, 0, 12, 11, 6), NULL, write_asgi1r}, /* ICC_ASGI1R_EL1 */
	{A64_SYSREG(3, 0, 12, 11, 7), NULL, write_sgi0r},  /* ICC_SGI0R_EL1 */
	{A64_SYSREG(3, 0, 12, 12, 5), read_sre, ignore},   /* ICC_SRE_EL1 */
	{A64_SYSREG(3, 0, 13, 0, 1), NULL, write_through_contextidr_el1},
	{A64_SYSREG(3, 1, 0, 0, 0), read_ccsidr, NULL},
	{A64_SYSREG(3, 1, 0, 0, 1), read_through_clidr_el1, NULL},
	{A64_SYSREG(3, 1, 0, 0, 2), read_nothing, NULL}, /* CCSIDR2_EL1 */
	{A64_SYSREG(3, 2, 0, 0, 0), read_through_csselr_el1, write_csselr},
	{A64_SYSREG(3, 3, 0, 0, 1), read_ctr, NULL},
	{A64_SYSREG(3, 3, 14, 0, 1), read_cntpct, NULL},
	{A64_SYSREG(3, 3, 14, 2, 0), read_cntp_tval, write_cntp_tval},
	{A64_SYSREG(3, 3, 14, 2, 1), read_cntp_ctl, write_cntp_ctl},
	{A64_SYSREG(3, 3, 14, 2, 2), read_cntp_cval, write_cntp_cval},
};
const size_t sysreg_row_count = ARRAY_SIZE(sysreg_rows);
