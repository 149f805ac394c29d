/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/inspect.h"

#include <stdarg.h>

#include "arch/sysreg.h"
#include "base/atomic.h"
#include "base/fmt.h"
#include "el2count/el2count.h"
#include "inspect_private.h"
#include "lock/lock.h"
#include "percpu/percpu.h"
#include "timerq/timerq.h"
#include "vm/vm_table.h"

/* Between two steps the vCPU that shares the CPU gets this many times what the step took. Where
 * there is none the pause is short, but long enough for another interrupt: of two that are pending
 * a GIC may give the timer's first each time, and the key that is to end us would never come. */
#define STEP_PAUSE 4U
#define IDLE_HZ	   100000U

/* How long to wait for what is elsewhere, or for the user's terminal. */
#define LATER_HZ 2000U

static task_fn *const tasks[] = {
	[INSPECT_SCAN] = inspect_scan_step,
	[INSPECT_FIND_KERNEL] = inspect_find_step,
	[INSPECT_TRANSLATE] = inspect_translate_step,
	[INSPECT_READ] = inspect_read_step,
};

/* Users' contexts; atomic. Whoever puts its own in the place of NULL owns `job` until done(). Who
 * is told to stop is named: between the end of one job and its done() there may be another's. */
static const void *owner;
static const void *told_to_stop;

/* After inspect_start() the timer function's alone, one CPU at a time. */
static struct job job;
static struct timer timer;
struct longest inspect_longest;

enum task_result inspect_say(struct job *j, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)fmt_vbuf(j->line, sizeof(j->line), format, args);
	va_end(args);
	return TASK_LINE;
}

enum task_result inspect_show(struct job *j, const struct libscan_range *range)
{
	j->range = *range;
	j->has_range = true;
	return TASK_LINE;
}

/* A vCPU that is on, other than the one before if there is such; NULL: none. */
static struct vcpu *next_vcpu(struct vm *vm, const struct vcpu *before)
{
	vcpu_id_t count = vm->config.vcpu_count;
	vcpu_id_t start = before == NULL ? 0U : before->id + 1U;

	for (vcpu_id_t i = 0; i < count; i++) {
		struct vcpu *vcpu = &vm->vcpu[(start + i) % count];

		if ((load_relaxed(&vcpu->sched.holds) & (uint32_t)SCHED_HOLD_POWER) == 0U) {
			return vcpu;
		}
	}
	return NULL;
}

static void end_with(const char *why)
{
	job.has_range = false;
	(void)inspect_say(&job, "%s: %s", job.vm->config.name, why);
	job.has_line = true;
	job.is_over = true;
}

static void take_result(enum task_result result)
{
	switch (result) {
	case TASK_LINE:
		job.has_line = true;
		break;
	case TASK_DONE:
		job.is_over = true;
		break;
	case TASK_NEXT_VCPU:
		if (job.request.vcpu == INSPECT_ANY_VCPU) {
			struct vcpu *next = next_vcpu(job.vm, job.vcpu);

			job.vcpu = next != NULL ? next : job.vcpu;
		}
		break;
	case TASK_MORE:
	case TASK_WAIT:
		break;
	}
}

/* With the vCPU's registers live. True: nothing was to be done just now. */
static bool step_live(cpu_id_t *where)
{
	struct live live;
	enum task_result result;

	switch (live_enter(&live, job.vcpu, where)) {
	case LIVE_OK:
		break;
	case LIVE_ELSEWHERE:
		return *where == cpu_this();
	case LIVE_OFF:
		end_with("the vCPU has been powered off");
		return false;
	}
	job.pstate = live.pstate;
	result = tasks[job.request.kind](&job);
	live_leave(&live);
	job.steps++;
	take_result(result);
	return result == TASK_WAIT || result == TASK_NEXT_VCPU;
}

static bool step(cpu_id_t *where)
{
	struct vm *vm = job.vm;
	bool later = false;

	lock_take(&vm->lock);
	if (vm_has_memory(vm)) {
		later = step_live(where);
	} else {
		end_with("gone: it is off, or starts anew");
	}
	lock_drop(&vm->lock);
	return later;
}

