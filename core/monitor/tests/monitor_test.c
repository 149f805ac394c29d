/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "arch/cpu.h"
#include "log/log.h"
#include "monitor/monitor.h"
#include "percpu/percpu.h"
#include "trace/trace.h"

static struct percpu cpu0;
static struct monitor monitor;
static char screen[1 << 18];
static size_t screen_count;
static char calls[1024]; /* what the fake below was asked */
static unsigned flood;

static void called(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void called(const char *format, ...)
{
	size_t used = strlen(calls);
	va_list args;

	va_start(args, format);
	vsnprintf(calls + used, sizeof(calls) - used, format, args);
	va_end(args);
}

static enum plinth_status check_name(const char *name)
{
	if (name != NULL && strcmp(name, "alpha") != 0) {
		return PLINTH_ENOENT;
	}
	return PLINTH_OK;
}

static const char *shown(const char *name)
{
	return name != NULL ? name : "all";
}

static enum plinth_status vm_act(
	void *ctx, const struct monitor_act *act, const char *name, struct monitor *out)
{
	(void)out;
	assert_ptr_equal(ctx, calls);
	called("act %d %s;", (int)act->verb, name);
	if (act->patience != MONITOR_ASK) {
		called("patience %d %u;", (int)act->patience, act->seconds);
	}
	return act->verb == MONITOR_VM_RESUME ? PLINTH_EPERM : check_name(name);
}

static enum plinth_status nvram(void *ctx, const char *name, struct monitor *out)
{
	(void)ctx;
	(void)out;
	called("nvram %s;", name);
	return check_name(name);
}

static enum plinth_status guestinfo_list(void *ctx, const char *name, struct monitor *out)
{
	(void)ctx;
	(void)out;
	called("values %s;", name);
	return check_name(name);
}

static enum plinth_status guestinfo_get(
	void *ctx, const char *name, const char *key, struct monitor *out)
{
	(void)ctx;
	(void)out;
	called("value %s %s;", name, key);
	return check_name(name);
}

static enum plinth_status guestinfo_set(
	void *ctx, const char *name, const char *key, const char *value)
{
	(void)ctx;
	called("set %s %s %s;", name, key, value);
	return check_name(name);
}

static void vm_list(void *ctx, struct monitor *out)
{
	(void)ctx;
	called("list;");
	for (unsigned i = 0; i < flood; i++) {
		monitor_print(out, "row %u\n", i);
	}
	monitor_print(out, "alpha running\nbeta off\n");
}

static enum plinth_status vm_info(void *ctx, const char *name, struct monitor *out)
{
	(void)ctx;
	(void)out;
	called("info %s;", name);
	return check_name(name);
}

static enum plinth_status balloon_show(void *ctx, const char *name, struct monitor *out)
{
	(void)ctx;
	(void)out;
	called("balloon %s;", name);
	return check_name(name);
}

static enum plinth_status balloon_set(void *ctx, const char *name, size_t mib)
{
	(void)ctx;
	called("balloon %s %zu;", name, mib);
	return mib == 9999999U ? PLINTH_EINVAL : check_name(name);
}

static void mem(void *ctx, struct monitor *out)
{
	(void)ctx;
	(void)out;
	called("mem;");
}

static enum plinth_status irq(void *ctx, const char *name, struct monitor *out)
{
	(void)ctx;
	(void)out;
	called("irq %s;", shown(name));
	return check_name(name);
}

static enum plinth_status coherency(void *ctx, const char *name, struct monitor *out)
{
	(void)ctx;
	(void)out;
	called("coherency %s;", shown(name));
	return check_name(name);
}

static void errata(void *ctx, struct monitor *out)
{
	(void)ctx;
	(void)out;
	called("errata;");
}

static enum plinth_status console(void *ctx, const char *name)
{
	(void)ctx;
	called("console %s;", name);
	return check_name(name);
}

static enum plinth_status look(void *ctx, const struct monitor_look *look, struct monitor *out)
{
	(void)ctx;
	assert_ptr_equal(out, &monitor);
	called("look %d %s %llx-%llx vcpu %d%s%s%s%s%s;", (int)look->kind, look->name,
		(unsigned long long)look->from, (unsigned long long)look->to,
		look->vcpu == MONITOR_ANY_VCPU ? -1 : (int)look->vcpu, look->el0 ? " el0" : "",
		look->both ? " both" : "", look->exec ? " x" : "",
		look->writable_and_exec ? " wx" : "", look->split_gpa ? " gpa" : "");
	return look->vcpu == 9U ? PLINTH_ERANGE : check_name(look->name);
}

static void look_stop(void *ctx)
{
	(void)ctx;
	called("stop;");
}

static void reboot(void *ctx, bool soft)
{
	(void)ctx;
	called(soft ? "soft reboot;" : "reboot;");
}

#define REBOOT_WORDS "--soft [NAME GPA], --image NAME GPA\r\n"

static const char *restart_into(void *ctx, const char *name, uint64_t gpa, bool image)
{
	(void)ctx;
	called("restart into %s%s %llx;", image ? "image of " : "", name, (unsigned long long)gpa);
	return strcmp(name, "nobody") == 0 ? "no such VM" : NULL;
}

static void poweroff(void *ctx)
{
	(void)ctx;
	called("poweroff;");
}

static const struct monitor_ops ops = {
	.vm_act = vm_act,
	.vm_list = vm_list,
	.vm_info = vm_info,
	.nvram = nvram,
	.guestinfo_list = guestinfo_list,
	.guestinfo_get = guestinfo_get,
	.guestinfo_set = guestinfo_set,
	.balloon_show = balloon_show,
	.balloon_set = balloon_set,
	.mem = mem,
	.irq = irq,
	.coherency = coherency,
	.errata = errata,
	.console = console,
	.look = look,
	.look_stop = look_stop,
	.reboot = reboot,
	.restart_into = restart_into,
	.poweroff = poweroff,
};

static void sink(void *ctx, const char *bytes, size_t size)
{
	assert_ptr_equal(ctx, screen);
	assert_true(screen_count + size < sizeof(screen));
	memcpy(screen + screen_count, bytes, size);
	screen_count += size;
	screen[screen_count] = '\0';
}

static void clear(void)
{
	screen_count = 0;
	screen[0] = '\0';
	calls[0] = '\0';
}

static int setup(void **state)
{
	(void)state;
	arch_percpu_set(&cpu0);
	fake_sysregs.cntfrq_el0 = 1000;
	fake_sysregs.cntpct_el0 = 12345;
	flood = 0;
	clear();
	monitor_init(&monitor, &ops, calls, sink, screen);
	assert_string_equal(screen, "plinth> ");
	clear();
	return 0;
}

static void type(const char *text)
{
	monitor_input(&monitor, (const uint8_t *)text, strlen(text));
}

static void run(const char *line)
{
	clear();
	monitor_run(&monitor, line);
}

static void a_line_is_echoed_and_run(void **state)
{
	(void)state;
	type("vm list\r\n");
	assert_string_equal(screen, "vm list\r\nalpha running\r\nbeta off\r\nplinth> ");
	assert_string_equal(calls, "list;");
	clear();
	type("\r");
	assert_string_equal(screen, "\r\nplinth> ");
}

static void keys_edit_the_line(void **state)
{
	(void)state;
	type("mwm\b\x7f"
	     "em\n");
	assert_string_equal(calls, "mem;");
	clear();
	type("\b\bgarbage\x15mem\r");
	assert_string_equal(calls, "mem;");
	clear();
	type("poweroff\x03\r");
	assert_string_equal(calls, "");
	type("m\x01\xff\033[5~em\r"); /* other keys do nothing */
	assert_string_equal(calls, "mem;");
}

static void a_line_that_is_too_long_stops_growing(void **state)
{
	(void)state;
	for (int i = 0; i < 200; i++) {
		type("x");
	}
	assert_int_equal(monitor.length, MONITOR_LINE_SIZE - 1U);
	type("\r");
	assert_non_null(strstr(screen, "unknown command"));
}

static void history_comes_back(void **state)
{
	char line[32];

	(void)state;
	type("mem\rerrata\r");
	clear();
	type("\033[A\033[A\r");
	assert_string_equal(calls, "mem;");
	clear();
	type("\033[A\033[A\033[B\r");
	assert_string_equal(calls, "mem;");
	clear();
	type("\x10\x0e\r");
	assert_string_equal(calls, "");
	for (int i = 0; i < 20; i++) {
		snprintf(line, sizeof(line), "irq n%d\r", i);
		type(line);
	}
	clear();
	for (int i = 0; i < 30; i++) {
		type("\033[A");
	}
	type("\r");
	assert_string_equal(calls, "irq n12;");
}

struct row {
	const char *line;
	const char *calls;
	const char *screen; /* NULL: whatever it is */
};

static void run_rows(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		run(rows[i].line);
		assert_string_equal(calls, rows[i].calls);
		if (rows[i].screen != NULL) {
			assert_string_equal(screen, rows[i].screen);
		}
	}
}

