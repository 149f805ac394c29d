/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What there is, and power.
 */
#include "arch/sysreg.h"
#include "base/compiler.h"
#include "base/nospec.h"
#include "base/string.h"
#include "control_private.h"
#include "pmem/pmem.h"
#include "vm/vm_act.h"
#include "vm/vm_debug.h"
#include "vrtc/vrtc.h"

STATIC_ASSERT((int)CONTROL_STATE_STARTING == (int)VM_STARTING &&
		      (int)CONTROL_STATE_GONE == (int)VM_GONE &&
		      (int)CONTROL_STATE_STARVED == (int)VM_STARVED &&
		      (int)CONTROL_STATE_CRASHED == (int)VM_CRASHED,
	"the states of core/vm");
STATIC_ASSERT((int)CONTROL_VCPU_MOVING == (int)SCHED_MOVING, "the states of core/sched");
STATIC_ASSERT(CONTROL_FACTS == BACKDOOR_FACT_COUNT && CONTROL_FACT_SIZE == BACKDOOR_TEXT_SIZE,
	"the facts of core/backdoor");
STATIC_ASSERT(sizeof(((struct control_info *)0)->reason) == VM_REASON_SIZE, "reason");

enum control_status control_hello(struct call *call)
{
	call->done = CONTROL_CALL_COUNT;
	call->result[0] = call->self->id;
	call->result[1] = call->self->config.rights;
	return CONTROL_OK;
}

enum control_status control_host(struct call *call)
{
	struct control_host *host = (struct control_host *)(void *)call->data;
	struct pmem_stats s;
	uint32_t microseconds;

	pmem_get_stats(&s);
	*host = (struct control_host){
		.cpus = vm_host()->cpu_count,
		.vms = vm_count(),
		.frequency = vm_host()->ticks_per_second,
		.now = read_cntpct_el0(),
		.memory_total = s.total * PAGE_SIZE,
		.memory_free = s.free * PAGE_SIZE,
		.memory_clean = s.clean * PAGE_SIZE,
		.memory_promised = s.reserved * PAGE_SIZE,
		.memory_core = s.used[PMEM_BY_CORE] * PAGE_SIZE,
		.memory_tables = s.used[PMEM_BY_TABLE] * PAGE_SIZE,
		.memory_guests = s.used[PMEM_BY_GUEST] * PAGE_SIZE,
		.scrubbed_idle = s.scrubbed_idle * PAGE_SIZE,
		.scrubbed_demand = s.scrubbed_demand * PAGE_SIZE,
		.longest_call = control_longest,
		.longest_id = control_longest_id,
	};
	if (!vrtc_host_clock(&host->seconds, &microseconds)) {
		host->seconds = 0;
	}
	call->done = sizeof(*host);
	return CONTROL_OK;
}

static struct control_vm describe(const struct vm *vm)
{
	struct control_vm v = {
		.vm = vm->id,
		.state = vm->state,
		.vcpus = vm->config.vcpu_count,
		.starts = vm->starts,
		.memory = vm->config.ram_size,
		.used = vm->gmem.used * PAGE_SIZE,
	};

	memcpy(v.name, vm->config.name, sizeof(v.name));
	return v;
}

enum control_status control_list(struct call *call)
{
	struct control_vm *list = (struct control_vm *)(void *)call->data;
	uint32_t room = call->size / sizeof(*list);
	uint32_t at = (uint32_t)min_u64(call->arg, VM_MAX + 1U);

	for (uint32_t i = 0; i < room; i++) {
		const struct vm *vm = vm_next(&at);

		if (vm == NULL) {
			/* The last of all, once. */
			vm = at <= VM_MAX ? vm_draft() : NULL;
			if (vm == NULL) {
				break;
			}
			at = VM_MAX + 1U;
		}
		list[i] = describe(vm);
		call->done += sizeof(*list);
	}
	call->result[0] = at;
	return CONTROL_OK;
}

enum control_status control_info(struct call *call)
{
	struct control_info *info = (struct control_info *)(void *)call->data;
	const struct vm *vm = call->vm;

	*info = (struct control_info){
		.vm = describe(vm),
		.flags = vm->config.flags,
		.rights = vm->config.rights,
		.weight = vm->config.weight,
		.vcpus_max = psci_limit(&call->vm->psci),
		.affinity = vm->config.affinity,
		.overhead = vm->config.overhead,
		.tables = vm->gmem.space.table_count * PAGE_SIZE,
		.memory_base = vm->config.ram_base,
	};
	memcpy(info->uuid, vm->config.uuid, sizeof(info->uuid));
	memcpy(info->reason, vm->reason, sizeof(info->reason));
	info->reason[sizeof(info->reason) - 1U] = '\0';
	call->done = sizeof(*info);
	return CONTROL_OK;
}

