/* SPDX-License-Identifier: Apache-2.0 */
#include "vcpu/context.h"

#include <stddef.h>

#include "arch/hcr.h"
#include "arch/pstate.h"
#include "arch/sysreg.h"
#include "base/bits.h"
#include "base/compiler.h"
#include "base/string.h"
#include "errata/errata.h"
#include "s2/s2.h"

STATIC_ASSERT(offsetof(struct vcpu_context, x) == VCPU_X, "vectors.S");
STATIC_ASSERT(offsetof(struct vcpu_context, fp) == VCPU_FP, "fpsimd.S");
STATIC_ASSERT(offsetof(struct vcpu_context, fp.fpsr) == VCPU_FPSR, "fpsimd.S");

/* What every guest runs with. TVM is dropped once its caches are on (docs/design/vcpu.md). TWI:
 * a vCPU that waits leaves its CPU to others, and to the scrubbing of memory. */
#define VCPU_HCR_INITIAL                                                                           \
	(HCR_VM | HCR_SWIO | HCR_PTW | HCR_FMO | HCR_IMO | HCR_AMO | HCR_FB | HCR_BSU_IS |         \
		HCR_TWI | HCR_TID3 | HCR_TSC | HCR_TIDCP | HCR_TACR | HCR_TSW | HCR_TVM | HCR_RW)

/* SCTLR_EL1 at reset: MMU, caches off; the bits that are RES1 in Armv8.0. */
#define SCTLR_EL1_RESET UINT64_C(0x30d00800)

#define ID_FIELD(reg, shift) ((read_##reg() >> (shift)) & 0xfU)

/* Written once, before any vCPU runs. */
static struct vcpu_features features;

void vcpu_features_init(void)
{
	features = (struct vcpu_features){
		/* APA, API, GPA, GPI of ISAR1; GPA3, APA3 of ISAR2 */
		.has_pauth = (read_id_aa64isar1_el1() & UINT64_C(0xff000ff0)) != 0U ||
			     (read_id_aa64isar2_el1() & UINT64_C(0xff00)) != 0U,
		.has_pan = ID_FIELD(id_aa64mmfr1_el1, 20) != 0U,
		.has_ssbs = ID_FIELD(id_aa64pfr1_el1, 4) != 0U,
		.has_uao = ID_FIELD(id_aa64mmfr2_el1, 4) != 0U,
		.has_dit = ID_FIELD(id_aa64pfr0_el1, 48) != 0U,
		.has_mte = ID_FIELD(id_aa64pfr1_el1, 8) != 0U,
		.has_ras = ID_FIELD(id_aa64pfr0_el1, 28) != 0U,
		.has_sme = ID_FIELD(id_aa64pfr1_el1, 24) != 0U,
		.has_lor = ID_FIELD(id_aa64mmfr1_el1, 16) != 0U,
	};
}

void vcpu_trap_ctr(void)
{
	features.traps_ctr = true;
}

const struct vcpu_features *vcpu_features(void)
{
	return &features;
}

void vcpu_context_reset(struct vcpu_context *ctx, mpidr_t mpidr, uint64_t pc, uint64_t x0)
{
	memset(ctx, 0, sizeof(*ctx));
	ctx->x[0] = x0;
	ctx->pc = pc;
	ctx->pstate = PSTATE_MODE_EL1H | PSTATE_DAIF;
	ctx->sys.sctlr_el1 = SCTLR_EL1_RESET;
	ctx->sys.actlr_el1 = read_actlr_el1();
	ctx->vmpidr = mpidr | BIT(31);
	ctx->hcr = VCPU_HCR_INITIAL;
	if (features.has_pauth) {
		ctx->hcr |= HCR_APK | HCR_API;
	}
	/* The machine's error records, and regions that no switch keeps apart. */
	if (features.has_ras) {
		ctx->hcr |= HCR_TERR;
	}
	if (features.has_lor) {
		ctx->hcr |= HCR_TLOR;
	}
	if (features.traps_ctr) {
		ctx->hcr |= HCR_TID2;
	}
	if (s2_features()->fwb) {
		ctx->hcr |= HCR_FWB; /* the stage-2 descriptors are made for it */
	}
}

void vcpu_context_put(struct vcpu_context *ctx)
{
	struct vcpu_sysregs *sys = &ctx->sys;

	ctx->pc = read_elr_el2();
	ctx->pstate = read_spsr_el2();
	ctx->hcr = read_hcr_el2();
#define SAVE(name) sys->name = read_##name();
	VCPU_WALK_REGS(SAVE)
	VCPU_SYSREGS(SAVE)
	if (features.has_pauth) {
		VCPU_PAUTH_REGS(SAVE)
	}
	if (features.has_ras) {
		VCPU_RAS_REGS(SAVE)
	}
	if (features.has_sme) {
		VCPU_SME_REGS(SAVE)
	}
#undef SAVE
	vcpu_fp_save(&ctx->fp);
}

#define LOAD(name) write_##name(sys->name);

static void load_sysregs(const struct vcpu_sysregs *sys)
{
	VCPU_SYSREGS(LOAD)
	if (features.has_pauth) {
		VCPU_PAUTH_REGS(LOAD)
	}
	if (features.has_ras) {
		VCPU_RAS_REGS(LOAD)
	}
	if (features.has_sme) {
		VCPU_SME_REGS(LOAD)
	}
}

/* Stage-1 walks stay off until all the registers that they use are this vCPU's: what the caller's
 * errata_walks_stop() has left in the two that say so stays there. */
static void load_guarded(const struct vcpu_sysregs *sys)
{
	const struct errata_walks own = {.tcr = sys->tcr_el1, .sctlr = sys->sctlr_el1};

	load_sysregs(sys);
	errata_walks_resume(&own);
}

static void load_freely(const struct vcpu_sysregs *sys)
{
	VCPU_WALK_REGS(LOAD)
	load_sysregs(sys);
}

#undef LOAD

/* A function of its own, for debuggers: where a CPU changes to a vCPU. */
NOINLINE void vcpu_context_load(const struct vcpu_context *ctx)
{
	write_hcr_el2(ctx->hcr);
	write_vmpidr_el2(ctx->vmpidr);
	if (UNLIKELY(errata_needs(ERRATA_SPECULATIVE_AT))) {
		load_guarded(&ctx->sys);
	} else {
		load_freely(&ctx->sys);
	}
	vcpu_fp_load(&ctx->fp);
	write_elr_el2(ctx->pc);
	write_spsr_el2(ctx->pstate);
}

/* IT[7:0] is in SPSR[15:10] and [26:25] (DDI 0487, G1.20): it advances by one condition. */
static uint64_t advance_it(uint64_t pstate)
{
	uint64_t it = ((pstate >> 8) & 0xfcU) | ((pstate >> 25) & 3U);

	it = (it & 7U) == 0U ? 0U : (it & 0xe0U) | ((it << 1) & 0x1fU);
	pstate &= ~((UINT64_C(0x3f) << 10) | (UINT64_C(3) << 25));
	return pstate | ((it & 0xfcU) << 8) | ((it & 3U) << 25);
}

void vcpu_skip_slowly(bool il)
{
	uint64_t pstate = read_spsr_el2();
	uint64_t next = pstate & ~PSTATE_SS;

	if ((pstate & PSTATE_AARCH32) != 0U) {
		if ((pstate & PSTATE_THUMB) != 0U) {
			next = advance_it(next);
		}
	} else {
		next &= ~PSTATE_BTYPE;
	}
	if (next != pstate) {
		write_spsr_el2(next);
	}
	write_elr_el2(read_elr_el2() + (il ? 4U : 2U));
}
