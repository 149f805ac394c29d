/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The registers of one vCPU. While it is loaded on a CPU, the general registers of the struct are
 * current (the vectors save them), and PC, PSTATE, system and FP registers are in the hardware;
 * vcpu_context_put() brings them here.
 */
#ifndef VCPU_CONTEXT_H
#define VCPU_CONTEXT_H

#define VCPU_X	  0 /* offsets for vectors.S and fpsimd.S, asserted in context.c */
#define VCPU_FP	  272
#define VCPU_FPSR 784

#ifndef __ASSEMBLER__

#include <stdbool.h>
#include <stdint.h>

#include "arch/pstate.h"
#include "arch/sysreg.h"
#include "base/compiler.h"
#include "base/types.h"

/* Every EL1 and EL0 register that is switched on all CPUs: one list for struct, save, load. */
#define VCPU_SYSREGS(row)                                                                          \
	row(actlr_el1) row(cpacr_el1) row(ttbr0_el1) row(ttbr1_el1) row(spsr_el1) row(elr_el1)     \
		row(sp_el0) row(sp_el1) row(afsr0_el1) row(afsr1_el1) row(esr_el1) row(far_el1)    \
			row(par_el1) row(mair_el1) row(amair_el1) row(vbar_el1)                    \
				row(contextidr_el1) row(tpidr_el1) row(cntkctl_el1) row(tpidr_el0) \
					row(tpidrro_el0) row(csselr_el1)

/* Those that let stage-1 walks go on: apart, where they have to be the last. */
#define VCPU_WALK_REGS(row) row(sctlr_el1) row(tcr_el1)

/* Where FEAT_PAuth is there. */
#define VCPU_PAUTH_REGS(row)                                                                       \
	row(apiakeylo_el1) row(apiakeyhi_el1) row(apibkeylo_el1) row(apibkeyhi_el1)                \
		row(apdakeylo_el1) row(apdakeyhi_el1) row(apdbkeylo_el1) row(apdbkeyhi_el1)        \
			row(apgakeylo_el1) row(apgakeyhi_el1)

/* Where FEAT_RAS is there: what the guest reads as DISR_EL1 while SErrors come to EL2. */
#define VCPU_RAS_REGS(row) row(vdisr_el2)

/* Where FEAT_SME is there: hidden from guests, but nothing older than FEAT_FGT traps it. */
#define VCPU_SME_REGS(row) row(tpidr2_el0)

#define VCPU_FIELD(name) uint64_t name;

struct vcpu_sysregs {
	VCPU_WALK_REGS(VCPU_FIELD)
	VCPU_SYSREGS(VCPU_FIELD)
	VCPU_PAUTH_REGS(VCPU_FIELD)
	VCPU_RAS_REGS(VCPU_FIELD)
	VCPU_SME_REGS(VCPU_FIELD)
};

struct vcpu_fp {
	uint64_t v[32][2]; /* Q0 to Q31, low half first */
	uint64_t fpsr;
	uint64_t fpcr;
};

struct vcpu_context {
	uint64_t x[31];
	uint64_t pc;
	uint64_t pstate;
	uint64_t pad;
	struct vcpu_fp fp;
	struct vcpu_sysregs sys;
	uint64_t vmpidr;
	uint64_t hcr; /* HCR_EL2 while this vCPU is loaded */
} __attribute__((aligned(16)));

/* What the machine has; read once on the boot CPU. */
struct vcpu_features {
	bool has_pauth;
	bool has_pan;
	bool has_ssbs;
	bool has_uao;
	bool has_dit;
	bool has_mte;
	bool has_sme;
	bool has_ras;
	bool has_lor;
	bool traps_ctr;
};

void vcpu_features_init(void);

/* CPUs whose CTR_EL0 differ: it is trapped, so that guests can be told of one that serves on all
 * (HCR_EL2.TID2; CCSIDR_EL1, CLIDR_EL1 and CSSELR_EL1 come along). After vcpu_features_init(),
 * before any vCPU is reset. */
void vcpu_trap_ctr(void);
const struct vcpu_features *vcpu_features(void);

/* As the architecture leaves a CPU at reset, then: EL1h, DAIF masked, pc, x0. mpidr as the guest
 * sees it. hcr starts as VCPU_HCR_INITIAL with the features' bits: FWB where s2_features() has it,
 * the traps of what exists and no guest may have (TERR, TLOR), TID2 after vcpu_trap_ctr(). */
void vcpu_context_reset(struct vcpu_context *ctx, mpidr_t mpidr, uint64_t pc, uint64_t x0);

/* Hardware to struct, and back. Owner CPU. put leaves the hardware as it is. load writes
 * HCR_EL2, VMPIDR_EL2 too; the caller has set VTTBR_EL2, and issues no ISB: the ERET does. Where
 * ERRATA_SPECULATIVE_AT is needed the caller has called errata_walks_stop() before it changed
 * VTTBR_EL2, and load lets walks go on. */
void vcpu_context_put(struct vcpu_context *ctx);
void vcpu_context_load(const struct vcpu_context *ctx);

/* The loaded vCPU's PC and PSTATE. Owner CPU. */
static inline uint64_t vcpu_pc(void)
{
	return read_elr_el2();
}

static inline uint64_t vcpu_pstate(void)
{
	return read_spsr_el2();
}

static inline void vcpu_set_pc(uint64_t pc)
{
	write_elr_el2(pc);
}

static inline void vcpu_set_pstate(uint64_t pstate)
{
	write_spsr_el2(pstate);
}

/* Steps over the trapped instruction (4 bytes; 2 for a T32 one, by ESR_EL2.IL as given), with the
 * IT state of AArch32 and PSTATE.SS as an executed instruction leaves them. */
void vcpu_skip_slowly(bool il);

/* Where SPSR_EL2 has any of these, stepping over is more than an addition; AArch32, too. */
#define VCPU_SKIP_UNDOES (PSTATE_SS | PSTATE_BTYPE)

/* Where it has none. */
static inline void vcpu_skip_plainly(void)
{
	write_elr_el2(read_elr_el2() + 4U);
}

static inline void vcpu_skip(bool il)
{
	if (UNLIKELY(!il || (read_spsr_el2() & (VCPU_SKIP_UNDOES | PSTATE_AARCH32)) != 0U)) {
		vcpu_skip_slowly(il);
	} else {
		vcpu_skip_plainly();
	}
}

/* Register n as an instruction's Rt: 31 is XZR. */
static inline uint64_t vcpu_get_x(const struct vcpu_context *ctx, unsigned n)
{
	return n < 31U ? ctx->x[n] : 0U;
}

static inline void vcpu_set_x(struct vcpu_context *ctx, unsigned n, uint64_t v)
{
	if (n < 31U) {
		ctx->x[n] = v;
	}
}

/* fpsimd.S */
void vcpu_fp_save(struct vcpu_fp *fp);
void vcpu_fp_load(const struct vcpu_fp *fp);

#endif
#endif
