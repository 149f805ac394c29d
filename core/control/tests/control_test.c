/* SPDX-License-Identifier: Apache-2.0 */
#include "control_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "arch/sysreg.h"
#include "base/compiler.h"
#include "event/event.h"
#include "fake/at.h"
#include "log/log.h"
#include "trace/trace.h"

#define WHOLE CONTROL_MOVE_MAX

static int group_setup(void **state)
{
	(void)state;
	rig_init();
	return 0;
}

static int setup(void **state)
{
	(void)state;
	rig_reset();
	return 0;
}

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
		enum control_status status = rig_call((enum control_call)i, 0, 0, WHOLE);

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
		assert_int_not_equal(rig_call((enum control_call)i, 0, 0, WHOLE), CONTROL_NO_RIGHT);
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
	rig_prepare(CONTROL_LIST, 0, 0, WHOLE);
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
		rig_prepare(CONTROL_INFO, 0, 0, WHOLE);
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
	assert_int_equal(rig_call(CONTROL_LIST, 0, 0, WHOLE), CONTROL_OK);
	assert_int_equal(rig.x[1], 2U * sizeof(*list));
	assert_int_equal(rig.x[2], 2);
	assert_string_equal(list[0].name, "self");
	assert_string_equal(list[1].name, "other");
	assert_int_equal(list[1].vm, rig.other->id);
	assert_int_equal(list[1].state, CONTROL_STATE_RUNNING);
	assert_int_equal(list[1].memory, VM_RIG_RAM);
	assert_int_equal(rig_call(CONTROL_LIST, 1, 0, sizeof(*list)), CONTROL_OK);
	assert_string_equal(list[0].name, "other");
	assert_int_equal(rig_call(CONTROL_LIST, UINT64_MAX, 0, WHOLE), CONTROL_OK);
	assert_int_equal(rig.x[1], 0);
	assert_int_equal(rig_call(CONTROL_INFO, 0, 0, WHOLE), CONTROL_OK);
	assert_int_equal(rig.x[1], sizeof(*info));
	assert_int_equal(info->flags, VM_FLAG_VMWARE | VM_FLAG_UEFI | VM_FLAG_NVRAM_VOLATILE);
	assert_int_equal(info->weight, VM_WEIGHT_DEFAULT);
	assert_int_equal(rig_call(CONTROL_VCPUS, 0, 0, WHOLE), CONTROL_OK);
	assert_int_equal(rig.x[1], 2U * sizeof(*vcpu));
	assert_int_equal(vcpu[1].id, 1);
	assert_int_equal(vcpu[1].state, CONTROL_VCPU_OFF);
	assert_int_equal(rig_call(CONTROL_HOST, 0, 0, WHOLE), CONTROL_OK);
	assert_int_equal(host->vms, 2);
	assert_int_equal(host->frequency, VM_RIG_HZ);
	assert_int_equal(host->memory_free, vm_rig_free_pages() * PAGE_SIZE);
	rig.other->gmem.counters.split = 77;
	assert_int_equal(rig_call(CONTROL_COUNTERS, 0, 0, WHOLE), CONTROL_OK);
	assert_int_equal(((const struct control_counters *)(const void *)rig.memory)->split, 77);
	assert_int_equal(rig_call(CONTROL_GUEST, 0, 0, WHOLE), CONTROL_OK);
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
	assert_int_equal(rig_call(CONTROL_INFO, 0, 0, WHOLE), CONTROL_OK);
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
	assert_int_equal(rig_call(CONTROL_GUEST, 0, 0, WHOLE), CONTROL_OK);
	assert_int_equal(guest->balloon, size - size / 4U);
	assert_int_equal(guest->balloon_started, 0);
	assert_int_equal(rig_call(CONTROL_SET, size, CONTROL_SET_MEMORY, 0), CONTROL_OK);
	assert_int_equal(rig_call(CONTROL_GUEST, 0, 0, WHOLE), CONTROL_OK);
	assert_int_equal(guest->balloon, 0);
	rig_prepare(CONTROL_SET, 0, CONTROL_SET_MEMORY, 0);
	rig.x[0] = CONTROL_MAGIC | (uint64_t)rig.self->id << 32; /* it has no `vmware` */
	assert_int_equal(rig_run(), BACKDOOR_DONE);
	assert_int_equal(rig.x[0], CONTROL_NOT_SUPPORTED);
}

