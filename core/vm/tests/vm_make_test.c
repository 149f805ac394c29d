/* SPDX-License-Identifier: Apache-2.0 */
/* VMs made and taken away while others run: nothing of them is left, wherever it ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "arch/sysreg.h"
#include "base/bits.h"
#include "base/compiler.h"
#include "event/event.h"
#include "pmem/pmem.h"
#include "timerq/timerq.h"
#include "vm/vm.h"
#include "vm/vm_table.h"
#include "vm_rig.h"

#define IMAGE_SIZE  8292U /* two pages, and some of a third */
#define STEPS_MAX   1000U
#define CYCLES	    1000U
#define MANY	    40U
#define IMAGE_AT    (VM_RAM_BASE + MIB(1))
#define OTHER_IMAGE (VM_RAM_BASE + MIB(2))

/* Linked in place of pmem's (--wrap): the n-th call from now fails, 0: none does. */
static unsigned fail_at;

enum plinth_status __real_pmem_alloc(unsigned order, uint32_t flags, pa_t *out);
enum plinth_status __wrap_pmem_alloc(unsigned order, uint32_t flags, pa_t *out);
enum plinth_status __real_pmem_reserve(uint64_t pages);
enum plinth_status __wrap_pmem_reserve(uint64_t pages);

static bool is_to_fail(void)
{
	return fail_at != 0U && --fail_at == 0U;
}

enum plinth_status __wrap_pmem_alloc(unsigned order, uint32_t flags, pa_t *out)
{
	return is_to_fail() ? PLINTH_ENOMEM : __real_pmem_alloc(order, flags, out);
}

enum plinth_status __wrap_pmem_reserve(uint64_t pages)
{
	return is_to_fail() ? PLINTH_ENOMEM : __real_pmem_reserve(pages);
}

static struct vm_config config; /* too large for a test's frame */
static uint8_t image[IMAGE_SIZE];
static const char *why;

/* Three vCPUs, the backdoor, an image in place (page by page) and one across pages. */
static void good_config(void)
{
	vm_rig_config(&config, "made");
	config.vcpu_count = 3;
	config.flags = VM_FLAG_VMWARE;
	config.image_count = 2;
	config.images[0] = (struct vm_image){IMAGE_AT, IMAGE_SIZE, 0, VM_IMAGE_COPY, 0};
	config.images[1] = (struct vm_image){OTHER_IMAGE + 8U, 100, 60, VM_IMAGE_COPY, 0};
	for (unsigned i = 0; i < IMAGE_SIZE; i++) {
		image[i] = (uint8_t)(i * 7U + i / 256U);
	}
}

/* As vm_rig_settle(), for as long as it takes a VM to go. */
static void settle_a_little(void)
{
	for (unsigned i = 0; i < 40U; i++) {
		(void)vm_rig_run();
		fake_sysregs.cntpct_el0 += VM_RIG_HZ / 1000U;
		timerq_run(fake_sysregs.cntpct_el0);
	}
}

static enum plinth_status begin(struct vm **vm)
{
	return vm_make_begin(&config, IMAGE_SIZE, vm, &why);
}

/* Steps until it wants its bytes. */
static enum plinth_status build(void)
{
	enum plinth_status status = PLINTH_EAGAIN;
	uint64_t missing;

	for (unsigned i = 0; i < STEPS_MAX && status == PLINTH_EAGAIN; i++) {
		status = vm_make_step(&missing, &why);
	}
	return status;
}

static void put_all(void)
{
	for (uint32_t at = 0; at < IMAGE_SIZE; at += PAGE_SIZE) {
		uint64_t size = min_u64(IMAGE_SIZE - at, PAGE_SIZE);

		assert_int_equal(vm_make_put(at, &image[at], (uint32_t)size), PLINTH_OK);
	}
}

static struct vm *make(void)
{
	uint64_t missing = 1;
	struct vm *vm = NULL;

