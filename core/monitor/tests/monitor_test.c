/* SPDX-License-Identifier: Apache-2.0 */
/* Commands: their words, the calls that they become, and what is shown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "log/log.h"
#include "monitor_rig.h"
#include "trace/trace.h"

struct row {
	const char *line;
	const char *calls;
	const char *screen; /* NULL: whatever it is */
};

static void run_rows(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		rig_run(rows[i].line);
		assert_string_equal(rig.calls, rows[i].calls);
		if (rows[i].screen != NULL) {
			assert_string_equal(rig.screen, rows[i].screen);
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

#define REBOOT_WORDS "--soft [NAME GPA], --image NAME GPA\r\n"

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
		rig_run(rows[i].line);
		assert_string_equal(rig.calls, rows[i].calls);
		assert_string_equal(rig.screen, rows[i].screen);
		assert_int_equal(rig.monitor.busy, rows[i].screen[0] == '\0');
		rig.monitor.busy = 0;
	}
}

static void a_look_goes_on_until_it_is_done(void **state)
{
	(void)state;
	rig_type("scan alpha\r");
	assert_string_equal(rig.screen, "scan alpha\r\n"); /* and no prompt */
	rig_clear();
	for (unsigned i = 0; i < 2U * MONITOR_LINES; i++) {
		monitor_line(&rig.monitor, "x");
	}
	assert_int_equal(rig.screen_count, 3U * 2U * MONITOR_LINES); /* none is cut */
	rig_clear();
	rig_type("mem\r");
	assert_string_equal(rig.calls, "stop;stop;stop;stop;");
	assert_string_equal(rig.screen, "");
	rig_clear();
	monitor_done(&rig.monitor);
	assert_string_equal(rig.screen, "plinth> ");
	rig_type("mem\r");
	assert_string_equal(rig.calls, "mem;");
	rig_clear();
	rig_type("scan nobody\r"); /* one that does not begin ends at once */
	assert_string_equal(rig.screen, "scan nobody\r\nscan nobody: no such VM\r\nplinth> ");
}

static void help_names_every_command(void **state)
{
	static const char *const names[] = {"help", "vm", "mem", "irq", "trace", "log", "coherency",
		"errata", "console", "scan", "find-kernel", "translate", "read", "reboot",
		"poweroff"};

	(void)state;
	rig_run("help");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		assert_non_null(strstr(rig.screen, names[i]));
	}
	rig_run("help console");
	assert_string_equal(rig.screen, "console NAME\r\n        go to a VM's console\r\n");
}

static void output_is_bounded_and_says_so(void **state)
{
	size_t lines = 0;

	(void)state;
	rig.flood = 10000;
	rig_run("vm list");
	for (const char *c = rig.screen; *c != '\0'; c++) {
		lines += *c == '\n';
	}
	assert_int_equal(lines, MONITOR_LINES + 1U);
	assert_non_null(strstr(rig.screen, "[output cut after 400 lines]\r\n"));
	rig.flood = 0;
	rig_run("vm list"); /* the next command starts anew */
	assert_string_equal(rig.screen, "alpha running\r\nbeta off\r\n");
}

static void long_lines_are_cut(void **state)
{
	(void)state;
	rig_clear();
	monitor_print(&rig.monitor, "%*d\n", 500, 1);
	assert_int_equal(rig.screen_count, 199U + 2U);
}

static void the_log_is_shown_and_its_level_set(void **state)
{
	(void)state;
	log_info("hello from %s", "plinth");
	rig_run("log");
	assert_string_equal(rig.screen, "   12.345000 hello from plinth\r\n");
	rig_run("log debug");
	assert_string_equal(rig.screen, "");
	rig_run("log loud");
	assert_string_equal(
		rig.screen, "log: unknown level loud; error, warning, info or debug\r\n");
}

static void the_trace_is_controlled_and_dumped(void **state)
{
	static struct trace_ring ring;

	(void)state;
	trace_init_cpu(0, &ring);
	rig_run("trace dump");
	assert_string_equal(rig.screen, "trace: no records; `trace on` starts it\r\n");
	rig_run("trace on");
	rig_run("trace");
	assert_string_equal(rig.screen, "trace is on\r\n");
	trace(TRACE_MMIO, 1, 2, 0x9000000, 'x');
	trace(TRACE_IRQ, TRACE_NO_VM, 0, 27, 0);
	rig_run("trace dump");
	assert_string_equal(rig.screen,
		"   12.345000 cpu0  mmio     1.2   0000000009000000 0000000000000078\r\n"
		"   12.345000 cpu0  irq       -    000000000000001b 0000000000000000\r\n");
	rig_run("trace dump 1");
	assert_non_null(strstr(rig.screen, "irq"));
	assert_null(strstr(rig.screen, "mmio"));
	rig_run("trace dump lots");
	assert_string_equal(rig.screen, "trace dump: lots is not a number of records\r\n");
	rig_run("trace frob");
	assert_string_equal(rig.screen, "trace: unknown argument frob; on, off or dump\r\n");
	rig_run("trace off");
	rig_run("trace");
	assert_string_equal(rig.screen, "trace is off\r\n");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, rig_setup)
	static const struct CMUnitTest tests[] = {
		TEST(commands_reach_their_ops),
		TEST(reboots_reach_their_ops),
		TEST(looks_take_their_words),
		TEST(a_look_goes_on_until_it_is_done),
		TEST(help_names_every_command),
		TEST(output_is_bounded_and_says_so),
		TEST(long_lines_are_cut),
		TEST(the_log_is_shown_and_its_level_set),
		TEST(the_trace_is_controlled_and_dumped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
