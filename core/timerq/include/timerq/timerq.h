/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Soft timers of EL2. Each CPU has a queue over its own hypervisor timer (CNTHP_CVAL_EL2,
 * CNTHP_CTL_EL2; DDI 0487, D12.2), which is off while the queue is empty. A timer belongs to the
 * CPU that timer_arm() names, and its function runs there.
 *
 * Lock: LOCK_RANK_TIMERQ, one per CPU, taken inside the functions; callers may hold any lock of a
 * lower rank. Timer functions run without any lock of this module.
 */
#ifndef TIMERQ_TIMERQ_H
#define TIMERQ_TIMERQ_H

#include <stdbool.h>
#include <stdint.h>

#include "base/atomic.h"
#include "base/types.h"
#include "heap/heap.h"
#include "percpu/percpu.h"

struct timer;

/* Runs once for each expiry, on the CPU that the timer belongs to, in an exit, with no lock held;
 * the timer is not queued any more and may be armed again; armed for another CPU while it
 * runs, it may run there at the same time. `now` is what timerq_run() got. */
typedef void timer_fn(struct timer *timer, void *ctx, uint64_t now);

struct timer {
	/* immutable after timer_init */
	timer_fn *fn;
	void *ctx;
	/* under the lock of the queue of `cpu`; `cpu` itself is atomic, changed under that lock */
	struct heap_node node;
	uint64_t deadline; /* CNTPCT_EL0 */
	uint32_t queued;   /* atomic, too: the same as `node` says */
	cpu_id_t cpu;
};

struct timerq_ops {
	/* Makes `cpu` leave its guest or its idle wait and call timerq_run(). Called without locks
	 * of this module, but with those that the caller of timer_arm() holds. */
	void (*kick)(void *ctx, cpu_id_t cpu);
};

/* Once, on the boot CPU, before any other call. cpu_count: 1 to CPU_MAX. */
void timerq_init(const struct timerq_ops *ops, void *ctx, uint32_t cpu_count);

/* On each CPU as it starts: turns its hypervisor timer off. The caller enables the interrupt. */
void timerq_cpu_init(void);

/* timer may be anything but queued. */
void timer_init(struct timer *timer, timer_fn *fn, void *ctx);

/* Queues the timer on `cpu` for `deadline` (CNTPCT_EL0 ticks; one that has passed expires at
 * once), whether it was queued or not, there or elsewhere. From any CPU, and from timer
 * functions. Concurrent calls for one timer are the caller's to serialise, except against
 * timer_cancel and expiry. Where `cpu` is not this one and its queue's first deadline comes
 * nearer, it is kicked. Ends with an ISB where it wrote this CPU's registers. */
void timer_arm(struct timer *timer, cpu_id_t cpu, uint64_t deadline);

/* Takes the timer off its queue. True where it was queued: its function will not run for that
 * arming. False: it was not queued, or the function has run, or is about to or running on
 * another CPU right now. The CPU's timer is not reprogrammed: an early interrupt is harmless. */
bool timer_cancel_queued(struct timer *timer);

static inline bool timer_cancel(struct timer *timer)
{
	/* Mostly it is not queued, and what a lock could tell besides would be old at once. */
	return load_relaxed(&timer->queued) != 0U && timer_cancel_queued(timer);
}

/* timer_cancel() and its result, then waits until the function is not running on any other CPU:
 * afterwards the timer's memory may go away, unless the function itself or another caller arms it
 * again. Not with a lock that the function takes. From the function itself it does not wait. */
bool timer_cancel_wait(struct timer *timer);

/* Is it queued? A hint only, where other CPUs may act on the timer. */
bool timer_is_armed(const struct timer *timer);

/* Runs what is due on this CPU at `now` and programs the hypervisor timer for the next one, or
 * turns it off. At most TIMERQ_BATCH functions run, and no further one once they have taken
 * 1 / TIMERQ_RUNS_PER_SECOND s (4 us): an exit is as long as that and one function. Where more are
 * due, the interrupt comes again at once. To be called when the hypervisor timer's interrupt (PPI
 * 26 by convention) was taken, and timerq_if_poked() when a kick was; at any other time it does no
 * harm. No lock may be held. */
#define TIMERQ_BATCH	       32U
#define TIMERQ_RUNS_PER_SECOND 262144U
void timerq_run(uint64_t now);

/* One deadline of this CPU beside its queue, for what changes at each switch: no lock, no heap.
 * When timerq_run() finds it passed, sched_need_resched() (core/sched) becomes true, and it is
 * TIMERQ_NEVER again. Ends with an ISB where it wrote registers. */
#define TIMERQ_NEVER UINT64_MAX
void timerq_set_alarm(uint64_t deadline);

/* timerq_run() now, if another CPU has armed a timer for this one since the last call. */
void timerq_run_poked(void);

/* The same for a kick, which is mostly about something else: one load where it is. */
static inline void timerq_if_poked(void)
{
	if (load_relaxed(&percpu_this()->poked) != 0U) {
		timerq_run_poked();
	}
}

#endif
