/* SPDX-License-Identifier: Apache-2.0 */
/* Trapped system registers, and the way from an exit to the next entry. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "arch/hcr.h"
#include "backdoor/backdoor.h"
#include "base/bits.h"
#include "coh/coh.h"
#include "exits_rig.h"
#include "sysreg_table.h"
#include "vcpu/inject.h"

#define ESR(ec, iss) (((uint64_t)(ec) << ESR_EC_SHIFT) | ESR_IL | (iss))
#define MSR(op0, op1, crn, crm, op2, rt)                                                           \
	ESR(EC_SYSREG,                                                                             \
		ISS_SYS_REGISTER(op0, op1, crn, crm, op2) | ((uint64_t)(rt) << ISS_SYS_RT_SHIFT))
#define MRS(op0, op1, crn, crm, op2, rt) (MSR(op0, op1, crn, crm, op2, rt) | ISS_SYS_READ)
#define UNDEFINED			 ESR(EC_UNKNOWN, 0U)
#define PPI_STRAY			 20U

static void trap(uint64_t esr)
{
	rig_put_instruction(0);
	assert_int_equal(exits_sysreg(rig.vcpu, esr), OUTCOME_RESUME);
}

static void check_undefined(uint64_t esr)
{
	trap(esr);
	rig_check_injected(UNDEFINED);
}

static void the_table_is_sorted_and_whole(void **state)
{
	(void)state;
	assert_true(sysreg_row_count > 0U);
	for (size_t i = 0; i < sysreg_row_count; i++) {
		assert_true(sysreg_rows[i].read != NULL || sysreg_rows[i].write != NULL);
		assert_int_not_equal(sysreg_rows[i].reg & VM_IDREG_MASK, VM_IDREG_FIRST);
		assert_int_not_equal(a64_sysreg_op0(sysreg_rows[i].reg), 2);
		if (i != 0U) {
			assert_true(sysreg_rows[i - 1U].reg < sysreg_rows[i].reg);
		}
	}
}

static void id_registers_are_the_vm_s(void **state)
{
	(void)state;
	rig.vm->idreg[0x20] = 0x1122; /* ID_AA64PFR0_EL1: CRm 4, op2 0 */
	trap(MRS(3, 0, 0, 4, 0, 5));
	assert_int_equal(rig.vcpu->ctx.x[5], 0x1122);
	rig_check_done();
	rig.vcpu->ctx.x[5] = 1;
	trap(MRS(3, 0, 0, 7, 7, 5)); /* not allocated: reads as zero */
	assert_int_equal(rig.vcpu->ctx.x[5], 0);
	rig_check_done();
	trap(MRS(3, 0, 0, 4, 0, 31));
	rig_check_done();
	check_undefined(MSR(3, 0, 0, 4, 0, 5));
}

static void writes_under_tvm_go_through(void **state)
{
	struct vcpu_context *ctx = &rig.vcpu->ctx;

	(void)state;
	ctx->x[3] = 0x40001000;
	trap(MSR(3, 0, 2, 0, 0, 3));
	assert_int_equal(fake_sysregs.ttbr0_el1, 0x40001000);
	rig_check_done();
	trap(MSR(3, 0, 13, 0, 1, 3));
	assert_int_equal(fake_sysregs.contextidr_el1, 0x40001000);
	trap(MSR(3, 0, 10, 2, 0, 31));
	assert_int_equal(fake_sysregs.mair_el1, 0);
	rig_check_done();
}

static void tvm_ends_with_mmu_and_caches_on(void **state)
{
	struct vcpu_context *ctx = &rig.vcpu->ctx;

	(void)state;
	assert_true((fake_sysregs.hcr_el2 & HCR_TVM) != 0U);
	ctx->x[3] = 4; /* caches alone */
	trap(MSR(3, 0, 1, 0, 0, 3));
	rig_check_done();
	assert_int_equal(fake_sysregs.sctlr_el1, 4);
	assert_true((fake_sysregs.hcr_el2 & HCR_TVM) != 0U);
	assert_int_equal(rig.vm->caches_off, 1);
	ctx->x[3] = 5;
	do {
		trap(MSR(3, 0, 1, 0, 0, 3)); /* as often as the work has steps */
	} while (fake_sysregs.elr_el2 == RIG_CODE);
	rig_check_done();
	assert_int_equal(fake_sysregs.sctlr_el1, 5);
	assert_int_equal(fake_sysregs.hcr_el2 & HCR_TVM, 0);
	assert_int_equal(rig.vm->caches_off, 0);
}

