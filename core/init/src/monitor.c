/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The monitor's port on the console, and what its commands do.
 */
#include "monitor/monitor.h"

#include "base/compiler.h"
#include "coh/coh.h"
#include "console/console.h"
#include "control/control.h"
#include "el2count/el2count.h"
#include "errata/errata.h"
#include "hypmap/hypmap.h"
#include "inspect/inspect.h"
#include "log/log.h"
#include "pmem/pmem.h"
#include "vm/vm.h"
#include "vm/vm_act.h"
#include "vm/vm_devices.h"
#include "vm/vm_table.h"

#include "init_private.h"
#include "monitor_guest.h"

static struct monitor monitor;
static struct console_port port;

static void sink(void *ctx, const char *bytes, size_t size)
{
	(void)ctx;
	for (size_t i = 0; i < size; i++) {
		if (!console_port_put(&port, (uint8_t)bytes[i]) && !console_port_wait(&port)) {
			return;
		}
	}
}

static void input(void *ctx, const uint8_t *bytes, size_t size)
{
	(void)ctx;
	monitor_input(&monitor, bytes, size);
}

static void room(void *ctx)
{
	(void)ctx;
}

static const struct console_port_ops port_ops = {.input = input, .room = room};

static enum plinth_status vm_do(
	void *ctx, const struct monitor_act *act, const char *name, struct monitor *out)
{
	static const struct {
		uint8_t verb;
		uint8_t seconds; /* for the guest's tools, as is usual */
		const char *what;
	} rows[] = {
		[MONITOR_VM_START] = {VM_VERB_START, 0, NULL},
		[MONITOR_VM_STOP] = {VM_VERB_STOP, 60, "halt"},
		[MONITOR_VM_RESET] = {VM_VERB_RESET, 0, NULL},
		[MONITOR_VM_REBOOT] = {VM_VERB_RESET, 60, "restart"},
		[MONITOR_VM_PAUSE] = {VM_VERB_PAUSE, 10, "run its scripts"},
		[MONITOR_VM_RESUME] = {VM_VERB_RESUME, 0, NULL},
		[MONITOR_VM_WAKE] = {VM_VERB_WAKE, 0, NULL},
	};
	struct vm *vm = vm_find(name);
	uint32_t seconds = act->patience == MONITOR_ASK ? rows[act->verb].seconds : act->seconds;
	bool is_asked;

	(void)ctx;
	if (vm == NULL) {
		return PLINTH_ENOENT;
	}
	enum plinth_status status =
		vm_act(vm, (enum vm_verb)rows[act->verb].verb, seconds, &is_asked);

	if (is_asked) {
		monitor_print(
			out, "%s: asked to %s, has %u s\n", name, rows[act->verb].what, seconds);
	}
	return status;
}

static void list(void *ctx, struct monitor *out)
{
	const struct vm *vm;

	(void)ctx;
	monitor_print(out, "%-16s %-9s %5s %8s %8s %6s\n", "NAME", "STATE", "VCPUS", "MEM KiB",
		"USED KiB", "STARTS");
	for (uint32_t id = 0; (vm = vm_next(&id)) != NULL;) {
		monitor_print(out, "%-16s %-9s %5u %8llu %8llu %6u\n", vm->config.name,
			vm_state_name(vm->state), vm->config.vcpu_count,
			(unsigned long long)(vm->config.ram_size / KIB(1)),
			(unsigned long long)(vm->gmem.used * PAGE_SIZE / KIB(1)), vm->starts);
	}
}

static void vcpu_info(struct vcpu *vcpu, struct monitor *out)
{
	static const char *const states[] = {"off", "blocked", "runnable", "running", "moving"};
	const struct vcpu_exits *e = &vcpu->exits;
	uint64_t ran = sched_runtime(&vcpu->sched) * 1000U / vm_host()->ticks_per_second;

	monitor_print(out,
		"  vcpu %u: %s on CPU %u, ran %llu ms, exits: hvc %llu sysreg %llu abort %llu wfx "
		"%llu irq %llu "
		"other %llu\n",
		vcpu->id, states[load_relaxed(&vcpu->sched.state)], vcpu->sched.cpu,
		(unsigned long long)ran, (unsigned long long)e->hvc, (unsigned long long)e->sysreg,
		(unsigned long long)e->abort, (unsigned long long)e->wfx,
		(unsigned long long)e->irq, (unsigned long long)e->other);
}

static enum plinth_status info(void *ctx, const char *name, struct monitor *out)
{
	struct vm *vm = vm_find(name);

