/* SPDX-License-Identifier: Apache-2.0 */
/* Who may call, how calls are refused, what they tell of VMs and do to them. */
#include "control_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"

/* The right of each call, written down a second time. */
#define DEBUG (VM_RIGHT_MEMORY | VM_RIGHT_POWER)

static const uint32_t rights[CONTROL_CALL_COUNT] = {
	[CONTROL_HELLO] = 0,
	[CONTROL_HOST] = VM_RIGHT_OBSERVE,
	[CONTROL_LIST] = VM_RIGHT_OBSERVE,
	[CONTROL_INFO] = VM_RIGHT_OBSERVE,
	[CONTROL_VCPUS] = VM_RIGHT_OBSERVE,
	[CONTROL_COUNTERS] = VM_RIGHT_OBSERVE,
	[CONTROL_GUEST] = VM_RIGHT_OBSERVE,
	[CONTROL_START] = VM_RIGHT_POWER,
	[CONTROL_STOP] = VM_RIGHT_POWER,
	[CONTROL_RESET] = VM_RIGHT_POWER,
	[CONTROL_PAUSE] = VM_RIGHT_POWER,
	[CONTROL_RESUME] = VM_RIGHT_POWER,
	[CONTROL_SET] = VM_RIGHT_CONFIG,
	[CONTROL_EVENTS] = VM_RIGHT_OBSERVE,
	[CONTROL_LOG] = VM_RIGHT_OBSERVE,
	[CONTROL_TRACE] = VM_RIGHT_OBSERVE,
	[CONTROL_TRACE_SET] = VM_RIGHT_CONFIG,
	[CONTROL_CONSOLE_READ] = VM_RIGHT_OBSERVE,
	[CONTROL_CONSOLE_WRITE] = VM_RIGHT_CONFIG,
	[CONTROL_INFO_KEY] = VM_RIGHT_OBSERVE,
	[CONTROL_INFO_GET] = VM_RIGHT_OBSERVE,
	[CONTROL_INFO_SET] = VM_RIGHT_CONFIG,
	[CONTROL_MEMORY_READ] = VM_RIGHT_MEMORY,
	[CONTROL_MEMORY_WRITE] = VM_RIGHT_MEMORY,
	[CONTROL_REGISTERS_READ] = VM_RIGHT_MEMORY,
	[CONTROL_REGISTERS_WRITE] = VM_RIGHT_MEMORY,
	[CONTROL_LOOK] = VM_RIGHT_MEMORY,
	[CONTROL_LOOK_READ] = VM_RIGHT_MEMORY,
	[CONTROL_LOOK_STOP] = VM_RIGHT_MEMORY,
	[CONTROL_NVRAM_READ] = VM_RIGHT_OBSERVE,
	[CONTROL_NVRAM_WRITE] = VM_RIGHT_CONFIG,
	[CONTROL_CREATE] = VM_RIGHT_CONFIG,
	[CONTROL_CREATE_STEP] = VM_RIGHT_CONFIG,
	[CONTROL_CREATE_PUT] = VM_RIGHT_CONFIG,
	[CONTROL_CREATE_WHY] = VM_RIGHT_CONFIG,
	[CONTROL_DESTROY] = VM_RIGHT_POWER | VM_RIGHT_CONFIG,
	[CONTROL_DEBUG_ATTACH] = DEBUG,
	[CONTROL_DEBUG_DETACH] = DEBUG,
	[CONTROL_DEBUG_SET] = DEBUG,
	[CONTROL_DEBUG_PATCH] = DEBUG,
	[CONTROL_DEBUG_RESUME] = DEBUG,
	[CONTROL_DEBUG_LOOK] = DEBUG,
};

