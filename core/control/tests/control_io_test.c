/* SPDX-License-Identifier: Apache-2.0 */
/* What a VM and Plinth say: events, messages, the trace, consoles, guestinfo. */
#include "control_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "event/event.h"
#include "log/log.h"
#include "trace/trace.h"

/* All that wait, from *number on. */
static unsigned events_of(uint64_t *number, uint32_t kind, uint64_t value)
{
	const struct control_event *list = (const void *)rig.memory;
	unsigned found = 0;

	do {
		assert_int_equal(rig_call(CONTROL_EVENTS, *number, 0, RIG_WHOLE), CONTROL_OK);
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
	assert_int_equal(rig_call(CONTROL_EVENTS, number, 0, RIG_WHOLE), CONTROL_OK);
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
		assert_int_equal(rig_call(CONTROL_LOG, number, 0, RIG_WHOLE), CONTROL_OK);
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
	assert_int_equal(rig_call(CONTROL_TRACE, 0, 0, RIG_WHOLE), CONTROL_OK);
	assert_int_equal(rig.x[1], 2U * sizeof(*list));
	assert_int_equal(rig.x[2], 2);
	assert_int_equal(list[0].vm, CONTROL_NO_VM);
	assert_int_equal(list[0].a, 11);
	assert_int_equal(list[1].kind, TRACE_MMIO);
	assert_int_equal(list[1].vcpu, 2);
	assert_int_equal(list[1].b, 14);
	assert_int_equal(rig_call(CONTROL_TRACE, 2, 0, RIG_WHOLE), CONTROL_OK);
	assert_int_equal(rig.x[1], 0);
	assert_int_equal(rig_call(CONTROL_TRACE, 0, 1, RIG_WHOLE), CONTROL_NOT_FOUND);
	assert_int_equal(rig_call(CONTROL_TRACE, 0, UINT32_MAX, RIG_WHOLE), CONTROL_NOT_FOUND);
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
	assert_int_equal(rig_call(CONTROL_CONSOLE_READ, 0, 0, RIG_WHOLE), CONTROL_OK);
	at = rig.x[2];
	(void)events_of(&number, 0, 0);
	say("hello");
	assert_int_equal(events_of(&number, CONTROL_EVENT_CONSOLE, 0), 1);
	assert_int_equal(rig_call(CONTROL_CONSOLE_READ, at, 0, 2), CONTROL_OK);
	assert_memory_equal(rig.memory, "he", 2);
	assert_int_equal(rig.x[2], at + 2U);
	assert_int_equal(rig_call(CONTROL_CONSOLE_READ, rig.x[2], 0, RIG_WHOLE), CONTROL_OK);
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
	assert_int_equal(rig_call(CONTROL_INFO_KEY, 0, 0, RIG_WHOLE), CONTROL_OK);
	assert_string_equal(rig.memory, "colour");
	assert_int_equal(rig_call(CONTROL_INFO_KEY, 1, 0, RIG_WHOLE), CONTROL_NOT_FOUND);
	assert_int_equal(rig_call(CONTROL_INFO_KEY, UINT64_MAX, 0, RIG_WHOLE), CONTROL_NOT_FOUND);
	assert_int_equal(rig_call(CONTROL_INFO_GET, 1, 0, RIG_WHOLE), CONTROL_OK);
	assert_int_equal(rig.x[1], 3);
	assert_int_equal(rig.x[2], 4);
	assert_memory_equal(rig.memory, "lue", 3);
	memcpy(rig.memory, "colour", 7);
	assert_int_equal(rig_call(CONTROL_INFO_GET, UINT64_MAX, 0, RIG_WHOLE), CONTROL_OK);
	assert_int_equal(rig.x[1], 0);
	memcpy(rig.memory, "taste", 6);
	assert_int_equal(rig_call(CONTROL_INFO_GET, 0, 0, RIG_WHOLE), CONTROL_NOT_FOUND);
	assert_int_equal(rig_call(CONTROL_INFO_GET, 0, 0, 5), CONTROL_INVALID); /* no NUL */
	memset(rig.memory, 'k', 100);
	assert_int_equal(rig_call(CONTROL_INFO_SET, 0, 0, 200), CONTROL_INVALID);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, rig_setup)
	static const struct CMUnitTest tests[] = {
		TEST(events),
		TEST(messages),
		TEST(trace_records),
		TEST(consoles),
		TEST(guestinfo),
	};

	return cmocka_run_group_tests(tests, rig_group_setup, NULL);
}
