/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "abi/boot_info.h"
#include "arch/esr.h"
#include "arch/hcr.h"
#include "arch/pstate.h"
#include "arch/sysreg.h"
#include "errata/errata.h"
#include "fake/maintenance.h"
#include "s2/s2.h"
#include "vcpu/context.h"
#include "vcpu/inject.h"

#define PC   UINT64_C(0x40001000)
#define VBAR UINT64_C(0xffff000000080000)
#define FAR  UINT64_C(0xffff0000deadb000)

/* ID registers with everything that the module asks for. */
#define PFR0_ALL       (UINT64_C(2) | BIT(48) | BIT(28)) /* AArch32, DIT, RAS */
#define PFR1_SSBS_MTE  (BIT(4) | BIT(8))
#define MMFR1_PAN_LOR  (BIT(20) | BIT(16))
#define MMFR2_UAO      BIT(4)
#define ISAR1_APA      BIT(4)
#define ISAR2_GPA3     BIT(8)
#define SCTLR_SPAN     BIT(23)
#define SCTLR_DSSBS    BIT(44)
#define PSTATE_EL0_A32 UINT64_C(0x10)

/* Too large for a test's stack frame. */
static struct vcpu_context ctx;
static struct vcpu_context in;
static struct vcpu_context out;

static int setup(void **state)
{
	(void)state;
	memset(&fake_sysregs, 0, sizeof(fake_sysregs));
	vcpu_features_init();
	s2_setup(&(const struct s2_features){.pa_bits = 48, .ipa_bits = 40, .vmid_bits = 8});
	errata_init(BOOT_CONDUIT_NONE);
	fake_sysregs.elr_el2 = PC;
	fake_sysregs.vbar_el1 = VBAR;
	fake_sysregs.sctlr_el1 = SCTLR_SPAN;
	return 0;
}

static void have_everything(void)
{
	fake_sysregs.id_aa64pfr0_el1 = PFR0_ALL;
	fake_sysregs.id_aa64pfr1_el1 = PFR1_SSBS_MTE;
	fake_sysregs.id_aa64mmfr1_el1 = MMFR1_PAN_LOR;
	fake_sysregs.id_aa64mmfr2_el1 = MMFR2_UAO;
	fake_sysregs.id_aa64isar1_el1 = ISAR1_APA;
	vcpu_features_init();
}

static void features_are_what_the_id_registers_say(void **state)
{
	const struct vcpu_features *f = vcpu_features();

	(void)state;
	assert_false(f->has_pauth || f->has_pan || f->has_ssbs || f->has_uao || f->has_dit ||
		     f->has_mte || f->has_ras || f->has_lor);
	have_everything();
	assert_true(f->has_pauth && f->has_pan && f->has_ssbs && f->has_uao && f->has_dit &&
		    f->has_mte && f->has_ras && f->has_lor);
	fake_sysregs.id_aa64isar1_el1 = 0;
	vcpu_features_init();
	assert_false(f->has_pauth);
	fake_sysregs.id_aa64isar2_el1 = ISAR2_GPA3;
	vcpu_features_init();
	assert_true(f->has_pauth);
}