static void every_right_is_refused_when_missing(void **state)
{
	(void)state;
	for (unsigned i = 0; i < CONTROL_CALL_COUNT; i++) {
		rig.self->config.rights = VM_RIGHT_ALL & ~rights[i];
		enum control_status status = rig_call((enum control_call)i, 0, 0, RIG_WHOLE);

		if (rights[i] == 0U) {
			assert_int_equal(status, CONTROL_OK);
			continue;
		}
		assert_int_equal(status, CONTROL_NO_RIGHT);
		assert_int_equal(rig.x[1], rights[i] & -rights[i]); /* the first of them */
		assert_int_equal(rig.copied, 0);
		rig.self->config.rights = rights[i];
		if (i == CONTROL_DESTROY) {
			continue; /* its own test has it: the other VM is to stay */
		}
		assert_int_not_equal(
			rig_call((enum control_call)i, 0, 0, RIG_WHOLE), CONTROL_NO_RIGHT);
		rig_reset();
	}
}

static void the_token_is_all_of_it(void **state)
{
	(void)state;
	assert_true(rig.self->has_token);
	for (unsigned bit = 0; bit < 128U; bit++) {
		rig_prepare(CONTROL_HELLO, 0, 0, 0);
		rig.x[5U + bit / 64U] ^= UINT64_C(1) << bit % 64U;
		assert_int_equal(rig_run(), BACKDOOR_DONE);
		assert_int_equal(rig.x[0], CONTROL_DENIED);
		assert_int_equal(rig.x[2], 0);
	}
	assert_int_equal(rig_call(CONTROL_HELLO, 0, 0, 0), CONTROL_OK);
	rig.self->has_token = false;
	assert_int_equal(rig_call(CONTROL_HELLO, 0, 0, 0), CONTROL_DENIED);
	rig.self->has_token = true;
}

static void each_start_has_a_token_of_its_own(void **state)
{
	uint8_t before[VM_TOKEN_SIZE];

	(void)state;
	memcpy(before, rig.self->token, sizeof(before));
	assert_int_equal(vm_stop(rig.self, VM_GOAL_RESET), PLINTH_OK);
	vm_rig_settle();
	assert_int_equal(rig.self->state, VM_RUNNING);
	assert_memory_not_equal(before, rig.self->token, sizeof(before));
	rig_prepare(CONTROL_HELLO, 0, 0, 0);
	memcpy(&rig.x[5], before, sizeof(before));
	assert_int_equal(rig_run(), BACKDOOR_DONE);
	assert_int_equal(rig.x[0], CONTROL_DENIED);
}

static void unknown_versions_and_calls_say_so(void **state)
{
	(void)state;
	rig_prepare(CONTROL_HELLO, 0, 0, 0);
	rig.x[1] = (rig.x[1] & ~UINT64_C(0xffff)) | 2U;
	rig.x[5] = 0; /* whoever asks for the version has no token yet */
	assert_int_equal(rig_run(), BACKDOOR_DONE);
	assert_int_equal(rig.x[0], CONTROL_BAD_VERSION);
	assert_int_equal(rig.x[1], CONTROL_VERSION);
	for (unsigned i = CONTROL_CALL_COUNT; i < 0x10000U; i++) {
		assert_int_equal(rig_call((enum control_call)i, 0, 0, 0), CONTROL_BAD_CALL);
	}
}

static void others_get_vmwares_answer(void **state)
{
	static const struct caller el1 = {.el = 1};
	static const struct caller el0 = {.el = 0};
	static struct backdoor_batch batch;

	(void)state;
	rig_prepare(CONTROL_HELLO, 0, 0, 0);
	assert_int_equal(backdoor_call(&rig.self->backdoor, rig.x, &el1, &batch), BACKDOOR_DONE);
	assert_int_equal(rig.x[0], BACKDOOR_UNKNOWN);
	rig_prepare(CONTROL_HELLO, 0, 0, 0);
	assert_int_equal(backdoor_call(&rig.other->backdoor, rig.x, &el0, &batch), BACKDOOR_DONE);
	assert_int_equal(rig.x[0], BACKDOOR_UNKNOWN);
	for (unsigned i = 0; i < 3U; i++) {
		rig_prepare(CONTROL_HELLO, 0, 0, 0);
		rig.x[0] ^= i == 0U ? 1U : 0U;
		rig.x[3] ^= i == 1U ? 1U : 0U;
		rig.x[7] ^= i == 2U ? 4U : 0U; /* OUT */
		assert_int_equal(rig_run(), BACKDOOR_DONE);
		assert_int_equal(rig.x[0], BACKDOOR_UNKNOWN);
	}
}

