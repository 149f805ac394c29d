/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>

#include "arch/sysreg.h"
#include "base/atomic.h"
#include "base/bits.h"
#include "base/check.h"
#include "base/fmt.h"
#include "base/string.h"
#include "entropy/entropy.h"
#include "event/event.h"
#include "percpu/percpu.h"
#include "trace/trace.h"

#include "vm_private.h"

/* How often a VM that waits for its vCPUs to leave their CPUs is looked at. */
#define WORK_POLL_HZ 20000U

/* Between two steps of giving memory back: this many times as long as a step took. */
#define WORK_PAUSE 4U

/* vCPUs that one step resets. */
#define STEP_RESETS 3U

/* VMs that are neither OFF nor CRASHED; changes with each VM's state, any CPU. */
static uint32_t live_count;
static uint32_t any_crashed;

/* Whose memory is made ready: id + 1, 0: nobody's. One VM after the other, so that the first to
 * come runs as soon as it can. Taken while STARTING, under the VM's lock, atomic. */
static uint32_t preparing;

static vm_all_off_fn *all_off;

void vm_on_all_off(vm_all_off_fn *fn)
{
	all_off = fn;
}

const char *vm_state_name(enum vm_state state)
{
	static const char *const names[] = {"off", "running", "paused", "stopping", "crashed",
		"starting", "making", "leaving", "gone", "starved"};

	return names[state];
}

bool vm_is_at_rest(struct vm *vm)
{
	for (vcpu_id_t i = 0; i < vm->config.vcpu_count; i++) {
		if (!sched_is_off(&vm->vcpu[i].sched)) {
			return false;
		}
	}
	return true;
}

static void work_in(struct vm *vm, uint64_t ticks)
{
	timer_arm(&vm->worker, cpu_this(), read_cntpct_el0() + ticks);
}

/* A new state, with vm->lock held. */
static void enter_state(struct vm *vm, enum vm_state state)
{
	vm_starve_follow(vm, state);
	vm->state = state;
	trace(TRACE_VM, vm->id, 0, state, 0);
	event_post(EVENT_STATE, vm->id, state);
}

/* The same, when it decides which vCPUs may run. The worker sees to those that are many. */
static void enter_held(struct vm *vm, enum vm_state state)
{
	enter_state(vm, state);
	if (!vm_hold_begin(vm) || state != VM_RUNNING) {
		work_in(vm, 0);
	}
}

/* For the next run. Without entropy there is none, and no control call is served. */
static void make_token(struct vm *vm)
{
	vm->has_token = (vm->config.flags & VM_FLAG_CONTROL) != 0U &&
			entropy_fill(vm->token, sizeof(vm->token)) == PLINTH_OK;
	if ((vm->config.flags & VM_FLAG_CONTROL) != 0U && !vm->has_token) {
		log_warning(
			"vm %s: no entropy for its token: it can control nothing", vm->config.name);
	}
}

bool vm_is_token(const struct vm *vm, uint64_t first, uint64_t last)
{
	uint64_t own[2];

	memcpy(own, vm->token, sizeof(own));
	return ((own[0] ^ first) | (own[1] ^ last)) == 0U && vm->has_token;
}

static void fill_secret(void *ctx, uint32_t kind, void *buf, size_t size)
{
	const struct vm *vm = ctx;

	if (kind == VM_IMAGE_TOKEN) {
		memcpy(buf, vm->token, min_u64(size, sizeof(vm->token)));
		return;
	}
	/* Without entropy the loader has left the seeds out, so nothing asks. */
	enum plinth_status status = entropy_fill(buf, size);

	(void)status;
}

/* Powered off, and no longer stopped when the VM runs: PSCI starts the first. */
static void reset_vcpu(struct vcpu *vcpu)
{
	sched_remove(&vcpu->sched, SCHED_HOLD_POWER);
	vtimer_reset(&vcpu->timer);
	PLINTH_CHECK(vgic_cpu_reset(&vcpu->gic) == PLINTH_OK);
	debugregs_reset(&vcpu->debug);
	vm_pvtime_reset(vcpu);
	vcpu->caches_on = true;
	vcpu->starting = false;
	vcpu->set_way_done = false;
	vcpu->sweep = ipa_init(0);
	vcpu->batch = (struct backdoor_batch){0};
}

