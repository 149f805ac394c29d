/* SPDX-License-Identifier: Apache-2.0 */
/* A vCPU that starts while its memory is made ready step by step. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "exits_rig.h"

#define STEPS	     3U
#define IAR_SPURIOUS 1023U

static unsigned steps_left;
static unsigned steps_loaded;

bool __real_vm_caches_off(struct vcpu *vcpu);
bool __wrap_vm_caches_off(struct vcpu *vcpu);

bool __wrap_vm_caches_off(struct vcpu *vcpu)
{
	steps_loaded += vcpu_current() == vcpu ? 1U : 0U;
	if (steps_left != 0U) {
		steps_left--;
		return false;
	}
	return __real_vm_caches_off(vcpu);
}

/* Whom the scheduler picks is loaded before anything else: only unloading lets it go elsewhere, or
 * off, when it is wanted there between two steps. */
static void it_is_loaded_at_each_step(void **state)
{
	(void)state;
	fake_sysregs.icc_iar1_el1 = IAR_SPURIOUS;
	steps_left = STEPS;
	steps_loaded = 0;
	rig_start(0);
	assert_int_equal(steps_left, 0);
	assert_int_equal(steps_loaded, STEPS + 1U);
	assert_false(rig.vcpu->starting);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(it_is_loaded_at_each_step, rig_teardown),
	};

	return cmocka_run_group_tests(tests, rig_group_setup, NULL);
}