static void commands_reach_their_ops(void **state)
{
	static const struct row rows[] = {
		{"vm", "list;", NULL},
		{"  vm   start\talpha  ", "act 0 alpha;", ""},
		{"vm stop alpha", "act 1 alpha;", ""},
		{"vm reset alpha", "act 2 alpha;", ""},
		{"vm reboot alpha", "act 3 alpha;", ""},
		{"vm pause alpha", "act 4 alpha;", ""},
		{"vm stop alpha 30", "act 1 alpha;patience 2 30;", ""},
		{"vm reboot alpha 0", "act 3 alpha;patience 2 0;", ""},
		{"vm pause alpha now", "act 4 alpha;patience 1 0;", ""},
		{"vm stop alpha soon", "", "vm stop: unknown argument soon; seconds or now\r\n"},
		{"vm stop alpha 12345678", "",
			"vm stop: unknown argument 12345678; seconds or now\r\n"},
		{"vm start alpha now", "", "vm start: unknown argument now\r\n"},
		{"nvram alpha", "nvram alpha;", ""},
		{"nvram nobody", "nvram nobody;", "nvram nobody: no such VM\r\n"},
		{"guestinfo alpha", "values alpha;", ""},
		{"guestinfo alpha ip", "value alpha ip;", ""},
		{"guestinfo alpha ip x", "set alpha ip x;", ""},
		{"guestinfo nobody", "values nobody;", "guestinfo nobody: no such VM\r\n"},
		{"guestinfo nobody a b", "set nobody a b;", "guestinfo nobody a b: no such VM\r\n"},
		{"guestinfo", "", "guestinfo: too few arguments: guestinfo NAME [KEY [VALUE]]\r\n"},
		{"vm resume alpha", "act 5 alpha;",
			"vm resume alpha: not possible in its state\r\n"},
		{"vm wake alpha", "act 6 alpha;", ""},
		{"vm wake alpha now", "", "vm wake: unknown argument now\r\n"},
		{"vm start nobody", "act 0 nobody;", "vm start nobody: no such VM\r\n"},
		{"vm info alpha", "info alpha;", ""},
		{"vm info nobody", "info nobody;", "vm info nobody: no such VM\r\n"},
		{"vm balloon alpha", "balloon alpha;", ""},
		{"vm balloon alpha 64", "balloon alpha 64;", ""},
		{"vm balloon nobody 64", "balloon nobody 64;",
			"vm balloon nobody 64: no such VM\r\n"},
		{"vm balloon alpha 9999999", "balloon alpha 9999999;",
			"vm balloon alpha 9999999: out of range\r\n"},
		{"vm balloon alpha 64M", "", "vm balloon: 64M is not a number of MiB\r\n"},
		{"vm balloon", "", "vm balloon: needs the name of a VM\r\n"},
		{"vm start", "", "vm start: needs the name of a VM\r\n"},
		{"vm frob alpha", "", "vm: unknown verb frob; `help vm` lists them\r\n"},
		{"mem", "mem;", ""},
		{"mem x", "", "mem: too many arguments: mem \r\n"},
		{"irq", "irq all;", ""},
		{"irq alpha", "irq alpha;", ""},
		{"irq nobody", "irq nobody;", "irq nobody: no such VM\r\n"},
		{"coherency", "coherency all;", ""},
		{"coherency nobody", "coherency nobody;", "coherency nobody: no such VM\r\n"},
		{"errata", "errata;", ""},
		{"console", "", "console: too few arguments: console NAME\r\n"},
		{"console alpha", "console alpha;", ""},
		{"poweroff", "poweroff;", ""},
		{"frob", "", "frob: unknown command; `help` lists them\r\n"},
		{"a b c d e f", "", "a: unknown command; `help` lists them\r\n"},
		{"vm a b c d e f", "", NULL},
		{"help frob", "", "help: no command frob\r\n"},
		{"", "", ""},
		{"   ", "", ""},
	};

	(void)state;
	run_rows(rows, sizeof(rows) / sizeof(rows[0]));
}