static void actlr_is_read_only(void **state)
{
	(void)state;
	fake_sysregs.actlr_el1 = 0x77;
	trap(MRS(3, 0, 1, 0, 1, 1));
	assert_int_equal(rig.vcpu->ctx.x[1], 0x77);
	rig.vcpu->ctx.x[1] = 1;
	trap(MSR(3, 0, 1, 0, 1, 1));
	assert_int_equal(fake_sysregs.actlr_el1, 0x77);
	rig_check_done();
}

/* Of those that are not there the CPU may say "UNDEFINED", at EL2. */
static void check_caches_that_are_not_there(void)
{
	static const struct {
		uint64_t csselr;
		bool is_there;
	} rows[] = {
		{0, true},	  /* level 1, data */
		{1, true},	  /* level 1, instructions */
		{2, true},	  /* level 2, unified */
		{3, false},	  /* level 2, instructions */
		{4, true},	  /* level 3, data alone */
		{5, false},	  /* level 3, instructions */
		{6, false},	  /* level 4, instructions alone: data */
		{7, true},	  /* level 4, instructions */
		{8, false},	  /* level 5: no cache */
		{0xe, false},	  /* level 8: no such level */
		{0xf, false},	  /* the same, instructions */
		{0x10, false},	  /* tags */
		{~0xfULL, false}, /* no fields but tags */
	};

	fake_sysregs.ccsidr_el1 = 0x700fe01a;
	fake_sysregs.clidr_el1 = 03 | 04 << 3 | 02 << 6 | 01 << 9;
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		rig.vcpu->ctx.x[2] = rows[i].csselr;
		trap(MSR(3, 2, 0, 0, 0, 2));
		assert_int_equal(fake_sysregs.csselr_el1, rows[i].csselr & 0x1fU);
		trap(MRS(3, 1, 0, 0, 0, 4));
		rig_check_done();
		assert_int_equal(rig.vcpu->ctx.x[4], rows[i].is_there ? 0x700fe01a : 0);
	}
}

/* HCR_EL2.TID2: CTR_EL0 as all CPUs keep it, the caches as they are here. */
static void cache_ids_where_cpus_differ(void **state)
{
	struct vcpu_context *ctx = &rig.vcpu->ctx;
	uint64_t here = fake_sysregs.ctr_el0;

	(void)state;
	coh_setup(UINT64_C(0x84448003), false);
	trap(MRS(3, 3, 0, 0, 1, 1));
	assert_int_equal(ctx->x[1], 0x84448003);
	rig_check_done();
	check_undefined(MSR(3, 3, 0, 0, 1, 1));
	coh_setup(here, false);
	fake_sysregs.ccsidr_el1 = 0x700fe01a;
	fake_sysregs.clidr_el1 = 0x0a200023;
	ctx->x[2] = 2;
	trap(MSR(3, 2, 0, 0, 0, 2));
	assert_int_equal(fake_sysregs.csselr_el1, 2);
	trap(MRS(3, 2, 0, 0, 0, 3));
	trap(MRS(3, 1, 0, 0, 0, 4));
	trap(MRS(3, 1, 0, 0, 1, 5));
	rig_check_done();
	assert_int_equal(ctx->x[3], 2);
	assert_int_equal(ctx->x[4], 0x700fe01a);
	assert_int_equal(ctx->x[5], 0x0a200023);
	trap(MRS(3, 1, 0, 0, 2, 5));
	assert_int_equal(ctx->x[5], 0); /* CCSIDR2_EL1 */
	check_undefined(MSR(3, 1, 0, 0, 1, 5));
	check_caches_that_are_not_there();
}

