/* SPDX-License-Identifier: Apache-2.0 */
#include "timerq/timerq.h"

#include "arch/barrier.h"
#include "arch/cpu.h"
#include "arch/sysreg.h"
#include "base/atomic.h"
#include "base/check.h"
#include "base/compiler.h"
#include "lock/lock.h"
#include "percpu/percpu.h"

#define CNTHP_CTL_ENABLE UINT64_C(1)
#define NEVER		 TIMERQ_NEVER

/* One CPU's timers. */
struct queue {
	struct lock lock; /* protects heap */
	struct heap heap;
	uint64_t first;	       /* its first deadline, or NEVER; atomic, written under the lock */
	struct timer *running; /* whose function runs; written by its CPU, atomic */
	/* this CPU alone */
	uint64_t alarm; /* or NEVER */
	bool enabled;	/* the hardware timer */
} ALIGNED(128);

static struct queue queues[CPU_MAX];

static const struct timerq_ops *timerq_ops; /* immutable after timerq_init, as the next two */
static void *timerq_ctx;
static uint32_t timerq_cpus;

static struct timer *timer_of(struct heap_node *node)
{
	return CONTAINER_OF(node, struct timer, node);
}

static uint64_t deadline_of(const struct heap_node *node)
{
	const void *timer = (const char *)node - offsetof(struct timer, node);

	return ((const struct timer *)timer)->deadline;
}

static bool deadline_less(const struct heap_node *a, const struct heap_node *b)
{
	return deadline_of(a) < deadline_of(b);
}

void timerq_init(const struct timerq_ops *ops, void *ctx, uint32_t cpu_count)
{
	PLINTH_CHECK(cpu_count >= 1U && cpu_count <= CPU_MAX);
	timerq_ops = ops;
	timerq_ctx = ctx;
	timerq_cpus = cpu_count;
	for (uint32_t i = 0; i < CPU_MAX; i++) {
		lock_init(&queues[i].lock, LOCK_RANK_TIMERQ);
		heap_init(&queues[i].heap, deadline_less);
		queues[i].first = NEVER;
		queues[i].alarm = NEVER;
		queues[i].running = NULL;
		queues[i].enabled = false;
	}
}

void timerq_cpu_init(void)
{
	queues[cpu_this()].enabled = false;
	write_cnthp_ctl_el2(0);
	arch_isb();
}

void timer_init(struct timer *timer, timer_fn *fn, void *ctx)
{
	*timer = (struct timer){.fn = fn, .ctx = ctx};
}

/* Programs this CPU's hardware timer for the first deadline. No lock: where another CPU brings an
 * earlier one meanwhile, its kick comes, and timerq_run_poked() is here again. Without the ISB, the
 * CPU could reach a WFI with the old value still in effect. */
static void program(struct queue *queue)
{
	uint64_t deadline = load_relaxed(&queue->first);
	bool enable;

	if (queue->alarm < deadline) {
		deadline = queue->alarm;
	}
	enable = deadline != NEVER;
	if (enable) {
		write_cnthp_cval_el2(deadline);
	}
	if (enable != queue->enabled) {
		queue->enabled = enable;
		/* The comparison value before the enable: no interrupt from the old one. */
		arch_isb();
		write_cnthp_ctl_el2(enable ? CNTHP_CTL_ENABLE : 0U);
	}
	arch_isb();
}

static void note_first(struct queue *queue)
{
	struct heap_node *first = heap_first(&queue->heap);

	lock_assert_held(&queue->lock);
	/* Relaxed: timerq_run looks again under the lock; others' CPUs are kicked. */
	store_relaxed(&queue->first, first != NULL ? deadline_of(first) : NEVER);
}

/* Takes the lock of the queue that the timer belongs to. It belongs to another one only by
 * timer_arm() on another CPU, which the caller does not expect to win against for ever. */
static struct queue *lock_home(const struct timer *timer)
{
	for (;;) {
		cpu_id_t cpu = load_relaxed(&timer->cpu);

		lock_take(&queues[cpu].lock);
		/* Acquire: who moved it here may not have had this lock yet. */
		if (load_acquire(&timer->cpu) == cpu) {
			return &queues[cpu];
		}
		lock_drop(&queues[cpu].lock);
	}
}