/* All that wait, from *number on. */
static unsigned events_of(uint64_t *number, uint32_t kind, uint64_t value)
{
	const struct control_event *list = (const void *)rig.memory;
	unsigned found = 0;

	do {
		assert_int_equal(rig_call(CONTROL_EVENTS, *number, 0, WHOLE), CONTROL_OK);
		*number = rig.x[2];
		for (unsigned i = 0; i < rig.x[1] / sizeof(*list); i++) {
			found += list[i].kind == kind && list[i].vm == rig.other->id &&
				 list[i].value == value;
		}
	} while (rig.x[1] != 0U);
	return found;
}

static void events(void **state)
{
	uint64_t number = 0;

	(void)state;
	(void)events_of(&number, 0, 0);
	assert_int_equal(rig.self->gpio.input, 0);
	assert_int_equal(rig_call(CONTROL_PAUSE, 0, 0, 0), CONTROL_OK);
	assert_int_equal(rig.self->gpio.input, 0); /* not before the timer */
	vm_rig_settle();
	assert_int_equal(rig.self->gpio.input, VGPIO_EVENT_LINES);
	assert_int_equal(rig.other->gpio.input, 0);
	assert_int_equal(events_of(&number, CONTROL_EVENT_STATE, CONTROL_STATE_PAUSED), 1);
	assert_int_equal(rig.self->gpio.input, 0);
	assert_int_equal(events_of(&number, CONTROL_EVENT_STATE, CONTROL_STATE_PAUSED), 0);
	for (unsigned i = 0; i < EVENT_RING + 5U; i++) {
		event_post(EVENT_STATE, 1, UINT64_MAX);
	}
	assert_int_equal(rig_call(CONTROL_EVENTS, number, 0, WHOLE), CONTROL_OK);
	assert_int_equal(rig.x[3], 5);
	number = UINT64_MAX;
	assert_int_equal(events_of(&number, CONTROL_EVENT_INFO, 0), 0);
	assert_int_equal(
		rig_call(CONTROL_EVENTS, 0, 0, sizeof(struct control_event)), CONTROL_INVALID);
}

static void messages(void **state)
{
	const struct control_log *line = (const void *)rig.memory;
	uint64_t number = 0;
	bool found = false;

	(void)state;
	log_info("seen by the control VM");
	do {
		assert_int_equal(rig_call(CONTROL_LOG, number, 0, WHOLE), CONTROL_OK);
		number = rig.x[2];
		found = found || strcmp(line->text, "seen by the control VM") == 0;
	} while (rig.x[1] != 0U);
	assert_true(found);
}

static void trace_records(void **state)
{
	static struct trace_ring ring;
	const struct control_trace *list = (const void *)rig.memory;

	(void)state;
	trace_init_cpu(0, &ring);
	assert_int_equal(rig_call(CONTROL_TRACE_SET, 2, 0, 0), CONTROL_INVALID);
	assert_int_equal(rig_call(CONTROL_TRACE_SET, 1, 0, 0), CONTROL_OK);
	trace(TRACE_NOTE, TRACE_NO_VM, 0, 11, 12);
	trace(TRACE_MMIO, 1, 2, 13, 14);
	assert_int_equal(rig_call(CONTROL_TRACE_SET, 0, 0, 0), CONTROL_OK);
	trace(TRACE_NOTE, 1, 2, 15, 16);
	assert_int_equal(rig_call(CONTROL_TRACE, 0, 0, WHOLE), CONTROL_OK);
	assert_int_equal(rig.x[1], 2U * sizeof(*list));
	assert_int_equal(rig.x[2], 2);
	assert_int_equal(list[0].vm, CONTROL_NO_VM);
	assert_int_equal(list[0].a, 11);
	assert_int_equal(list[1].kind, TRACE_MMIO);
	assert_int_equal(list[1].vcpu, 2);
	assert_int_equal(list[1].b, 14);
	assert_int_equal(rig_call(CONTROL_TRACE, 2, 0, WHOLE), CONTROL_OK);
	assert_int_equal(rig.x[1], 0);
	assert_int_equal(rig_call(CONTROL_TRACE, 0, 1, WHOLE), CONTROL_NOT_FOUND);
	assert_int_equal(rig_call(CONTROL_TRACE, 0, UINT32_MAX, WHOLE), CONTROL_NOT_FOUND);
}

