/* SPDX-License-Identifier: Apache-2.0 */
/* VMs made while others run: whatever is wrong, nothing is left of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "arch/sysreg.h"
#include "make_rig.h"
#include "pmem_fail.h"
#include "vm/vm_table.h"

#define MANY 40U

static int setup(void **state)
{
	pmem_fail_at = 0;
	return rig_setup(state);
}

static void it_runs_with_what_was_sent(void **state)
{
	struct rig_counts before = rig_count();
	struct vm *vm = rig_make();
	static uint8_t seen[RIG_IMAGE_SIZE];

	(void)state;
	assert_int_equal(vm_start(vm), PLINTH_OK);
	rig_settle();
	assert_int_equal(vm->state, VM_RUNNING);
	assert_ptr_equal(vm_rig_run(), &vm->vcpu[0]);
	assert_int_equal(
		gmem_read(&vm->gmem, ipa_init(RIG_IMAGE), seen, RIG_IMAGE_SIZE), PLINTH_OK);
	assert_memory_equal(seen, rig.image, RIG_IMAGE_SIZE);
	assert_int_equal(
		gmem_read(&vm->gmem, ipa_init(RIG_OTHER_IMAGE), seen, PAGE_SIZE), PLINTH_OK);
	assert_int_equal(seen[7], 0);
	assert_memory_equal(&seen[8], &rig.image[60], 100);
	assert_int_equal(seen[108], 0);
	/* Again after a reset, whatever the guest wrote. */
	assert_int_equal(gmem_write(&vm->gmem, ipa_init(RIG_IMAGE), "x", 1), PLINTH_OK);
	assert_int_equal(vm_stop(vm, VM_GOAL_RESET), PLINTH_OK);
	rig_settle();
	assert_int_equal(vm->state, VM_RUNNING);
	assert_int_equal(gmem_read(&vm->gmem, ipa_init(RIG_IMAGE), seen, 1), PLINTH_OK);
	assert_int_equal(seen[0], rig.image[0]);
	rig_destroy(vm);
	rig_check_all_is_back(&before);
}

static void every_allocation_may_fail(void **state)
{
	struct rig_counts before = rig_count();
	enum plinth_status status = PLINTH_ENOMEM;
	unsigned n;

	(void)state;
	for (n = 1; status == PLINTH_ENOMEM; n++) {
		struct vm *vm = NULL;

		pmem_fail_at = n;
		rig.why = NULL;
		status = rig_begin(&vm);
		if (status == PLINTH_OK) {
			status = rig_build();
		}
		if (status != PLINTH_OK) {
			pmem_fail_at = 0;
			assert_int_equal(status, PLINTH_ENOMEM);
			assert_non_null(rig.why);
			rig_settle();
			rig_check_all_is_back(&before);
		}
	}
	/* The VM's own pages, the images', the guarantee, a root, zeroes, ... */
	assert_true(n > 7U);
	pmem_fail_at = 0;
	vm_make_drop();
	rig_settle();
	rig_check_all_is_back(&before);
}

static void check_refused(enum plinth_status expected)
{
	struct rig_counts before = rig_count();
	struct vm *vm = NULL;

	rig.why = NULL;
	assert_int_equal(rig_begin(&vm), expected);
	assert_null(vm);
	assert_non_null(rig.why);
	rig_check_all_is_back(&before);
	rig_good_config();
}

static void check_refused_when_built(enum plinth_status status, const char *text)
{
	struct rig_counts before = rig_count();
	struct vm *vm;

	assert_int_equal(rig_begin(&vm), PLINTH_OK);
	assert_int_equal(rig_build(), status);
	assert_string_equal(rig.why, text);
	rig_settle();
	rig_check_all_is_back(&before);
	rig_good_config();
}