static void what_has_no_row_is_undefined(void **state)
{
	(void)state;
	rig.vcpu->ctx.x[1] = 6;
	check_undefined(MRS(3, 3, 9, 12, 0, 1)); /* PMCR_EL0 */
	check_undefined(MSR(3, 3, 9, 12, 0, 1));
	check_undefined(MRS(3, 0, 15, 0, 0, 1));  /* implementation defined */
	check_undefined(MRS(3, 0, 10, 4, 3, 1));  /* LORC_EL1 */
	check_undefined(MRS(3, 0, 12, 11, 5, 1)); /* ICC_SGI1R_EL1 is write-only */
	check_undefined(MSR(3, 3, 14, 0, 1, 1));  /* CNTPCT_EL0 is read-only */
	check_undefined(MRS(3, 7, 15, 15, 7, 1)); /* the last encoding */
	check_undefined(MRS(0, 0, 0, 0, 0, 1));	  /* and the first */
	assert_int_equal(rig.vcpu->ctx.x[1], 6);
}

static void an_sgi_is_sent(void **state)
{
	(void)state;
	rig.vcpu->ctx.x[1] = (UINT64_C(3) << 24) | 1U; /* SGI 3 to 0.0.0.0 */
	trap(MSR(3, 0, 12, 11, 5, 1));
	rig_check_done();
	assert_true(vgic_is_due(&rig.vcpu->gic));
	vgic_flush(&rig.vcpu->gic);
}

static void the_physical_timer_is_made(void **state)
{
	struct vcpu_context *ctx = &rig.vcpu->ctx;

	(void)state;
	trap(MRS(3, 3, 14, 0, 1, 1));
	assert_int_equal(ctx->x[1], vtimer_vm_now(&rig.vm->time));
	rig_check_done();
	ctx->x[1] = 0x123456;
	trap(MSR(3, 3, 14, 2, 2, 1));
	trap(MRS(3, 3, 14, 2, 2, 4));
	assert_int_equal(ctx->x[4], 0x123456);
}

static void set_way_maintains_everything(void **state)
{
	(void)state;
	do {
		trap(MSR(1, 0, 7, 14, 2, 1)); /* DC CISW */
	} while (fake_sysregs.elr_el2 == RIG_CODE);
	rig_check_done();
	assert_true(rig.vcpu->set_way_done);
	assert_true((fake_sysregs.hcr_el2 & HCR_TVM) != 0U);
}

static void debug_registers(void **state)
{
	(void)state;
	rig.vcpu->ctx.x[1] = 0x8000;
	trap(MSR(2, 0, 0, 2, 2, 1)); /* MDSCR_EL1 */
	rig_check_done();
	trap(MRS(2, 0, 0, 2, 2, 4));
	assert_int_equal(rig.vcpu->ctx.x[4], 0x8000);
	check_undefined(MRS(2, 1, 0, 0, 1, 1)); /* TRCTRACEIDR and its like: no trace */
}

static void call_backdoor(void)
{
	uint64_t *x = rig.vcpu->ctx.x;

	x[0] = BACKDOOR_MAGIC;
	x[1] = 0;
	x[2] = BACKDOOR_GETVERSION;
	x[3] = BACKDOOR_PORT;
	x[7] = (UINT64_C(0x86) << 32) | 0xeU; /* IN EAX, DX */
	trap(MRS(2, 3, 0, 1, 0, 31));	      /* MDCCSR_EL0 */
	rig_check_done();
}

static void without_vmware_there_is_no_backdoor(void **state)
{
	(void)state;
	call_backdoor(); /* a read of the register itself */
	assert_int_equal(rig.vcpu->ctx.x[0], BACKDOOR_MAGIC);
	assert_int_equal(rig.vcpu->ctx.x[1], 0);
}

static void with_vmware_there_is(void **state)
{
	(void)state;
	rig_start(VM_FLAG_VMWARE);
	call_backdoor();
	assert_int_equal(rig.vcpu->ctx.x[1], BACKDOOR_MAGIC);
	assert_int_equal(rig.vcpu->ctx.x[2], BACKDOOR_PRODUCT_WORKSTATION);
}