/* One step; all vCPUs are off and unloaded, memory is empty. */
static enum plinth_status reset_hardware(struct vm *vm)
{
	if (vm->vcpus_reset == 0U) {
		/* Nothing is loaded, so nothing can refuse. */
		PLINTH_CHECK(vgic_reset(&vm->vgic) == PLINTH_OK);
	}
	for (unsigned i = 0; i < STEP_RESETS && vm->vcpus_reset < vm->config.vcpu_count; i++) {
		reset_vcpu(&vm->vcpu[vm->vcpus_reset]);
		vm->vcpus_reset++;
	}
	if (vm->vcpus_reset < vm->config.vcpu_count) {
		return PLINTH_EAGAIN;
	}
	vm->caches_off = 0;
	vuart_reset(&vm->terminal.uart);
	vrtc_reset(&vm->rtc);
	vgpio_reset(&vm->gpio);
	backdoor_reset(&vm->backdoor);
	uefirt_reset(&vm->uefirt);
	psci_reset(&vm->psci);
	vtimer_vm_init(&vm->time);
	return PLINTH_OK;
}

static bool take_turn(const struct vm *vm)
{
	uint32_t nobody = 0;

	return load_relaxed(&preparing) == vm->id + 1U ||
	       cas_acq_rel(&preparing, &nobody, vm->id + 1U);
}

/* The VM leaves STARTING. */
static void end_turn(const struct vm *vm)
{
	uint32_t own = vm->id + 1U;

	(void)cas_acq_rel(&preparing, &own, 0U);
}

/* From rest, with memory and hardware ready, to the first instruction of vCPU 0. Under vm->lock. */
static void begin(struct vm *vm)
{
	const struct psci_start start = {vm->config.entry, vm->config.arg};

	end_turn(vm);
	vm->starts++;
	vm_cost_begin(vm);
	vm_devices_start(vm);
	vm->devices.run = true;
	vtimer_vm_resume(&vm->time);
	enter_held(vm, VM_RUNNING);
	psci_boot(&vm->psci, &start);
}

/* One step of `step` by the worker. A vCPU that shares this CPU gets the larger part of it. False:
 * there is more to do, and the worker will be back. */
static bool memory_step(struct vm *vm, enum plinth_status (*step)(struct vm *))
{
	uint64_t start = read_cntpct_el0();

	if (step(vm) != PLINTH_EAGAIN) {
		return true;
	}
	work_in(vm, vcpu_current() == NULL ? 0U : WORK_PAUSE * (read_cntpct_el0() - start));
	return false;
}

static enum plinth_status prepare(struct vm *vm)
{
	enum plinth_status status = gmem_prepare_step(&vm->gmem, &vm->prepared);

	return status == PLINTH_OK ? reset_hardware(vm) : status;
}

static enum plinth_status empty_memory(struct vm *vm)
{
	return gmem_reset_step(&vm->gmem);
}

/* One step from STARTING to RUNNING. Under vm->lock. */
static void start_step(struct vm *vm)
{
	if (!take_turn(vm)) {
		work_in(vm, vm_host()->ticks_per_second / WORK_POLL_HZ);
	} else if (memory_step(vm, prepare)) {
		begin(vm);
	}
}

/* With memory empty. Unless it is urgent, the first step too is the worker's. Under vm->lock.
 * ENOMEM: the VM stays as it is. */
static enum plinth_status start(struct vm *vm, bool is_urgent)
{
	make_token(vm);
	enum plinth_status status = gmem_start(&vm->gmem, fill_secret, vm);

	if (status != PLINTH_OK) {
		log_error("vm %s: cannot start: memory that its balloon gave away is in use",
			vm->config.name);
		return status;
	}
	enter_state(vm, VM_STARTING);
	vm->memory_dirty = true;
	vm->prepared = ipa_init(0);
	vm->vcpus_reset = 0;
	if (is_urgent) {
		start_step(vm);
	} else {
		work_in(vm, 0);
	}
	return PLINTH_OK;
}