enum control_status control_vcpus(struct call *call)
{
	struct control_vcpu *list = (struct control_vcpu *)(void *)call->data;
	uint32_t room = call->size / sizeof(*list);
	uint64_t at = call->arg;

	for (uint32_t i = 0; i < room && at < call->vm->config.vcpu_count; i++, at++) {
		struct vcpu *vcpu = &call->vm->vcpu[index_nospec(at, VM_VCPU_MAX)];

		list[i] = (struct control_vcpu){
			.id = vcpu->id,
			.state = load_relaxed(&vcpu->sched.state),
			.cpu = load_relaxed(&vcpu->sched.cpu),
			.ran = sched_runtime(&vcpu->sched),
			.stolen = sched_stolen(&vcpu->sched),
			.exits_hvc = vcpu->exits.hvc,
			.exits_sysreg = vcpu->exits.sysreg,
			.exits_abort = vcpu->exits.abort,
			.exits_wfx = vcpu->exits.wfx,
			.exits_irq = vcpu->exits.irq,
			.exits_other = vcpu->exits.other,
		};
		call->done += sizeof(*list);
	}
	call->result[0] = at;
	return CONTROL_OK;
}

enum control_status control_counters(struct call *call)
{
	const struct gmem_counters *c = &call->vm->gmem.counters;

	*(struct control_counters *)(void *)call->data = (struct control_counters){
		.fault_read = c->fault_read,
		.fault_write = c->fault_write,
		.fault_fetch = c->fault_fetch,
		.fault_table_walk = c->fault_table_walk,
		.upgrade_exec = c->upgrade_exec,
		.upgrade_write = c->upgrade_write,
		.raced = c->raced,
		.map_4k = c->map_4k,
		.map_2m = c->map_2m,
		.map_1g = c->map_1g,
		.revoked = c->revoked,
		.split = c->split,
		.pages_cleaned = c->coh.pages_cleaned,
		.lines_cleaned = coh_lines_cleaned(&c->coh),
		.lines_invalidated = c->coh.lines_invalidated,
		.invalidated_all = c->coh.invalidated_all,
	};
	call->done = sizeof(struct control_counters);
	return CONTROL_OK;
}

STATIC_ASSERT(offsetof(struct backdoor_report, fact) % 8U == 0 &&
		      offsetof(struct control_guest, fact) % 8U == 0,
	"copied by words: by bytes it would be too long for a call");

enum control_status control_guest(struct call *call)
{
	static struct backdoor_report report; /* too large for the stack; under the lock of calls */
	struct control_guest *guest = (struct control_guest *)(void *)call->data;

	backdoor_get_report(&call->vm->backdoor, &report);
	*guest = (struct control_guest){
		.tools = report.health,
		.tools_version = report.tools_version,
		.tools_type = report.tools_type,
		.last_power = report.last_power,
		.pings = report.pings,
		.channels = report.channels,
		.used = report.used,
		.balloon = report.balloon_target,
		.balloon_started = report.balloon_started ? 1U : 0U,
	};
	memcpy(guest->fact, report.fact, sizeof(guest->fact));
	call->done = sizeof(*guest);
	return CONTROL_OK;
}

#define PATIENCE_MAX 86400U /* a day */

static enum control_status act(struct call *call, enum vm_verb verb)
{
	bool is_asked = false;

	if (call->arg > PATIENCE_MAX) {
		return CONTROL_INVALID;
	}
	enum plinth_status status = vm_act(call->vm, verb, (uint32_t)call->arg, &is_asked);

	call->result[0] = is_asked ? 1U : 0U;
	return control_of(status);
}

enum control_status control_start(struct call *call)
{
	return act(call, VM_VERB_START);
}

enum control_status control_stop(struct call *call)
{
	return act(call, VM_VERB_STOP);
}

enum control_status control_reset(struct call *call)
{
	return act(call, VM_VERB_RESET);
}

enum control_status control_pause(struct call *call)
{
	if (call->arg2 != 0U) {
		return control_of(vm_debug_pause(call->vm, call->arg2));
	}
	return act(call, VM_VERB_PAUSE);
}

enum control_status control_resume(struct call *call)
{
	return act(call, VM_VERB_RESUME);
}