static void say(const char *text)
{
	for (; *text != '\0'; text++) {
		(void)console_port_put(&rig.other->terminal.port, (uint8_t)*text);
	}
}

static void consoles(void **state)
{
	uint64_t at;
	uint64_t number = 0;

	(void)state;
	assert_int_equal(rig_call(CONTROL_CONSOLE_READ, 0, 0, WHOLE), CONTROL_OK);
	at = rig.x[2];
	(void)events_of(&number, 0, 0);
	say("hello");
	assert_int_equal(events_of(&number, CONTROL_EVENT_CONSOLE, 0), 1);
	assert_int_equal(rig_call(CONTROL_CONSOLE_READ, at, 0, 2), CONTROL_OK);
	assert_memory_equal(rig.memory, "he", 2);
	assert_int_equal(rig.x[2], at + 2U);
	assert_int_equal(rig_call(CONTROL_CONSOLE_READ, rig.x[2], 0, WHOLE), CONTROL_OK);
	assert_int_equal(rig.x[1], 3);
	assert_int_equal(rig.x[3], 0);
	assert_memory_equal(rig.memory, "llo", 3);
	rig.other->terminal.uart.cr = 0x301;
	rig.other->terminal.uart.rx_count = 0;
	memset(rig.memory, 'x', sizeof(rig.memory));
	assert_int_equal(rig_call(CONTROL_CONSOLE_WRITE, 0, 0, VUART_BACKLOG + 10U), CONTROL_OK);
	assert_int_equal(rig.x[1], VUART_BACKLOG);
	assert_int_equal(rig_call(CONTROL_CONSOLE_WRITE, 0, 0, VUART_BACKLOG + 10U), CONTROL_OK);
	assert_int_equal(rig.x[1], 0);
	assert_false(rig.other->terminal.uart.rx_overrun);
}

static void guestinfo(void **state)
{
	(void)state;
	memcpy(rig.memory, "colour\0blue", 11);
	assert_int_equal(rig_call(CONTROL_INFO_SET, 0, 0, 11), CONTROL_OK);
	memset(rig.memory, 0, sizeof(rig.memory));
	assert_int_equal(rig_call(CONTROL_INFO_KEY, 0, 0, WHOLE), CONTROL_OK);
	assert_string_equal(rig.memory, "colour");
	assert_int_equal(rig_call(CONTROL_INFO_KEY, 1, 0, WHOLE), CONTROL_NOT_FOUND);
	assert_int_equal(rig_call(CONTROL_INFO_KEY, UINT64_MAX, 0, WHOLE), CONTROL_NOT_FOUND);
	assert_int_equal(rig_call(CONTROL_INFO_GET, 1, 0, WHOLE), CONTROL_OK);
	assert_int_equal(rig.x[1], 3);
	assert_int_equal(rig.x[2], 4);
	assert_memory_equal(rig.memory, "lue", 3);
	memcpy(rig.memory, "colour", 7);
	assert_int_equal(rig_call(CONTROL_INFO_GET, UINT64_MAX, 0, WHOLE), CONTROL_OK);
	assert_int_equal(rig.x[1], 0);
	memcpy(rig.memory, "taste", 6);
	assert_int_equal(rig_call(CONTROL_INFO_GET, 0, 0, WHOLE), CONTROL_NOT_FOUND);
	assert_int_equal(rig_call(CONTROL_INFO_GET, 0, 0, 5), CONTROL_INVALID); /* no NUL */
	memset(rig.memory, 'k', 100);
	assert_int_equal(rig_call(CONTROL_INFO_SET, 0, 0, 200), CONTROL_INVALID);
}