static enum plinth_status start_from_rest(struct vm *vm, bool is_urgent)
{
	enum plinth_status status = PLINTH_OK;

	lock_take(&vm->lock);
	if (vm->state != VM_OFF && vm->state != VM_CRASHED) {
		status = PLINTH_EPERM;
	} else {
		if (vm->memory_dirty) {
			vm->goal = VM_GOAL_RESET;
			enter_state(vm, VM_STOPPING);
			work_in(vm, 0);
		} else {
			status = start(vm, is_urgent);
		}
		fetch_add_relaxed(&live_count, status == PLINTH_OK ? 1U : 0U);
	}
	lock_drop(&vm->lock);
	return status;
}

enum plinth_status vm_start(struct vm *vm)
{
	return start_from_rest(vm, true);
}

enum plinth_status vm_start_soon(struct vm *vm)
{
	return start_from_rest(vm, false);
}

/* Guest time stops with the vCPUs: the worker sees to it when they are at rest. */
void vm_pause_locked(struct vm *vm)
{
	enter_held(vm, VM_PAUSED);
}

void vm_resume_locked(struct vm *vm)
{
	vm->debug.has_paused = false;
	vtimer_vm_resume(&vm->time);
	enter_held(vm, VM_RUNNING);
}

enum plinth_status vm_pause(struct vm *vm)
{
	enum plinth_status status = PLINTH_EPERM;

	lock_take(&vm->lock);
	if (vm->state == VM_RUNNING || vm->state == VM_STARVED) {
		vm_pause_locked(vm);
		status = PLINTH_OK;
	} else if (vm->state == VM_PAUSED && vm->debug.has_paused) {
		vm->debug.has_paused = false; /* it outlives the debugger */
		status = PLINTH_OK;
	}
	lock_drop(&vm->lock);
	return status;
}

enum plinth_status vm_resume(struct vm *vm)
{
	enum plinth_status status = PLINTH_EPERM;

	lock_take(&vm->lock);
	if (vm->state == VM_PAUSED) {
		vm_debug_let_all_run(vm);
		vm_resume_locked(vm);
		/* EPERM: there are no tools to run scripts. */
		(void)backdoor_request(&vm->backdoor, BACKDOOR_RESUME);
		status = PLINTH_OK;
	}
	lock_drop(&vm->lock);
	return status;
}

static enum plinth_status stop_locked(struct vm *vm, enum vm_goal goal)
{
	if (vm->state == VM_OFF || vm->state == VM_CRASHED || vm->state == VM_LEAVING) {
		return PLINTH_EPERM;
	}
	if (vm->state != VM_STOPPING) {
		if (vm->state == VM_STARTING) {
			end_turn(vm);
		} else {
			vm_cost_end(vm);
		}
		vm->goal = goal;
		enter_held(vm, VM_STOPPING);
	} else {
		vm_hold_own(
			vm); /* whoever ends its run does not go on, though its turn comes later */
		vm->goal = goal > vm->goal ? goal : vm->goal;
	}
	return PLINTH_OK;
}

enum plinth_status vm_destroy(struct vm *vm)
{
	lock_take(&vm->lock);
	bool is_off = vm->state == VM_OFF || vm->state == VM_CRASHED;
	enum plinth_status status = is_off ? PLINTH_OK : stop_locked(vm, VM_GOAL_GONE);

	if (is_off) {
		enter_state(vm, VM_LEAVING);
		vm_leave(vm);
	}
	lock_drop(&vm->lock);
	return status;
}

enum plinth_status vm_stop(struct vm *vm, enum vm_goal goal)
{
	lock_take(&vm->lock);
	enum plinth_status status = stop_locked(vm, goal);

	lock_drop(&vm->lock);
	return status;
}

void vm_crash(struct vm *vm, const char *format, ...)
{
	va_list args;
	bool first;

	lock_take(&vm->lock);
	first = (vm->state == VM_RUNNING || vm->state == VM_PAUSED || vm->state == VM_STARVED);
	if (first) {
		memset(vm->reason, 0, sizeof(vm->reason)); /* it is copied out whole */
		va_start(args, format);
		(void)fmt_vbuf(vm->reason, sizeof(vm->reason), format, args);
		va_end(args);
	}
	/* EPERM: it is off already. */
	(void)stop_locked(vm, VM_GOAL_CRASH);
	lock_drop(&vm->lock);
	if (first) {
		log_error("vm %s: crashed: %s", vm->config.name, vm->reason);
	}
}