/* As a start with entropy makes it. */
static void give_token(void)
{
	memset(rig.vm->token, 0x5a, VM_TOKEN_SIZE);
	rig.vm->has_token = true;
}

/* GetTime from EL0, by the MRS that carries calls. */
static void call_get_time(void)
{
	fake_sysregs.spsr_el2 = PSTATE_MODE_EL0T;
	rig.vcpu->ctx.x[0] = RIG_CODE + 0x100U;
	rig.vcpu->ctx.x[1] = 0;
	rig.vcpu->ctx.x[7] = UEFI_RT_MRS | UEFI_RT_GET_TIME;
	memcpy(&rig.vcpu->ctx.x[5], rig.vm->token, VM_TOKEN_SIZE);
	trap(MRS(2, 3, 0, 1, 0, 31));
	rig_check_done();
}

static void uefi_services_want_the_right(void **state)
{
	(void)state;
	rig_start(VM_FLAG_UEFI | VM_FLAG_CONTROL);
	give_token();
	call_get_time();
	assert_int_equal(rig.vcpu->ctx.x[0], BACKDOOR_UNKNOWN);
	rig.vm->config.rights = VM_RIGHT_ALL & ~VM_RIGHT_CONFIG;
	call_get_time();
	assert_int_equal(rig.vcpu->ctx.x[0], BACKDOOR_UNKNOWN);
	rig.vm->config.rights = VM_RIGHT_CONFIG;
	rig.at_count = 0;
	call_get_time();
	assert_int_equal(rig.vcpu->ctx.x[0], UEFI_SUCCESS);
	assert_int_equal(rig.at_count, 1);
	assert_int_equal(rig.at_el, 0);
	assert_true(rig.at_write);
	rig.vcpu->ctx.x[0] = UEFI_RESET_COLD;
	rig.vcpu->ctx.x[7] = UEFI_RT_MRS | UEFI_RT_RESET_SYSTEM;
	assert_int_equal(
		exits_sysreg(rig.vcpu, ESR(EC_SYSREG, MRS(2, 3, 0, 1, 0, 31))), OUTCOME_VM_RESET);
}

static uint64_t call_with_token(const uint64_t *token, uint64_t pstate)
{
	fake_sysregs.spsr_el2 = pstate;
	rig.vcpu->ctx.x[0] = RIG_CODE + 0x100U;
	memcpy(&rig.vcpu->ctx.x[5], token, VM_TOKEN_SIZE);
	rig.vcpu->ctx.x[7] = UEFI_RT_MRS | UEFI_RT_GET_TIME;
	trap(MRS(2, 3, 0, 1, 0, 31));
	rig_check_done();
	return rig.vcpu->ctx.x[0];
}

/* All of it, from a process; the kernel can call by HVC anyway. */
static void uefi_services_want_the_token_at_el0(void **state)
{
	static const uint64_t none[2];
	uint64_t token[2];

	(void)state;
	rig_start(VM_FLAG_UEFI | VM_FLAG_CONTROL);
	rig.vm->config.rights = VM_RIGHT_CONFIG;
	give_token();
	memcpy(token, rig.vm->token, sizeof(token));
	assert_int_equal(call_with_token(token, PSTATE_MODE_EL0T), UEFI_SUCCESS);
	for (unsigned bit = 0; bit < 128U; bit++) {
		token[bit / 64U] ^= UINT64_C(1) << bit % 64U;
		assert_int_equal(call_with_token(token, PSTATE_MODE_EL0T), BACKDOOR_UNKNOWN);
		token[bit / 64U] ^= UINT64_C(1) << bit % 64U;
	}
	rig.vm->has_token = false;
	assert_int_equal(call_with_token(token, PSTATE_MODE_EL0T), BACKDOOR_UNKNOWN);
	assert_int_equal(call_with_token(none, PSTATE_MODE_EL1H), UEFI_SUCCESS);
}

static void without_uefi_the_right_is_no_help(void **state)
{
	(void)state;
	rig_start(VM_FLAG_CONTROL);
	give_token();
	rig.vm->config.rights = VM_RIGHT_ALL;
	call_get_time();
	assert_int_equal(rig.vcpu->ctx.x[0], BACKDOOR_UNKNOWN);
}

