/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The end of a VM, in bounded steps of a soft timer, one VM after the other, but for those that
 * wait for somebody: they let the others pass. Its vCPUs are off and unloaded. What is to go away
 * must be in nobody's hands: it is taken out of the table first; then a timer visits every CPU,
 * which has left by then whatever exit it was in, and takes it off the VM's stage 2, which a CPU
 * without a vCPU would go on speculating with.
 */
#include "arch/barrier.h"
#include "arch/sysreg.h"
#include "base/atomic.h"
#include "base/bits.h"
#include "base/compiler.h"
#include "event/event.h"
#include "hypmap/hypmap.h"
#include "percpu/percpu.h"
#include "pmem/pmem.h"

#include "vm_private.h"

/* How often something that others have to do is looked for. */
#define POLL_HZ 2000U

/* Between two steps: this many times as long as one took. */
#define PAUSE 4U

#define STEP_VCPUS 16U

static struct timer worker; /* always of the boot CPU */
static uint32_t is_awake;   /* atomic: who sets it arms the worker */

/* The worker's alone. */
static struct vm *leaving; /* NULL: the next one is to be found */
static uint32_t next_slot;
static vcpu_id_t next_vcpu;

static struct timer visitor;
static uint32_t has_visited; /* atomic: it has been on every CPU */
static pa_t empty_root;	     /* translates nothing */

static bool keep_variables(struct vm *vm)
{
	return vm_uefi_leave(vm);
}

/* What it printed last. */
static bool show_rest(struct vm *vm)
{
	return !vm->has_port || console_port_show_rest(&vm->terminal.port);
}

static bool hide(struct vm *vm)
{
	vm_hide(vm);
	if (vm->has_port) {
		console_port_remove(&vm->terminal.port);
	}
	next_vcpu = 0;
	return true;
}

/* Once to begin with; and once when nobody has the VM any more who could arm one of them, as a call
 * that found it before it was hidden may have. */
static bool cancel_timers(struct vm *vm)
{
	(void)timer_cancel_wait(&vm->worker);
	(void)timer_cancel_wait(&vm->rtc_timer);
	(void)timer_cancel_wait(&vm->soft_timer);
	(void)timer_cancel_wait(&vm->debug.timer);
	for (unsigned i = 0; i < STEP_VCPUS && next_vcpu < vm->vcpus_built; i++, next_vcpu++) {
		vtimer_destroy(&vm->vcpu[next_vcpu].timer);
	}
	return next_vcpu == vm->vcpus_built;
}

static void visit(struct timer *timer, void *ctx, uint64_t now)
{
	cpu_id_t cpu = cpu_this() + 1U;

	(void)ctx;
	if (vcpu_current() == NULL) {
		write_vttbr_el2(empty_root.v);
		arch_isb();
	}
	while (cpu < percpu_count && !sched_is_online(cpu)) {
		cpu++;
	}
	if (cpu < percpu_count) {
		timer_arm(timer, cpu, now);
	} else {
		store_release(&has_visited, 1U); /* pairs with has_gone_round() */
	}
}

static bool go_round(struct vm *vm)
{
	(void)vm;
	store_relaxed(&has_visited, 0U);
	timer_init(&visitor, visit, NULL);
	timer_arm(&visitor, 0, read_cntpct_el0());
	return true;
}

static bool has_gone_round(struct vm *vm)
{
	(void)vm;
	return load_acquire(&has_visited) != 0U;
}

static bool has_no_users(struct vm *vm)
{
	next_vcpu = 0;
	return load_acquire(&vm->users) == 0U;
}

static bool free_memory(struct vm *vm)
{
	return gmem_fini_step(&vm->gmem) != PLINTH_EAGAIN;
}

static bool free_rest(struct vm *vm)
{
	vm_id_t id = vm->id;

	vm_build_free(vm);
	event_post(EVENT_STATE, id, VM_GONE);
	return true;
}

/* What is done again when it is not done: at once, as its own work, or later, since it is another
 * CPU's turn, or that of somebody who may take long. */
enum wait { WORKS, POLLS, LETS_PASS };

struct step {
	bool (*fn)(struct vm *vm); /* false: not done */
	enum wait wait;
};

static const struct step steps[] = {
	{keep_variables, LETS_PASS},
	{show_rest, WORKS},
	{hide, WORKS},
	{cancel_timers, WORKS},
	{go_round, WORKS},
	{has_gone_round, POLLS},
	{has_no_users, LETS_PASS},
	{cancel_timers, WORKS},
	{free_memory, WORKS},
	{free_rest, WORKS},
};

/* The next one in its slot that leaves, from *id on. */
static struct vm *find(uint32_t *id)
{
	struct vm *vm;

	do {
		vm = vm_next_slot(id);
	} while (vm != NULL && load_acquire(&vm->leaves) == 0U);
	return vm;
}

static bool take_next(void)
{
	store_release(&is_awake, 0U); /* before looking: who comes later wakes us anew */
	leaving = find(&next_slot);
	if (leaving == NULL) {
		next_slot = 0;
		leaving = find(&next_slot);
	}
	return leaving != NULL && exchange_acq_rel(&is_awake, 1U) == 0U;
}

/* One step of `leaving`; in how many ticks the next one is due. */
static uint64_t do_step(uint64_t start)
{
	const struct step *step = &steps[leaving->leave_step];
	bool is_last = step == &steps[ARRAY_SIZE(steps) - 1U];

	if (!step->fn(leaving)) {
		if (step->wait == LETS_PASS) {
			leaving = NULL;
		}
		if (step->wait != WORKS) {
			return vm_host()->ticks_per_second / POLL_HZ;
		}
	} else if (is_last) {
		leaving = NULL; /* its memory is gone, too */
	} else {
		leaving->leave_step++;
	}
	return vcpu_current() == NULL ? 0U : PAUSE * (read_cntpct_el0() - start);
}

static void work(struct timer *timer, void *ctx, uint64_t now)
{
	uint64_t start = read_cntpct_el0();

	(void)ctx;
	(void)now;
	if (leaving == NULL) {
		if (take_next()) {
			timer_arm(timer, 0, start);
		}
		return;
	}
	uint64_t pause = do_step(start);

	timer_arm(timer, 0, read_cntpct_el0() + pause);
}

enum plinth_status vm_leave_setup(void)
{
	timer_init(&worker, work, NULL);
	/* Now: a VM may have to go because no memory is left. */
	return pmem_alloc(S2_ROOT_ORDER_MAX, PMEM_CLEAN | PMEM_USER_TABLE, &empty_root);
}

void vm_leave(struct vm *vm)
{
	vm->state = VM_LEAVING;
	store_release(&vm->leaves, 1U); /* pairs with take_next() */
	if (exchange_acq_rel(&is_awake, 1U) == 0U) {
		timer_arm(&worker, 0, read_cntpct_el0());
	}
}
