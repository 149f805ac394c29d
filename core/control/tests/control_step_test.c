/* SPDX-License-Identifier: Apache-2.0 */
/* A debugger's step, and what is left of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "arch/pstate.h"
#include "arch/sysreg.h"
#include "debug_rig.h"
#include "vm/vm_debug.h"

#define MDSCR (BIT(0) | BIT(15)) /* SS, MDE */

static void one_steps(void **state)
{
	struct vcpu *vcpu = &rig.other->vcpu[0];

	(void)state;
	assert_int_equal(debug_attach(), CONTROL_OK);
	assert_int_equal(
		debug_resume(CONTROL_DEBUG_NO_VCPU | CONTROL_DEBUG_STEPS), CONTROL_INVALID);
	assert_int_equal(
		debug_resume(CONTROL_DEBUG_NO_VCPU | CONTROL_DEBUG_ALONE), CONTROL_INVALID);
	assert_int_equal(debug_resume(UINT64_C(0x800000000)), CONTROL_INVALID);
	assert_int_equal(debug_resume(2), CONTROL_NOT_FOUND);
	assert_int_equal(debug_resume(CONTROL_DEBUG_STEPS | CONTROL_DEBUG_ALONE | 0U), CONTROL_OK);
	assert_true((rig.other->vcpu[1].sched.holds & SCHED_HOLD_DEBUG) != 0U);
	assert_int_equal(vcpu->sched.holds & SCHED_HOLD_DEBUG, 0);
	(void)debug_on_cpu();
	assert_int_equal(fake_sysregs.mdscr_el1, MDSCR);
	assert_true((fake_sysregs.spsr_el2 & PSTATE_SS) != 0U);
	vm_debug_stop(vcpu, VM_DEBUG_STEP, 0, 0);
	vm_rig_settle();
	/* SS is still set in its PSTATE, as if it had not come so far: it goes with the next run.
	 */
	assert_int_equal(debug_resume(1), CONTROL_OK);
	assert_int_equal(vcpu->ctx.pstate & PSTATE_SS, 0);
	assert_int_equal(rig.other->vcpu[1].sched.holds & SCHED_HOLD_DEBUG, 0);
	(void)debug_on_cpu();
	assert_int_equal(fake_sysregs.mdscr_el1, BIT(15));
}

/* RESUME after a step alone: all run, and nobody steps. */
static void others_let_all_run(void **state)
{
	struct vcpu *vcpu = &rig.other->vcpu[0];

	(void)state;
	assert_int_equal(debug_attach(), CONTROL_OK);
	assert_int_equal(debug_resume(CONTROL_DEBUG_STEPS | CONTROL_DEBUG_ALONE), CONTROL_OK);
	vm_debug_stop(debug_on_cpu(), VM_DEBUG_STEP, 0, 0);
	vm_rig_settle();
	assert_int_equal(vm_resume(rig.other), PLINTH_OK);
	assert_int_equal(rig.other->vcpu[1].sched.holds & SCHED_HOLD_DEBUG, 0);
	assert_false(vcpu->debug.steps);
	assert_int_equal(vm_pause(rig.other), PLINTH_OK);
	vm_rig_settle();
	assert_int_equal(debug_stops(), 0);
}

/* A step that never came to its end leaves nothing in PSTATE. */
static void an_unfinished_step_is_forgotten(void **state)
{
	(void)state;
	assert_int_equal(debug_attach(), CONTROL_OK);
	assert_int_equal(debug_resume(CONTROL_DEBUG_STEPS | CONTROL_DEBUG_ALONE), CONTROL_OK);
	assert_int_equal(vm_pause(rig.other), PLINTH_OK);
	vm_rig_settle();
	assert_true((rig.other->vcpu[0].ctx.pstate & PSTATE_SS) != 0U);
	assert_int_equal(debug_attach(), CONTROL_OK);
	assert_int_equal(rig.other->vcpu[0].ctx.pstate & PSTATE_SS, 0);
}

#define STEP	(CONTROL_DEBUG_STEPS | CONTROL_DEBUG_ALONE | CONTROL_DEBUG_MASKED)
#define MASKS	(PSTATE_I | PSTATE_F)
#define PC	(VM_RAM_BASE + 0x1000U)
#define VECTORS (VM_RAM_BASE + 0x2000U)

/* vCPU 0 of a VM that the debugger has, at EL1 with IRQs on, FIQs masked. */
static struct vcpu_context *begin_at_el1(void)
{
	struct vcpu_context *ctx = &rig.other->vcpu[0].ctx;

	assert_int_equal(debug_attach(), CONTROL_OK);
	ctx->pc = PC;
	ctx->pstate = PSTATE_MODE_EL1H | PSTATE_F | PSTATE_D;
	ctx->sys.vbar_el1 = VECTORS;
	ctx->sys.elr_el1 = PC; /* as an ERET that led there has left it */
	return ctx;
}

