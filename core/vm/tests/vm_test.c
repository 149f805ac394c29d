/* SPDX-License-Identifier: Apache-2.0 */
/* Making VMs, also where memory ends in the middle, and their life. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "arch/sysreg.h"
#include "pmem/pmem.h"
#include "pmem_fail.h"
#include "vm/vm.h"
#include "vm/vm_act.h"
#include "vm/vm_table.h"
#include "vm_rig.h"

static unsigned ended_count;
static bool ended_crashed;

static void note_end(bool crashed)
{
	ended_count++;
	ended_crashed = crashed;
}

static int group_setup(void **state)
{
	(void)state;
	vm_rig_init();
	vm_on_all_off(note_end);
	return 0;
}

static int setup(void **state)
{
	(void)state;
	pmem_fail_at = 0;
	ended_count = 0;
	return 0;
}

static void a_new_vm_is_off_and_found(void **state)
{
	uint32_t count = vm_count();
	struct vm *vm = vm_rig_new(3);

	(void)state;
	assert_int_equal(vm_count(), count + 1U);
	assert_int_equal(vm->id, count);
	assert_ptr_equal(vm_get(vm->id), vm);
	assert_ptr_equal(vm_find(vm->config.name), vm);
	assert_null(vm_get(vm->id + 1U));
	assert_null(vm_find("nobody"));
	assert_int_equal(vm->state, VM_OFF);
	assert_ptr_equal(vcpu_of(&vm->vcpu[2].ctx), &vm->vcpu[2]);
	assert_int_equal((uintptr_t)&vm->vcpu[1] % 16U, 0);
	assert_null(vm_rig_run());
}

static void its_devices_answer(void **state)
{
	struct vm *vm = vm_rig_new(2);
	static const uint64_t bases[] = {VM_GICD_BASE, VM_GICR_BASE,
		VM_GICR_BASE + 2U * VGIC_REDIST_SIZE - 4U, VM_UART_BASE, VM_RTC_BASE};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bases); i++) {
		assert_non_null(mmio_find(&vm->mmio, ipa_init(bases[i])));
	}
	assert_null(mmio_find(&vm->mmio, ipa_init(VM_GICR_BASE + 2U * VGIC_REDIST_SIZE)));
	assert_null(mmio_find(&vm->mmio, ipa_init(VM_RTC_BASE + VM_FRAME_SIZE)));
}

#define AT_REST 1U /* pages of a VM without RAM: the zeroes of its read-only range */

static struct vm_config config; /* too large for a test's frame */

static void good_config(void)
{
	vm_rig_config(&config, "refused");
}

static void check_failed_create(enum plinth_status expected)
{
	uint64_t free = vm_rig_free_pages();
	uint32_t count = vm_count();
	struct pmem_stats before;
	struct pmem_stats after;
	struct vm *vm = NULL;
	const char *why = NULL;

	pmem_get_stats(&before);
	assert_int_equal(vm_create(&config, &vm, &why), expected);
	pmem_get_stats(&after);
	assert_non_null(why);
	assert_null(vm);
	assert_int_equal(vm_count(), count);
	assert_int_equal(vm_rig_free_pages(), free);
	assert_int_equal(after.reserved, before.reserved);
}

static void create_refuses(void **state)
{
	struct vm *vm = vm_rig_new(1);

	(void)state;
	good_config();
	config.vcpu_count = 0;
	check_failed_create(PLINTH_EINVAL);
	good_config();
	memcpy(config.name, vm->config.name, VM_NAME_SIZE);
	check_failed_create(PLINTH_EEXIST);
	good_config();
	config.ram_size = GIB(4);
	check_failed_create(PLINTH_ENOMEM);
	good_config();
	config.flags = VM_FLAG_GICV2; /* the machine has a GICv3 */
	check_failed_create(PLINTH_ENOTSUP);
	good_config();
	for (config.image_count = 0; config.image_count < 2U; config.image_count++) {
		config.images[config.image_count] =
			(struct vm_image){VM_RAM_BASE, 200, 0, VM_IMAGE_RANDOM, 0};
	}
	check_failed_create(PLINTH_EINVAL); /* more secrets than there is room for */
}

static void no_allocation_that_fails_leaves_anything(void **state)
{
	unsigned n;

	(void)state;
	vm_rig_config(&config, "starved");
	for (n = 1; n < 100U; n++) {
		struct vm *vm = NULL;
		const char *why = NULL;
		uint64_t free = vm_rig_free_pages();

		pmem_fail_at = n;
		if (vm_create(&config, &vm, &why) == PLINTH_OK) {
			break;
		}
		assert_int_equal(pmem_fail_at, 0);
		assert_non_null(why);
		assert_null(vm_find("starved"));
		assert_int_equal(vm_rig_free_pages(), free);
	}
	pmem_fail_at = 0;
	assert_true(n > 2U && n < 100U); /* some failed, and in the end none did */
}