	(void)ctx;
	if (vm == NULL) {
		return PLINTH_ENOENT;
	}
	monitor_print(out, "%s: %s, started %u times%s%s\n", vm->config.name,
		vm_state_name(vm->state), vm->starts, vm->reason[0] != '\0' ? ", last crash: " : "",
		vm->reason);
	monitor_print(out,
		"  memory: %llu KiB of %llu, %u KiB of tables; mapped 4K %llu 2M %llu 1G %llu\n",
		(unsigned long long)(vm->gmem.used * PAGE_SIZE / KIB(1)),
		(unsigned long long)(vm->config.ram_size / KIB(1)), vm->gmem.space.table_count * 4U,
		(unsigned long long)vm->gmem.counters.map_4k,
		(unsigned long long)vm->gmem.counters.map_2m,
		(unsigned long long)vm->gmem.counters.map_1g);
	if ((vm->config.flags & VM_FLAG_MEMORY_DIRECT) != 0U) {
		monitor_print(out, "  memory-direct: trusted, its devices reach all memory\n");
	}
	for (vcpu_id_t i = 0; i < vm->config.vcpu_count; i++) {
		vcpu_info(&vm->vcpu[i], out);
	}
	init_report_guest(vm, out);
	return PLINTH_OK;
}

static void mem(void *ctx, struct monitor *out)
{
	struct pmem_stats s;

	(void)ctx;
	pmem_get_stats(&s);
	monitor_print(out, "in KiB: total %llu, free %llu (clean %llu, promised %llu)\n",
		(unsigned long long)s.total * 4U, (unsigned long long)s.free * 4U,
		(unsigned long long)s.clean * 4U, (unsigned long long)s.reserved * 4U);
	monitor_print(out,
		"used: Plinth %llu, stage-2 tables %llu, guests %llu; page table of RAM %llu\n",
		(unsigned long long)s.used[PMEM_BY_CORE] * 4U,
		(unsigned long long)s.used[PMEM_BY_TABLE] * 4U,
		(unsigned long long)s.used[PMEM_BY_GUEST] * 4U, (unsigned long long)s.table * 4U);
	monitor_print(out, "EL2: image %llu, its page tables %llu\n",
		(unsigned long long)(init_image_bytes() / KIB(1)),
		(unsigned long long)(hypmap_table_bytes() / KIB(1)));
	monitor_print(out, "scrubbed: %llu when idle, %llu on demand\n",
		(unsigned long long)s.scrubbed_idle * 4U,
		(unsigned long long)s.scrubbed_demand * 4U);
}

static void put_char(void *ctx, char c)
{
	monitor_print(ctx, "%c", c);
}

static enum plinth_status irq(void *ctx, const char *name, struct monitor *out)
{
	struct vm *vm;

	(void)ctx;
	if (name != NULL && vm_find(name) == NULL) {
		return PLINTH_ENOENT;
	}
	for (uint32_t id = 0; (vm = vm_next(&id)) != NULL;) {
		if (name == NULL || vm == vm_find(name)) {
			monitor_print(out, "%s:\n", vm->config.name);
			vgic_dump(&vm->vgic, put_char, out);
		}
	}
	return PLINTH_OK;
}

static void coherency_of(const struct vm *vm, struct monitor *out)
{
	const struct gmem_counters *c = &vm->gmem.counters;

	monitor_print(out, "%s: %s, stage 2 at 0x%llx\n", vm->config.name,
		vm->gmem.eager ? "eager" : "lazy", (unsigned long long)vm->gmem.space.root.v);
	monitor_print(out,
		"  faults: read %llu write %llu fetch %llu table walk %llu, raced %llu\n",
		(unsigned long long)c->fault_read, (unsigned long long)c->fault_write,
		(unsigned long long)c->fault_fetch, (unsigned long long)c->fault_table_walk,
		(unsigned long long)c->raced);
	monitor_print(out,
		"  made executable %llu, copied %llu, execute permission revoked %llu, blocks "
		"split "
		"%llu\n",
		(unsigned long long)c->upgrade_exec, (unsigned long long)c->upgrade_write,
		(unsigned long long)c->revoked, (unsigned long long)c->split);
	monitor_print(out,
		"  cleaned: pages %llu lines %llu; invalidated: lines %llu, all %llu times\n",
		(unsigned long long)c->coh.pages_cleaned,
		(unsigned long long)coh_lines_cleaned(&c->coh),
		(unsigned long long)c->coh.lines_invalidated,
		(unsigned long long)c->coh.invalidated_all);
	monitor_print(out,
		"  pages skipped: %llu need no clean (IDC), %llu no invalidation (DIC)\n",
		(unsigned long long)c->coh.skipped_idc, (unsigned long long)c->coh.skipped_dic);
}

/* What no VM has: boot/, scrubbing, the start of CPUs, vCPUs that share one. */
static void coherency_of_plinth(struct monitor *out)
{
	struct el2count_caches caches = el2count_caches();

	monitor_print(out, "Plinth itself: lines cleaned %llu; invalidated all %llu times\n",
		(unsigned long long)caches.data_lines, (unsigned long long)caches.icache_all);
}