static void reset_is_the_architecture_s(void **state)
{
	(void)state;
	memset(&ctx, 0xa5, sizeof(ctx));
	vcpu_context_reset(&ctx, 0x0100000203U, PC, 0x1234);
	assert_int_equal(ctx.pc, PC);
	assert_int_equal(ctx.x[0], 0x1234);
	assert_int_equal(ctx.x[1], 0);
	assert_int_equal(ctx.pstate, PSTATE_MODE_EL1H | PSTATE_DAIF);
	assert_int_equal(ctx.vmpidr, UINT64_C(0x0180000203)); /* bit 31: RES1 */
	assert_int_equal(ctx.sys.sctlr_el1 & 0x1005U, 0);     /* M, C, I */
	assert_int_equal(ctx.sys.ttbr0_el1, 0);
	assert_int_equal(ctx.fp.fpcr, 0);
	assert_true((ctx.hcr & HCR_VM) != 0U && (ctx.hcr & HCR_TVM) != 0U);
	assert_int_equal(ctx.hcr & (HCR_APK | HCR_API | HCR_FWB | HCR_TERR | HCR_TLOR), 0);

	have_everything();
	vcpu_context_reset(&ctx, 0, PC, 0);
	assert_int_equal(ctx.hcr & (HCR_APK | HCR_API), HCR_APK | HCR_API);
	assert_int_equal(ctx.hcr & (HCR_TERR | HCR_TLOR), HCR_TERR | HCR_TLOR);

	assert_int_equal(ctx.hcr & HCR_TID2, 0);
	vcpu_trap_ctr();
	vcpu_context_reset(&ctx, 0, PC, 0);
	assert_int_equal(ctx.hcr & HCR_TID2, HCR_TID2);
	vcpu_features_init();
	vcpu_context_reset(&ctx, 0, PC, 0);
	assert_int_equal(ctx.hcr & HCR_TID2, 0);
}

/* Stage-2 descriptors made for FWB mean something else without the bit, and the other way round. */
static void fwb_as_stage_2_has_it(void **state)
{
	(void)state;
	s2_setup(&(const struct s2_features){
		.pa_bits = 48, .ipa_bits = 40, .vmid_bits = 8, .fwb = true});
	vcpu_context_reset(&ctx, 0, PC, 0);
	assert_int_equal(ctx.hcr & HCR_FWB, HCR_FWB);
	assert_int_equal(HCR_FWB, BIT(46));
}

/* Every saved register gets a value of its own in the struct. */
static void number_all(struct vcpu_context *c)
{
	uint64_t n = 0x1000;

	memset(c, 0, sizeof(*c));
#define NUMBER(name) c->sys.name = n++;
	VCPU_WALK_REGS(NUMBER)
	VCPU_SYSREGS(NUMBER)
	VCPU_PAUTH_REGS(NUMBER)
#undef NUMBER
	for (unsigned i = 0; i < 32U; i++) {
		c->fp.v[i][0] = n++;
		c->fp.v[i][1] = n++;
	}
	c->fp.fpsr = n++;
	c->fp.fpcr = n++;
	c->pc = PC;
	c->pstate = PSTATE_MODE_EL1H;
	c->hcr = HCR_VM;
	c->vmpidr = 7;
}

static void what_is_loaded_is_put_back(void **state)
{
	(void)state;
	have_everything();
	number_all(&in);
	vcpu_context_load(&in);
	assert_int_equal(fake_sysregs.vmpidr_el2, 7);
	assert_int_equal(fake_sysregs.hcr_el2, HCR_VM);
	vcpu_context_put(&out);
	assert_memory_equal(&out.sys, &in.sys, sizeof(in.sys));
	assert_memory_equal(&out.fp, &in.fp, sizeof(in.fp));
	assert_int_equal(out.pc, in.pc);
	assert_int_equal(out.pstate, in.pstate);
	assert_int_equal(out.hcr, in.hcr);
}

#define MIDR_CORTEX_A57 UINT64_C(0x411fd071)

/* What TCR_EL1 and SCTLR_EL1 are at each ISB, and whether another register has changed. */
static struct {
	uint64_t tcr;
	uint64_t sctlr;
	uint64_t ttbr0;
} at_isb[8];
static unsigned isb_count;

static void note_isb(void *unused, enum fake_op op, uint64_t address)
{
	(void)unused;
	(void)address;
	if (op == FAKE_ISB && isb_count < 8U) {
		at_isb[isb_count].tcr = fake_sysregs.tcr_el1;
		at_isb[isb_count].sctlr = fake_sysregs.sctlr_el1;
		at_isb[isb_count++].ttbr0 = fake_sysregs.ttbr0_el1;
	}
}