/* True: the terminal is full. */
static bool show_line(void)
{
	if (!job.user.has_room(job.user.ctx)) {
		return true;
	}
	if (job.has_range) {
		(void)libscan_format(&job.range, job.line, sizeof(job.line));
		job.has_range = false;
	}
	job.user.line(job.user.ctx, job.line);
	job.has_line = false;
	return false;
}

/* Whoever shares this CPU with us runs in between. */
static uint64_t pause_after(uint64_t start)
{
	const struct vcpu *current = vcpu_current();

	if (current == NULL || sched_is_blocked(&current->sched)) {
		return read_cntfrq_el0() / IDLE_HZ;
	}
	return STEP_PAUSE * (read_cntpct_el0() - start) + 1U;
}

static void end(void)
{
	struct inspect_user user = job.user;

	vm_release(job.vm);
	store_release(&owner, NULL); /* pairs with the exchange in inspect_start */
	user.done(user.ctx);
}

static void note_longest(uint32_t *longest, uint32_t since)
{
	uint32_t took = el2count_now() - since;

	*longest = took > *longest ? took : *longest;
}

static void work(struct timer *unused, void *ctx, uint64_t now)
{
	uint64_t start = read_cntpct_el0();
	uint32_t before = el2count_now();
	cpu_id_t where = cpu_this();
	bool later = false;
	uint64_t pause;

	(void)unused;
	(void)ctx;
	(void)now;
	if (exchange_acq_rel(&told_to_stop, NULL) == job.user.ctx && !job.is_over) {
		end_with("stopped");
	} else if (job.has_line) {
		later = show_line();
		note_longest(&inspect_longest.line, before);
	} else if (!job.is_over) {
		uint64_t ats = job.scan.counts.at;

		later = step(&where);
		job.insns += job.scan.counts.at != ats ? el2count_now() - before : 0U;
		note_longest(&inspect_longest.step, before);
	}
	if (job.is_over && !job.has_line) {
		end();
		return;
	}
	pause = later ? read_cntfrq_el0() / LATER_HZ : pause_after(start);
	/* Last: from here on it may run elsewhere. */
	timer_arm(&timer, where, read_cntpct_el0() + pause);
}

void inspect_init(void)
{
	timer_init(&timer, work, NULL);
}

static enum plinth_status find_vcpu(
	struct vm *vm, const struct inspect_request *request, struct vcpu **vcpu)
{
	if (!vm_has_memory(vm)) {
		return PLINTH_EPERM;
	}
	if (request->vcpu == INSPECT_ANY_VCPU) {
		*vcpu = next_vcpu(vm, NULL);
		return *vcpu != NULL ? PLINTH_OK : PLINTH_EPERM;
	}
	if (request->vcpu >= vm->config.vcpu_count) {
		return PLINTH_ENOENT;
	}
	*vcpu = &vm->vcpu[request->vcpu];
	return PLINTH_OK;
}

enum plinth_status inspect_start(
	struct vm *vm, const struct inspect_request *request, const struct inspect_user *user)
{
	const void *nobody = NULL;
	struct vcpu *vcpu;
	enum plinth_status status = find_vcpu(vm, request, &vcpu);

	if (status != PLINTH_OK) {
		return status;
	}
	if (request->to < request->from ||
		(request->kind == INSPECT_READ &&
			request->to - request->from >= INSPECT_READ_MAX)) {
		return PLINTH_EINVAL;
	}
	if (!cas_acq_rel(&owner, &nobody, user->ctx)) {
		return PLINTH_EBUSY;
	}
	job = (struct job){.request = *request, .user = *user, .vm = vm, .vcpu = vcpu};
	job.name = vm->config.name;
	vm_hold(vm); /* until end() */
	store_relaxed(&told_to_stop, NULL);
	timer_arm(&timer, cpu_this(), read_cntpct_el0());
	return PLINTH_OK;
}

void inspect_stop(const void *ctx)
{
	if (load_relaxed(&owner) == ctx) {
		store_relaxed(&told_to_stop, ctx);
	}
}