static void starve(struct vm *vm, ipa_t ipa)
{
	lock_take(&vm->lock);
	bool first = vm->state == VM_RUNNING;

	if (first) {
		enter_held(vm, VM_STARVED);
	} else {
		vm_hold_own(vm); /* another vCPU was first, or an operator */
	}
	lock_drop(&vm->lock);
	if (first) {
		log_limited(&vm->log_limit, LOG_WARNING,
			"vm %s: starved: no free memory for the page at 0x%llx; it waits for its "
			"turn",
			vm->config.name, (unsigned long long)ipa.v);
	}
}

void vm_out_of_memory(struct vm *vm, ipa_t ipa)
{
	if ((vm->config.flags & VM_FLAG_OVERCOMMIT) != 0U) {
		starve(vm, ipa);
	} else {
		vm_crash(vm, "no memory for the page at 0x%llx", (unsigned long long)ipa.v);
	}
}

/* One step from STOPPING to its goal. Under vm->lock; true when it is reached. */
static bool stop_step(struct vm *vm)
{
	vtimer_vm_stop(&vm->time);
	vm_debug_end(vm);
	console_port_end_line(&vm->terminal.port);
	if (vm->devices.run && !memory_step(vm, vm_devices_stop_step)) {
		return false;
	}
	if (vm->goal < VM_GOAL_CRASH && vm->memory_dirty) {
		if (!memory_step(vm, empty_memory)) {
			return false;
		}
		vm->memory_dirty = false;
	}
	if (vm->goal == VM_GOAL_RESET && start(vm, true) == PLINTH_OK) {
		return false;
	}
	if (vm->goal == VM_GOAL_GONE) {
		enter_state(vm, VM_LEAVING);
	} else if (vm->goal == VM_GOAL_CRASH) {
		enter_state(vm, VM_CRASHED);
		store_relaxed(&any_crashed, 1U);
	} else {
		backdoor_off(&vm->backdoor);
		enter_state(vm, VM_OFF);
	}
	return true;
}

static void ended(struct vm *vm)
{
	log_info("vm %s: %s", vm->config.name, vm_state_name(vm->state));
	if (vm_host()->bench) {
		vm_cost_report(vm);
	}
	if (vm->state == VM_LEAVING) {
		vm_leave(vm); /* last: it is not ours from here on */
	}
	if (fetch_add_relaxed(&live_count, UINT32_MAX) == 1U && all_off != NULL) {
		all_off(load_relaxed(&any_crashed) != 0U);
	}
}

static bool is_to_rest(const struct vm *vm)
{
	return vm->state == VM_STOPPING || vm->state == VM_PAUSED || vm->state == VM_STARVED;
}

/* Every vCPU is held. Under vm->lock; true: the VM has reached its end. */
static bool rest_step(struct vm *vm)
{
	if (!vm_is_at_rest(vm)) {
		work_in(vm, vm_host()->ticks_per_second / WORK_POLL_HZ);
		return false;
	}
	if (vm->state == VM_STOPPING) {
		return stop_step(vm);
	}
	vtimer_vm_stop(&vm->time);
	return false;
}

void vm_work(struct timer *timer, void *ctx, uint64_t now)
{
	struct vm *vm = ctx;
	bool at_end = false;

	(void)timer;
	(void)now;
	lock_take(&vm->lock);
	if (vm->state == VM_STARTING) {
		start_step(vm);
	} else if (vm->state == VM_RUNNING || is_to_rest(vm)) {
		if (!vm_hold_step(vm)) {
			work_in(vm, 0);
		} else if (is_to_rest(vm)) {
			at_end = rest_step(vm);
		}
	}
	lock_drop(&vm->lock);
	vm_devices_report(vm);
	if (at_end) {
		ended(vm);
	}
}