static void load_logged(void)
{
	isb_count = 0;
	fake_maintain_hook(note_isb, NULL);
	vcpu_context_load(&in);
	fake_maintain_hook(NULL, NULL);
}

static void walks_stay_off_until_all_is_loaded(void **state)
{
	(void)state;
	have_everything();
	number_all(&in);
	in.sys.sctlr_el1 = 0x30; /* M is off */
	in.sys.tcr_el1 = 0x19;
	fake_sysregs.midr_el1 = MIDR_CORTEX_A57;
	errata_add_cpu();
	/* What errata_walks_stop() leaves of another vCPU's. */
	fake_sysregs.tcr_el1 = 0x11U | ERRATA_WALKS_TCR;
	fake_sysregs.sctlr_el1 = 0x40U | ERRATA_WALKS_SCTLR;
	load_logged();
	assert_int_equal(isb_count, 2);
	/* All of the vCPU's registers are there, and no walk can begin. */
	assert_int_equal(at_isb[0].ttbr0, in.sys.ttbr0_el1);
	assert_int_equal(at_isb[0].tcr & ERRATA_WALKS_TCR, ERRATA_WALKS_TCR);
	assert_int_equal(at_isb[0].sctlr & ERRATA_WALKS_SCTLR, ERRATA_WALKS_SCTLR);
	/* M, and only then TCR. */
	assert_int_equal(at_isb[1].sctlr, 0x30);
	assert_int_equal(at_isb[1].tcr & ERRATA_WALKS_TCR, ERRATA_WALKS_TCR);
	assert_int_equal(fake_sysregs.tcr_el1, 0x19);
	vcpu_context_put(&out);
	assert_memory_equal(&out.sys, &in.sys, sizeof(in.sys));
}

static void a_sound_cpu_pays_nothing(void **state)
{
	(void)state;
	number_all(&in);
	load_logged();
	assert_int_equal(isb_count, 0);
}

static void put_leaves_general_registers_and_vmpidr(void **state)
{
	(void)state;
	ctx = (struct vcpu_context){.x = {1, 2, 3}, .vmpidr = 9};
	vcpu_context_put(&ctx);
	assert_int_equal(ctx.x[2], 3);
	assert_int_equal(ctx.vmpidr, 9);
}

/* On a CPU without them, these registers are UNDEFINED to touch. */
static void absent_registers_are_left_alone(void **state)
{
	(void)state;
	number_all(&in);
	vcpu_context_load(&in);
	assert_int_equal(fake_sysregs.tpidr_el1, in.sys.tpidr_el1);
	assert_int_equal(fake_sysregs.apiakeylo_el1, 0);
	assert_int_equal(fake_sysregs.apgakeyhi_el1, 0);
	fake_sysregs.apiakeylo_el1 = 5;
	vcpu_context_put(&in);
	assert_int_not_equal(in.sys.apiakeylo_el1, 5);
}

static void register_31_is_zero(void **state)
{
	(void)state;
	ctx = (struct vcpu_context){.x = {[30] = 30}, .pc = PC};
	assert_int_equal(vcpu_get_x(&ctx, 30), 30);
	assert_int_equal(vcpu_get_x(&ctx, 31), 0);
	vcpu_set_x(&ctx, 0, 5);
	vcpu_set_x(&ctx, 31, 6);
	assert_int_equal(ctx.x[0], 5);
	assert_int_equal(ctx.pc, PC);
}

static uint64_t pstate_after_skip(uint64_t pstate, bool il)
{
	fake_sysregs.elr_el2 = PC;
	fake_sysregs.spsr_el2 = pstate;
	vcpu_skip(il);
	assert_int_equal(vcpu_pc(), PC + (il ? 4U : 2U));
	return vcpu_pstate();
}