static void what_is_wrong_is_refused(void **state)
{
	(void)state;
	static const char outside[] = "an image is outside of what is sent for it";

	rig.config.images[0].source = 1; /* its end is outside */
	check_refused_when_built(PLINTH_EINVAL, outside);
	rig.config.images[0].source = UINT64_MAX - 10U; /* wraps */
	check_refused_when_built(PLINTH_EINVAL, outside);
	rig.config.images[1].source = UINT64_C(0x40000000);
	check_refused_when_built(PLINTH_EINVAL, outside);
	rig.config.images[1].ipa = VM_RAM_BASE + VM_RIG_RAM;
	check_refused_when_built(PLINTH_EINVAL, "an image outside the VM's memory");
	rig.config.entry = VM_RAM_BASE + VM_RIG_RAM;
	check_refused_when_built(PLINTH_EINVAL, "the entry is not in the VM's memory");
	rig.config.image_count = 0;
	rig.config.ranges[0].ipa = VM_RAM_BASE;
	check_refused_when_built(PLINTH_EINVAL, "a range of memory that has no place there");
	rig.config.range_count = UINT32_MAX;
	check_refused(PLINTH_EINVAL);
	rig.config.image_count = UINT32_MAX;
	check_refused(PLINTH_EINVAL);
	rig.config.images[1] = rig.config.images[0];
	rig.config.images[1].ipa += rig.config.images[0].size - 1U;
	rig.config.image_count = 2;
	check_refused_when_built(PLINTH_EINVAL, "two of its images overlap");
	rig.config.guestinfo_count = 1;
	check_refused(PLINTH_EINVAL);
	rig.config.magic++;
	check_refused(PLINTH_EINVAL);
	rig.config.ram_size = MIB(4096); /* is not guaranteed */
	check_refused_when_built(PLINTH_ENOMEM, "there is not enough free memory for it");
	struct rig_counts before = rig_count();
	struct vm *vm;

	assert_int_equal(vm_make_begin(&rig.config, MIB(1024) + 1U, &vm, &rig.why), PLINTH_EINVAL);
	assert_int_equal(vm_make_begin(&rig.config, MIB(512), &vm, &rig.why), PLINTH_ENOMEM);
	rig_settle();
	rig_check_all_is_back(&before);
}

static void a_name_is_taken_once(void **state)
{
	struct vm *vm = rig_make();
	struct vm *other;

	(void)state;
	assert_int_equal(rig_begin(&other), PLINTH_OK);
	assert_int_equal(rig_build(), PLINTH_EEXIST);
	assert_string_equal(rig.why, "the name is taken");
	rig_settle();
	assert_ptr_equal(vm_find("made"), vm);
	assert_null(vm_find("mad"));
	assert_null(vm_find("made1"));
	memcpy(rig.config.name, "made\0x", 6); /* what stands behind the end is no part of it */
	assert_int_equal(rig_begin(&other), PLINTH_OK);
	assert_int_equal(rig_build(), PLINTH_EEXIST);
	rig_settle();
	rig_destroy(vm);
	memcpy(rig.config.name, "made\0x", 6);
	rig_destroy(rig_make());
}

/* Its name is looked for among so many that it takes more than one step. */
static void a_name_is_taken_by_the_last_of_many(void **state)
{
	static struct vm *vms[MANY];
	struct rig_counts before = rig_count();
	struct vm *other;
	uint64_t missing;
	uint32_t id = 0;

	(void)state;
	rig.config.flags = VM_FLAG_OVERCOMMIT; /* so many have no room here otherwise */
	for (unsigned i = 0; i < MANY; i++) {
		(void)snprintf(rig.config.name, sizeof(rig.config.name), "m%u", i);
		assert_int_equal(rig_begin(&vms[i]), PLINTH_OK);
		assert_int_equal(rig_build(), PLINTH_OK);
		rig_put_all();
		assert_int_equal(vm_make_step(&missing, &rig.why), PLINTH_OK);
	}
	assert_ptr_equal(vm_find("m39"), vms[MANY - 1U]);
	assert_null(vm_find_some("m39", &id, 16));
	assert_int_equal(id, 16);
	assert_null(vm_find_some("no", &id, 16));
	assert_int_equal(id, 32);
	assert_null(vm_find_some("no", &id, UINT32_MAX));
	assert_int_equal(id, VM_MAX);
	assert_int_equal(rig_begin(&other), PLINTH_OK);
	assert_int_equal(vm_make_step(&missing, &rig.why), PLINTH_EAGAIN); /* not all in one */
	assert_int_equal(rig_build(), PLINTH_EEXIST);
	assert_string_equal(rig.why, "the name is taken");
	for (unsigned i = 0; i < MANY; i++) {
		rig_destroy(vms[i]);
	}
	rig_settle();
	rig_check_all_is_back(&before);
}