static enum plinth_status coherency(void *ctx, const char *name, struct monitor *out)
{
	char line[COH_LINE_SIZE];
	struct vm *vm;

	(void)ctx;
	if (name != NULL && vm_find(name) == NULL) {
		return PLINTH_ENOENT;
	}
	coh_describe(line, sizeof(line));
	monitor_print(out, "%s\n", line);
	coherency_of_plinth(out);
	for (uint32_t id = 0; (vm = vm_next(&id)) != NULL;) {
		if (name == NULL || vm == vm_find(name)) {
			coherency_of(vm, out);
		}
	}
	return PLINTH_OK;
}

static void put_erratum(void *ctx, const char *name, const char *action)
{
	monitor_print(ctx, "%s: %s\n", name, action);
}

static void errata(void *ctx, struct monitor *out)
{
	(void)ctx;
	errata_report(put_erratum, out);
}

static enum plinth_status focus(void *ctx, const char *name)
{
	struct vm *vm = vm_find(name);

	(void)ctx;
	if (vm == NULL) {
		return PLINTH_ENOENT;
	}
	return console_focus(&vm->terminal.port) ? PLINTH_OK : PLINTH_ENOENT;
}

static void look_line(void *ctx, const char *text)
{
	monitor_line(ctx, text);
}

/* Half of the ring is several lines, and the console drains it meanwhile. */
static bool look_has_room(void *ctx)
{
	(void)ctx;
	return console_port_has_room(&port) &&
	       port.put - load_relaxed(&port.taken) < CONSOLE_RING_SIZE / 2U;
}

static void look_done(void *ctx)
{
	monitor_done(ctx);
}

static enum plinth_status look(void *ctx, const struct monitor_look *look, struct monitor *out)
{
	static const enum inspect_kind kinds[] = {
		[MONITOR_SCAN] = INSPECT_SCAN,
		[MONITOR_FIND_KERNEL] = INSPECT_FIND_KERNEL,
		[MONITOR_TRANSLATE] = INSPECT_TRANSLATE,
		[MONITOR_READ] = INSPECT_READ,
	};
	const struct inspect_request request = {
		.kind = kinds[look->kind],
		.vcpu = look->vcpu == MONITOR_ANY_VCPU ? INSPECT_ANY_VCPU : look->vcpu,
		.from = look->from,
		.to = look->to,
		.view = look->both ? SCAN_BOTH : (look->el0 ? SCAN_EL0 : SCAN_EL1),
		.exec = look->exec,
		.writable_and_exec = look->writable_and_exec,
		.split_gpa = look->split_gpa,
	};
	const struct inspect_user user = {look_line, look_has_room, look_done, out};
	struct vm *vm = vm_find(look->name);
	enum plinth_status status;

	(void)ctx;
	if (vm == NULL) {
		return PLINTH_ENOENT;
	}
	status = inspect_start(vm, &request, &user);
	return status == PLINTH_ENOENT ? PLINTH_ERANGE : status;
}

static void look_stop(void *ctx)
{
	(void)ctx;
	inspect_stop(&monitor);
}

static void reboot(void *ctx, bool soft)
{
	(void)ctx;
	if (soft && !vm_devices_are_quiet()) {
		log_error("%s", init_loud_device);
	} else if (soft) {
		init_soft_reboot();
	} else {
		init_reboot();
	}
}

static const char *restart_into(void *ctx, const char *name, uint64_t gpa, bool image)
{
	(void)ctx;
	return init_soft_reboot_into(name, gpa, image);
}

static void power_off(void *ctx)
{
	(void)ctx;
	init_power_off(EXIT_STOPPED, "poweroff in the monitor");
}

static const struct monitor_ops ops = {
	.vm_act = vm_do,
	.vm_list = list,
	.vm_info = info,
	.nvram = init_nvram,
	.guestinfo_list = init_guestinfo_list,
	.guestinfo_get = init_guestinfo_get,
	.guestinfo_set = init_guestinfo_set,
	.balloon_show = init_balloon_show,
	.balloon_set = init_balloon_set,
	.mem = mem,
	.irq = irq,
	.coherency = coherency,
	.errata = errata,
	.console = focus,
	.look = look,
	.look_stop = look_stop,
	.reboot = reboot,
	.restart_into = restart_into,
	.poweroff = power_off,
};

void init_monitor(void)
{
	inspect_init();
	control_init();
	console_port_add(&port, CONSOLE_PORT_MONITOR, "monitor", &port_ops, NULL);
	monitor_init(&monitor, &ops, NULL, sink, NULL); /* its prompt waits for the focus */
}