static void skip_ends_a_step_and_a_branch_type(void **state)
{
	(void)state;
	assert_int_equal(pstate_after_skip(PSTATE_MODE_EL1H, true), PSTATE_MODE_EL1H);
	assert_int_equal(pstate_after_skip(PSTATE_SS | PSTATE_BTYPE | PSTATE_NZCV | PSTATE_I, true),
		PSTATE_NZCV | PSTATE_I);
}

static uint64_t thumb(uint64_t it)
{
	return PSTATE_EL0_A32 | PSTATE_THUMB | ((it >> 2) << 10) | ((it & 3U) << 25);
}

static void skip_advances_the_it_block(void **state)
{
	(void)state;
	/* ITTEE EQ: 0000 0111 -> 0000 1110 -> 0001 1100 -> 0001 1000 -> none */
	assert_int_equal(pstate_after_skip(thumb(0x07), false), thumb(0x0e));
	assert_int_equal(pstate_after_skip(thumb(0x0e), true), thumb(0x1c));
	assert_int_equal(pstate_after_skip(thumb(0x1c), false), thumb(0x18));
	assert_int_equal(pstate_after_skip(thumb(0x18), false), thumb(0));
	assert_int_equal(pstate_after_skip(thumb(0), false), thumb(0));
	/* A condition's upper bits stay: IT GE ... */
	assert_int_equal(pstate_after_skip(thumb(0xa4), false), thumb(0xa8));
}

static void skip_in_a32_leaves_bits_that_are_btype_in_a64(void **state)
{
	(void)state;
	assert_int_equal(pstate_after_skip(PSTATE_EL0_A32 | PSTATE_NZCV | PSTATE_SS, true),
		PSTATE_EL0_A32 | PSTATE_NZCV);
}

static void check_vector(uint64_t pstate, uint64_t offset)
{
	fake_sysregs.elr_el2 = PC;
	fake_sysregs.spsr_el2 = pstate;
	vcpu_inject_undef(true);
	assert_int_equal(vcpu_pc(), VBAR + offset);
	assert_int_equal(fake_sysregs.elr_el1, PC);
	assert_int_equal(fake_sysregs.spsr_el1, pstate);
	assert_int_equal(fake_sysregs.esr_el1, ESR_IL);
	assert_int_equal(vcpu_pstate(), PSTATE_MODE_EL1H | PSTATE_DAIF);
}

static void vectors_by_mode(void **state)
{
	(void)state;
	check_vector(PSTATE_MODE_EL1T, 0x000);
	check_vector(PSTATE_MODE_EL1H, 0x200);
	check_vector(PSTATE_MODE_EL0T, 0x400);
	check_vector(PSTATE_EL0_A32, 0x600);
	check_vector(PSTATE_EL0_A32 | PSTATE_THUMB, 0x600);
}

static uint64_t handler_of(uint64_t pstate, uint64_t sctlr)
{
	fake_sysregs.spsr_el2 = pstate;
	fake_sysregs.sctlr_el1 = sctlr;
	vcpu_inject_undef(false);
	return vcpu_pstate() & ~(PSTATE_MODE_EL1H | PSTATE_DAIF);
}

static void handler_pstate_without_features(void **state)
{
	(void)state;
	assert_int_equal(handler_of(PSTATE_MODE_EL1H, 0), 0);
	assert_int_equal(handler_of(PSTATE_NZCV | PSTATE_SS | PSTATE_IL | PSTATE_UAO |
					    PSTATE_BTYPE | PSTATE_PAN | PSTATE_DIT | PSTATE_SSBS,
				 SCTLR_DSSBS),
		PSTATE_NZCV);
	assert_int_equal(fake_sysregs.esr_el1, 0); /* a T32 instruction of 2 bytes */
}