static void one_is_made_at_a_time(void **state)
{
	struct rig_counts before = rig_count();
	struct vm *first;
	struct vm *second;

	(void)state;
	assert_int_equal(rig_begin(&first), PLINTH_OK);
	assert_int_equal(rig_begin(&second), PLINTH_EBUSY);
	assert_ptr_equal(vm_draft(), first);
	fake_sysregs.cntpct_el0 += 9U * VM_RIG_HZ;
	assert_int_equal(vm_make_put(0, rig.image, PAGE_SIZE), PLINTH_OK);
	fake_sysregs.cntpct_el0 += 9U * VM_RIG_HZ;
	assert_int_equal(rig_begin(&second), PLINTH_EBUSY);
	/* Its maker has left. */
	fake_sysregs.cntpct_el0 += VM_RIG_HZ;
	assert_int_equal(rig_begin(&second), PLINTH_OK);
	rig_settle();
	assert_ptr_equal(vm_draft(), second);
	vm_make_drop();
	rig_settle();
	rig_check_all_is_back(&before);
}

static void bytes_come_in_order(void **state)
{
	uint64_t missing;
	struct vm *vm;

	(void)state;
	assert_int_equal(rig_begin(&vm), PLINTH_OK);
	assert_int_equal(vm_make_put(PAGE_SIZE, rig.image, PAGE_SIZE), PLINTH_EINVAL);
	assert_int_equal(vm_make_put(0, rig.image, 100), PLINTH_EINVAL);
	assert_int_equal(vm_make_put(0, rig.image, 0), PLINTH_EINVAL);
	assert_int_equal(vm_make_put(0, rig.image, RIG_IMAGE_SIZE + 1U), PLINTH_EINVAL);
	assert_int_equal(vm_make_put(UINT64_MAX, rig.image, PAGE_SIZE), PLINTH_EINVAL);
	assert_int_equal(vm_make_put(0, rig.image, PAGE_SIZE), PLINTH_OK);
	assert_int_equal(vm_make_put(0, rig.image, PAGE_SIZE), PLINTH_EINVAL);
	assert_int_equal(rig_build(), PLINTH_OK);
	assert_int_equal(vm_make_step(&missing, &rig.why), PLINTH_OK);
	assert_int_equal(missing, RIG_IMAGE_SIZE - PAGE_SIZE);
	assert_null(vm_find("made"));
	vm_make_drop();
	rig_settle();
}

/* Beside stage-2 tables, and what its `overhead` pays for. */
static void it_takes_little_of_plinths_own_memory(void **state)
{
	struct rig_counts before = rig_count();

	(void)state;
	rig.config.vcpu_count = 1;
	rig.config.flags = 0;
	struct vm *vm = rig_make();
	uint64_t bytes =
		(rig_count().memory.used[PMEM_BY_CORE] - before.memory.used[PMEM_BY_CORE]) *
		PAGE_SIZE;

	print_message("el2_bytes_per_vm: %u\n", (unsigned)bytes);
	assert_true(bytes <= KIB(32));
	rig_destroy(vm);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, setup)
	static const struct CMUnitTest tests[] = {
		TEST(it_runs_with_what_was_sent),
		TEST(every_allocation_may_fail),
		TEST(what_is_wrong_is_refused),
		TEST(a_name_is_taken_once),
		TEST(a_name_is_taken_by_the_last_of_many),
		TEST(one_is_made_at_a_time),
		TEST(bytes_come_in_order),
		TEST(it_takes_little_of_plinths_own_memory),
	};

	return cmocka_run_group_tests(tests, rig_group_setup, NULL);
}
