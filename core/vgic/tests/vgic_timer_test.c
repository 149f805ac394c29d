/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A PPI that the hardware ends, as the timers' do: it is live from when it fires until the guest
 * has ended it, whatever the guest and its vCPU do meanwhile.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "vgic_rig.h"

static void test_timer_ticks(void **state)
{
	(void)state;
	rig_start(4);
	for (unsigned i = 1; i < 10U; i++) {
		vif_this()->accesses = 0;
		vgic_set_ppi(&rig.vcpu[0], RIG_TIMER, true);
		/* One look at its list register, one write. */
		assert_true(vif_this()->accesses <= 2U);
		assert_false(vgic_is_due(&rig.vcpu[0]));
		assert_true(vgic_linked_is_live(&rig.vcpu[0], RIG_TIMER));
		assert_int_equal(vif_ack(), RIG_TIMER);
		assert_true(vgic_linked_is_live(&rig.vcpu[0], RIG_TIMER));
		vif_eoi(RIG_TIMER);
		assert_int_equal(vif_this()->deactivated[RIG_TIMER_PHYS], i);
		assert_false(vif_maintenance());
	}
	assert_false(vgic_linked_is_live(&rig.vcpu[0], RIG_TIMER));
	assert_int_equal(rig.timer_deactivated, 0);
}

static void test_timer_is_live_across_a_switch(void **state)
{
	(void)state;
	rig_start(4);
	vgic_set_ppi(&rig.vcpu[0], RIG_TIMER, true);
	assert_int_equal(vif_ack(), RIG_TIMER);
	vgic_put(&rig.vcpu[0]);
	assert_true(vgic_linked_is_live(&rig.vcpu[0], RIG_TIMER));
	vif_select(1);
	vgic_load(&rig.vcpu[0]);
	assert_true(vgic_linked_is_live(&rig.vcpu[0], RIG_TIMER));
	vif_eoi(RIG_TIMER);
	assert_int_equal(vif_this()->deactivated[RIG_TIMER_PHYS], 1);
	vgic_put(&rig.vcpu[0]);
	assert_false(vgic_linked_is_live(&rig.vcpu[0], RIG_TIMER));
}

/* Nor does asking wake it, and what ends it without the vCPU does. */
static void test_timer_is_live_while_its_vcpu_sleeps(void **state)
{
	(void)state;
	rig_start(4);
	vgic_set_ppi(&rig.vcpu[0], RIG_TIMER, true);
	vgic_put(&rig.vcpu[0]);
	rig.kicked = 0;
	assert_true(vgic_linked_is_live(&rig.vcpu[0], RIG_TIMER));
	assert_int_equal(rig.kicked, 0);
	vgic_load(&rig.vcpu[0]);
	assert_int_equal(vif_ack(), RIG_TIMER);
	vgic_put(&rig.vcpu[0]);
	assert_true(vgic_linked_is_live(&rig.vcpu[0], RIG_TIMER));
	assert_int_equal(rig.kicked, 0);
	rig_set_private(0, 0x380, UINT32_C(1) << RIG_TIMER);
	assert_int_equal(rig.kicked, 1);
	assert_false(vgic_linked_is_live(&rig.vcpu[0], RIG_TIMER));
}

/* Its line is high although it is disabled: in no list register, but live all the same. */
static void test_disabled_timer_is_live_across_a_switch(void **state)
{
	(void)state;
	rig_start(4);
	rig_set_private(0, 0x180, UINT32_C(1) << RIG_TIMER);
	vgic_set_ppi(&rig.vcpu[0], RIG_TIMER, true);
	assert_int_equal(vif_valid(), 0);
	vgic_put(&rig.vcpu[0]);
	assert_true(vgic_linked_is_live(&rig.vcpu[0], RIG_TIMER));
	vgic_load(&rig.vcpu[0]);
	assert_true(vgic_linked_is_live(&rig.vcpu[0], RIG_TIMER));
}

static void test_linked_lowered_before_taken(void **state)
{
	(void)state;
	rig_start(4);
	vgic_set_ppi(&rig.vcpu[0], RIG_TIMER, true);
	vgic_set_ppi(&rig.vcpu[0], RIG_TIMER, false);
	assert_int_equal(vif_peek(), VIF_SPURIOUS);
	assert_false(vgic_linked_is_live(&rig.vcpu[0], RIG_TIMER));
}

/* The guest ends it in ways that the hardware does not see. */
static void test_linked_deactivated_by_register(void **state)
{
	(void)state;
	rig_start(4);
	vgic_set_ppi(&rig.vcpu[0], RIG_TIMER, true);
	assert_int_equal(vif_ack(), RIG_TIMER);
	rig_set_private(0, 0x380, UINT32_C(1) << RIG_TIMER);
	assert_int_equal(rig.timer_deactivated, 1);
	assert_false(vgic_linked_is_live(&rig.vcpu[0], RIG_TIMER));
}

static void test_linked_pended_while_active(void **state)
{
	(void)state;
	rig_start(4);
	vgic_set_ppi(&rig.vcpu[0], RIG_TIMER, true);
	assert_int_equal(vif_ack(), RIG_TIMER);
	rig_set_private(0, 0x200, UINT32_C(1) << RIG_TIMER);
	vif_eoi(RIG_TIMER);
	assert_int_equal(vif_ack(), RIG_TIMER);
	vif_eoi(RIG_TIMER);
	assert_true(vif_maintenance());
	vgic_maintenance(&rig.vcpu[0]);
	assert_int_equal(vif_peek(), VIF_SPURIOUS);
	assert_int_equal(rig.timer_deactivated, 1);
	assert_false(vgic_linked_is_live(&rig.vcpu[0], RIG_TIMER));
}

/* Its list register is still there from a time when the guest alone had pended it. */
static void test_linked_fires_after_it_was_pended(void **state)
{
	(void)state;
	rig_start(4);
	rig_set_private(0, 0x200, UINT32_C(1) << RIG_TIMER);
	assert_int_equal(vif_ack(), RIG_TIMER);
	vif_eoi(RIG_TIMER);
	assert_int_equal(vif_this()->deactivated[RIG_TIMER_PHYS], 0);
	vgic_set_ppi(&rig.vcpu[0], RIG_TIMER, true);
	assert_int_equal(vif_ack(), RIG_TIMER);
	vif_eoi(RIG_TIMER);
	assert_int_equal(vif_this()->deactivated[RIG_TIMER_PHYS], 1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_timer_ticks),
		cmocka_unit_test(test_timer_is_live_across_a_switch),
		cmocka_unit_test(test_timer_is_live_while_its_vcpu_sleeps),
		cmocka_unit_test(test_disabled_timer_is_live_across_a_switch),
		cmocka_unit_test(test_linked_lowered_before_taken),
		cmocka_unit_test(test_linked_deactivated_by_register),
		cmocka_unit_test(test_linked_pended_while_active),
		cmocka_unit_test(test_linked_fires_after_it_was_pended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
