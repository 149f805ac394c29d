/* SPDX-License-Identifier: Apache-2.0 */
/* plinthctl events: what has happened to VMs. */
#include <string.h>

#include "commands.h"

struct reader {
	uint64_t number;
	uint64_t frequency;
};

static const char *kind_name(uint32_t kind)
{
	switch (kind) {
	case CONTROL_EVENT_STATE:
		return "state";
	case CONTROL_EVENT_CONSOLE:
		return "console";
	case CONTROL_EVENT_INFO:
		return "guestinfo";
	case CONTROL_EVENT_LOOK:
		return "look";
	case CONTROL_EVENT_NVRAM:
		return "nvram";
	case CONTROL_EVENT_DEBUG:
		return "debug";
	default:
		return "unknown";
	}
}

static void show(const struct control_event *event, uint64_t frequency)
{
	bool is_state = event->kind == CONTROL_EVENT_STATE;

	if (ctl_json) {
		json_open(NULL, '{');
		json_number("time_us", event->time / frequency * 1000000U +
					       event->time % frequency * 1000000U / frequency);
		json_string("event", kind_name(event->kind));
		json_string("vm", ctl_name(event->vm));
		if (event->vm != CONTROL_NO_VM) {
			json_number("id", event->vm);
		}
		if (is_state) {
			json_string("state", ctl_state_name(event->value));
		}
		json_close('}');
		json_end();
		return;
	}
	char handle[16] = "-";
	const char *name = ctl_name(event->vm);

	/* One that has left has no name any more. */
	if (event->vm != CONTROL_NO_VM) {
		snprintf(handle, sizeof(handle), "(id %u)", event->vm);
	}
	printf("%5llu.%06llu %-9s %s%s%s\n", (unsigned long long)(event->time / frequency),
		(unsigned long long)(event->time % frequency * 1000000U / frequency),
		kind_name(event->kind), strcmp(name, "-") == 0 ? handle : name,
		is_state ? ": " : "", is_state ? ctl_state_name(event->value) : "");
}

static void show_lost(uint64_t count)
{
	if (ctl_json) {
		json_open(NULL, '{');
		json_number("lost", count);
		json_close('}');
		json_end();
	} else {
		printf("[%llu older events are gone]\n", (unsigned long long)count);
	}
}

/* All that wait. */
static void read_events(struct reader *reader)
{
	struct control_event events[128];
	struct plinth_control call = {
		.call = CONTROL_EVENTS, .buffer = events, .size = sizeof(events)};

	do {
		call.arg = reader->number;
		ctl_call(&call, "events");
		reader->number = call.result[0];
		if (call.result[1] != 0U) {
			show_lost(call.result[1]);
		}
		for (size_t i = 0; i < call.done / sizeof(events[0]); i++) {
			show(&events[i], reader->frequency);
		}
	} while (call.done != 0U);
}

int command_events(int count, char **words)
{
	bool follows = count == 2 && ctl_flag(words[1], "--follow");
	struct reader reader = {0};
	int line = -1;

	if (count > 2 || (count == 2 && !follows)) {
		ctl_usage(words[0]);
	}
	reader.frequency = ctl_host().frequency;
	if (follows) {
		line = ctl_wait_open();
	}
	for (;;) {
		read_events(&reader);
		if (!follows) {
			return EXIT_OK;
		}
		(void)ctl_wait(line, -1, -1);
	}
}
