/* SPDX-License-Identifier: Apache-2.0 */
/*
 * VMs with `overcommit` that wait for memory: one queue, first come, first served. What comes free
 * is collected for the first of them, whoever else asks for it; with PORTION pages it goes on, and
 * these are promised to it.
 */
#include "arch/sysreg.h"
#include "base/atomic.h"
#include "base/bits.h"
#include "percpu/percpu.h"
#include "pmem/pmem.h"

#include "vm_private.h"

/* How often memory is looked for, and how much a VM gets to go on with: less is gone at the next
 * touch. */
#define LOOK_HZ 20U
#define PORTION BIT(PMEM_ORDER_2M)

/* Protects the queue, by vm->starve_next, what is collected, and the timer's arming. */
static struct lock lock = LOCK_INIT(LOCK_RANK_VM);
static struct vm *first;   /* atomic: read without it, too */
static uint64_t collected; /* pages that pmem has promised */
static struct timer timer;

static void look_in(uint64_t ticks)
{
	timer_arm(&timer, cpu_this(), read_cntpct_el0() + ticks);
}

/* So many pages, which pmem has promised, are the VM's; what it had of them before is nobody's. */
static void promise(struct vm *vm, uint64_t pages)
{
	struct gmem *gmem = &vm->gmem;

	lock_take(&gmem->lock);
	pmem_unreserve(gmem->promise);
	gmem->promise = pages;
	lock_drop(&gmem->lock);
}

/* To the end of the queue, or out of it; 256 VMs at most. What was collected for one that leaves is
 * the next one's, or everybody's. */
static void move(struct vm *vm, bool joins)
{
	struct vm **link = &first;

	lock_take(&lock);
	while (*link != NULL && *link != vm) {
		link = &(*link)->starve_next;
	}
	store_relaxed(link, joins ? vm : vm->starve_next);
	vm->starve_next = NULL;
	if (first == NULL) {
		pmem_unreserve(collected);
		collected = 0;
	} else if (joins && link == &first) {
		look_in(1);
	}
	lock_drop(&lock);
}

void vm_starve_follow(struct vm *vm, enum vm_state state)
{
	if (vm->state == VM_STARVED || state == VM_STARVED) {
		move(vm, state == VM_STARVED);
	}
	if (state == VM_STOPPING && (vm->config.flags & VM_FLAG_OVERCOMMIT) != 0U) {
		promise(vm, 0);
	}
}

/* Has the first one what it needs? */
static bool collect(void)
{
	struct pmem_stats s;

	pmem_get_stats(&s);
	uint64_t more = min_u64(s.free - s.reserved, PORTION - collected);

	if (pmem_reserve(more) == PLINTH_OK) {
		collected += more;
	}
	return collected == PORTION;
}

/* Under vm->lock. False: it waits on, or has left the queue before we had the lock. */
static bool serve(struct vm *vm)
{
	lock_take(&lock);
	bool goes_on = vm == first && collect();

	if (goes_on) {
		collected = 0;
		promise(vm, PORTION);
	}
	look_in(goes_on ? 1U : vm_host()->ticks_per_second / LOOK_HZ);
	lock_drop(&lock);
	return goes_on;
}

/* One VM at most goes on; where there may be memory for another one, that is the next run's: a
 * queue of many is no long exit. The VM that it finds is there until this exit ends (vm_table.c),
 * though it may leave the queue. When there is none, whoever is the first to join will arm us. */
static void look(struct timer *own, void *ctx, uint64_t now)
{
	struct vm *vm = load_relaxed(&first);

	(void)own;
	(void)ctx;
	(void)now;
	if (vm == NULL) {
		return;
	}
	lock_take(&vm->lock);
	if (serve(vm)) {
		vm_resume_locked(vm);
	}
	lock_drop(&vm->lock);
}

void vm_starve_setup(void)
{
	timer_init(&timer, look, NULL);
}