/* The registers of REP OUTSB from `va` on a channel that waits for 8 bytes. */
static void prepare_out(uint64_t va)
{
	uint64_t *x = rig.vcpu->ctx.x;

	for (unsigned step = 0; step < 2U; step++) {
		x[0] = BACKDOOR_MAGIC;
		x[1] = step == 0U ? 0x49435052U : 8U; /* OPEN "RPCI", SENDSIZE */
		x[2] = step << 16 | 30U;
		x[3] = BACKDOOR_PORT;
		x[7] = UINT64_C(0x860000000e);
		trap(MRS(2, 3, 0, 1, 0, 31));
		assert_int_equal(x[2] >> 16 & 1U, 1);
	}
	x[1] = 0x10000;
	x[2] = 8;
	x[3] = BACKDOOR_HB_PORT;
	x[4] = va;
	x[5] = 0;
	x[6] = 0;
	x[7] = UINT64_C(0x8600000018);
}

static void a_buffer_s_fault_is_the_guest_s(void **state)
{
	(void)state;
	rig_start(VM_FLAG_VMWARE);
	prepare_out(RIG_UNMAPPED + 8U);
	trap(MRS(2, 3, 0, 1, 0, 31));
	rig_check_injected(RIG_SAME(0U)); /* AT's own fault status */
	assert_int_equal(fake_sysregs.far_el1, RIG_UNMAPPED + 8U);
	assert_int_equal(fake_sysregs.par_el1, 0x1234); /* the guest's stays */
	assert_int_equal(rig.vcpu->ctx.x[1], 0x10000);

	trap(MRS(2, 3, 0, 1, 0, 31));
	fake_sysregs.elr_el2 = RIG_CODE + 4U; /* HVC: behind it */
	rig.vcpu->ctx.x[4] = RIG_HOLE;
	fake_sysregs.spsr_el2 = PSTATE_MODE_EL1H;
	assert_int_equal(exits_hvc(rig.vcpu, ESR(EC_HVC64, 0x86U)), OUTCOME_RESUME);
	rig_check_injected(RIG_SAME(FSC_EXTERNAL)); /* translates to no memory */

	rig.vcpu->ctx.x[4] = RIG_CODE;
	fake_sysregs.spsr_el2 = PSTATE_MODE_EL0T;
	trap(MRS(2, 3, 0, 1, 0, 31));
	rig_check_done();
	assert_int_equal(rig.at_el, 0);
	assert_false(rig.at_write);
	assert_int_equal(rig.vcpu->ctx.x[1], 0x10000); /* SUCCESS */
}

/* An answer for which there is no memory yet: the call is made again when there is. */
static void a_buffer_without_memory_is_waited_for(void **state)
{
	const uint64_t page = VM_RAM_BASE + MIB(2);
	uint64_t *x;

	(void)state;
	rig_start(VM_FLAG_VMWARE | VM_FLAG_OVERCOMMIT);
	prepare_out(RIG_CODE);
	trap(MRS(2, 3, 0, 1, 0, 31));
	x = rig.vcpu->ctx.x;
	x[0] = BACKDOOR_MAGIC;
	x[2] = 3U << 16 | 30U; /* RECVSIZE */
	x[3] = BACKDOOR_PORT;
	x[7] = UINT64_C(0x860000000e);
	trap(MRS(2, 3, 0, 1, 0, 31));
	x[2] = (uint32_t)x[1]; /* as many as wait, by REP INSB */
	x[1] = 0x10000;
	x[3] = BACKDOOR_HB_PORT;
	x[5] = page;
	x[7] = UINT64_C(0x860000001c);
	rig_put_instruction(0);
	rig_starve();
	assert_int_equal(exits_sysreg(rig.vcpu, MRS(2, 3, 0, 1, 0, 31)), OUTCOME_RESCHED);
	assert_int_equal(rig.vm->state, VM_STARVED);
	assert_int_equal(fake_sysregs.elr_el2, RIG_CODE);
	assert_int_equal(fake_sysregs.esr_el1, 0);
	vm_rig_settle();
	rig_feed();
	assert_int_equal(rig.vm->state, VM_RUNNING);
	assert_int_equal(fake_sysregs.elr_el2, RIG_CODE);
	trap(MRS(2, 3, 0, 1, 0, 31));
	rig_check_done();
	assert_int_equal(x[1], 0x10000); /* SUCCESS */
	char text[2];

	assert_int_equal(gmem_read(&rig.vm->gmem, ipa_init(page), text, 2), PLINTH_OK);
	assert_memory_equal(text, "0 ", 2); /* no such command */
}

