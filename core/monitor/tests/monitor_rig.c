/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "arch/cpu.h"
#include "percpu/percpu.h"

struct monitor_rig rig;

static struct percpu cpu0;

static void called(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void called(const char *format, ...)
{
	size_t used = strlen(rig.calls);
	va_list args;

	va_start(args, format);
	vsnprintf(rig.calls + used, sizeof(rig.calls) - used, format, args);
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
	assert_ptr_equal(ctx, rig.calls);
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
	for (unsigned i = 0; i < rig.flood; i++) {
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
	assert_ptr_equal(out, &rig.monitor);
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
	assert_ptr_equal(ctx, rig.screen);
	assert_true(rig.screen_count + size < sizeof(rig.screen));
	memcpy(rig.screen + rig.screen_count, bytes, size);
	rig.screen_count += size;
	rig.screen[rig.screen_count] = '\0';
}

void rig_clear(void)
{
	rig.screen_count = 0;
	rig.screen[0] = '\0';
	rig.calls[0] = '\0';
}

int rig_setup(void **state)
{
	(void)state;
	arch_percpu_set(&cpu0);
	fake_sysregs.cntfrq_el0 = 1000;
	fake_sysregs.cntpct_el0 = 12345;
	rig.flood = 0;
	rig_clear();
	monitor_init(&rig.monitor, &ops, rig.calls, sink, rig.screen);
	assert_string_equal(rig.screen, "plinth> ");
	rig_clear();
	return 0;
}

void rig_type(const char *text)
{
	monitor_input(&rig.monitor, (const uint8_t *)text, strlen(text));
}

void rig_run(const char *line)
{
	rig_clear();
	monitor_run(&rig.monitor, line);
}
