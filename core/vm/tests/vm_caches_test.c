/* SPDX-License-Identifier: Apache-2.0 */
/* Caches that vCPUs turn off and on: what the VM does for its memory then. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "arch/hcr.h"
#include "arch/sysreg.h"
#include "vm/vm.h"
#include "vm_rig.h"

static void the_last_cpu_with_caches_off_sweeps(void **state)
{
	struct vm *vm = vm_rig_new(2);
	const struct gmem_fault fault = {.ipa = ipa_init(VM_RAM_BASE), .access = GMEM_WRITE};
	unsigned steps = 0;

	(void)state;
	assert_int_equal(vm_start(vm), PLINTH_OK);
	vm_caches_off(&vm->vcpu[0]);
	vm_caches_off(&vm->vcpu[1]);
	vm_caches_off(&vm->vcpu[1]); /* once is enough */
	assert_int_equal(vm->caches_off, 2);
	assert_int_equal(gmem_fault(&vm->gmem, &fault), GMEM_RESUME);
	assert_true(vm_caches_on(&vm->vcpu[0]));
	assert_true(vm->gmem.mmu_off);
	while (!vm_caches_on(&vm->vcpu[1])) {
		assert_true(++steps < 10000U);
	}
	assert_int_equal(vm->caches_off, 0);
	assert_false(vm->gmem.mmu_off);
	assert_true(vm_caches_on(&vm->vcpu[1]));
	assert_int_equal(vm->caches_off, 0);
	(void)vm_rig_run();
	assert_int_equal(vm_stop(vm, VM_GOAL_OFF), PLINTH_OK);
	vm_rig_settle();
}

/* Memory that the guest has cut up is made ready for the vCPU that starts in bounded steps. */
static void a_late_cpu_waits_for_its_memory(void **state)
{
	struct vm *vm = vm_rig_new(2);
	unsigned steps = 1;

	(void)state;
	assert_int_equal(vm_start(vm), PLINTH_OK);
	(void)vm_caches_off(&vm->vcpu[0]);
	while (!vm_caches_on(&vm->vcpu[0])) {
	}
	for (uint64_t at = 0; at < KIB(1024); at += PAGE_SIZE) {
		const ipa_t ipa = ipa_init(VM_RAM_BASE + at);
		const struct gmem_fault fault = {.ipa = ipa, .access = GMEM_WRITE};

		assert_int_equal(gmem_fault(&vm->gmem, &fault), GMEM_RESUME);
		if (at % (2U * PAGE_SIZE) != 0U) {
			assert_int_equal(gmem_relinquish(&vm->gmem, ipa, S2_LEVEL_4K), PLINTH_OK);
		}
	}
	while (!vm_caches_off(&vm->vcpu[1])) {
		assert_true(++steps < 100U);
		assert_int_equal(vm->caches_off, 1);
	}
	assert_true(steps > 1U);
	assert_true(vm_caches_off(&vm->vcpu[1]));
	assert_int_equal(vm->caches_off, 1);
	(void)vm_rig_run();
	assert_int_equal(vm_stop(vm, VM_GOAL_OFF), PLINTH_OK);
	vm_rig_settle();
}

static void set_way_once_for_a_series(void **state)
{
	struct vm *vm = vm_rig_new(1);

	(void)state;
	assert_int_equal(vm_start(vm), PLINTH_OK);
	fake_sysregs.hcr_el2 = 0;
	while (!vm_set_way(&vm->vcpu[0])) {
	}
	assert_true((fake_sysregs.hcr_el2 & HCR_TVM) != 0U);
	assert_true(vm->vcpu[0].set_way_done);
	assert_true(vm_set_way(&vm->vcpu[0]));
	assert_true(vm_caches_on(&vm->vcpu[0]));
	assert_false(vm->vcpu[0].set_way_done);
	(void)vm_rig_run();
	assert_int_equal(vm_stop(vm, VM_GOAL_OFF), PLINTH_OK);
	vm_rig_settle();
}

/* Another vCPU is at it, with a long step: the guest comes again. */
static void a_vcpu_does_not_wait_long_for_another(void **state)
{
	struct vm *vm = vm_rig_new(1);

	(void)state;
	assert_int_equal(vm_start(vm), PLINTH_OK);
	while (!vm_caches_off(&vm->vcpu[0])) {
	}
	arch_spin_lock(&vm->cache_lock.spin);
	assert_false(vm_caches_on(&vm->vcpu[0]));
	assert_false(vm_caches_off(&vm->vcpu[0]));
	arch_spin_unlock(&vm->cache_lock.spin);
	assert_int_equal(vm->caches_off, 1);
	assert_true(vm_caches_off(&vm->vcpu[0]));
	while (!vm_caches_on(&vm->vcpu[0])) {
	}
	assert_int_equal(vm->caches_off, 0);
	(void)vm_rig_run();
	assert_int_equal(vm_stop(vm, VM_GOAL_OFF), PLINTH_OK);
	vm_rig_settle();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_cpu_with_caches_off_sweeps),
		cmocka_unit_test(a_late_cpu_waits_for_its_memory),
		cmocka_unit_test(set_way_once_for_a_series),
		cmocka_unit_test(a_vcpu_does_not_wait_long_for_another),
	};

	return cmocka_run_group_tests(tests, vm_rig_group_setup, NULL);
}
