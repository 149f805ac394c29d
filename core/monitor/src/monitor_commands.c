/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/sysreg.h"
#include "base/compiler.h"
#include "base/string.h"
#include "log/log.h"
#include "monitor_private.h"
#include "trace/trace.h"

#define TRACE_DEFAULT 32U
#define NUMBER_MAX    9999999U

static const char *explain(enum plinth_status status)
{
	switch (status) {
	case PLINTH_ENOENT:
		return "no such VM";
	case PLINTH_EPERM:
		return "not possible in its state";
	case PLINTH_EBUSY:
		return "busy, try again";
	case PLINTH_ENOMEM:
		return "not enough memory";
	case PLINTH_ENOTSUP:
		return "not supported";
	case PLINTH_ERANGE:
		return "no such vCPU";
	case PLINTH_EINVAL:
		return "out of range";
	case PLINTH_OK:
	case PLINTH_EEXIST:
	case PLINTH_EFAULT:
	case PLINTH_ETIMEDOUT:
	case PLINTH_EAGAIN:
		break;
	}
	return plinth_status_name(status);
}

void monitor_report(
	struct monitor *monitor, enum plinth_status status, size_t count, char *const words[])
{
	if (status == PLINTH_OK) {
		return;
	}
	for (size_t i = 0; i < count; i++) {
		monitor_print(monitor, "%s%s", i == 0U ? "" : " ", words[i]);
	}
	monitor_print(monitor, ": %s\n", explain(status));
}

struct vm_verb {
	const char *name;
	enum monitor_verb verb;
	bool is_soft; /* the guest's tools are asked first: takes SECONDS or `now` */
};

static const struct vm_verb vm_verbs[] = {
	{"start", MONITOR_VM_START, false},
	{"stop", MONITOR_VM_STOP, true},
	{"reboot", MONITOR_VM_REBOOT, true},
	{"reset", MONITOR_VM_RESET, false},
	{"pause", MONITOR_VM_PAUSE, true},
	{"resume", MONITOR_VM_RESUME, false},
	{"wake", MONITOR_VM_WAKE, false},
};

/* A number of seconds, MiB or records. */
static bool parse_number(const char *text, uint64_t *number)
{
	return monitor_parse(text, 10, number) && *number <= NUMBER_MAX;
}

/* The word behind the name: none, `now`, or a number of seconds. */
static bool parse_patience(const char *word, struct monitor_act *act)
{
	uint64_t seconds = 0;

	if (word == NULL) {
		act->patience = MONITOR_ASK;
		return true;
	}
	if (strcmp(word, "now") == 0) {
		act->patience = MONITOR_NOW;
		return true;
	}
	act->patience = MONITOR_SECONDS;
	if (!parse_number(word, &seconds)) {
		return false;
	}
	act->seconds = (uint32_t)seconds;
	return true;
}

static void act_on_vm(
	struct monitor *monitor, const struct vm_verb *verb, size_t count, char *const words[])
{
	struct monitor_act act = {.verb = verb->verb};
	const char *word = count == 4U ? words[3] : NULL;

	if (!parse_patience(word, &act) || (word != NULL && !verb->is_soft)) {
		monitor_print(monitor, "vm %s: unknown argument %s%s\n", verb->name, word,
			verb->is_soft ? "; seconds or now" : "");
		return;
	}
	monitor_report(
		monitor, monitor->ops->vm_act(monitor->ctx, &act, words[2], monitor), count, words);
}

static void run_balloon(struct monitor *monitor, size_t count, char *const words[])
{
	const struct monitor_ops *ops = monitor->ops;
	uint64_t mib;

	if (count == 3U) {
		monitor_report(
			monitor, ops->balloon_show(monitor->ctx, words[2], monitor), count, words);
	} else if (!parse_number(words[3], &mib)) {
		monitor_print(monitor, "vm balloon: %s is not a number of MiB\n", words[3]);
	} else {
		monitor_report(
			monitor, ops->balloon_set(monitor->ctx, words[2], mib), count, words);
	}
}

static void run_vm_on(struct monitor *monitor, size_t count, char *const words[])
{
	if (strcmp(words[1], "balloon") == 0) {
		run_balloon(monitor, count, words);
		return;
	}
	if (strcmp(words[1], "info") == 0) {
		monitor_report(monitor, monitor->ops->vm_info(monitor->ctx, words[2], monitor),
			count, words);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(vm_verbs); i++) {
		if (strcmp(words[1], vm_verbs[i].name) == 0) {
			act_on_vm(monitor, &vm_verbs[i], count, words);
			return;
		}
	}
	monitor_print(monitor, "vm: unknown verb %s; `help vm` lists them\n", words[1]);
}

