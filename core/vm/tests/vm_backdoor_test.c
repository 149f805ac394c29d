/* SPDX-License-Identifier: Apache-2.0 */
/* A VM's guestinfo, and power operations by way of its tools. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "arch/sysreg.h"
#include "pmem/pmem.h"
#include "vm/vm.h"
#include "vm/vm_act.h"
#include "vm_rig.h"

#define TCLO UINT32_C(0x4f4c4354)

enum { OPEN, SENDSIZE, SENDPAYLOAD, RECVSIZE, RECVPAYLOAD, RECVSTATUS };

static uint64_t x[BACKDOOR_REGS];

static uint64_t step(struct vm *vm, uint64_t type, uint64_t bx)
{
	static const struct caller caller;
	static struct backdoor_batch batch;

	x[0] = BACKDOOR_MAGIC;
	x[1] = bx;
	x[2] = type << 16 | 30U;
	x[3] = BACKDOOR_PORT;
	x[7] = 0xe;
	assert_int_equal(backdoor_call(&vm->backdoor, x, &caller, &batch), BACKDOOR_DONE);
	return x[2] >> 16;
}

/* One poll of the tools on channel 0; what they are asked is dropped. */
static void poll(struct vm *vm, const char *answer)
{
	size_t size = strlen(answer);

	assert_int_equal(step(vm, SENDSIZE, size) & 1U, 1);
	for (size_t i = 0; i < size; i += 4U) {
		uint32_t word = 0;

		memcpy(&word, answer + i, size - i < 4U ? size - i : 4U);
		assert_int_equal(step(vm, SENDPAYLOAD, word), 1);
	}
	assert_int_equal(step(vm, RECVSIZE, 0) & 1U, 1);
	assert_int_equal(step(vm, RECVSTATUS, 1), 1);
}

static struct vm *with_tools(const char *name)
{
	struct vm *vm = vm_rig_create(name, 1, VM_FLAG_VMWARE);

	assert_int_equal(vm_start(vm), PLINTH_OK);
	vm_rig_settle();
	assert_int_equal(vm_ask(vm, VM_SOFT_OFF, 1), PLINTH_EPERM); /* nobody listens */
	assert_int_equal(step(vm, OPEN, TCLO), 1);
	poll(vm, "");
	poll(vm, "OK ATR toolbox");
	for (unsigned i = 0; i < 5U; i++) {
		poll(vm, "OK ");
	}
	return vm;
}

static void pass_seconds(unsigned seconds)
{
	for (unsigned i = 0; i < seconds * 10U; i++) {
		fake_sysregs.cntpct_el0 += VM_RIG_HZ / 10U;
		timerq_run(fake_sysregs.cntpct_el0);
	}
}

static void presets_are_taken_from_the_config(void **state)
{
	static struct vm_guestinfo info[2];
	static struct vm_config config; /* too large for a frame */
	char value[8] = "";
	const char *why;
	struct vm *vm;
	size_t size;

	(void)state;
	info[0] = (struct vm_guestinfo){(uint64_t) "metadata", (uint64_t) "abc", 8, 3};
	info[1] = (struct vm_guestinfo){(uint64_t) "userdata", (uint64_t) "", 8, 0};
	vm_rig_config(&config, "preset");
	config.flags = VM_FLAG_VMWARE;
	config.guestinfo = (uint64_t)info;
	config.guestinfo_count = 2;
	assert_int_equal(vm_create(&config, &vm, &why), PLINTH_OK);
	assert_int_equal(
		backdoor_info_get(&vm->backdoor, "metadata", 0, value, 8, &size), PLINTH_OK);
	assert_string_equal(value, "abc");
	assert_int_equal(
		backdoor_info_get(&vm->backdoor, "userdata", 0, value, 8, &size), PLINTH_OK);
	assert_int_equal(size, 0);
	uint64_t free_pages = vm_rig_free_pages();

	info[1] = info[0]; /* a key twice: nothing is left behind */
	memcpy(config.name, "twice", sizeof("twice"));
	assert_int_equal(vm_create(&config, &vm, &why), PLINTH_EEXIST);
	assert_int_equal(vm_rig_free_pages(), free_pages);
	config.flags = 0; /* nobody can ask for them */
	assert_int_equal(vm_create(&config, &vm, &why), PLINTH_OK);
}

static void a_guest_that_does_not_halt_is_stopped(void **state)
{
	struct vm *vm = with_tools("stubborn");

	(void)state;
	assert_int_equal(vm_ask(vm, VM_SOFT_OFF, 3), PLINTH_OK);
	pass_seconds(2);
	assert_int_equal(vm->state, VM_RUNNING);
	pass_seconds(2);
	assert_int_equal(vm->state, VM_STOPPING);
	vm_rig_settle();
	assert_int_equal(vm->state, VM_OFF);
}