static void a_missing_page_is_a_fault_and_nothing_else(void **state)
{
	uint64_t before[BACKDOOR_REGS];

	(void)state;
	rig.access[1] = RIG_ABSENT;
	rig_prepare(CONTROL_LIST, 0, 0, RIG_WHOLE);
	rig.x[4] += PAGE_SIZE - 8U;
	memcpy(before, rig.x, sizeof(before));
	assert_int_equal(rig_run(), BACKDOOR_FAULT);
	assert_memory_equal(before, rig.x, sizeof(before));
	assert_int_equal(rig.copied, 0);
	rig.access[1] = RIG_READ_ONLY;
	assert_int_equal(rig_run(), BACKDOOR_FAULT);
	rig.access[1] = RIG_READ_WRITE;
	assert_int_equal(rig_run(), BACKDOOR_DONE);
	assert_int_equal(rig.x[0], CONTROL_OK);
	/* What is only read may be read-only. */
	rig.access[0] = RIG_READ_ONLY;
	assert_int_equal(rig_call(CONTROL_CONSOLE_WRITE, 0, 0, 4), CONTROL_OK);
}

static void too_small_a_buffer_is_refused(void **state)
{
	(void)state;
	assert_int_equal(
		rig_call(CONTROL_HOST, 0, 0, sizeof(struct control_host) - 1U), CONTROL_INVALID);
	assert_int_equal(rig_call(CONTROL_INFO, 0, 0, 0), CONTROL_INVALID);
	assert_int_equal(rig.copied, 0);
}

static void vms_that_are_not_there(void **state)
{
	static const uint32_t ids[] = {2, 255, 256, 0x7fffffff, CONTROL_NO_VM};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(ids); i++) {
		rig_prepare(CONTROL_INFO, 0, 0, RIG_WHOLE);
		rig.x[0] = CONTROL_MAGIC | (uint64_t)ids[i] << 32;
		assert_int_equal(rig_run(), BACKDOOR_DONE);
		assert_int_equal(rig.x[0], CONTROL_NO_SUCH_VM);
	}
}

static void what_there_is(void **state)
{
	const struct control_vm *list = (const void *)rig.memory;
	const struct control_info *info = (const void *)rig.memory;
	const struct control_host *host = (const void *)rig.memory;
	const struct control_vcpu *vcpu = (const void *)rig.memory;

	(void)state;
	assert_int_equal(rig_call(CONTROL_HELLO, 0, 0, 0), CONTROL_OK);
	assert_int_equal(rig.x[1], CONTROL_CALL_COUNT);
	assert_int_equal(rig.x[2], rig.self->id);
	assert_int_equal(rig.x[3], VM_RIGHT_ALL);
	assert_int_equal(rig_call(CONTROL_LIST, 0, 0, RIG_WHOLE), CONTROL_OK);
	assert_int_equal(rig.x[1], 2U * sizeof(*list));
	assert_int_equal(rig.x[2], 2);
	assert_string_equal(list[0].name, "self");
	assert_string_equal(list[1].name, "other");
	assert_int_equal(list[1].vm, rig.other->id);
	assert_int_equal(list[1].state, CONTROL_STATE_RUNNING);
	assert_int_equal(list[1].memory, VM_RIG_RAM);
	assert_int_equal(rig_call(CONTROL_LIST, 1, 0, sizeof(*list)), CONTROL_OK);
	assert_string_equal(list[0].name, "other");
	assert_int_equal(rig_call(CONTROL_LIST, UINT64_MAX, 0, RIG_WHOLE), CONTROL_OK);
	assert_int_equal(rig.x[1], 0);
	assert_int_equal(rig_call(CONTROL_INFO, 0, 0, RIG_WHOLE), CONTROL_OK);
	assert_int_equal(rig.x[1], sizeof(*info));
	assert_int_equal(info->flags, VM_FLAG_VMWARE | VM_FLAG_UEFI | VM_FLAG_NVRAM_VOLATILE);
	assert_int_equal(info->weight, VM_WEIGHT_DEFAULT);
	assert_int_equal(rig_call(CONTROL_VCPUS, 0, 0, RIG_WHOLE), CONTROL_OK);
	assert_int_equal(rig.x[1], 2U * sizeof(*vcpu));
	assert_int_equal(vcpu[1].id, 1);
	assert_int_equal(vcpu[1].state, CONTROL_VCPU_OFF);
	assert_int_equal(rig_call(CONTROL_HOST, 0, 0, RIG_WHOLE), CONTROL_OK);
	assert_int_equal(host->vms, 2);
	assert_int_equal(host->frequency, VM_RIG_HZ);
	assert_int_equal(host->memory_free, vm_rig_free_pages() * PAGE_SIZE);
	rig.other->gmem.counters.split = 77;
	assert_int_equal(rig_call(CONTROL_COUNTERS, 0, 0, RIG_WHOLE), CONTROL_OK);
	assert_int_equal(((const struct control_counters *)(const void *)rig.memory)->split, 77);
	assert_int_equal(rig_call(CONTROL_GUEST, 0, 0, RIG_WHOLE), CONTROL_OK);
	assert_int_equal(rig.x[1], sizeof(struct control_guest));
}