static void run_vm(struct monitor *monitor, size_t count, char *const words[])
{
	if (count >= 3U) {
		run_vm_on(monitor, count, words);
	} else if (count == 1U || strcmp(words[1], "list") == 0) {
		monitor->ops->vm_list(monitor->ctx, monitor);
	} else {
		monitor_print(monitor, "vm %s: needs the name of a VM\n", words[1]);
	}
}

static void run_guestinfo(struct monitor *monitor, size_t count, char *const words[])
{
	const struct monitor_ops *ops = monitor->ops;
	enum plinth_status status;

	if (count == 2U) {
		status = ops->guestinfo_list(monitor->ctx, words[1], monitor);
	} else if (count == 3U) {
		status = ops->guestinfo_get(monitor->ctx, words[1], words[2], monitor);
	} else {
		status = ops->guestinfo_set(monitor->ctx, words[1], words[2], words[3]);
	}
	monitor_report(monitor, status, count, words);
}

static void run_nvram(struct monitor *monitor, size_t count, char *const words[])
{
	monitor_report(monitor, monitor->ops->nvram(monitor->ctx, words[1], monitor), count, words);
}

static void run_mem(struct monitor *monitor, size_t count, char *const words[])
{
	(void)count;
	(void)words;
	monitor->ops->mem(monitor->ctx, monitor);
}

static void run_irq(struct monitor *monitor, size_t count, char *const words[])
{
	const char *name = count == 2U ? words[1] : NULL;

	monitor_report(monitor, monitor->ops->irq(monitor->ctx, name, monitor), count, words);
}

static void run_coherency(struct monitor *monitor, size_t count, char *const words[])
{
	const char *name = count == 2U ? words[1] : NULL;

	monitor_report(monitor, monitor->ops->coherency(monitor->ctx, name, monitor), count, words);
}

static void run_errata(struct monitor *monitor, size_t count, char *const words[])
{
	(void)count;
	(void)words;
	monitor->ops->errata(monitor->ctx, monitor);
}

static void run_console(struct monitor *monitor, size_t count, char *const words[])
{
	monitor_report(monitor, monitor->ops->console(monitor->ctx, words[1]), count, words);
}

static void print_time(struct monitor *monitor, uint64_t time)
{
	uint64_t frequency = read_cntfrq_el0();

	if (frequency == 0U) {
		frequency = 1; /* the firmware has not set it: show ticks */
	}
	monitor_print(monitor, "%5lu.%06lu ", (unsigned long)(time / frequency),
		(unsigned long)(time % frequency * 1000000U / frequency));
}

static void print_event(void *ctx, const struct trace_event *event)
{
	struct monitor *monitor = ctx;

	print_time(monitor, event->time);
	monitor_print(monitor, "cpu%-2u %-6s ", event->cpu, trace_kind_name(event->kind));
	if (event->vm == TRACE_NO_VM) {
		monitor_print(monitor, "   -   ");
	} else {
		monitor_print(monitor, "%3u.%-3u", event->vm, event->vcpu);
	}
	monitor_print(
		monitor, " %016lx %016lx\n", (unsigned long)event->a, (unsigned long)event->b);
}

static void dump_trace(struct monitor *monitor, const char *number)
{
	uint64_t max = TRACE_DEFAULT;

	if (number != NULL && !parse_number(number, &max)) {
		monitor_print(monitor, "trace dump: %s is not a number of records\n", number);
		return;
	}
	if (trace_for_each(max, print_event, monitor) == 0U) {
		monitor_print(monitor, "trace: no records; `trace on` starts it\n");
	}
}

static void run_trace(struct monitor *monitor, size_t count, char *const words[])
{
	if (count == 1U) {
		monitor_print(
			monitor, "trace is %s\n", load_relaxed(&trace_enabled) ? "on" : "off");
	} else if (strcmp(words[1], "dump") == 0) {
		dump_trace(monitor, count == 3U ? words[2] : NULL);
	} else if (count == 2U && strcmp(words[1], "on") == 0) {
		trace_enable(true);
	} else if (count == 2U && strcmp(words[1], "off") == 0) {
		trace_enable(false);
	} else {
		monitor_print(monitor, "trace: unknown argument %s; on, off or dump\n", words[1]);
	}
}

static void dump_log(struct monitor *monitor)
{
	char line[LOG_LINE_SIZE];
	uint64_t time;

	for (uint64_t number = 0; log_next(&number, line, &time) != 0U;) {
		print_time(monitor, time);
		monitor_print(monitor, "%s\n", line);
	}
}