static void reboots_reach_their_ops(void **state)
{
	static const struct row rows[] = {
		{"reboot", "reboot;", ""},
		{"reboot --soft", "soft reboot;", ""},
		{"reboot now", "", "reboot: unknown argument now; " REBOOT_WORDS},
		{"reboot --soft a", "", "reboot: unknown argument a; " REBOOT_WORDS},
		{"reboot now a 1", "", "reboot: unknown argument 1; " REBOOT_WORDS},
		{"reboot --soft a 80000000", "restart into a 80000000;", ""},
		{"reboot --soft nobody 0x1", "restart into nobody 1;",
			"reboot --soft nobody 0x1: no such VM\r\n"},
		{"reboot --image", "", "reboot: unknown argument --image; " REBOOT_WORDS},
		{"reboot --image a", "", "reboot: unknown argument a; " REBOOT_WORDS},
		{"reboot --image a 80000000", "restart into image of a 80000000;", ""},
		{"reboot --image nobody 0x1", "restart into image of nobody 1;",
			"reboot --image nobody 0x1: no such VM\r\n"},
		{"reboot --soft a disk", "", "reboot --soft a disk: not an address\r\n"},
	};

	(void)state;
	run_rows(rows, sizeof(rows) / sizeof(rows[0]));
}

static void looks_take_their_words(void **state)
{
	static const struct {
		const char *line;
		const char *calls;
		const char *screen;
	} rows[] = {
		{"scan alpha", "look 0 alpha 0-ffffffffffffffff vcpu -1;", ""},
		{"scan -x --wx alpha", "look 0 alpha 0-ffffffffffffffff vcpu -1 x wx;", ""},
		{"scan alpha --from 0xFFff000000000000 --to ffff0000ffffffff --el0 --vcpu 3 --gpa",
			"look 0 alpha ffff000000000000-ffff0000ffffffff vcpu 3 el0 gpa;", ""},
		{"scan alpha --both", "look 0 alpha 0-ffffffffffffffff vcpu -1 both;", ""},
		{"find-kernel alpha", "look 1 alpha 0-ffffffffffffffff vcpu -1;", ""},
		{"translate alpha ffff --vcpu 1", "look 2 alpha ffff-ffff vcpu 1;", ""},
		{"read alpha 1000 16", "look 3 alpha 1000-100f vcpu -1;", ""},
		{"read alpha fffffffffffffff0 0x10",
			"look 3 alpha fffffffffffffff0-ffffffffffffffff vcpu -1;", ""},
		{"scan nobody", "look 0 nobody 0-ffffffffffffffff vcpu -1;",
			"scan nobody: no such VM\r\n"},
		{"scan alpha --vcpu 9", "look 0 alpha 0-ffffffffffffffff vcpu 9;",
			"scan alpha --vcpu 9: no such vCPU\r\n"},
		{"scan -x", "", "scan: too few arguments\r\n"},
		{"scan alpha beta", "", "scan: too many arguments\r\n"},
		{"scan a b c d", "", "d: too many arguments\r\n"},
		{"scan alpha --from", "", "--from: needs a number behind it\r\n"},
		{"scan alpha --from xyz", "", "--from: needs a number behind it\r\n"},
		{"scan alpha --to 10000000000000000", "", "--to: needs a number behind it\r\n"},
		{"scan alpha --to 0x", "", "--to: needs a number behind it\r\n"},
		{"scan alpha --vcpu a", "", "--vcpu: needs a number behind it\r\n"},
		{"scan alpha --vcpu 4294967295", "", "--vcpu: needs a number behind it\r\n"},
		{"scan alpha --frob", "", "--frob: no such option here\r\n"},
		{"read alpha 10 16 -x", "", "-x: no such option here\r\n"},
		{"translate alpha here", "", "translate: the address is no number\r\n"},
		{"read alpha 10 0", "", "read: the length is no number of bytes there\r\n"},
		{"read alpha 10 a", "", "read: the length is no number of bytes there\r\n"},
		{"read alpha ffffffffffffffff 2", "",
			"read: the length is no number of bytes there\r\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		run(rows[i].line);
		assert_string_equal(calls, rows[i].calls);
		assert_string_equal(screen, rows[i].screen);
		assert_int_equal(monitor.busy, rows[i].screen[0] == '\0');
		monitor.busy = 0;
	}
}

static void a_look_goes_on_until_it_is_done(void **state)
{
	(void)state;
	type("scan alpha\r");
	assert_string_equal(screen, "scan alpha\r\n"); /* and no prompt */
	clear();
	for (unsigned i = 0; i < 2U * MONITOR_LINES; i++) {
		monitor_line(&monitor, "x");
	}
	assert_int_equal(screen_count, 3U * 2U * MONITOR_LINES); /* none is cut */
	clear();
	type("mem\r");
	assert_string_equal(calls, "stop;stop;stop;stop;");
	assert_string_equal(screen, "");
	clear();
	monitor_done(&monitor);
	assert_string_equal(screen, "plinth> ");
	type("mem\r");
	assert_string_equal(calls, "mem;");
	clear();
	type("scan nobody\r"); /* one that does not begin ends at once */
	assert_string_equal(screen, "scan nobody\r\nscan nobody: no such VM\r\nplinth> ");
}

static void help_names_every_command(void **state)
{
	static const char *const names[] = {"help", "vm", "mem", "irq", "trace", "log", "coherency",
		"errata", "console", "scan", "find-kernel", "translate", "read", "reboot",
		"poweroff"};

	(void)state;
	run("help");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		assert_non_null(strstr(screen, names[i]));
	}
	run("help console");
	assert_string_equal(screen, "console NAME\r\n        go to a VM's console\r\n");
}