static void power(void **state)
{
	(void)state;
	assert_int_equal(rig_call(CONTROL_START, 0, 0, 0), CONTROL_BAD_STATE);
	assert_int_equal(rig_call(CONTROL_RESUME, 0, 0, 0), CONTROL_BAD_STATE);
	assert_int_equal(rig_call(CONTROL_PAUSE, 0, 0, 0), CONTROL_OK);
	assert_int_equal(rig.other->state, VM_PAUSED);
	assert_int_equal(rig_call(CONTROL_RESUME, 0, 0, 0), CONTROL_OK);
	assert_int_equal(rig.other->state, VM_RUNNING);
	uint32_t starts = rig.other->starts;

	assert_int_equal(rig_call(CONTROL_RESET, 5, 0, 0), CONTROL_OK);
	assert_int_equal(rig.x[2], 0); /* nobody there to be asked */
	vm_rig_settle();
	assert_int_equal(rig.other->starts, starts + 1U);
	assert_int_equal(rig_call(CONTROL_STOP, 86401, 0, 0), CONTROL_INVALID);
	assert_int_equal(rig_call(CONTROL_STOP, 0, 0, 0), CONTROL_OK);
	vm_rig_settle();
	assert_int_equal(rig.other->state, VM_OFF);
	assert_int_equal(rig_call(CONTROL_STOP, 0, 0, 0), CONTROL_BAD_STATE);
	assert_int_equal(rig_call(CONTROL_START, 0, 0, 0), CONTROL_OK);
	vm_rig_settle();
	assert_int_equal(rig.other->state, VM_RUNNING);
}

static void settings(void **state)
{
	(void)state;
	assert_int_equal(rig_call(CONTROL_SET, 300, CONTROL_SET_WEIGHT, 0), CONTROL_OK);
	assert_int_equal(rig.other->config.weight, 300);
	assert_int_equal(rig.other->vcpu[1].sched.weight, 300);
	assert_int_equal(rig_call(CONTROL_SET, 0, CONTROL_SET_WEIGHT, 0), CONTROL_INVALID);
	assert_int_equal(rig_call(CONTROL_SET, 10001, CONTROL_SET_WEIGHT, 0), CONTROL_INVALID);
	assert_int_equal(rig_call(CONTROL_SET, 1, CONTROL_SET_AFFINITY, 0), CONTROL_OK);
	assert_int_equal(rig.other->config.affinity, 1);
	assert_int_equal(rig_call(CONTROL_SET, 1, 4, 0), CONTROL_NOT_SUPPORTED);
	assert_int_equal(rig_call(CONTROL_SET, 1, UINT32_MAX, 0), CONTROL_NOT_SUPPORTED);
}