static void run_log(struct monitor *monitor, size_t count, char *const words[])
{
	static const char *const levels[] = {
		[LOG_ERROR] = "error",
		[LOG_WARNING] = "warning",
		[LOG_INFO] = "info",
		[LOG_DEBUG] = "debug",
	};

	if (count == 1U) {
		dump_log(monitor);
		return;
	}
	for (unsigned i = 0; i < ARRAY_SIZE(levels); i++) {
		if (strcmp(words[1], levels[i]) == 0) {
			log_set_level((enum log_level)i);
			return;
		}
	}
	monitor_print(monitor, "log: unknown level %s; error, warning, info or debug\n", words[1]);
}

static void restart_into(struct monitor *monitor, char *const words[], bool image)
{
	const char *why = "not an address";
	uint64_t gpa;

	if (monitor_parse(words[3], 16, &gpa)) {
		why = monitor->ops->restart_into(monitor->ctx, words[2], gpa, image);
	}
	if (why != NULL) {
		monitor_print(monitor, "reboot %s %s %s: %s\n", words[1], words[2], words[3], why);
	}
}

static void run_reboot(struct monitor *monitor, size_t count, char *const words[])
{
	bool image = count == 4U && strcmp(words[1], "--image") == 0;

	if (count == 3U || (count > 1U && !image && strcmp(words[1], "--soft") != 0)) {
		monitor_print(monitor,
			"reboot: unknown argument %s; --soft [NAME GPA], --image NAME GPA\n",
			words[count - 1U]);
	} else if (count == 4U) {
		restart_into(monitor, words, image);
	} else {
		monitor->ops->reboot(monitor->ctx, count == 2U);
	}
}

static void run_poweroff(struct monitor *monitor, size_t count, char *const words[])
{
	(void)count;
	(void)words;
	monitor->ops->poweroff(monitor->ctx);
}

static void run_help(struct monitor *monitor, size_t count, char *const words[]);

static const struct monitor_command commands[] = {
	{"help", "[COMMAND]", "this list, or one line of it", 1, 2, run_help},
	{"vm",
		"[list | start|stop|reboot|reset|pause|resume|wake|info NAME [SECONDS|now] | "
		"balloon NAME [MIB]]",
		"VMs and their life; stop, reboot and pause ask the guest's tools first, balloon "
		"asks it for memory",
		1, 4, run_vm},
	{"guestinfo", "NAME [KEY [VALUE]]", "values that a VM and its guest exchange", 2, 4,
		run_guestinfo},
	{"nvram", "NAME", "a VM's UEFI variables", 2, 2, run_nvram},
	{"mem", "", "memory in use", 1, 1, run_mem},
	{"irq", "[NAME]", "interrupts of the machine, or of a VM", 1, 2, run_irq},
	{"trace", "[on | off | dump [COUNT]]", "what EL2 did last", 1, 3, run_trace},
	{"log", "[error|warning|info|debug]", "Plinth's messages; which ones are shown", 1, 2,
		run_log},
	{"coherency", "[NAME]", "what keeping caches coherent has cost", 1, 2, run_coherency},
	{"errata", "", "workarounds in force", 1, 1, run_errata},
	{"scan", "NAME [--from GVA] [--to GVA] [--el0 | --both] [--vcpu N] [--gpa] [-x] [--wx]",
		"what a VM has mapped; any key stops it", 2, MONITOR_WORDS, monitor_scan},
	{"find-kernel", "NAME [--vcpu N]", "where a VM's Linux kernel is, and its banner", 2, 4,
		monitor_find_kernel},
	{"translate", "NAME GVA [--vcpu N]", "where a virtual address leads", 3, 5,
		monitor_translate},
	{"read", "NAME GVA LENGTH [--vcpu N]", "memory at a virtual address", 4, 6, monitor_read},
	{"console", "NAME", "go to a VM's console", 2, 2, run_console},
	{"reboot", "[--soft [NAME GPA] | --image NAME GPA]",
		"stop all VMs, restart the machine, or Plinth alone, into a bundle on a disk, or "
		"the "
		"plinth.img in it",
		1, 4, run_reboot},
	{"poweroff", "", "stop all VMs, switch the machine off", 1, 1, run_poweroff},
};

const struct monitor_command *monitor_find_command(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		if (strcmp(commands[i].name, name) == 0) {
			return &commands[i];
		}
	}
	return NULL;
}

static void print_help(struct monitor *monitor, const struct monitor_command *command)
{
	monitor_print(monitor, "%s %s\n        %s\n", command->name, command->args, command->help);
}

static void run_help(struct monitor *monitor, size_t count, char *const words[])
{
	if (count == 2U) {
		const struct monitor_command *command = monitor_find_command(words[1]);

		if (command == NULL) {
			monitor_print(monitor, "help: no command %s\n", words[1]);
		} else {
			print_help(monitor, command);
		}
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		print_help(monitor, &commands[i]);
	}
	monitor_print(monitor, "Ctrl-T m goes back to the VM\n");
}