static bool unlink_timer(struct queue *queue, struct timer *timer)
{
	lock_assert_held(&queue->lock);
	if (!heap_is_linked(&timer->node)) {
		return false;
	}
	heap_remove(&queue->heap, &timer->node);
	store_relaxed(&timer->queued, 0U);
	note_first(queue);
	return true;
}

void timer_arm(struct timer *timer, cpu_id_t cpu, uint64_t deadline)
{
	struct queue *queue;
	bool first;

	PLINTH_CHECK(cpu < timerq_cpus);
	queue = lock_home(timer);
	unlink_timer(queue, timer);
	if (queue != &queues[cpu]) {
		store_release(&timer->cpu, cpu); /* pairs with lock_home */
		lock_drop(&queue->lock);
		queue = &queues[cpu];
		lock_take(&queue->lock);
	}
	timer->deadline = deadline;
	heap_insert(&queue->heap, &timer->node);
	store_relaxed(&timer->queued, 1U);
	note_first(queue);
	first = heap_first(&queue->heap) == &timer->node;
	lock_drop(&queue->lock);
	if (first && cpu == cpu_this()) {
		program(queue);
	} else if (first) {
		/* Pairs with the exchange in timerq_run_poked: the kick finds the timer. */
		store_release(&percpu_table[cpu]->poked, 1U);
		timerq_ops->kick(timerq_ctx, cpu);
	}
}

bool timer_cancel_queued(struct timer *timer)
{
	struct queue *queue = lock_home(timer);
	bool queued = unlink_timer(queue, timer);

	lock_drop(&queue->lock);
	return queued;
}

bool timer_cancel_wait(struct timer *timer)
{
	/* With the lock in any case: whoever finds it not queued under it finds it running. */
	bool queued = timer_cancel_queued(timer);

	/* All CPUs, since it may have been armed for another one while its function ran. */
	for (cpu_id_t cpu = 0; cpu < timerq_cpus; cpu++) {
		/* Pairs with the release in run_first: what the function stored is seen. */
		while (cpu != cpu_this() && load_acquire(&queues[cpu].running) == timer) {
			arch_yield();
		}
	}
	return queued;
}

bool timer_is_armed(const struct timer *timer)
{
	struct queue *queue = lock_home(timer);
	bool armed = heap_is_linked(&timer->node);

	lock_drop(&queue->lock);
	return armed;
}

/* Runs the first timer if it is due; the lock is dropped meanwhile. */
static bool run_first(struct queue *queue, uint64_t now)
{
	struct heap_node *first = heap_first(&queue->heap);
	struct timer *timer;

	if (first == NULL || deadline_of(first) > now) {
		return false;
	}
	timer = timer_of(first);
	unlink_timer(queue, timer);
	/* Under the lock: whoever finds the timer unqueued finds it running. */
	store_relaxed(&queue->running, timer);
	lock_drop(&queue->lock);
	timer->fn(timer, timer->ctx, now);
	/* Pairs with timer_cancel_wait, after which the timer's memory may be gone. */
	store_release(&queue->running, NULL);
	lock_take(&queue->lock);
	return true;
}

/* Apart, so that an alarm pays for nothing of it. By number as well as by time: a function that
 * arms itself for the past could be too quick for the counter. */
NOINLINE static void run_due(struct queue *queue, uint64_t now)
{
	uint64_t start = read_cntpct_el0();
	uint64_t budget = read_cntfrq_el0() / TIMERQ_RUNS_PER_SECOND;

	lock_take(&queue->lock);
	for (uint32_t i = 0; i < TIMERQ_BATCH && run_first(queue, now); i++) {
		if (read_cntpct_el0() - start >= budget) {
			break;
		}
	}
	lock_drop(&queue->lock);
}

void timerq_run(uint64_t now)
{
	struct queue *queue = &queues[cpu_this()];

	if (queue->alarm <= now) {
		queue->alarm = NEVER;
		store_relaxed(&percpu_this()->resched, 1U);
	}
	/* What another CPU puts there after this look comes with a kick. */
	if (load_relaxed(&queue->first) <= now) {
		run_due(queue, now);
	}
	program(queue);
}

void timerq_set_alarm(uint64_t deadline)
{
	struct queue *queue = &queues[cpu_this()];

	if (queue->alarm != deadline) {
		queue->alarm = deadline;
		program(queue);
	}
}

void timerq_run_poked(void)
{
	if (exchange_acq_rel(&percpu_this()->poked, 0U) != 0U) {
		timerq_run(read_cntpct_el0());
	}
}