/* Which of its two vCPUs the guest may put online. */
static void vcpus_online(void **state)
{
	const struct control_info *info = (const void *)rig.memory;
	const uint64_t cpu_on[4] = {UINT64_C(0xc4000003), psci_mpidr(1), VM_RAM_BASE, 0};
	struct psci_reply reply;

	(void)state;
	assert_int_equal(rig_call(CONTROL_SET, 0, CONTROL_SET_VCPUS, 0), CONTROL_INVALID);
	assert_int_equal(rig_call(CONTROL_SET, 3, CONTROL_SET_VCPUS, 0), CONTROL_INVALID);
	assert_int_equal(rig_call(CONTROL_SET, UINT64_C(1) << 32 | 1U, CONTROL_SET_VCPUS, 0),
		CONTROL_INVALID);
	assert_int_equal(rig_call(CONTROL_SET, 1, CONTROL_SET_VCPUS, 0), CONTROL_OK);
	assert_int_equal(rig_call(CONTROL_INFO, 0, 0, RIG_WHOLE), CONTROL_OK);
	assert_int_equal(info->vcpus_max, 1);
	(void)psci_call(&rig.other->psci, 0, cpu_on, &reply);
	assert_int_equal((int64_t)reply.x0, PSCI_DENIED);
	assert_int_equal(rig_call(CONTROL_SET, 2, CONTROL_SET_VCPUS, 0), CONTROL_OK);
	(void)psci_call(&rig.other->psci, 0, cpu_on, &reply);
	assert_int_equal((int64_t)reply.x0, PSCI_SUCCESS);
	assert_int_equal(rig_call(CONTROL_STOP, 0, 0, 0), CONTROL_OK);
}

/* Less than all is the balloon's to bring about. */
static void memory_within_limits(void **state)
{
	const struct control_guest *guest = (const void *)rig.memory;
	uint64_t size = rig.other->config.ram_size;

	(void)state;
	assert_int_equal(rig_call(CONTROL_SET, size + 1U, CONTROL_SET_MEMORY, 0), CONTROL_INVALID);
	assert_int_equal(rig_call(CONTROL_SET, size / 4U, CONTROL_SET_MEMORY, 0), CONTROL_OK);
	assert_int_equal(rig_call(CONTROL_GUEST, 0, 0, RIG_WHOLE), CONTROL_OK);
	assert_int_equal(guest->balloon, size - size / 4U);
	assert_int_equal(guest->balloon_started, 0);
	assert_int_equal(rig_call(CONTROL_SET, size, CONTROL_SET_MEMORY, 0), CONTROL_OK);
	assert_int_equal(rig_call(CONTROL_GUEST, 0, 0, RIG_WHOLE), CONTROL_OK);
	assert_int_equal(guest->balloon, 0);
	rig_prepare(CONTROL_SET, 0, CONTROL_SET_MEMORY, 0);
	rig.x[0] = CONTROL_MAGIC | (uint64_t)rig.self->id << 32; /* it has no `vmware` */
	assert_int_equal(rig_run(), BACKDOOR_DONE);
	assert_int_equal(rig.x[0], CONTROL_NOT_SUPPORTED);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, rig_setup)
	static const struct CMUnitTest tests[] = {
		TEST(every_right_is_refused_when_missing),
		TEST(the_token_is_all_of_it),
		TEST(each_start_has_a_token_of_its_own),
		TEST(unknown_versions_and_calls_say_so),
		TEST(others_get_vmwares_answer),
		TEST(a_missing_page_is_a_fault_and_nothing_else),
		TEST(too_small_a_buffer_is_refused),
		TEST(vms_that_are_not_there),
		TEST(what_there_is),
		TEST(power),
		TEST(settings),
		TEST(vcpus_online),
		TEST(memory_within_limits),
	};

	return cmocka_run_group_tests(tests, rig_group_setup, NULL);
}
