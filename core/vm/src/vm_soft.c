/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Power operations that the guest itself carries out, if it does: its tools are asked, and a timer
 * looks now and then what has become of it.
 */
#include "arch/sysreg.h"
#include "percpu/percpu.h"
#include "vm/vm_act.h"

#include "vm_private.h"

#define POLL_HZ 10U

struct soft_row {
	enum backdoor_power power;
	enum vm_verb verb; /* the same without the guest's help */
	const char *what;
};

static const struct soft_row rows[] = {
	[VM_SOFT_OFF] = {BACKDOOR_HALT, VM_VERB_STOP, "halt"},
	[VM_SOFT_RESET] = {BACKDOOR_REBOOT, VM_VERB_RESET, "restart"},
	[VM_SOFT_PAUSE] = {BACKDOOR_SUSPEND, VM_VERB_PAUSE, "run its scripts"},
};

static void look_in_a_while(struct vm *vm)
{
	timer_arm(&vm->soft_timer, cpu_this(),
		read_cntpct_el0() + vm_host()->ticks_per_second / POLL_HZ);
}

enum plinth_status vm_ask(struct vm *vm, enum vm_soft soft, uint32_t seconds)
{
	enum plinth_status status = PLINTH_EPERM;

	lock_take(&vm->lock);
	if (vm->state == VM_RUNNING || vm->state == VM_STARVED) {
		status = backdoor_request(&vm->backdoor, rows[soft].power);
	}
	if (status == PLINTH_OK) {
		vm->soft = soft;
		vm->soft_starts = vm->starts;
		vm->soft_deadline = read_cntpct_el0() + seconds * vm_host()->ticks_per_second;
		look_in_a_while(vm);
	}
	lock_drop(&vm->lock);
	return status;
}

/* A VM that is OFF or has crashed may have left a vCPU asleep: there is nobody to wake. Without the
 * lock: where it stops at this moment, what its vCPUs were told is forgotten with the run. */
static enum plinth_status wake(struct vm *vm)
{
	return vm->state == VM_RUNNING && psci_wake(&vm->psci) ? PLINTH_OK : PLINTH_EPERM;
}

static enum plinth_status act_now(struct vm *vm, enum vm_verb verb)
{
	switch (verb) {
	case VM_VERB_START:
		return vm_start_soon(vm);
	case VM_VERB_STOP:
		return vm_stop(vm, VM_GOAL_OFF);
	case VM_VERB_RESET:
		return vm_stop(vm, VM_GOAL_RESET);
	case VM_VERB_PAUSE:
		return vm_pause(vm);
	case VM_VERB_RESUME:
		return vm_resume(vm);
	case VM_VERB_WAKE:
		return wake(vm);
	}
	return PLINTH_EINVAL;
}

/* False: it is nothing for the guest's tools, or they do not listen. */
static bool ask(struct vm *vm, enum vm_verb verb, uint32_t seconds)
{
	for (unsigned soft = 0; soft < ARRAY_SIZE(rows); soft++) {
		if (rows[soft].verb == verb) {
			return vm_ask(vm, (enum vm_soft)soft, seconds) == PLINTH_OK;
		}
	}
	return false;
}

enum plinth_status vm_act(struct vm *vm, enum vm_verb verb, uint32_t seconds, bool *is_asked)
{
	*is_asked = seconds != 0U && ask(vm, verb, seconds);
	return *is_asked ? PLINTH_OK : act_now(vm, verb);
}

enum finding {
	GONE, /* the run has ended, or what is wanted is so: nothing is left to do */
	WAIT,
	LATE,  /* the time is up */
	READY, /* the scripts have run, or will not */
};

/* Under vm->lock. */
static enum finding look(struct vm *vm)
{
	enum backdoor_answer answer = backdoor_answer(&vm->backdoor, rows[vm->soft].power);

	/* One that is paused or starved goes on, and has then what is left of its time. */
	bool lives = vm->state == VM_RUNNING || vm->state == VM_PAUSED || vm->state == VM_STARVED;

	if (!lives || vm->starts != vm->soft_starts) {
		return GONE;
	}
	if (vm->soft == VM_SOFT_PAUSE &&
		(answer == BACKDOOR_FINISHED || answer == BACKDOOR_REFUSED)) {
		return READY;
	}
	if (read_cntpct_el0() < vm->soft_deadline) {
		return WAIT;
	}
	return vm->soft == VM_SOFT_PAUSE && vm->state == VM_PAUSED ? GONE : LATE;
}

void vm_soft_expired(struct timer *timer, void *ctx, uint64_t now)
{
	struct vm *vm = ctx;

	(void)timer;
	(void)now;
	lock_take(&vm->lock);
	enum vm_soft soft = vm->soft;
	enum finding finding = look(vm);

	if (finding == WAIT) {
		look_in_a_while(vm);
	}
	lock_drop(&vm->lock);
	if (finding == LATE) {
		log_warning("vm %s: did not %s in time", vm->config.name, rows[soft].what);
	}
	if (finding == LATE || finding == READY) {
		(void)act_now(vm, rows[soft].verb); /* EPERM: the guest was quicker after all */
	}
}