static void a_run_from_start_to_off(void **state)
{
	struct vm *vm = vm_rig_new(2);

	(void)state;
	assert_int_equal(vm_start(vm), PLINTH_OK);
	assert_int_equal(vm->state, VM_RUNNING);
	assert_int_equal(vm->starts, 1);
	assert_ptr_equal(vm_rig_run(), &vm->vcpu[0]); /* the second waits for CPU_ON */
	assert_true(sched_is_off(&vm->vcpu[1].sched));
	assert_int_equal(vm_stop(vm, VM_GOAL_OFF), PLINTH_OK);
	assert_int_equal(vm->state, VM_STOPPING); /* its vCPU is on the CPU still */
	assert_int_equal(ended_count, 0);
	vm_rig_settle();
	assert_int_equal(vm->state, VM_OFF);
	assert_int_equal(ended_count, 1);
	assert_false(ended_crashed);
	assert_null(vm_rig_run());
}

static void off_gives_the_memory_back(void **state)
{
	struct vm *vm = vm_rig_new(1);
	const struct gmem_fault fault = {.ipa = ipa_init(VM_RAM_BASE), .access = GMEM_WRITE};

	(void)state;
	assert_int_equal(vm_start(vm), PLINTH_OK);
	assert_int_equal(gmem_fault(&vm->gmem, &fault), GMEM_RESUME);
	assert_true(vm->gmem.used > AT_REST);
	(void)vm_rig_run();
	assert_int_equal(vm_stop(vm, VM_GOAL_OFF), PLINTH_OK);
	vm_rig_settle();
	assert_int_equal(vm->gmem.used, AT_REST);
}

static void reset_starts_again(void **state)
{
	struct vm *vm = vm_rig_new(1);

	(void)state;
	assert_int_equal(vm_start(vm), PLINTH_OK);
	(void)vm_rig_run();
	vm_caches_off(&vm->vcpu[0]);
	assert_int_equal(vm->caches_off, 1);
	assert_int_equal(vm_stop(vm, VM_GOAL_RESET), PLINTH_OK);
	vm_rig_settle();
	assert_int_equal(vm->state, VM_RUNNING);
	assert_int_equal(vm->starts, 2);
	assert_int_equal(vm->caches_off, 0);
	assert_int_equal(ended_count, 0);
	assert_ptr_equal(vm_rig_run(), &vm->vcpu[0]);
	assert_int_equal(vm_stop(vm, VM_GOAL_OFF), PLINTH_OK);
	vm_rig_settle();
}

/* While a kernel is copied no vCPU runs, and the VM can be stopped, reset, and not paused. */
static void starting_is_left_when_memory_is_laid_out(void **state)
{
	static uint8_t kernel[MIB(2)];
	struct vm *vm = vm_rig_new(1);

	(void)state;
	vm->gmem.image[0] = (struct vm_image){VM_RAM_BASE, sizeof(kernel),
		(uint64_t)(uintptr_t)kernel, VM_IMAGE_COPY, VM_IMAGE_FLAG_WRITTEN};
	vm->gmem.image_count = 1;
	assert_int_equal(vm_start(vm), PLINTH_OK);
	assert_int_equal(vm->state, VM_STARTING);
	assert_string_equal(vm_state_name(vm->state), "starting");
	assert_int_equal(vm_start(vm), PLINTH_EPERM);
	assert_int_equal(vm_pause(vm), PLINTH_EPERM);
	assert_null(vm_rig_run());
	assert_int_equal(vm_stop(vm, VM_GOAL_OFF), PLINTH_OK);
	vm_rig_settle();
	assert_int_equal(vm->state, VM_OFF);
	assert_int_equal(vm->gmem.used, AT_REST);
	assert_int_equal(vm->starts, 0);

	assert_int_equal(vm_start(vm), PLINTH_OK);
	assert_int_equal(vm_stop(vm, VM_GOAL_RESET), PLINTH_OK);
	vm_rig_settle();
	assert_int_equal(vm->state, VM_RUNNING);
	assert_int_equal(vm->gmem.used, AT_REST + 512);
	assert_int_equal(vm->starts, 1);
	assert_ptr_equal(vm_rig_run(), &vm->vcpu[0]);
	assert_int_equal(vm_stop(vm, VM_GOAL_OFF), PLINTH_OK);
	vm_rig_settle();
	assert_int_equal(vm->gmem.used, AT_REST);
}

/* Of two VMs that start together the first is not kept waiting by the second, which has its turn
 * when the first runs, or is stopped before it does. */
