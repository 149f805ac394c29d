/* SPDX-License-Identifier: Apache-2.0 */
/* What runs next on a CPU. */
#include "sched/sched.h"

#include "arch/sysreg.h"
#include "base/bits.h"
#include "base/check.h"
#include "percpu/percpu.h"
#include "sched_private.h"

/* Parts of a second: 5 ms, 1 ms, 2.5 ms. */
#define SLICES_PER_SECOND	 200U
#define GRANULARITIES_PER_SECOND 1000U
#define CREDITS_PER_SECOND	 400U

void sched_init(const struct sched_ops *ops, void *ctx, uint64_t ticks_per_second)
{
	sched.ops = ops;
	sched.ctx = ctx;
	sched.slice = ticks_per_second / SLICES_PER_SECOND;
	sched.granularity = ticks_per_second / GRANULARITIES_PER_SECOND;
	sched.credit = ticks_per_second / CREDITS_PER_SECOND;
	sched.online = 0;
	sched.idle = 0;
	for (cpu_id_t cpu = 0; cpu < CPU_MAX; cpu++) {
		struct rq *rq = &sched.rq[cpu];

		*rq = (struct rq){.cpu = cpu};
		lock_init(&rq->lock, LOCK_RANK_SCHED);
		vqueue_init(&rq->waiting, 2U * sched.granularity);
		list_init(&rq->queued);
	}
}

void sched_cpu_online(void)
{
	struct rq *rq = rq_this();

	lock_take(&rq->lock); /* whoever notifies holds it, and finds what stands here */
	rq->percpu = percpu_this();
	store_relaxed(&rq->percpu->resched, 0U);
	lock_drop(&rq->lock);
	fetch_or_acq_rel(&sched.online, BIT(rq->cpu));
}

bool sched_is_online(cpu_id_t cpu)
{
	return (load_relaxed(&sched.online) & BIT(cpu)) != 0U;
}

/* The current one may not stay here: held, or not allowed on this CPU any more. */
static void leave_if_unwanted(struct rq *rq)
{
	struct sched_entity *e = rq->current;

	if (e == NULL) {
		return;
	}
	if (e->holds != 0U) {
		rq_make_relative(rq, e);
		rq_retire(rq, SCHED_OFF);
	} else if ((allowed_cpus(e) & BIT(rq->cpu)) == 0U) {
		rq_make_relative(rq, e);
		rq_retire(rq, SCHED_MOVING);
	}
}

static bool turn_is_over(struct sched_entity *e, const struct sched_entity *first, uint64_t now)
{
	int64_t lead = (int64_t)(e->node.key - first->node.key);

	if (ticks_since(now, e->slice_start) < sched.slice) {
		return lead > (int64_t)sched.granularity;
	}
	e->slice_start = now; /* of its next turn, where it keeps the CPU */
	return lead > 0;
}

/* The current one makes room. Where its CPU is more loaded than another one, it goes there as soon
 * as it is unloaded: three on two CPUs so take turns in being alone. */
static void put_back(struct rq *rq)
{
	struct sched_entity *e = rq->current;

	if (place_is_better_elsewhere(rq, e)) {
		rq_make_relative(rq, e);
		rq_retire(rq, SCHED_MOVING);
	} else {
		rq->current = NULL;
		rq_link(rq, e);
	}
}

static void begin(struct rq *rq, struct sched_entity *e, uint64_t now)
{
	rq_unlink(rq, e);
	store_relaxed(&e->stolen, e->stolen + ticks_since(now, e->since));
	e->since = now;
	e->slice_start = now;
	store_relaxed(&e->loaded, 1U);
	store_release(&e->state, SCHED_RUNNING);
	rq->current = e;
}

static struct sched_entity *take_next(struct rq *rq, uint64_t now)
{
	struct sched_entity *first = rq_first(rq);

	store_relaxed(&rq->percpu->resched, 0U); /* what was asked for up to here is answered */
	if (first != NULL && (rq->current == NULL || turn_is_over(rq->current, first, now))) {
		if (rq->current != NULL) {
			put_back(rq);
		}
		begin(rq, first, now);
	}
	if (rq->current != NULL) {
		/* After the state was written: pairs with the exchange in sched_wake. */
		exchange_acq_rel(&rq->current->wake, 0U);
	}
	return rq->current;
}

/* Nothing is here: looks elsewhere. Called with the lock held, and returns with it held. */
static struct sched_entity *take_stolen(struct rq *rq, uint64_t now)
{
	struct sched_entity *e;

	/* First known as idle, then looking: who queues something meanwhile finds us. */
	fetch_or_acq_rel(&sched.idle, BIT(rq->cpu));
	lock_drop(&rq->lock);
	e = steal(rq->cpu, now);
	lock_take(&rq->lock);
	if (e != NULL) {
		place_and_unlock(rq, e, 0, now);
		lock_take(&rq->lock);
	}
	e = take_next(rq, now);
	if (e != NULL) {
		fetch_and_acq_rel(&sched.idle, ~BIT(rq->cpu));
	} else {
		/* Again: what was placed here may have been held since. */
		fetch_or_acq_rel(&sched.idle, BIT(rq->cpu));
	}
	return e;
}

struct sched_entity *sched_pick(cpu_id_t cpu)
{
	struct rq *rq = &sched.rq[cpu];
	uint64_t now = read_cntpct_el0();
	struct sched_entity *next;
	uint64_t slice_end = TIMERQ_NEVER;

	PLINTH_ASSERT(cpu == cpu_this());
	lock_take(&rq->lock);
	rq_account(rq, now);
	leave_if_unwanted(rq);
	next = take_next(rq, now);
	if (next == NULL) {
		next = take_stolen(rq, now);
	}
	/* An end of the turn where others wait, none where not. */
	if (next != NULL && load_relaxed(&rq->queued_count) != 0U) {
		slice_end = next->slice_start + sched.slice;
	}
	lock_drop(&rq->lock);
	timerq_set_alarm(slice_end);
	return next;
}

bool sched_must_unload(const struct sched_entity *e)
{
	uint32_t state = load_relaxed(&e->state);

	return state == SCHED_OFF || state == SCHED_MOVING ||
	       (state == SCHED_BLOCKED && (allowed_cpus(e) & BIT(cpu_this())) == 0U);
}

void sched_unloaded(struct sched_entity *e)
{
	struct rq *rq = rq_this(); /* while it is loaded it leaves it for no other */
	uint32_t state;

	lock_take(&rq->lock);
	PLINTH_ASSERT(load_relaxed(&e->cpu) == rq->cpu && rq->current != e);
	state = load_relaxed(&e->state);
	/* Pairs with sched_is_off, and by the lock with the next CPU's sched_pick. */
	store_release(&e->loaded, 0U);
	if (state == SCHED_MOVING) {
		place_and_unlock(rq, e, BIT(rq->cpu), read_cntpct_el0());
	} else if (state == SCHED_RUNNABLE && (load_relaxed(&sched.idle) & allowed_cpus(e)) != 0U) {
		uint64_t now = read_cntpct_el0();

		/* It came while it could not leave; an idle CPU may not have seen it. */
		rq_account(rq, now);
		rq_dequeue(rq, e);
		rq_make_relative(rq, e);
		store_release(&e->state, SCHED_MOVING);
		place_and_unlock(rq, e, 0, now);
	} else {
		lock_drop(&rq->lock);
	}
}
