/* SPDX-License-Identifier: Apache-2.0 */
#include "make_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "arch/sysreg.h"
#include "base/bits.h"
#include "timerq/timerq.h"
#include "vm/vm_table.h"

#define STEPS_MAX 1000U

struct make_rig rig;

void rig_good_config(void)
{
	vm_rig_config(&rig.config, "made");
	rig.config.vcpu_count = 3;
	rig.config.flags = VM_FLAG_VMWARE;
	rig.config.image_count = 2;
	rig.config.images[0] = (struct vm_image){RIG_IMAGE, RIG_IMAGE_SIZE, 0, VM_IMAGE_COPY, 0};
	rig.config.images[1] = (struct vm_image){RIG_OTHER_IMAGE + 8U, 100, 60, VM_IMAGE_COPY, 0};
	for (unsigned i = 0; i < RIG_IMAGE_SIZE; i++) {
		rig.image[i] = (uint8_t)(i * 7U + i / 256U);
	}
}

void rig_settle(void)
{
	for (unsigned i = 0; i < 40U; i++) {
		(void)vm_rig_run();
		fake_sysregs.cntpct_el0 += VM_RIG_HZ / 1000U;
		timerq_run(fake_sysregs.cntpct_el0);
	}
}

enum plinth_status rig_begin(struct vm **vm)
{
	return vm_make_begin(&rig.config, RIG_IMAGE_SIZE, vm, &rig.why);
}

enum plinth_status rig_build(void)
{
	enum plinth_status status = PLINTH_EAGAIN;
	uint64_t missing;

	for (unsigned i = 0; i < STEPS_MAX && status == PLINTH_EAGAIN; i++) {
		status = vm_make_step(&missing, &rig.why);
	}
	return status;
}

void rig_put_all(void)
{
	for (uint32_t at = 0; at < RIG_IMAGE_SIZE; at += PAGE_SIZE) {
		uint64_t size = min_u64(RIG_IMAGE_SIZE - at, PAGE_SIZE);

		assert_int_equal(vm_make_put(at, &rig.image[at], (uint32_t)size), PLINTH_OK);
	}
}

struct vm *rig_make(void)
{
	uint64_t missing = 1;
	struct vm *vm = NULL;

	assert_int_equal(rig_begin(&vm), PLINTH_OK);
	assert_int_equal(rig_build(), PLINTH_OK);
	rig_put_all();
	assert_ptr_equal(vm_draft(), vm);
	assert_null(vm_find("made"));
	assert_int_equal(vm_make_step(&missing, &rig.why), PLINTH_OK);
	assert_int_equal(missing, 0);
	assert_null(vm_draft());
	assert_ptr_equal(vm_find("made"), vm);
	assert_ptr_equal(vm_get(vm->id), vm);
	assert_int_equal(vm->state, VM_OFF);
	return vm;
}

struct rig_counts rig_count(void)
{
	struct rig_counts c;

	pmem_get_stats(&c.memory);
	c.vms = vm_count();
	return c;
}

void rig_check_all_is_back(const struct rig_counts *before)
{
	struct rig_counts now = rig_count();
	uint32_t id = 0;

	assert_int_equal(now.memory.free, before->memory.free);
	assert_int_equal(now.memory.reserved, before->memory.reserved);
	for (unsigned i = 0; i < PMEM_USER_COUNT; i++) {
		assert_int_equal(now.memory.used[i], before->memory.used[i]);
	}
	assert_int_equal(now.vms, before->vms);
	assert_null(vm_draft());
	assert_null(vm_find("made"));
	assert_null(vm_next(&id)); /* the tests have no other */
}

void rig_destroy(struct vm *vm)
{
	assert_int_equal(vm_destroy(vm), PLINTH_OK);
	rig_settle();
}

/* The very first one: what ending it takes has been there since vm_setup(). */
static void the_first_goes_without_free_memory(void)
{
	struct rig_counts before = rig_count();
	struct vm *vm = rig_make();
	struct rig_counts now = rig_count();

	assert_int_equal(pmem_reserve(now.memory.free - now.memory.reserved), PLINTH_OK);
	rig_destroy(vm);
	assert_int_equal(vm_count(), 0);
	pmem_unreserve(now.memory.free - now.memory.reserved);
	rig_check_all_is_back(&before);
}

int rig_group_setup(void **state)
{
	(void)state;
	vm_rig_init();
	rig_good_config();
	the_first_goes_without_free_memory();
	return 0;
}

int rig_setup(void **state)
{
	(void)state;
	rig_good_config();
	return 0;
}
