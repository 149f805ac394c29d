/* SPDX-License-Identifier: Apache-2.0 */
/* Debug exceptions of a VM that has a debugger. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "exits_rig.h"
#include "vm/vm_debug.h"

#define ESR(ec, iss) (((uint64_t)(ec) << ESR_EC_SHIFT) | ESR_IL | (iss))

/* A debugger's own BRK, at an address that is its, stops the VM; any other is the guest's. */
static void brk_of_a_debugger(void **state)
{
	uint32_t ticket = 0;

	(void)state;
	assert_int_equal(vm_debug_attach(rig.vm, &ticket), PLINTH_EAGAIN);
	vm_rig_settle();
	assert_int_equal(vm_debug_attach(rig.vm, &ticket), PLINTH_OK);
	assert_int_equal(vm_debug_patch(rig.vm, ticket, ipa_init(RIG_CODE), true), PLINTH_OK);
	assert_int_equal(
		vm_debug_resume(rig.vm, ticket, &(struct vm_debug_run){.id = VM_DEBUG_NONE}),
		PLINTH_OK);
	assert_ptr_equal(vm_rig_run(), rig.vcpu);
	/* The guest's own, of any number, and of ours elsewhere. */
	fake_sysregs.vbar_el1 = RIG_VBAR;
	for (unsigned i = 0; i < 2U; i++) {
		uint64_t esr = ESR(EC_BRK64, i == 0U ? 0x800U : GMEM_PATCH_IMM);

		fake_sysregs.elr_el2 = RIG_CODE + 4U * i;
		fake_sysregs.spsr_el2 = PSTATE_MODE_EL1H;
		fake_sysregs.esr_el2 = esr;
		assert_ptr_equal(exits_sync(&rig.vcpu->ctx), &rig.vcpu->ctx);
		assert_int_equal(fake_sysregs.esr_el1, esr);
		assert_int_equal(fake_sysregs.elr_el1, RIG_CODE + 4U * i);
		assert_int_equal(fake_sysregs.elr_el2, RIG_VBAR + 0x200U);
	}
	/* Its page went away under it. */
	fake_sysregs.elr_el2 = RIG_UNMAPPED;
	assert_ptr_equal(exits_sync(&rig.vcpu->ctx), &rig.vcpu->ctx);
	assert_int_equal(fake_sysregs.elr_el2, RIG_UNMAPPED);
	fake_sysregs.elr_el2 = RIG_CODE;
	assert_int_equal(exits_brk(rig.vcpu, ESR(EC_BRK64, GMEM_PATCH_IMM)), OUTCOME_RESCHED);
	assert_int_equal(rig.vm->state, VM_PAUSED);
	assert_int_equal(rig.vcpu->stop.why, VM_DEBUG_PATCH);
	assert_int_equal(fake_sysregs.elr_el2, RIG_CODE);
}

static void debug_exceptions_stop_the_vm(void **state)
{
	static const struct {
		unsigned class;
		enum vm_debug_why why;
		uint64_t far;
	} rows[] = {
		{EC_BKPT_LOWER, VM_DEBUG_BREAKPOINT, 0},
		{EC_WTPT_LOWER, VM_DEBUG_WATCHPOINT, 0x8888},
		{EC_STEP_LOWER, VM_DEBUG_STEP, 0},
	};

	(void)state;
	fake_sysregs.far_el2 = 0x8888;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_equal(exits_debug(rig.vcpu, ESR(rows[i].class, 0x22)), OUTCOME_RESCHED);
		assert_int_equal(rig.vm->state, VM_PAUSED);
		assert_int_equal(rig.vcpu->stop.why, rows[i].why);
		assert_int_equal(rig.vcpu->stop.esr, ESR(rows[i].class, 0x22));
		assert_int_equal(rig.vcpu->stop.far, rows[i].far);
		vm_rig_settle();
		assert_int_equal(vm_resume(rig.vm), PLINTH_OK);
		assert_ptr_equal(vm_rig_run(), rig.vcpu);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(brk_of_a_debugger, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(
			debug_exceptions_stop_the_vm, rig_setup, rig_teardown),
	};

	return cmocka_run_group_tests(tests, rig_group_setup, NULL);
}