/* The vCPU has executed something and is off its CPU again. */
static void stop_at(uint64_t pc, uint64_t pstate)
{
	struct vcpu *vcpu = debug_on_cpu();

	assert_int_equal(fake_sysregs.spsr_el2 & (MASKS | PSTATE_SS), MASKS | PSTATE_SS);
	fake_sysregs.elr_el2 = pc;
	fake_sysregs.spsr_el2 = pstate;
	vm_debug_stop(vcpu, VM_DEBUG_STEP, 0, 0);
	vm_rig_settle();
}

static void a_step_masks_for_its_length(void **state)
{
	struct vcpu_context *ctx = begin_at_el1();
	uint64_t before = ctx->pstate;

	(void)state;
	assert_int_equal(debug_resume(0U | CONTROL_DEBUG_MASKED), CONTROL_INVALID);
	assert_int_equal(
		debug_resume(CONTROL_DEBUG_NO_VCPU | CONTROL_DEBUG_MASKED), CONTROL_INVALID);
	assert_int_equal(debug_resume(STEP), CONTROL_OK);
	stop_at(PC + 4U, before | MASKS);
	assert_int_equal(debug_stops(), 1);
	assert_int_equal(ctx->pstate, before); /* what was masked before still is */
	/* The next one does as it is told. */
	assert_int_equal(debug_resume(STEP & ~CONTROL_DEBUG_MASKED), CONTROL_OK);
	assert_int_equal(ctx->pstate, before | PSTATE_SS);
}

/* The instruction ended in an exception: the guest finds its PSTATE as it was when it returns, and
 * has the exception's masks. */
static void an_exception_has_its_own_masks(void **state)
{
	struct vcpu_context *ctx = begin_at_el1();
	uint64_t before = ctx->pstate;

	(void)state;
	assert_int_equal(debug_resume(STEP), CONTROL_OK);
	(void)debug_on_cpu();
	fake_sysregs.elr_el1 = PC;
	fake_sysregs.spsr_el1 = before | MASKS;
	stop_at(VECTORS + 0x200U, PSTATE_MODE_EL1H | PSTATE_DAIF);
	assert_int_equal(debug_stops(), 1);
	assert_int_equal(ctx->sys.spsr_el1, before);
	assert_int_equal(ctx->pstate, PSTATE_MODE_EL1H | PSTATE_DAIF);
	/* One that steps in the vectors afterwards is in none. */
	ctx->pstate = before;
	assert_int_equal(debug_resume(STEP), CONTROL_OK);
	stop_at(VECTORS + 0x204U, before | MASKS);
	assert_int_equal(debug_stops(), 1);
	assert_int_equal(ctx->pstate, before);
}

/* A debugger that is killed calls no more: before the step has come to its end, and after. */
static void one_that_left_leaves_no_masks(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 2U; i++) {
		struct vcpu_context *ctx = begin_at_el1();
		uint64_t before = ctx->pstate;

		assert_int_equal(debug_resume(STEP), CONTROL_OK);
		if (i == 0U) {
			stop_at(PC + 4U, before | MASKS);
		}
		for (unsigned k = 0; k < 4U; k++) {
			debug_pass(VM_DEBUG_LEFT_SECONDS);
		}
		assert_int_equal(rig.other->debug.ticket, 0);
		assert_int_equal(rig.other->state, VM_RUNNING);
		(void)debug_on_cpu();
		assert_int_equal(fake_sysregs.spsr_el2, before);
	}
}

static void nor_does_one_that_is_followed(void **state)
{
	struct vcpu_context *ctx = begin_at_el1();
	uint64_t before = ctx->pstate;

	(void)state;
	assert_int_equal(debug_resume(STEP), CONTROL_OK);
	assert_int_equal(debug_attach(), CONTROL_OK);
	assert_int_equal(ctx->pstate, before);
	assert_int_equal(debug_resume(STEP), CONTROL_OK);
	assert_int_equal(vm_pause(rig.other), PLINTH_OK);
	vm_rig_settle();
	assert_int_equal(vm_resume(rig.other), PLINTH_OK);
	assert_int_equal(ctx->pstate, before);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, debug_teardown)
	static const struct CMUnitTest tests[] = {
		TEST(one_steps),
		TEST(others_let_all_run),
		TEST(an_unfinished_step_is_forgotten),
		TEST(a_step_masks_for_its_length),
		TEST(an_exception_has_its_own_masks),
		TEST(one_that_left_leaves_no_masks),
		TEST(nor_does_one_that_is_followed),
	};

	return cmocka_run_group_tests(tests, debug_group_setup, NULL);
}