static void handler_pstate_with_features(void **state)
{
	(void)state;
	have_everything();
	assert_int_equal(handler_of(PSTATE_MODE_EL0T, SCTLR_SPAN), 0);
	assert_int_equal(handler_of(PSTATE_MODE_EL0T, 0), PSTATE_PAN);
	assert_int_equal(handler_of(PSTATE_PAN, SCTLR_SPAN), PSTATE_PAN);
	assert_int_equal(handler_of(PSTATE_DIT, SCTLR_SPAN), PSTATE_DIT);
	assert_int_equal(handler_of(PSTATE_UAO, SCTLR_SPAN), 0);
	assert_int_equal(handler_of(PSTATE_SSBS, SCTLR_SPAN), 0);
	assert_int_equal(handler_of(0, SCTLR_SPAN | SCTLR_DSSBS), PSTATE_SSBS);
	/* SPSR_EL2 of AArch32 has DIT and PAN in the same places, SSBS where UAO is, IT and Q
	 * elsewhere. */
	assert_int_equal(handler_of(PSTATE_EL0_A32 | PSTATE_DIT | PSTATE_UAO | PSTATE_TCO | BIT(27),
				 SCTLR_SPAN),
		PSTATE_DIT);
}

static void check_abort(uint64_t pstate, bool is_fetch, uint64_t ec)
{
	fake_sysregs.spsr_el2 = pstate;
	vcpu_inject_abort(is_fetch, FSC_PERMISSION | 3U, FAR, !is_fetch, true);
	assert_int_equal(fake_sysregs.far_el1, FAR);
	assert_int_equal(fake_sysregs.esr_el1,
		(ec << ESR_EC_SHIFT) | ESR_IL | FSC_PERMISSION | 3U | (is_fetch ? 0U : ISS_WNR));
}

static void aborts_say_where_they_are_from(void **state)
{
	(void)state;
	check_abort(PSTATE_MODE_EL0T, false, EC_DABT_LOWER);
	check_abort(PSTATE_EL0_A32, false, EC_DABT_LOWER);
	check_abort(PSTATE_MODE_EL1T, false, EC_DABT_SAME);
	check_abort(PSTATE_MODE_EL1H, false, EC_DABT_SAME);
	check_abort(PSTATE_MODE_EL0T, true, EC_IABT_LOWER);
	check_abort(PSTATE_MODE_EL1H, true, EC_IABT_SAME);
}

static void sync_leaves_far_alone(void **state)
{
	(void)state;
	fake_sysregs.far_el1 = FAR;
	vcpu_inject_sync(ESR_IL | 5U);
	assert_int_equal(fake_sysregs.far_el1, FAR);
	assert_int_equal(fake_sysregs.esr_el1, ESR_IL | 5U);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(features_are_what_the_id_registers_say, setup),
		cmocka_unit_test_setup(reset_is_the_architecture_s, setup),
		cmocka_unit_test_setup(what_is_loaded_is_put_back, setup),
		cmocka_unit_test_setup(fwb_as_stage_2_has_it, setup),
		cmocka_unit_test_setup(walks_stay_off_until_all_is_loaded, setup),
		cmocka_unit_test_setup(a_sound_cpu_pays_nothing, setup),
		cmocka_unit_test_setup(put_leaves_general_registers_and_vmpidr, setup),
		cmocka_unit_test_setup(absent_registers_are_left_alone, setup),
		cmocka_unit_test_setup(register_31_is_zero, setup),
		cmocka_unit_test_setup(skip_ends_a_step_and_a_branch_type, setup),
		cmocka_unit_test_setup(skip_advances_the_it_block, setup),
		cmocka_unit_test_setup(skip_in_a32_leaves_bits_that_are_btype_in_a64, setup),
		cmocka_unit_test_setup(vectors_by_mode, setup),
		cmocka_unit_test_setup(handler_pstate_without_features, setup),
		cmocka_unit_test_setup(handler_pstate_with_features, setup),
		cmocka_unit_test_setup(aborts_say_where_they_are_from, setup),
		cmocka_unit_test_setup(sync_leaves_far_alone, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