static void memory_of_a_vm(void **state)
{
	uint64_t word = 0;

	(void)state;
	memcpy(rig.memory, "12345678", 8);
	assert_int_equal(rig_call(CONTROL_MEMORY_WRITE, VM_RAM_BASE + 0xffc, 0, 8), CONTROL_OK);
	assert_int_equal(rig.x[1], 8);
	assert_int_equal(
		gmem_read(&rig.other->gmem, ipa_init(VM_RAM_BASE + 0xffc), &word, 8), PLINTH_OK);
	assert_memory_equal(&word, "12345678", 8);
	memset(rig.memory, 0, 8);
	assert_int_equal(rig_call(CONTROL_MEMORY_READ, VM_RAM_BASE + 0xffc, 0, 8), CONTROL_OK);
	assert_memory_equal(rig.memory, "12345678", 8);
	assert_int_equal(rig_call(CONTROL_MEMORY_READ, VM_UART_BASE, 0, 8), CONTROL_BAD_ADDRESS);
	assert_int_equal(rig_call(CONTROL_MEMORY_READ, VM_RIG_ROM, 0, 8), CONTROL_OK);
	assert_int_equal(rig_call(CONTROL_MEMORY_WRITE, VM_RIG_ROM, 0, 8), CONTROL_BAD_ADDRESS);
	assert_int_equal(rig_call(CONTROL_MEMORY_READ, VM_RAM_BASE + VM_RIG_RAM - 4U, 0, 8),
		CONTROL_BAD_ADDRESS);
	assert_int_equal(rig_call(CONTROL_MEMORY_READ, UINT64_MAX, 0, 8), CONTROL_BAD_ADDRESS);
	assert_int_equal(rig_call(CONTROL_STOP, 0, 0, 0), CONTROL_OK);
	vm_rig_settle();
	uint64_t free = vm_rig_free_pages();

	assert_int_equal(rig_call(CONTROL_MEMORY_READ, VM_RAM_BASE, 0, 8), CONTROL_BAD_STATE);
	assert_int_equal(rig_call(CONTROL_MEMORY_WRITE, VM_RAM_BASE, 0, 8), CONTROL_BAD_STATE);
	assert_int_equal(vm_rig_free_pages(), free);
}

static void registers(void **state)
{
	struct control_registers *r = (struct control_registers *)(void *)rig.memory;
	struct vcpu_context *ctx = &rig.other->vcpu[0].ctx;

	(void)state;
	assert_int_equal(rig_call(CONTROL_REGISTERS_READ, 0, 0, WHOLE), CONTROL_BAD_STATE);
	assert_int_equal(rig_call(CONTROL_PAUSE, 0, 0, 0), CONTROL_OK);
	vm_rig_settle();
	ctx->x[30] = 30;
	ctx->pc = 0x1234;
	ctx->fp.v[31][1] = 31;
	ctx->sys.ttbr1_el1 = 0x5678;
	assert_int_equal(rig_call(CONTROL_REGISTERS_READ, 0, 0, WHOLE), CONTROL_OK);
	assert_int_equal(rig.x[1], sizeof(*r));
	assert_int_equal(r->x[30], 30);
	assert_int_equal(r->pc, 0x1234);
	assert_int_equal(r->fp[31][1], 31);
	assert_int_equal(r->ttbr1_el1, 0x5678);
	r->pc = 0x4321;
	r->x[0] = 99;
	r->ttbr1_el1 = 1;
	r->pstate = 0x3c4;
	assert_int_equal(rig_call(CONTROL_REGISTERS_WRITE, 0, 0, WHOLE), CONTROL_OK);
	assert_int_equal(ctx->pc, 0x4321);
	assert_int_equal(ctx->x[0], 99);
	assert_int_equal(ctx->pstate, 0x3c4);
	assert_int_equal(ctx->sys.ttbr1_el1, 0x5678);
	assert_int_equal(rig_call(CONTROL_REGISTERS_READ, 0, 2, WHOLE), CONTROL_NOT_FOUND);
}