static void memory_is_laid_out_for_one_vm_after_the_other(void **state)
{
	static uint8_t kernel[MIB(2)];
	struct vm *vms[2];

	(void)state;
	for (unsigned i = 0; i < 2U; i++) {
		vms[i] = vm_rig_new(1);
		vms[i]->gmem.image[0] = (struct vm_image){VM_RAM_BASE, sizeof(kernel),
			(uint64_t)(uintptr_t)kernel, VM_IMAGE_COPY, VM_IMAGE_FLAG_WRITTEN};
		vms[i]->gmem.image_count = 1;
		assert_int_equal(vm_start(vms[i]), PLINTH_OK);
	}
	assert_int_equal(vms[0]->gmem.used, AT_REST + 512);
	assert_int_equal(vms[1]->gmem.used, AT_REST);
	assert_int_equal(vm_stop(vms[0], VM_GOAL_OFF), PLINTH_OK);
	vm_rig_settle();
	assert_int_equal(vms[0]->state, VM_OFF);
	assert_int_equal(vms[1]->state, VM_RUNNING);
	assert_int_equal(vm_start(vms[0]), PLINTH_OK);
	vm_rig_settle();
	assert_int_equal(vms[0]->state, VM_RUNNING);
	for (unsigned i = 0; i < 2U; i++) {
		assert_int_equal(vm_stop(vms[i], VM_GOAL_OFF), PLINTH_OK);
		vm_rig_settle();
	}
}

static void a_crash_keeps_memory_and_the_first_reason(void **state)
{
	struct vm *vm = vm_rig_new(1);
	const struct gmem_fault fault = {.ipa = ipa_init(VM_RAM_BASE), .access = GMEM_WRITE};

	(void)state;
	assert_int_equal(vm_start(vm), PLINTH_OK);
	assert_int_equal(gmem_fault(&vm->gmem, &fault), GMEM_RESUME);
	(void)vm_rig_run();
	vm_crash(vm, "reason %d", 1);
	vm_crash(vm, "reason %d", 2);
	vm_rig_settle();
	assert_int_equal(vm->state, VM_CRASHED);
	assert_string_equal(vm->reason, "reason 1");
	assert_true(vm->gmem.used > AT_REST);
	assert_int_equal(ended_count, 1);
	assert_true(ended_crashed);
	vm_crash(vm, "reason %d", 3); /* nothing runs: no effect */
	assert_string_equal(vm->reason, "reason 1");
	assert_int_equal(ended_count, 1);

	/* From a crash it may start: over STOPPING, which empties its memory first. */
	assert_int_equal(vm_start(vm), PLINTH_OK);
	assert_int_equal(vm->state, VM_STOPPING);
	vm_rig_settle();
	assert_int_equal(vm->state, VM_RUNNING);
	vm_crash(vm, "x"); /* nothing of a former reason stays: it is copied out whole */
	assert_memory_equal(vm->reason, "x\0\0\0\0\0\0\0\0", 9);
	vm_rig_settle();
	assert_int_equal(vm->state, VM_CRASHED);
}

static void a_higher_goal_replaces_a_lower_one(void **state)
{
	struct vm *vm = vm_rig_new(1);

	(void)state;
	assert_int_equal(vm_start(vm), PLINTH_OK);
	(void)vm_rig_run();
	assert_int_equal(vm_stop(vm, VM_GOAL_RESET), PLINTH_OK);
	assert_int_equal(vm_stop(vm, VM_GOAL_OFF), PLINTH_OK);
	assert_int_equal(vm_stop(vm, VM_GOAL_RESET), PLINTH_OK);
	vm_rig_settle();
	assert_int_equal(vm->state, VM_OFF);
}

static void a_pause_stops_vcpus_and_guest_time(void **state)
{
	struct vm *vm = vm_rig_new(1);

	(void)state;
	assert_int_equal(vm_start(vm), PLINTH_OK);
	(void)vm_rig_run();
	assert_int_equal(vm_pause(vm), PLINTH_OK);
	vm_rig_settle();
	assert_int_equal(vm->state, VM_PAUSED);
	assert_null(vm_rig_run());
	uint64_t then = vtimer_vm_now(&vm->time);

	fake_sysregs.cntpct_el0 += VM_RIG_HZ;
	assert_int_equal(vtimer_vm_now(&vm->time), then);
	assert_int_equal(vm_resume(vm), PLINTH_OK);
	assert_ptr_equal(vm_rig_run(), &vm->vcpu[0]);
	fake_sysregs.cntpct_el0 += VM_RIG_HZ;
	assert_int_equal(vtimer_vm_now(&vm->time), then + VM_RIG_HZ);

	/* Stopped while paused. */
	assert_int_equal(vm_pause(vm), PLINTH_OK);
	vm_rig_settle();
	assert_int_equal(vm_stop(vm, VM_GOAL_RESET), PLINTH_OK);
	vm_rig_settle();
	assert_int_equal(vm->state, VM_RUNNING);
	assert_ptr_equal(vm_rig_run(), &vm->vcpu[0]);
	assert_int_equal(vm_stop(vm, VM_GOAL_OFF), PLINTH_OK);
	vm_rig_settle();
}

