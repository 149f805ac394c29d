/* SPDX-License-Identifier: Apache-2.0 */
/* Stolen time: what a guest finds in its page, and what it can't do with it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "arch/sysreg.h"
#include "vm/vm.h"
#include "vm_rig.h"

static struct s2_leaf leaf_at(struct vm *vm, uint64_t ipa)
{
	struct s2_leaf leaf;

	assert_int_equal(s2_lookup(&vm->gmem.space, ipa_init(ipa), &leaf), PLINTH_OK);
	return leaf;
}

static void every_vcpu_has_its_place(void **state)
{
	struct vm *vm = vm_rig_create("many", VM_VCPU_MAX, 0);

	(void)state;
	for (vcpu_id_t i = 0; i < VM_VCPU_MAX; i++) {
		uint64_t ipa = pvtime_ipa(i).v;
		struct s2_leaf leaf = leaf_at(vm, ipa);

		assert_true(leaf.valid);
		assert_int_equal(leaf.attrs, 0); /* neither written nor executed nor a device */
		assert_ptr_equal(vm->vcpu[i].stolen, leaf.pa.v + (ipa - leaf.ipa.v));
	}
	assert_false(leaf_at(vm, PVTIME_IPA + pvtime_size(VM_VCPU_MAX)).valid);
}

static void a_guest_can_only_read_it(void **state)
{
	struct vm *vm = vm_rig_create("reader", 1, 0);
	struct gmem_fault fault = {.ipa = {PVTIME_IPA}, .access = GMEM_READ};

	(void)state;
	assert_int_equal(gmem_fault(&vm->gmem, &fault), GMEM_RESUME);
	fault.access = GMEM_WRITE;
	assert_int_equal(gmem_fault(&vm->gmem, &fault), GMEM_DENIED);
	fault.access = GMEM_FETCH;
	assert_int_equal(gmem_fault(&vm->gmem, &fault), GMEM_DENIED);
	/* So the exit goes to the devices, and no device is there: an external abort. */
	assert_null(mmio_find(&vm->mmio, ipa_init(PVTIME_IPA)));
}

static void waiting_is_stolen_and_a_new_run_starts_at_0(void **state)
{
	struct vm *vm = vm_rig_create("waits", 1, 0);
	struct vcpu *vcpu = &vm->vcpu[0];

	(void)state;
	assert_int_equal(vm_start(vm), PLINTH_OK);
	fake_sysregs.cntpct_el0 += VM_RIG_HZ; /* runnable for a second, and nobody picks it */
	assert_ptr_equal(vm_rig_run(), vcpu);
	assert_int_equal(vcpu->stolen->stolen_ns, 0);
	vm_update_stolen(vcpu);
	assert_in_range(vcpu->stolen->stolen_ns, 1000000000U, 1001000000U);
	assert_int_equal(vcpu->stolen->revision, 0);
	assert_int_equal(vcpu->stolen->attributes, 0);

	assert_int_equal(vm_stop(vm, VM_GOAL_RESET), PLINTH_OK);
	vm_rig_settle();
	assert_int_equal(vm->starts, 2);
	assert_int_equal(vcpu->stolen->stolen_ns, 0);
	assert_true(leaf_at(vm, PVTIME_IPA).valid);
	vm_update_stolen(vcpu);
	assert_in_range(vcpu->stolen->stolen_ns, 0, 1000000U); /* not the former run's */
	assert_int_equal(vm_stop(vm, VM_GOAL_OFF), PLINTH_OK);
	vm_rig_settle();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_vcpu_has_its_place),
		cmocka_unit_test(a_guest_can_only_read_it),
		cmocka_unit_test(waiting_is_stolen_and_a_new_run_starts_at_0),
	};

	return cmocka_run_group_tests(tests, vm_rig_group_setup, NULL);
}