	assert_int_equal(begin(&vm), PLINTH_OK);
	assert_int_equal(build(), PLINTH_OK);
	put_all();
	assert_ptr_equal(vm_draft(), vm);
	assert_null(vm_find("made"));
	assert_int_equal(vm_make_step(&missing, &why), PLINTH_OK);
	assert_int_equal(missing, 0);
	assert_null(vm_draft());
	assert_ptr_equal(vm_find("made"), vm);
	assert_ptr_equal(vm_get(vm->id), vm);
	assert_int_equal(vm->state, VM_OFF);
	return vm;
}

struct counts {
	struct pmem_stats memory;
	uint32_t vms;
};

static struct counts count(void)
{
	struct counts c;

	pmem_get_stats(&c.memory);
	c.vms = vm_count();
	return c;
}

static void check_all_is_back(const struct counts *before)
{
	struct counts now = count();
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

static void destroy(struct vm *vm)
{
	assert_int_equal(vm_destroy(vm), PLINTH_OK);
	settle_a_little();
}

/* The very first one: what ending it takes has been there since vm_setup(). */
static void the_first_goes_without_free_memory(void)
{
	struct counts before = count();
	struct vm *vm = make();
	struct counts now = count();

	assert_int_equal(pmem_reserve(now.memory.free - now.memory.reserved), PLINTH_OK);
	destroy(vm);
	assert_int_equal(vm_count(), 0);
	pmem_unreserve(now.memory.free - now.memory.reserved);
	check_all_is_back(&before);
}

static int group_setup(void **state)
{
	(void)state;
	vm_rig_init();
	good_config();
	the_first_goes_without_free_memory();
	return 0;
}

static int setup(void **state)
{
	(void)state;
	fail_at = 0;
	good_config();
	return 0;
}

static void it_runs_with_what_was_sent(void **state)
{
	struct counts before = count();
	struct vm *vm = make();
	static uint8_t seen[IMAGE_SIZE];

	(void)state;
	assert_int_equal(vm_start(vm), PLINTH_OK);
	settle_a_little();
	assert_int_equal(vm->state, VM_RUNNING);
	assert_ptr_equal(vm_rig_run(), &vm->vcpu[0]);
	assert_int_equal(gmem_read(&vm->gmem, ipa_init(IMAGE_AT), seen, IMAGE_SIZE), PLINTH_OK);
	assert_memory_equal(seen, image, IMAGE_SIZE);
	assert_int_equal(gmem_read(&vm->gmem, ipa_init(OTHER_IMAGE), seen, PAGE_SIZE), PLINTH_OK);
	assert_int_equal(seen[7], 0);
	assert_memory_equal(&seen[8], &image[60], 100);
	assert_int_equal(seen[108], 0);
	/* Again after a reset, whatever the guest wrote. */
	assert_int_equal(gmem_write(&vm->gmem, ipa_init(IMAGE_AT), "x", 1), PLINTH_OK);
	assert_int_equal(vm_stop(vm, VM_GOAL_RESET), PLINTH_OK);
	settle_a_little();
	assert_int_equal(vm->state, VM_RUNNING);
	assert_int_equal(gmem_read(&vm->gmem, ipa_init(IMAGE_AT), seen, 1), PLINTH_OK);
	assert_int_equal(seen[0], image[0]);
	destroy(vm);
	check_all_is_back(&before);
}

static void nothing_is_left_of_a_thousand(void **state)
{
	struct counts before = count();
	vm_id_t id = VM_MAX;

	(void)state;
	for (unsigned i = 0; i < CYCLES; i++) {
		struct vm *vm = make();

		assert_true(id == VM_MAX || vm->id == id);
		id = vm->id;
		if (i % 4U != 0U) {
			assert_int_equal(vm_start(vm), PLINTH_OK);
		}
		destroy(vm);
		check_all_is_back(&before);
	}
}

static void each_state(struct vm *vm, enum vm_state state)
{
	if (state != VM_OFF) {
		assert_int_equal(vm_start(vm), PLINTH_OK);
	}
	if (state != VM_OFF && state != VM_STARTING) {
		settle_a_little();
		assert_int_equal(vm->state, VM_RUNNING);
		(void)vm_rig_run();
	}
	if (state == VM_PAUSED) {
		assert_int_equal(vm_pause(vm), PLINTH_OK);
	} else if (state == VM_STOPPING) {
		assert_int_equal(vm_stop(vm, VM_GOAL_RESET), PLINTH_OK);
	} else if (state == VM_CRASHED) {
		vm_crash(vm, "a test");
		settle_a_little();
	}
}

static void it_goes_in_every_state(void **state)
{
	static const enum vm_state states[] = {
		VM_OFF, VM_STARTING, VM_RUNNING, VM_PAUSED, VM_STOPPING, VM_CRASHED};
	struct counts before = count();

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(states); i++) {
		struct vm *vm = make();

		each_state(vm, states[i]);
		assert_int_equal(vm_destroy(vm), PLINTH_OK);
		/* It is on its way: nobody starts, stops or destroys it now. */
		if (vm->state == VM_LEAVING) {
			assert_int_equal(vm_destroy(vm), PLINTH_EPERM);
			assert_int_equal(vm_stop(vm, VM_GOAL_RESET), PLINTH_EPERM);
		}
		assert_int_equal(vm_start(vm), PLINTH_EPERM);
		settle_a_little();
		check_all_is_back(&before);
	}
}

