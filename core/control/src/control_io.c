/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What has happened and what is said: events, messages, trace, consoles, guestinfo.
 */
#include "base/bits.h"
#include "base/compiler.h"
#include "base/nospec.h"
#include "base/string.h"
#include "control_private.h"
#include "event/event.h"
#include "trace/trace.h"

STATIC_ASSERT((int)CONTROL_EVENT_STATE == (int)EVENT_STATE &&
		      (int)CONTROL_EVENT_CONSOLE == (int)EVENT_CONSOLE &&
		      (int)CONTROL_EVENT_INFO == (int)EVENT_INFO &&
		      (int)CONTROL_EVENT_LOOK == (int)EVENT_LOOK,
	"the events of core/event");
#define SAME_KIND(kind)                                                                            \
	STATIC_ASSERT((int)CONTROL_TRACE_KIND_##kind == (int)TRACE_##kind, "core/trace's kind")
SAME_KIND(EXIT);
SAME_KIND(ENTER);
SAME_KIND(IRQ);
SAME_KIND(MMIO);
SAME_KIND(FAULT);
SAME_KIND(CALL);
SAME_KIND(SYSREG);
SAME_KIND(INJECT);
SAME_KIND(SCHED);
SAME_KIND(VM);
SAME_KIND(NOTE);
STATIC_ASSERT((int)TRACE_KIND_COUNT == (int)CONTROL_TRACE_KIND_NOTE + 1, "all of them");
STATIC_ASSERT(VM_MAX <= EVENT_VMS, "ids in events");
STATIC_ASSERT(CONTROL_LOG_TEXT == LOG_LINE_SIZE, "a line of core/log");

#define BATCH 8U

enum control_status control_events(struct call *call)
{
	struct control_event *list = (struct control_event *)(void *)call->data;
	uint32_t room = call->size / sizeof(*list);
	struct event events[BATCH];
	uint32_t count = 0;
	size_t got = BATCH;

	/* First: what comes from now on raises them again. */
	vgpio_set_events(&call->self->gpio, false);
	call->result[0] = call->arg;
	while (got == BATCH && room - count >= BATCH) {
		uint64_t lost;

		got = event_read(&call->result[0], events, BATCH, &lost);
		call->result[1] += lost;
		for (size_t i = 0; i < got; i++, count++) {
			list[count] = (struct control_event){
				.time = events[i].time,
				.kind = events[i].kind,
				.vm = events[i].vm,
				.value = events[i].value,
			};
		}
	}
	call->done = count * (uint32_t)sizeof(*list);
	return room < BATCH ? CONTROL_INVALID : CONTROL_OK;
}

enum control_status control_log_line(struct call *call)
{
	struct control_log *log = (struct control_log *)(void *)call->data;

	call->result[0] = call->arg;
	memset(log, 0, sizeof(*log));
	if (log_next(&call->result[0], log->text, &log->time) != 0U) {
		call->done = sizeof(*log);
	}
	return CONTROL_OK;
}

enum control_status control_trace_read(struct call *call)
{
	struct control_trace *list = (struct control_trace *)(void *)call->data;
	uint32_t room = call->size / sizeof(*list);
	struct trace_event event;

	if (call->arg2 >= vm_host()->cpu_count) {
		return CONTROL_NOT_FOUND;
	}
	cpu_id_t cpu = (cpu_id_t)index_nospec(call->arg2, vm_host()->cpu_count);

	call->result[0] = call->arg;
	for (uint32_t i = 0; i < room && trace_next(cpu, &call->result[0], &event); i++) {
		list[i] = (struct control_trace){
			.time = event.time,
			.kind = event.kind,
			.vm = event.vm == TRACE_NO_VM ? CONTROL_NO_VM : event.vm,
			.vcpu = event.vcpu,
			.cpu = event.cpu,
			.a = event.a,
			.b = event.b,
		};
		call->done += sizeof(*list);
	}
	return CONTROL_OK;
}

enum control_status control_trace_set(struct call *call)
{
	if (call->arg > 1U) {
		return CONTROL_INVALID;
	}
	trace_enable(call->arg != 0U);
	return CONTROL_OK;
}

enum control_status control_console_read(struct call *call)
{
	uint32_t position = (uint32_t)call->arg;
	uint32_t lost;

	call->done = (uint32_t)console_port_read(
		&call->vm->terminal.port, &position, call->data, call->size, &lost);
	call->result[0] = position;
	call->result[1] = lost;
	return CONTROL_OK;
}

enum control_status control_console_write(struct call *call)
{
	/* No more than there is room for: the guest would be told of an overrun. */
	size_t size = min_u64(call->size, vuart_input_room(&call->vm->terminal.uart));

	call->done = (uint32_t)vuart_input(&call->vm->terminal.uart, call->data, size);
	return CONTROL_OK;
}

enum control_status control_info_key(struct call *call)
{
	if (call->arg >= BACKDOOR_INFO_MAX) {
		return CONTROL_NOT_FOUND;
	}
	memset(call->data, 0, BACKDOOR_KEY_SIZE);
	enum plinth_status status =
		backdoor_info_key(&call->vm->backdoor, (size_t)call->arg, (char *)call->data);

	call->done = BACKDOOR_KEY_SIZE;
	return control_of(status);
}

/* The key at the start of the buffer, cut out of it; false: none that could be one. */
static bool take_key(const struct call *call, char *key, size_t *size)
{
	*size = strnlen((const char *)call->data, min_u64(call->size, BACKDOOR_KEY_SIZE));
	if (*size == call->size || *size == BACKDOOR_KEY_SIZE) {
		return false;
	}
	memcpy(key, call->data, *size + 1U);
	return true;
}

enum control_status control_info_get(struct call *call)
{
	char key[BACKDOOR_KEY_SIZE];
	size_t size;

	if (!take_key(call, key, &size)) {
		return CONTROL_INVALID;
	}
	enum plinth_status status = backdoor_info_get(
		&call->vm->backdoor, key, (size_t)call->arg, call->data, call->size, &size);

	if (status != PLINTH_OK) {
		return control_of(status);
	}
	call->done = (uint32_t)min_u64(call->size, size - min_u64(size, call->arg));
	call->result[0] = size;
	return CONTROL_OK;
}

enum control_status control_info_set(struct call *call)
{
	char key[BACKDOOR_KEY_SIZE];
	size_t size;

	if (!take_key(call, key, &size)) {
		return CONTROL_INVALID;
	}
	call->done = call->size;
	return control_of(backdoor_info_set(
		&call->vm->backdoor, key, call->data + size + 1U, call->size - size - 1U));
}