static void brk_is_a_call_where_the_vm_asks(void **state)
{
	uint64_t *x;

	(void)state;
	assert_int_equal(fake_sysregs.mdcr_el2 & MDCR_TDE, 0);
	rig_start(VM_FLAG_VMWARE | VM_FLAG_BACKDOOR_BRK);
	assert_true((fake_sysregs.mdcr_el2 & MDCR_TDE) != 0U);
	x = rig.vcpu->ctx.x;
	x[0] = BACKDOOR_MAGIC;
	x[2] = BACKDOOR_GETVERSION;
	x[3] = BACKDOOR_PORT;
	x[7] = 0xe;
	rig_put_instruction(0);
	fake_sysregs.esr_el2 = ESR(EC_BRK64, 0x86U);
	assert_ptr_equal(exits_sync(&rig.vcpu->ctx), &rig.vcpu->ctx);
	rig_check_done();
	assert_int_equal(x[0], 6);
	rig_put_instruction(0);
	fake_sysregs.esr_el2 = ESR(EC_BRK64, 0x800U); /* Linux's BUG() */
	assert_ptr_equal(exits_sync(&rig.vcpu->ctx), &rig.vcpu->ctx);
	rig_check_injected(ESR(EC_BRK64, 0x800U));
}

static void exits_go_to_their_handlers(void **state)
{
	(void)state;
	rig_put_instruction(0);
	fake_sysregs.esr_el2 = ESR(EC_SVE, 0U);
	assert_ptr_equal(exits_sync(&rig.vcpu->ctx), &rig.vcpu->ctx);
	rig_check_injected(UNDEFINED);
	assert_int_equal(rig.vcpu->exits.other, 1);

	rig_put_instruction(0);
	fake_sysregs.esr_el2 = ESR(EC_CP15_32, 0U) & ~ESR_IL; /* of a T32 program */
	fake_sysregs.spsr_el2 = PSTATE_AARCH32 | PSTATE_THUMB;
	assert_ptr_equal(exits_sync(&rig.vcpu->ctx), &rig.vcpu->ctx);
	assert_int_equal(fake_sysregs.esr_el1, 0);
	assert_int_equal(fake_sysregs.elr_el2, RIG_VBAR + 0x600U);

	fake_sysregs.spsr_el2 = PSTATE_MODE_EL1H;
	rig_put_instruction(0);
	rig.vcpu->ctx.x[0] = 0x80000000U;
	fake_sysregs.esr_el2 = ESR(EC_HVC64, 0U);
	assert_ptr_equal(exits_sync(&rig.vcpu->ctx), &rig.vcpu->ctx);
	assert_int_equal(rig.vcpu->ctx.x[0], 0x10002);
}

static void an_serror_becomes_the_guest_s(void **state)
{
	(void)state;
	assert_ptr_equal(exits_serror(&rig.vcpu->ctx), &rig.vcpu->ctx);
	assert_true((fake_sysregs.hcr_el2 & HCR_VSE) != 0U);
}

