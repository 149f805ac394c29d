/* SPDX-License-Identifier: Apache-2.0 */
#include "fake_plinth.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/bits.h"

struct fake_plinth *fake;
fake_serve_fn *fake_serve[CONTROL_CALL_COUNT];
void (*fake_idle)(void);

static uint32_t give(struct plinth_control *call, const void *data, size_t size)
{
	call->done = min_u64(size, call->size);
	memcpy(call->buffer, data, call->done);
	return CONTROL_OK;
}

static struct control_vm *find(uint32_t vm)
{
	for (uint32_t i = 0; i < fake->count; i++) {
		if (fake->vm[i].vm == vm && fake->vm[i].state != CONTROL_STATE_MAKING) {
			return &fake->vm[i];
		}
	}
	return NULL;
}

static uint32_t serve_hello(struct plinth_control *call)
{
	call->done = CONTROL_CALL_COUNT;
	call->result[0] = fake->own;
	call->result[1] = UINT64_MAX;
	return CONTROL_OK;
}

static uint32_t serve_host(struct plinth_control *call)
{
	const struct control_host host = {.cpus = 2,
		.vms = fake->count,
		.frequency = 1000,
		.now = fake->now_ms,
		.memory_total = 1U << 30,
		.memory_free = 1U << 29};

	return give(call, &host, sizeof(host));
}

static uint32_t serve_list(struct plinth_control *call)
{
	uint64_t left = fake->count - min_u64(call->arg, fake->count);

	(void)give(call, fake->vm + fake->count - left, left * sizeof(fake->vm[0]));
	call->result[0] = fake->count;
	return CONTROL_OK;
}

static uint32_t serve_info(struct plinth_control *call)
{
	const struct control_vm *vm = find(call->vm);

	if (vm == NULL) {
		return CONTROL_NO_SUCH_VM;
	}
	const struct control_info info = {.vm = *vm, .memory_base = 0x40000000U};

	return give(call, &info, sizeof(info));
}

static uint32_t serve_vcpus(struct plinth_control *call)
{
	static const struct control_vcpu vcpu = {.ran = 1000};

	if (find(call->vm) == NULL) {
		return CONTROL_NO_SUCH_VM;
	}
	call->result[0] = 1;
	return call->arg == 0U ? give(call, &vcpu, sizeof(vcpu)) : CONTROL_OK;
}

static uint32_t serve_events(struct plinth_control *call)
{
	const uint32_t size = sizeof(fake->event[0]);
	uint64_t at = min_u64(call->arg, fake->posted);

	fake->is_high = false;
	call->done = min_u64(fake->posted - at, call->size / size) * size;
	memcpy(call->buffer, &fake->event[at], call->done);
	call->result[0] = at + call->done / size;
	if (call->arg != UINT64_MAX) {
		call->result[1] = fake->lost;
		fake->lost = 0;
	}
	return CONTROL_OK;
}

static uint32_t serve_on_a_vm(struct plinth_control *call)
{
	return find(call->vm) != NULL ? CONTROL_OK : CONTROL_NO_SUCH_VM;
}

static fake_serve_fn *const serves[CONTROL_CALL_COUNT] = {
	[CONTROL_HELLO] = serve_hello,
	[CONTROL_HOST] = serve_host,
	[CONTROL_LIST] = serve_list,
	[CONTROL_INFO] = serve_info,
	[CONTROL_VCPUS] = serve_vcpus,
	[CONTROL_EVENTS] = serve_events,
	[CONTROL_START] = serve_on_a_vm,
	[CONTROL_STOP] = serve_on_a_vm,
	[CONTROL_RESET] = serve_on_a_vm,
	[CONTROL_PAUSE] = serve_on_a_vm,
	[CONTROL_RESUME] = serve_on_a_vm,
	[CONTROL_DESTROY] = serve_on_a_vm,
};

uint32_t plinth_control(struct plinth_control *call)
{
	call->size = min_u64(call->size, CONTROL_MOVE_MAX);
	call->done = 0;
	call->result[0] = 0;
	call->result[1] = 0;
	fake->calls[call->call]++;
	fake->last[call->call] = *call;
	if (fake_serve[call->call] != NULL) {
		return fake_serve[call->call](call);
	}
	return serves[call->call] != NULL ? serves[call->call](call) : CONTROL_NOT_SUPPORTED;
}

void fake_post(enum control_event_kind kind, uint32_t vm, uint64_t value)
{
	if (fake->posted == FAKE_EVENTS) {
		abort();
	}
	fake->event[fake->posted] = (struct control_event){fake->now_ms, kind, vm, value};
	fake->posted++;
	if (!fake->is_high) {
		fake->is_high = true;
		fake_edge();
	}
}

struct control_vm *fake_add(const char *name, uint32_t vm, enum control_state state)
{
	struct control_vm *added = &fake->vm[fake->count];

	if (fake->count == FAKE_VMS) {
		abort();
	}
	*added = (struct control_vm){.vm = vm, .state = state, .vcpus = 1, .memory = 1U << 20};
	snprintf(added->name, sizeof(added->name), "%s", name);
	fake->count++;
	return added;
}

void fake_reset(void)
{
	if (fake == NULL) {
		fake = mmap(NULL, sizeof(*fake), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			-1, 0);
		if (fake == MAP_FAILED) {
			abort();
		}
	}
	memset(fake, 0, sizeof(*fake));
	for (unsigned i = 0; i < CONTROL_CALL_COUNT; i++) {
		fake_serve[i] = NULL;
	}
	fake_idle = NULL;
	(void)fake_add("boss", 0, CONTROL_STATE_RUNNING);
	(void)fake_add("web", 1, CONTROL_STATE_RUNNING);
}