/* A PSTATE of EL2, of EL3 or of nothing must never get into a vCPU. */
static void no_pstate_above_the_guest(void **state)
{
	struct control_registers *r = (struct control_registers *)(void *)rig.memory;
	struct vcpu_context *ctx = &rig.other->vcpu[0].ctx;

	(void)state;
	assert_int_equal(rig_call(CONTROL_PAUSE, 0, 0, 0), CONTROL_OK);
	vm_rig_settle();
	assert_int_equal(rig_call(CONTROL_REGISTERS_READ, 0, 0, WHOLE), CONTROL_OK);
	uint64_t own = ctx->pstate;

	for (unsigned mode = 0; mode < 32U; mode++) {
		bool good = mode == 0U || mode == 4U || mode == 5U;

		r->pstate = 0x3c0U | mode;
		if (r->pstate == own) {
			continue;
		}
		assert_int_equal(rig_call(CONTROL_REGISTERS_WRITE, 0, 0, WHOLE),
			good ? CONTROL_OK : CONTROL_INVALID);
		assert_int_equal(ctx->pstate, good ? r->pstate : own);
		own = ctx->pstate;
	}
	r->pstate = UINT64_C(1) << 32 | 5U;
	assert_int_equal(rig_call(CONTROL_REGISTERS_WRITE, 0, 0, WHOLE), CONTROL_INVALID);
}

static void looks(void **state)
{
	struct control_look *look = (struct control_look *)(void *)rig.memory;
	unsigned rounds = 0;
	size_t seen = 0;

	(void)state;
	fake_sysregs.cntpct_el0 += VM_RIG_HZ * 11U; /* another test has left one */
	*look = (struct control_look){.kind = CONTROL_LOOK_TRANSLATE,
		.vcpu = CONTROL_LOOK_ANY_VCPU,
		.from = VM_RAM_BASE,
		.to = VM_RAM_BASE};
	assert_int_equal(rig_call(CONTROL_LOOK, 0, 0, WHOLE), CONTROL_OK);
	uint64_t ticket = rig.x[2];

	assert_int_equal(rig_call(CONTROL_LOOK, 0, 0, WHOLE), CONTROL_BUSY);
	do {
		vm_rig_settle();
		assert_int_equal(rig_call(CONTROL_LOOK_READ, ticket, 0, WHOLE), CONTROL_OK);
		seen += rig.x[1];
		rounds++;
	} while (rig.x[2] == 0U && rounds < 100U);
	assert_true(rounds < 100U);
	assert_true(seen > 10U);
	memset(rig.memory, 0, sizeof(rig.memory));
	look->kind = 4;
	assert_int_equal(rig_call(CONTROL_LOOK, 0, 0, WHOLE), CONTROL_INVALID);
	look->kind = 0;
	look->flags = 0x20;
	assert_int_equal(rig_call(CONTROL_LOOK, 0, 0, WHOLE), CONTROL_INVALID);
	look->flags = 0;
	look->vcpu = 7;
	assert_int_equal(rig_call(CONTROL_LOOK, 0, 0, WHOLE), CONTROL_NOT_FOUND);
}

/* With its lines dropped, for the next test. */
static void end_look(uint64_t ticket)
{
	assert_int_equal(rig_call(CONTROL_LOOK_STOP, ticket, 0, 0), CONTROL_OK);
	vm_rig_settle();
	assert_int_equal(rig_call(CONTROL_LOOK_READ, ticket, 0, WHOLE), CONTROL_OK);
	assert_int_equal(rig.x[2], 1);
}