static void a_half_built_one_goes(void **state)
{
	struct counts before = count();
	uint64_t missing;
	struct vm *vm;

	(void)state;
	for (unsigned steps = 0; steps < 16U; steps++) {
		assert_int_equal(begin(&vm), PLINTH_OK);
		for (unsigned i = 0; i < steps; i++) {
			(void)vm_make_step(&missing, &why);
		}
		assert_null(vm_find("made"));
		vm_make_drop();
		settle_a_little();
		check_all_is_back(&before);
	}
}

static void every_allocation_may_fail(void **state)
{
	struct counts before = count();
	enum plinth_status status = PLINTH_ENOMEM;
	unsigned n;

	(void)state;
	for (n = 1; status == PLINTH_ENOMEM; n++) {
		struct vm *vm = NULL;

		fail_at = n;
		why = NULL;
		status = begin(&vm);
		if (status == PLINTH_OK) {
			status = build();
		}
		if (status != PLINTH_OK) {
			fail_at = 0;
			assert_int_equal(status, PLINTH_ENOMEM);
			assert_non_null(why);
			settle_a_little();
			check_all_is_back(&before);
		}
	}
	/* The VM's own pages, the images', the guarantee, a root, zeroes, ... */
	assert_true(n > 7U);
	fail_at = 0;
	vm_make_drop();
	settle_a_little();
	check_all_is_back(&before);
}

static void check_refused(enum plinth_status expected)
{
	struct counts before = count();
	struct vm *vm = NULL;

	why = NULL;
	assert_int_equal(begin(&vm), expected);
	assert_null(vm);
	assert_non_null(why);
	check_all_is_back(&before);
	good_config();
}

static void check_refused_when_built(enum plinth_status status, const char *text)
{
	struct counts before = count();
	struct vm *vm;

	assert_int_equal(begin(&vm), PLINTH_OK);
	assert_int_equal(build(), status);
	assert_string_equal(why, text);
	settle_a_little();
	check_all_is_back(&before);
	good_config();
}

