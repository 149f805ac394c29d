/* SPDX-License-Identifier: Apache-2.0 */
/* The run queue of a CPU. */
#include "base/bits.h"
#include "percpu/percpu.h"
#include "sched_private.h"

#define INVERSE_BITS 20U

struct sched sched;

uint32_t weight_inverse(uint32_t weight)
{
	return ((SCHED_WEIGHT_DEFAULT << INVERSE_BITS) + weight / 2U) / weight;
}

/* Virtual time of e's running for `ticks`, with INVERSE_BITS bits of fraction. 128 bits: a turn can
 * last for days where nobody else waits. */
static unsigned __int128 scaled(const struct sched_entity *e, uint64_t ticks)
{
	return (unsigned __int128)ticks * e->inverse_weight + e->fraction;
}

uint64_t ticks_since(uint64_t now, uint64_t since)
{
	return (int64_t)(now - since) > 0 ? now - since : 0U;
}

uint64_t allowed_cpus(const struct sched_entity *e)
{
	uint64_t online = load_relaxed(&sched.online);
	uint64_t mask = load_relaxed(&e->affinity) & online;

	return mask != 0U ? mask : online;
}

struct rq *rq_this(void)
{
	return &sched.rq[cpu_this()];
}

struct rq *rq_lock_home(struct sched_entity *e)
{
	for (;;) {
		struct rq *rq = &sched.rq[load_relaxed(&e->cpu)];

		lock_take(&rq->lock);
		/* It changes under the old queue's lock alone: seen equal here, it stays. Acquire,
		 * since the one who moved it here may not have had this lock yet. */
		if (load_acquire(&e->cpu) == rq->cpu) {
			return rq;
		}
		lock_drop(&rq->lock);
	}
}

static void change_load(struct rq *rq, uint32_t plus, uint32_t minus)
{
	store_relaxed(&rq->load, load_relaxed(&rq->load) + plus - minus);
}

struct sched_entity *rq_first(const struct rq *rq)
{
	struct vqueue_node *first = vqueue_first(&rq->waiting);

	return first != NULL ? CONTAINER_OF(first, struct sched_entity, node) : NULL;
}

/* Nobody comes in below it. */
static uint64_t floor_of(const struct rq *rq)
{
	return rq->min_vruntime - sched.credit;
}

void rq_link(struct rq *rq, struct sched_entity *e)
{
	lock_assert_held(&rq->lock);
	vqueue_insert(&rq->waiting, &e->node, floor_of(rq));
	list_push_back(&rq->queued, &e->queued);
	store_relaxed(&rq->queued_count, load_relaxed(&rq->queued_count) + 1U);
	store_release(&e->state, SCHED_RUNNABLE);
}

void rq_unlink(struct rq *rq, struct sched_entity *e)
{
	lock_assert_held(&rq->lock);
	vqueue_remove(&rq->waiting, &e->node, floor_of(rq));
	list_remove(&e->queued);
	store_relaxed(&rq->queued_count, load_relaxed(&rq->queued_count) - 1U);
}

void rq_enqueue(struct rq *rq, struct sched_entity *e)
{
	change_load(rq, e->weight, 0);
	rq_link(rq, e);
}

void rq_dequeue(struct rq *rq, struct sched_entity *e)
{
	rq_unlink(rq, e);
	change_load(rq, 0, e->weight);
}

/* min_vruntime follows the smallest of those that want to run, and never falls. */
static void advance_min(struct rq *rq)
{
	const struct sched_entity *first = rq_first(rq);
	const struct sched_entity *least = rq->current;

	if (least == NULL || (first != NULL && (int64_t)(first->node.key - least->node.key) < 0)) {
		least = first;
	}
	if (least != NULL && (int64_t)(least->node.key - rq->min_vruntime) > 0) {
		rq->min_vruntime = least->node.key;
	}
}

void rq_account(struct rq *rq, uint64_t now)
{
	struct sched_entity *e = rq->current;

	lock_assert_held(&rq->lock);
	if (e != NULL) {
		/* 0 where another CPU accounted with a counter value just after ours. */
		uint64_t ran = ticks_since(now, e->since);
		unsigned __int128 virt = scaled(e, ran);

		e->runtime += ran;
		e->node.key += (uint64_t)(virt >> INVERSE_BITS);
		e->fraction = (uint32_t)virt & (uint32_t)MASK_BELOW(INVERSE_BITS);
		e->since += ran;
	}
	advance_min(rq);
}

void rq_retire(struct rq *rq, enum sched_state state)
{
	lock_assert_held(&rq->lock);
	change_load(rq, 0, rq->current->weight);
	store_release(&rq->current->state, state);
	rq->current = NULL;
}

void rq_make_relative(const struct rq *rq, struct sched_entity *e)
{
	e->node.key -= rq->min_vruntime;
}

bool rq_notify(struct rq *rq)
{
	lock_assert_held(&rq->lock);
	if (load_relaxed(&rq->percpu->resched) != 0U) {
		return false; /* it has not picked since: whoever set it kicks */
	}
	store_relaxed(&rq->percpu->resched, 1U);
	return true;
}

/* Is e, just come, to run before the current one's turn ends? */
static bool preempts(const struct rq *rq, const struct sched_entity *e, uint64_t now)
{
	const struct sched_entity *current = rq->current;
	uint64_t running =
		(uint64_t)(scaled(current, ticks_since(now, current->since)) >> INVERSE_BITS);

	return (int64_t)(current->node.key + running - e->node.key) > (int64_t)sched.granularity;
}

bool rq_enter(struct rq *rq, struct sched_entity *e, uint64_t now)
{
	lock_assert_held(&rq->lock);
	rq_account(rq, now);
	/* What it is ahead it keeps; what it slept it gets back up to the credit. */
	if ((int64_t)e->node.key < -(int64_t)sched.credit) {
		e->node.key = (uint64_t) - (int64_t)sched.credit;
	}
	e->node.key += rq->min_vruntime;
	rq_enqueue(rq, e);
	if (rq->current == NULL) {
		__atomic_fetch_and(&sched.idle, ~BIT(rq->cpu), __ATOMIC_ACQ_REL);
		return rq_notify(rq);
	}
	/* The first to wait beside a running one: its CPU has no slice timer yet. */
	return (load_relaxed(&rq->queued_count) == 1U || preempts(rq, e, now)) && rq_notify(rq);
}