/* Who begins a look and never fetches it keeps nobody else from looking. */
static void a_look_that_is_left_ends(void **state)
{
	struct control_look *look = (struct control_look *)(void *)rig.memory;
	unsigned rounds = 0;

	(void)state;
	*look = (struct control_look){.kind = CONTROL_LOOK_MEMORY,
		.vcpu = CONTROL_LOOK_ANY_VCPU,
		.from = VM_RAM_BASE,
		.to = VM_RAM_BASE + 0xffffU};
	assert_int_equal(rig_call(CONTROL_LOOK, 0, 0, WHOLE), CONTROL_OK);
	vm_rig_settle();
	assert_int_equal(rig_call(CONTROL_LOOK, 0, 0, WHOLE), CONTROL_BUSY);
	fake_sysregs.cntpct_el0 += VM_RIG_HZ * 11U;
	do {
		vm_rig_settle();
		*look = (struct control_look){
			.kind = CONTROL_LOOK_TRANSLATE, .vcpu = CONTROL_LOOK_ANY_VCPU};
		rounds++;
	} while (rig_call(CONTROL_LOOK, 0, 0, WHOLE) == CONTROL_BUSY && rounds < 20U);
	assert_true(rounds < 20U);
	end_look(rig.x[2]);
}

static void translate(struct control_look *look)
{
	*look = (struct control_look){.kind = CONTROL_LOOK_TRANSLATE,
		.vcpu = CONTROL_LOOK_ANY_VCPU,
		.from = VM_RAM_BASE,
		.to = VM_RAM_BASE};
}

/* Two processes of one VM: each has his own look's lines, or none. */
static void a_look_is_its_beginners(void **state)
{
	struct control_look *look = (struct control_look *)(void *)rig.memory;

	(void)state;
	translate(look);
	assert_int_equal(rig_call(CONTROL_LOOK, 0, 0, WHOLE), CONTROL_OK);
	uint64_t first = rig.x[2];

	vm_rig_settle(); /* it is over, and its lines wait */
	translate(look);
	assert_int_equal(rig_call(CONTROL_LOOK, 0, 0, WHOLE), CONTROL_BUSY);
	assert_int_equal(rig_call(CONTROL_LOOK_READ, first + 1U, 0, WHOLE), CONTROL_NOT_FOUND);
	assert_int_equal(rig_call(CONTROL_LOOK_STOP, first + 1U, 0, 0), CONTROL_NOT_FOUND);
	assert_int_equal(rig_call(CONTROL_LOOK_READ, first, 0, WHOLE), CONTROL_OK);
	assert_true(rig.x[1] != 0U);
	assert_int_equal(rig.x[2], 1);
	translate(look);
	assert_int_equal(rig_call(CONTROL_LOOK, 0, 0, WHOLE), CONTROL_OK);
	uint64_t second = rig.x[2];

	assert_int_not_equal(second, first);
	vm_rig_settle();
	assert_int_equal(rig_call(CONTROL_LOOK_READ, first, 0, WHOLE), CONTROL_NOT_FOUND);
	assert_int_equal(rig_call(CONTROL_LOOK_STOP, first, 0, 0), CONTROL_NOT_FOUND);
	/* Who stops it wants no lines that wait. */
	assert_int_equal(rig_call(CONTROL_LOOK_STOP, second, 0, 0), CONTROL_OK);
	translate(look);
	assert_int_equal(rig_call(CONTROL_LOOK, 0, 0, WHOLE), CONTROL_OK);
	second = rig.x[2];
	vm_rig_settle();
	/* Nobody comes for them, as behind a pager: the next one may look, and has his own. */
	fake_sysregs.cntpct_el0 += VM_RIG_HZ * 11U;
	translate(look);
	assert_int_equal(rig_call(CONTROL_LOOK, 0, 0, WHOLE), CONTROL_OK);
	first = rig.x[2];
	vm_rig_settle();
	assert_int_equal(rig_call(CONTROL_LOOK_READ, second, 0, WHOLE), CONTROL_NOT_FOUND);
	end_look(first);
}