/* Which of start, pause, resume and stop each state allows. */
static void check_allowed(struct vm *vm, enum vm_state state, const char *allowed)
{
	static const char calls[] = "SPRX";

	for (size_t i = 0; i < sizeof(calls) - 1U; i++) {
		if (strchr(allowed, calls[i]) != NULL) {
			continue;
		}
		assert_int_equal(vm->state, state);
		assert_int_equal(calls[i] == 'S'   ? vm_start(vm)
				 : calls[i] == 'P' ? vm_pause(vm)
				 : calls[i] == 'R' ? vm_resume(vm)
						   : vm_stop(vm, VM_GOAL_OFF),
			PLINTH_EPERM);
		assert_int_equal(vm->state, state);
	}
}

static void states_allow_what_they_allow(void **state)
{
	struct vm *vm = vm_rig_new(1);

	(void)state;
	check_allowed(vm, VM_OFF, "S");
	assert_int_equal(vm_start(vm), PLINTH_OK);
	check_allowed(vm, VM_RUNNING, "PX");
	(void)vm_rig_run();
	assert_int_equal(vm_pause(vm), PLINTH_OK);
	check_allowed(vm, VM_PAUSED, "RX");
	assert_int_equal(vm_stop(vm, VM_GOAL_CRASH), PLINTH_OK);
	check_allowed(vm, VM_STOPPING, "X");
	vm_rig_settle();
	check_allowed(vm, VM_CRASHED, "S");
}

static enum plinth_status wake(struct vm *vm)
{
	bool is_asked = true;
	enum plinth_status status = vm_act(vm, VM_VERB_WAKE, 10, &is_asked);

	assert_false(is_asked);
	return status;
}

/* SYSTEM_SUSPEND of its only vCPU, which runs, and what core/exits does then. */
static void fall_asleep(struct vm *vm)
{
	const uint64_t args[4] = {0x8400000e, vm->config.entry};
	struct psci_reply reply;

	assert_int_equal(psci_call(&vm->psci, 0, args, &reply), OUTCOME_RESCHED);
	(void)sched_block(&vm->vcpu[0].sched);
	assert_null(vm_rig_run());
}

static void only_a_vm_that_sleeps_is_woken(void **state)
{
	struct vm *vm = vm_rig_new(1);
	struct psci_start start;

	(void)state;
	assert_int_equal(wake(vm), PLINTH_EPERM);
	assert_int_equal(vm_start(vm), PLINTH_OK);
	assert_ptr_equal(vm_rig_run(), &vm->vcpu[0]);
	assert_int_equal(psci_entry(&vm->psci, 0, false, &start), PSCI_ENTRY_START);
	assert_int_equal(wake(vm), PLINTH_EPERM);
	fall_asleep(vm);
	assert_int_equal(vm_pause(vm), PLINTH_OK);
	vm_rig_settle();
	assert_int_equal(wake(vm), PLINTH_EPERM);
	assert_int_equal(vm_resume(vm), PLINTH_OK);
	assert_int_equal(wake(vm), PLINTH_OK);
	assert_ptr_equal(vm_rig_run(), &vm->vcpu[0]);
	assert_int_equal(psci_entry(&vm->psci, 0, false, &start), PSCI_ENTRY_START);

	/* It is stopped in its sleep. */
	fall_asleep(vm);
	assert_int_equal(vm_stop(vm, VM_GOAL_OFF), PLINTH_OK);
	vm_rig_settle();
	assert_int_equal(wake(vm), PLINTH_EPERM);
}

static void state_names(void **state)
{
	(void)state;
	assert_string_equal(vm_state_name(VM_OFF), "off");
	assert_string_equal(vm_state_name(VM_CRASHED), "crashed");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, setup)
	static const struct CMUnitTest tests[] = {
		TEST(a_new_vm_is_off_and_found),
		TEST(its_devices_answer),
		TEST(create_refuses),
		TEST(no_allocation_that_fails_leaves_anything),
		TEST(a_run_from_start_to_off),
		TEST(off_gives_the_memory_back),
		TEST(reset_starts_again),
		TEST(starting_is_left_when_memory_is_laid_out),
		TEST(memory_is_laid_out_for_one_vm_after_the_other),
		TEST(a_crash_keeps_memory_and_the_first_reason),
		TEST(a_higher_goal_replaces_a_lower_one),
		TEST(a_pause_stops_vcpus_and_guest_time),
		TEST(states_allow_what_they_allow),
		TEST(only_a_vm_that_sleeps_is_woken),
		TEST(state_names),
	};

	return cmocka_run_group_tests(tests, group_setup, NULL);
}
