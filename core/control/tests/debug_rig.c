/* SPDX-License-Identifier: Apache-2.0 */
#include "debug_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "arch/sysreg.h"
#include "vm/vm_debug.h"

uint32_t debug_ticket;

enum control_status debug_call(enum control_call call, uint64_t arg, uint32_t size)
{
	return rig_call(call, arg, debug_ticket, size);
}

enum control_status debug_attach(void)
{
	enum control_status status;

	debug_ticket = 0;
	do {
		status = debug_call(CONTROL_DEBUG_ATTACH, 0, 0);
		debug_ticket = (uint32_t)rig.x[2];
		vm_rig_settle();
	} while (status == CONTROL_OK && rig.x[3] != 0U);
	return status;
}

enum control_status debug_detach(void)
{
	enum control_status status;

	do {
		status = debug_call(CONTROL_DEBUG_DETACH, 0, 0);
		vm_rig_settle();
	} while (status == CONTROL_OK && rig.x[3] != 0U);
	return status;
}

int debug_group_setup(void **state)
{
	(void)state;
	fake_sysregs.id_aa64dfr0_el1 = UINT64_C(0x305106);
	debugregs_init_cpu();
	rig_init();
	return 0;
}

int debug_teardown(void **state)
{
	(void)state;
	(void)debug_detach();
	assert_int_equal(rig.other->debug.ticket, 0);
	return 0;
}

enum control_status debug_resume(uint64_t how)
{
	return debug_call(CONTROL_DEBUG_RESUME, how, 0);
}

/* How many have stopped; the list is in rig.memory. */
uint64_t debug_stops(void)
{
	assert_int_equal(debug_call(CONTROL_DEBUG_LOOK, 0, CONTROL_MOVE_MAX), CONTROL_OK);
	return rig.x[1] / sizeof(struct control_debug_stop);
}

/* rig.other's vCPU 0 on this CPU. */
struct vcpu *debug_on_cpu(void)
{
	struct vcpu *vcpu = &rig.other->vcpu[0];

	assert_int_equal(vm_pause(rig.self), PLINTH_OK);
	for (unsigned i = 0; i < 10U && vcpu_current() != vcpu; i++) {
		vm_rig_settle();
	}
	assert_ptr_equal(vcpu_current(), vcpu);
	assert_int_equal(vm_resume(rig.self), PLINTH_OK);
	return vcpu;
}

void debug_pass(uint64_t seconds)
{
	fake_sysregs.cntpct_el0 += seconds * VM_RIG_HZ;
	vm_rig_settle();
}