static void interrupts_are_dropped_and_deactivated(void **state)
{
	const struct exits_irqs irqs = {.hyp_timer = 26, .virt_timer = 27, .maintenance = 25};

	(void)state;
	exits_setup(&irqs);
	fake_sysregs.icc_iar1_el1 = 0; /* a kick */
	fake_sysregs.icc_dir_el1 = 99;
	assert_ptr_equal(exits_irq(&rig.vcpu->ctx), &rig.vcpu->ctx);
	assert_int_equal(fake_sysregs.icc_eoir1_el1, 0);
	assert_int_equal(fake_sysregs.icc_dir_el1, 0);
	fake_sysregs.icc_iar1_el1 = 26;
	assert_true(exits_take_irq(rig.vcpu));
	assert_int_equal(fake_sysregs.icc_dir_el1, 26);
	fake_sysregs.icc_iar1_el1 = 25;
	assert_true(exits_take_irq(NULL)); /* on an idle CPU */
	assert_int_equal(fake_sysregs.icc_dir_el1, 25);
	fake_sysregs.icc_iar1_el1 = PPI_STRAY;
	assert_true(exits_take_irq(rig.vcpu));
	assert_int_equal(fake_sysregs.icc_dir_el1, PPI_STRAY);
	fake_sysregs.icc_iar1_el1 = 1023;
	fake_sysregs.icc_dir_el1 = 99;
	assert_false(exits_take_irq(rig.vcpu));
	assert_int_equal(fake_sysregs.icc_dir_el1, 99);
}

static void wfi_waits_where_nothing_is_there(void **state)
{
	(void)state;
	rig_put_instruction(0);
	assert_int_equal(exits_wfx(rig.vcpu, ESR(EC_WFX, 0U)), OUTCOME_RESCHED);
	assert_int_equal(fake_sysregs.elr_el2, RIG_CODE + 4U);
	assert_true(sched_is_blocked(&rig.vcpu->sched));
}

static void an_end_of_one_vm_goes_on_with_another(void **state)
{
	struct vm *first = rig.vm;
	struct vcpu *first_vcpu = rig.vcpu;
	struct vm *other = vm_rig_create("another", 1, 0);

	(void)state;
	assert_int_equal(vm_start(other), PLINTH_OK);
	assert_ptr_equal(exits_finish(first_vcpu, OUTCOME_VM_CRASH), &other->vcpu[0].ctx);
	assert_int_equal(first->state, VM_STOPPING);
	assert_ptr_equal(vcpu_current(), &other->vcpu[0]);
	assert_int_equal(fake_sysregs.elr_el2, VM_RAM_BASE);
	assert_int_equal(other->vcpu[0].ctx.x[0], 0x1234);
	vm_rig_settle();
	assert_int_equal(first->state, VM_CRASHED);
	assert_int_equal(vm_stop(other, VM_GOAL_OFF), PLINTH_OK);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, rig_setup, rig_teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table_is_sorted_and_whole),
		TEST(id_registers_are_the_vm_s),
		TEST(writes_under_tvm_go_through),
		TEST(tvm_ends_with_mmu_and_caches_on),
		TEST(actlr_is_read_only),
		TEST(cache_ids_where_cpus_differ),
		TEST(what_has_no_row_is_undefined),
		TEST(an_sgi_is_sent),
		TEST(the_physical_timer_is_made),
		TEST(set_way_maintains_everything),
		TEST(debug_registers),
		TEST(without_vmware_there_is_no_backdoor),
		cmocka_unit_test_teardown(with_vmware_there_is, rig_teardown),
		cmocka_unit_test_teardown(uefi_services_want_the_right, rig_teardown),
		cmocka_unit_test_teardown(uefi_services_want_the_token_at_el0, rig_teardown),
		cmocka_unit_test_teardown(without_uefi_the_right_is_no_help, rig_teardown),
		cmocka_unit_test_teardown(a_buffer_s_fault_is_the_guest_s, rig_teardown),
		cmocka_unit_test_teardown(a_buffer_without_memory_is_waited_for, rig_teardown),
		cmocka_unit_test_teardown(brk_is_a_call_where_the_vm_asks, rig_teardown),
		TEST(exits_go_to_their_handlers),
		TEST(an_serror_becomes_the_guest_s),
		TEST(interrupts_are_dropped_and_deactivated),
		TEST(wfi_waits_where_nothing_is_there),
		TEST(an_end_of_one_vm_goes_on_with_another),
	};

	return cmocka_run_group_tests(tests, rig_group_setup, NULL);
}