static void what_is_wrong_is_refused(void **state)
{
	(void)state;
	static const char outside[] = "an image is outside of what is sent for it";

	config.images[0].source = 1; /* its end is outside */
	check_refused_when_built(PLINTH_EINVAL, outside);
	config.images[0].source = UINT64_MAX - 10U; /* wraps */
	check_refused_when_built(PLINTH_EINVAL, outside);
	config.images[1].source = UINT64_C(0x40000000);
	check_refused_when_built(PLINTH_EINVAL, outside);
	config.images[1].ipa = VM_RAM_BASE + VM_RIG_RAM;
	check_refused_when_built(PLINTH_EINVAL, "an image outside the VM's memory");
	config.entry = VM_RAM_BASE + VM_RIG_RAM;
	check_refused_when_built(PLINTH_EINVAL, "the entry is not in the VM's memory");
	config.image_count = 0;
	config.ranges[0].ipa = VM_RAM_BASE;
	check_refused_when_built(PLINTH_EINVAL, "a range of memory that has no place there");
	config.range_count = UINT32_MAX;
	check_refused(PLINTH_EINVAL);
	config.image_count = UINT32_MAX;
	check_refused(PLINTH_EINVAL);
	config.images[1] = config.images[0];
	config.images[1].ipa += config.images[0].size - 1U;
	config.image_count = 2;
	check_refused_when_built(PLINTH_EINVAL, "two of its images overlap");
	config.guestinfo_count = 1;
	check_refused(PLINTH_EINVAL);
	config.magic++;
	check_refused(PLINTH_EINVAL);
	config.ram_size = MIB(4096); /* is not guaranteed */
	check_refused_when_built(PLINTH_ENOMEM, "there is not enough free memory for it");
	struct counts before = count();
	struct vm *vm;

	assert_int_equal(vm_make_begin(&config, MIB(1024) + 1U, &vm, &why), PLINTH_EINVAL);
	assert_int_equal(vm_make_begin(&config, MIB(512), &vm, &why), PLINTH_ENOMEM);
	settle_a_little();
	check_all_is_back(&before);
}

static void a_name_is_taken_once(void **state)
{
	struct vm *vm = make();
	struct vm *other;

	(void)state;
	assert_int_equal(begin(&other), PLINTH_OK);
	assert_int_equal(build(), PLINTH_EEXIST);
	assert_string_equal(why, "the name is taken");
	settle_a_little();
	assert_ptr_equal(vm_find("made"), vm);
	assert_null(vm_find("mad"));
	assert_null(vm_find("made1"));
	memcpy(config.name, "made\0x", 6); /* what stands behind the end is no part of it */
	assert_int_equal(begin(&other), PLINTH_OK);
	assert_int_equal(build(), PLINTH_EEXIST);
	settle_a_little();
	destroy(vm);
	memcpy(config.name, "made\0x", 6);
	destroy(make());
}

/* Its name is looked for among so many that it takes more than one step. */
static void a_name_is_taken_by_the_last_of_many(void **state)
{
	static struct vm *vms[MANY];
	struct counts before = count();
	struct vm *other;
	uint64_t missing;
	uint32_t id = 0;

	(void)state;
	config.flags = VM_FLAG_OVERCOMMIT; /* so many have no room here otherwise */
	for (unsigned i = 0; i < MANY; i++) {
		(void)snprintf(config.name, sizeof(config.name), "m%u", i);
		assert_int_equal(begin(&vms[i]), PLINTH_OK);
		assert_int_equal(build(), PLINTH_OK);
		put_all();
		assert_int_equal(vm_make_step(&missing, &why), PLINTH_OK);
	}
	assert_ptr_equal(vm_find("m39"), vms[MANY - 1U]);
	assert_null(vm_find_some("m39", &id, 16));
	assert_int_equal(id, 16);
	assert_null(vm_find_some("no", &id, 16));
	assert_int_equal(id, 32);
	assert_null(vm_find_some("no", &id, UINT32_MAX));
	assert_int_equal(id, VM_MAX);
	assert_int_equal(begin(&other), PLINTH_OK);
	assert_int_equal(vm_make_step(&missing, &why), PLINTH_EAGAIN); /* not all in one */
	assert_int_equal(build(), PLINTH_EEXIST);
	assert_string_equal(why, "the name is taken");
	for (unsigned i = 0; i < MANY; i++) {
		destroy(vms[i]);
	}
	settle_a_little();
	check_all_is_back(&before);
}