static void the_limit_is_for_that_run_alone(void **state)
{
	struct vm *vm = with_tools("quick");

	(void)state;
	assert_int_equal(vm_ask(vm, VM_SOFT_OFF, 3), PLINTH_OK);
	assert_int_equal(vm_stop(vm, VM_GOAL_RESET), PLINTH_OK); /* it restarts by itself */
	vm_rig_settle();
	pass_seconds(5);
	assert_int_equal(vm->state, VM_RUNNING);
	assert_int_equal(vm->starts, 2);
	assert_int_equal(vm_stop(vm, VM_GOAL_OFF), PLINTH_OK);
	vm_rig_settle();
}

static void a_restart_comes_in_the_end(void **state)
{
	struct vm *vm = with_tools("again");

	(void)state;
	assert_int_equal(vm_ask(vm, VM_SOFT_RESET, 1), PLINTH_OK);
	pass_seconds(2);
	vm_rig_settle();
	assert_int_equal(vm->state, VM_RUNNING);
	assert_int_equal(vm->starts, 2);
	assert_int_equal(vm_stop(vm, VM_GOAL_OFF), PLINTH_OK);
	vm_rig_settle();
}

static void a_pause_waits_for_the_scripts(void **state)
{
	struct vm *vm = with_tools("sleepy");

	(void)state;
	assert_int_equal(vm_ask(vm, VM_SOFT_PAUSE, 10), PLINTH_OK);
	pass_seconds(1);
	assert_int_equal(vm->state, VM_RUNNING);
	poll(vm, "");
	poll(vm, "ERROR"); /* it has none to run */
	pass_seconds(1);
	assert_int_equal(vm->state, VM_PAUSED);
	assert_int_equal(vm_ask(vm, VM_SOFT_OFF, 1), PLINTH_EPERM);
	pass_seconds(100);
	assert_int_equal(vm_resume(vm), PLINTH_OK);
	assert_int_equal(backdoor_answer(&vm->backdoor, BACKDOOR_RESUME), BACKDOOR_WAITING);
	assert_int_equal(vm_stop(vm, VM_GOAL_OFF), PLINTH_OK);
	vm_rig_settle();
	assert_int_equal(vm->state, VM_OFF);
}

/* As a dump does, or a debugger. */
static void a_moments_pause_forgets_nothing(void **state)
{
	struct vm *vm = with_tools("stopped");

	(void)state;
	assert_int_equal(vm_ask(vm, VM_SOFT_OFF, 3), PLINTH_OK);
	assert_int_equal(vm_pause(vm), PLINTH_OK);
	pass_seconds(1);
	assert_int_equal(vm->state, VM_PAUSED);
	assert_int_equal(vm_resume(vm), PLINTH_OK);
	pass_seconds(1);
	assert_int_equal(vm->state, VM_RUNNING);
	pass_seconds(2);
	vm_rig_settle();
	assert_int_equal(vm->state, VM_OFF);

	/* Nor one that outlasts its time; a pause is what was wanted then. */
	vm = with_tools("asleep");
	assert_int_equal(vm_ask(vm, VM_SOFT_PAUSE, 3), PLINTH_OK);
	assert_int_equal(vm_pause(vm), PLINTH_OK);
	pass_seconds(4);
	assert_int_equal(vm_resume(vm), PLINTH_OK);
	pass_seconds(4);
	assert_int_equal(vm->state, VM_RUNNING);
	assert_int_equal(vm_ask(vm, VM_SOFT_RESET, 3), PLINTH_OK);
	assert_int_equal(vm_pause(vm), PLINTH_OK);
	pass_seconds(4);
	vm_rig_settle();
	assert_int_equal(vm->state, VM_RUNNING);
	assert_int_equal(vm->starts, 2);
	assert_int_equal(vm_stop(vm, VM_GOAL_OFF), PLINTH_OK);
	vm_rig_settle();
}

/* No memory for what it touches next: it is asked, and has its time, as when it ran. */
static void a_starved_guest_is_asked_too(void **state)
{
	struct vm *vm = with_tools("hungry");
	struct pmem_stats s;

	(void)state;
	vm->config.flags |= VM_FLAG_OVERCOMMIT;
	pmem_get_stats(&s);
	assert_int_equal(pmem_reserve(s.free - s.reserved), PLINTH_OK);
	vm_out_of_memory(vm, ipa_init(VM_RAM_BASE));
	assert_int_equal(vm->state, VM_STARVED);
	assert_int_equal(vm_ask(vm, VM_SOFT_OFF, 3), PLINTH_OK);
	pass_seconds(2);
	assert_int_equal(vm->state, VM_STARVED);
	pass_seconds(2);
	vm_rig_settle();
	assert_int_equal(vm->state, VM_OFF);
	pmem_unreserve(s.free - s.reserved);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(presets_are_taken_from_the_config),
		cmocka_unit_test(a_guest_that_does_not_halt_is_stopped),
		cmocka_unit_test(the_limit_is_for_that_run_alone),
		cmocka_unit_test(a_restart_comes_in_the_end),
		cmocka_unit_test(a_pause_waits_for_the_scripts),
		cmocka_unit_test(a_moments_pause_forgets_nothing),
		cmocka_unit_test(a_starved_guest_is_asked_too),
	};

	return cmocka_run_group_tests(tests, vm_rig_group_setup, NULL);
}
