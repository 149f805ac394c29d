/* SPDX-License-Identifier: Apache-2.0 */
/* plinthctl trace: what Plinth did last, of all CPUs in the order of time. */
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "commands.h"

#define LOOK_MS 50

struct records {
	struct control_trace *list;
	size_t count;
};

static void read_cpu(uint32_t cpu, uint64_t *number, struct records *records)
{
	struct control_trace batch[CONTROL_MOVE_MAX / sizeof(struct control_trace)];
	struct plinth_control call = {
		.call = CONTROL_TRACE, .arg2 = cpu, .buffer = batch, .size = sizeof(batch)};

	do {
		call.arg = *number;
		ctl_call(&call, "trace");
		*number = call.result[0];
		size_t got = (size_t)call.done / sizeof(batch[0]);

		records->list =
			ctl_alloc(records->list, (records->count + got) * sizeof(records->list[0]));
		memcpy(records->list + records->count, batch, call.done);
		records->count += got;
	} while (call.done == sizeof(batch) / sizeof(batch[0]) * sizeof(batch[0]));
}

static int by_time(const void *a, const void *b)
{
	const struct control_trace *left = a;
	const struct control_trace *right = b;

	return left->time < right->time ? -1 : left->time > right->time;
}

static void show(const struct control_trace *t, uint64_t frequency)
{
	static const char *const kinds[] = {
		[CONTROL_TRACE_KIND_EXIT] = "exit",
		[CONTROL_TRACE_KIND_ENTER] = "enter",
		[CONTROL_TRACE_KIND_IRQ] = "irq",
		[CONTROL_TRACE_KIND_MMIO] = "mmio",
		[CONTROL_TRACE_KIND_FAULT] = "fault",
		[CONTROL_TRACE_KIND_CALL] = "call",
		[CONTROL_TRACE_KIND_SYSREG] = "sysreg",
		[CONTROL_TRACE_KIND_INJECT] = "inject",
		[CONTROL_TRACE_KIND_SCHED] = "sched",
		[CONTROL_TRACE_KIND_VM] = "vm",
		[CONTROL_TRACE_KIND_NOTE] = "note",
	};
	const char *kind = t->kind < ARRAY_SIZE(kinds) ? kinds[t->kind] : "unknown";

	if (ctl_json) {
		json_open(NULL, '{');
		json_number("time", t->time);
		json_string("kind", kind);
		json_number("cpu", t->cpu);
		if (t->vm != CONTROL_NO_VM) {
			json_number("vm", t->vm);
			json_number("vcpu", t->vcpu);
		}
		json_hex("a", t->a);
		json_hex("b", t->b);
		json_close('}');
		json_end();
		return;
	}
	printf("%5llu.%06llu cpu%-2u %-6s ", (unsigned long long)(t->time / frequency),
		(unsigned long long)(t->time % frequency * 1000000U / frequency), t->cpu, kind);
	if (t->vm == CONTROL_NO_VM) {
		printf("   -   ");
	} else {
		printf("%3u.%-3u", t->vm, t->vcpu);
	}
	printf(" %016llx %016llx\n", (unsigned long long)t->a, (unsigned long long)t->b);
}

static void dump(uint64_t *numbers, const struct control_host *host)
{
	struct records records = {0};

	for (uint32_t cpu = 0; cpu < host->cpus; cpu++) {
		read_cpu(cpu, &numbers[cpu], &records);
	}
	if (records.count != 0U) {
		qsort(records.list, records.count, sizeof(records.list[0]), by_time);
	}
	for (size_t i = 0; i < records.count; i++) {
		show(&records.list[i], host->frequency);
	}
	free(records.list);
}

static int turn(bool on)
{
	struct plinth_control call = {.call = CONTROL_TRACE_SET, .arg = on ? 1U : 0U};

	ctl_call(&call, on ? "trace on" : "trace off");
	return EXIT_OK;
}

int command_trace(int count, char **words)
{
	const char *verb = count == 2 ? words[1] : "dump";

	if (count > 2) {
		ctl_usage(words[0]);
	}
	if (strcmp(verb, "on") == 0 || strcmp(verb, "off") == 0) {
		return turn(strcmp(verb, "on") == 0);
	}
	bool follows = strcmp(verb, "follow") == 0;

	if (!follows && strcmp(verb, "dump") != 0) {
		ctl_usage(words[0]);
	}
	struct control_host host = ctl_host();
	uint64_t *numbers = ctl_alloc(NULL, host.cpus * sizeof(*numbers));

	memset(numbers, 0, host.cpus * sizeof(*numbers));
	for (;;) {
		dump(numbers, &host);
		if (!follows) {
			free(numbers);
			return EXIT_OK;
		}
		(void)ctl_wait(-1, -1, LOOK_MS);
	}
}