static void one_is_made_at_a_time(void **state)
{
	struct counts before = count();
	struct vm *first;
	struct vm *second;

	(void)state;
	assert_int_equal(begin(&first), PLINTH_OK);
	assert_int_equal(begin(&second), PLINTH_EBUSY);
	assert_ptr_equal(vm_draft(), first);
	fake_sysregs.cntpct_el0 += 9U * VM_RIG_HZ;
	assert_int_equal(vm_make_put(0, image, PAGE_SIZE), PLINTH_OK);
	fake_sysregs.cntpct_el0 += 9U * VM_RIG_HZ;
	assert_int_equal(begin(&second), PLINTH_EBUSY);
	/* Its maker has left. */
	fake_sysregs.cntpct_el0 += VM_RIG_HZ;
	assert_int_equal(begin(&second), PLINTH_OK);
	settle_a_little();
	assert_ptr_equal(vm_draft(), second);
	vm_make_drop();
	settle_a_little();
	check_all_is_back(&before);
}

static void bytes_come_in_order(void **state)
{
	uint64_t missing;
	struct vm *vm;

	(void)state;
	assert_int_equal(begin(&vm), PLINTH_OK);
	assert_int_equal(vm_make_put(PAGE_SIZE, image, PAGE_SIZE), PLINTH_EINVAL);
	assert_int_equal(vm_make_put(0, image, 100), PLINTH_EINVAL);
	assert_int_equal(vm_make_put(0, image, 0), PLINTH_EINVAL);
	assert_int_equal(vm_make_put(0, image, IMAGE_SIZE + 1U), PLINTH_EINVAL);
	assert_int_equal(vm_make_put(UINT64_MAX, image, PAGE_SIZE), PLINTH_EINVAL);
	assert_int_equal(vm_make_put(0, image, PAGE_SIZE), PLINTH_OK);
	assert_int_equal(vm_make_put(0, image, PAGE_SIZE), PLINTH_EINVAL);
	assert_int_equal(build(), PLINTH_OK);
	assert_int_equal(vm_make_step(&missing, &why), PLINTH_OK);
	assert_int_equal(missing, IMAGE_SIZE - PAGE_SIZE);
	assert_null(vm_find("made"));
	vm_make_drop();
	settle_a_little();
}

static void who_uses_it_keeps_its_memory(void **state)
{
	struct counts before = count();
	struct vm *vm = make();

	(void)state;
	vm_hold(vm);
	destroy(vm);
	assert_null(vm_find("made"));
	assert_int_equal(vm->state, VM_LEAVING);
	assert_true(vm_rig_free_pages() < before.memory.free);
	vm_release(vm);
	settle_a_little();
	check_all_is_back(&before);
}

static void who_has_no_users_passes_who_has(void **state)
{
	struct counts before = count();
	struct vm *slow[2];
	struct vm *vm;

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(slow); i++) {
		slow[i] = make();
		vm_hold(slow[i]);
		destroy(slow[i]);
	}
	struct counts held = count();

	vm = make();
	destroy(vm);
	assert_int_equal(count().memory.free, held.memory.free);
	vm_release(slow[1]);
	settle_a_little();
	assert_true(count().memory.free > held.memory.free);
	vm_release(slow[0]);
	settle_a_little();
	check_all_is_back(&before);
}

static void expired(struct timer *timer, void *ctx, uint64_t now)
{
	(void)timer;
	(void)ctx;
	(void)now;
	fail();
}

/* By a call that found the VM before it was hidden. */
static void a_timer_that_is_armed_late_goes_with_it(void **state)
{
	struct counts before = count();
	struct vm *vm = make();

	(void)state;
	vm_hold(vm);
	destroy(vm);
	assert_int_equal(vm_take_variables(vm, NULL, NULL, 0), PLINTH_EPERM);
	timer_init(&vm->rtc_timer, expired, NULL);
	timer_arm(&vm->rtc_timer, 0, read_cntpct_el0() + 100U * vm_host()->ticks_per_second);
	vm_release(vm);
	settle_a_little();
	check_all_is_back(&before);
	fake_sysregs.cntpct_el0 += 200U * vm_host()->ticks_per_second;
	settle_a_little();
}