/* What is cut off because nobody came for it is not shown as if it were all. */
static void a_look_that_is_cut_off_says_so(void **state)
{
	struct control_look *look = (struct control_look *)(void *)rig.memory;

	(void)state;
	*look = (struct control_look){.kind = CONTROL_LOOK_MEMORY,
		.vcpu = CONTROL_LOOK_ANY_VCPU,
		.from = VM_RAM_BASE,
		.to = VM_RAM_BASE + 0xffffU};
	assert_int_equal(rig_call(CONTROL_LOOK, 0, 0, WHOLE), CONTROL_OK);
	uint64_t ticket = rig.x[2];

	vm_rig_settle();
	assert_int_equal(rig_call(CONTROL_LOOK_READ, ticket, 0, WHOLE), CONTROL_OK);
	assert_int_equal(rig.x[2], 0);
	vm_rig_settle();
	fake_sysregs.cntpct_el0 += VM_RIG_HZ * 11U;
	vm_rig_settle();
	assert_int_equal(rig_call(CONTROL_LOOK_READ, ticket, 0, WHOLE), CONTROL_NOT_FOUND);
	translate(look);
	assert_int_equal(rig_call(CONTROL_LOOK, 0, 0, WHOLE), CONTROL_OK);
	end_look(rig.x[2]);
}

/* Nothing is mapped, as the last level says of each page: the scan of it all takes years. */
static bool nothing_there(
	void *ctx, enum fake_at_form form, unsigned el, bool write, uint64_t gva, uint64_t *par)
{
	(void)ctx;
	(void)form;
	(void)el;
	(void)write;
	(void)gva;
	*par = 0x801U | 7U << 1;
	return true;
}

/* So does one that has no line to show. */
static void a_silent_look_that_is_left_ends(void **state)
{
	struct control_look *look = (struct control_look *)(void *)rig.memory;
	struct vcpu_context *ctx = &rig.other->vcpu[0].ctx;

	(void)state;
	fake_at_hook(nothing_there, NULL);
	assert_int_equal(vm_pause(rig.other), PLINTH_OK);
	vm_rig_settle(); /* its registers are in memory */
	ctx->sys.sctlr_el1 = 1;
	ctx->hcr |= 1U;
	*look = (struct control_look){.kind = CONTROL_LOOK_SCAN, .to = UINT64_MAX};
	assert_int_equal(rig_call(CONTROL_LOOK, 0, 0, WHOLE), CONTROL_OK);
	vm_rig_settle();
	assert_int_equal(rig_call(CONTROL_LOOK, 0, 0, WHOLE), CONTROL_BUSY);
	vm_rig_settle();
	assert_int_equal(rig_call(CONTROL_LOOK, 0, 0, WHOLE), CONTROL_BUSY);
	fake_sysregs.cntpct_el0 += VM_RIG_HZ * 11U;
	assert_int_equal(rig_call(CONTROL_LOOK, 0, 0, WHOLE), CONTROL_BUSY);
	vm_rig_settle();
	*look = (struct control_look){.kind = CONTROL_LOOK_TRANSLATE};
	assert_int_equal(rig_call(CONTROL_LOOK, 0, 0, WHOLE), CONTROL_OK);
	end_look(rig.x[2]);
	fake_at_hook(NULL, NULL);
	assert_int_equal(vm_resume(rig.other), PLINTH_OK);
	vm_rig_settle();
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, setup)
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
		TEST(events),
		TEST(messages),
		TEST(trace_records),
		TEST(consoles),
		TEST(guestinfo),
		TEST(memory_of_a_vm),
		TEST(registers),
		TEST(no_pstate_above_the_guest),
		TEST(looks),
		TEST(a_look_that_is_left_ends),
		TEST(a_look_is_its_beginners),
		TEST(a_look_that_is_cut_off_says_so),
		TEST(a_silent_look_that_is_left_ends),
	};

	return cmocka_run_group_tests(tests, group_setup, NULL);
}