static void output_is_bounded_and_says_so(void **state)
{
	size_t lines = 0;

	(void)state;
	flood = 10000;
	run("vm list");
	for (const char *c = screen; *c != '\0'; c++) {
		lines += *c == '\n';
	}
	assert_int_equal(lines, MONITOR_LINES + 1U);
	assert_non_null(strstr(screen, "[output cut after 400 lines]\r\n"));
	flood = 0;
	run("vm list"); /* the next command starts anew */
	assert_string_equal(screen, "alpha running\r\nbeta off\r\n");
}

static void long_lines_are_cut(void **state)
{
	(void)state;
	clear();
	monitor_print(&monitor, "%*d\n", 500, 1);
	assert_int_equal(screen_count, 199U + 2U);
}

static void the_log_is_shown_and_its_level_set(void **state)
{
	(void)state;
	log_info("hello from %s", "plinth");
	run("log");
	assert_string_equal(screen, "   12.345000 hello from plinth\r\n");
	run("log debug");
	assert_string_equal(screen, "");
	run("log loud");
	assert_string_equal(screen, "log: unknown level loud; error, warning, info or debug\r\n");
}

static void the_trace_is_controlled_and_dumped(void **state)
{
	static struct trace_ring ring;

	(void)state;
	trace_init_cpu(0, &ring);
	run("trace dump");
	assert_string_equal(screen, "trace: no records; `trace on` starts it\r\n");
	run("trace on");
	run("trace");
	assert_string_equal(screen, "trace is on\r\n");
	trace(TRACE_MMIO, 1, 2, 0x9000000, 'x');
	trace(TRACE_IRQ, TRACE_NO_VM, 0, 27, 0);
	run("trace dump");
	assert_string_equal(screen,
		"   12.345000 cpu0  mmio     1.2   0000000009000000 0000000000000078\r\n"
		"   12.345000 cpu0  irq       -    000000000000001b 0000000000000000\r\n");
	run("trace dump 1");
	assert_non_null(strstr(screen, "irq"));
	assert_null(strstr(screen, "mmio"));
	run("trace dump lots");
	assert_string_equal(screen, "trace dump: lots is not a number of records\r\n");
	run("trace frob");
	assert_string_equal(screen, "trace: unknown argument frob; on, off or dump\r\n");
	run("trace off");
	run("trace");
	assert_string_equal(screen, "trace is off\r\n");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_line_is_echoed_and_run, setup),
		cmocka_unit_test_setup(keys_edit_the_line, setup),
		cmocka_unit_test_setup(a_line_that_is_too_long_stops_growing, setup),
		cmocka_unit_test_setup(history_comes_back, setup),
		cmocka_unit_test_setup(commands_reach_their_ops, setup),
		cmocka_unit_test_setup(reboots_reach_their_ops, setup),
		cmocka_unit_test_setup(looks_take_their_words, setup),
		cmocka_unit_test_setup(a_look_goes_on_until_it_is_done, setup),
		cmocka_unit_test_setup(help_names_every_command, setup),
		cmocka_unit_test_setup(output_is_bounded_and_says_so, setup),
		cmocka_unit_test_setup(long_lines_are_cut, setup),
		cmocka_unit_test_setup(the_log_is_shown_and_its_level_set, setup),
		cmocka_unit_test_setup(the_trace_is_controlled_and_dumped, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