/* A CPU without a vCPU has the stage 2 of the one before in VTTBR_EL2. */
static void no_cpu_keeps_its_stage_2(void **state)
{
	struct vm *vm = make();
	uint64_t root = vm->gmem.space.root.v;

	(void)state;
	write_vttbr_el2(root);
	destroy(vm);
	assert_int_not_equal(read_vttbr_el2(), root);
	assert_int_not_equal(read_vttbr_el2(), 0);
}

static void its_end_is_told(void **state)
{
	uint64_t number = 0;
	struct event events[64];
	size_t got;
	uint64_t lost;

	(void)state;
	do {
		got = event_read(&number, events, 64, &lost);
	} while (got == 64U);
	destroy(make());
	got = event_read(&number, events, 64, &lost);
	assert_true(got >= 3U);
	assert_int_equal(events[0].value, VM_OFF);
	assert_int_equal(events[got - 2U].value, VM_LEAVING);
	assert_int_equal(events[got - 1U].value, VM_GONE);
}

/* Whatever its own state and the moment are, resets end in a VM that runs as at first. */
static void a_storm_of_resets_leaves_nothing(void **state)
{
	struct counts before = count();
	struct vm *vm = make();
	uint32_t random = 1;

	(void)state;
	assert_int_equal(vm_start(vm), PLINTH_OK);
	settle_a_little();
	struct counts running = count();
	uint32_t starts = vm->starts;

	for (unsigned i = 0; i < CYCLES; i++) {
		random = random * 1664525U + 1013904223U;
		assert_int_equal(vm_stop(vm, VM_GOAL_RESET), PLINTH_OK);
		for (unsigned steps = random >> 28; steps != 0U; steps--) {
			(void)vm_rig_run();
			fake_sysregs.cntpct_el0 += VM_RIG_HZ / 10000U;
			timerq_run(fake_sysregs.cntpct_el0);
		}
	}
	settle_a_little();
	assert_int_equal(vm->state, VM_RUNNING);
	assert_true(vm->starts > starts + 10U);
	assert_int_equal(count().memory.free, running.memory.free);
	destroy(vm);
	check_all_is_back(&before);
}

/* Beside stage-2 tables, and what its `overhead` pays for. */
static void it_takes_little_of_plinths_own_memory(void **state)
{
	struct counts before = count();

	(void)state;
	config.vcpu_count = 1;
	config.flags = 0;
	struct vm *vm = make();
	uint64_t bytes =
		(count().memory.used[PMEM_BY_CORE] - before.memory.used[PMEM_BY_CORE]) * PAGE_SIZE;

	print_message("el2_bytes_per_vm: %u\n", (unsigned)bytes);
	assert_true(bytes <= KIB(32));
	destroy(vm);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(it_runs_with_what_was_sent, setup),
		cmocka_unit_test_setup(nothing_is_left_of_a_thousand, setup),
		cmocka_unit_test_setup(it_goes_in_every_state, setup),
		cmocka_unit_test_setup(a_half_built_one_goes, setup),
		cmocka_unit_test_setup(every_allocation_may_fail, setup),
		cmocka_unit_test_setup(what_is_wrong_is_refused, setup),
		cmocka_unit_test_setup(a_name_is_taken_once, setup),
		cmocka_unit_test_setup(a_name_is_taken_by_the_last_of_many, setup),
		cmocka_unit_test_setup(one_is_made_at_a_time, setup),
		cmocka_unit_test_setup(bytes_come_in_order, setup),
		cmocka_unit_test_setup(who_uses_it_keeps_its_memory, setup),
		cmocka_unit_test_setup(who_has_no_users_passes_who_has, setup),
		cmocka_unit_test_setup(a_timer_that_is_armed_late_goes_with_it, setup),
		cmocka_unit_test_setup(no_cpu_keeps_its_stage_2, setup),
		cmocka_unit_test_setup(its_end_is_told, setup),
		cmocka_unit_test_setup(a_storm_of_resets_leaves_nothing, setup),
		cmocka_unit_test_setup(it_takes_little_of_plinths_own_memory, setup),
	};

	return cmocka_run_group_tests(tests, group_setup, NULL);
}
