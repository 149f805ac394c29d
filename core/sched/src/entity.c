/* SPDX-License-Identifier: Apache-2.0 */
/* What happens to one entity: waking, blocking, holds, settings. */
#include "arch/sysreg.h"
#include "base/bits.h"
#include "base/check.h"
#include "percpu/percpu.h"
#include "sched_private.h"

static uint32_t clamp_weight(uint32_t weight)
{
	return (uint32_t)min_u64(max_u64(weight, SCHED_WEIGHT_MIN), SCHED_WEIGHT_MAX);
}

void sched_entity_init(struct sched_entity *e, uint32_t weight, uint64_t affinity)
{
	*e = (struct sched_entity){
		.state = SCHED_OFF,
		.holds = SCHED_HOLD_POWER,
		.weight = clamp_weight(weight),
		.affinity = affinity != 0U ? affinity : ~UINT64_C(0),
	};
	e->inverse_weight = weight_inverse(e->weight);
	list_init(&e->queued);
}

/* RUNNABLE, BLOCKED or OFF becomes MOVING and is placed; the lock is dropped. */
static void move_and_unlock(struct rq *rq, struct sched_entity *e, uint64_t now)
{
	uint32_t state = load_relaxed(&e->state);

	rq_account(rq, now);
	if (state == SCHED_RUNNABLE) {
		rq_dequeue(rq, e);
	} else {
		e->since = now;
	}
	if (state != SCHED_OFF) {
		rq_make_relative(rq, e);
	}
	store_release(&e->state, SCHED_MOVING);
	place_and_unlock(rq, e, 0, now);
}

void sched_remove(struct sched_entity *e, uint32_t holds)
{
	uint64_t now = read_cntpct_el0();
	struct rq *rq = rq_lock_home(e);
	uint32_t state = load_relaxed(&e->state);
	bool kick = state == SCHED_RUNNING;

	e->holds |= holds;
	if (state == SCHED_RUNNABLE || state == SCHED_BLOCKED) {
		rq_account(rq, now);
		if (state == SCHED_RUNNABLE) {
			rq_dequeue(rq, e);
			store_relaxed(&e->stolen, e->stolen + ticks_since(now, e->since));
		}
		rq_make_relative(rq, e);
		store_release(&e->state, SCHED_OFF);
		kick = load_relaxed(&e->loaded) != 0U; /* its context is to be saved */
	}
	kick = kick && rq_notify(rq);
	lock_drop(&rq->lock);
	kick_if(kick, rq->cpu);
}

void sched_add(struct sched_entity *e, uint32_t holds)
{
	uint64_t now = read_cntpct_el0();
	struct rq *rq = rq_lock_home(e);

	PLINTH_CHECK(load_relaxed(&sched.online) != 0U);
	e->holds &= ~holds;
	if (e->holds == 0U && load_relaxed(&e->state) == SCHED_OFF) {
		move_and_unlock(rq, e, now);
	} else {
		lock_drop(&rq->lock);
	}
}

bool sched_is_off(const struct sched_entity *e)
{
	/* The state first: with it, `loaded` from the time when it went OFF is seen, or later. */
	return load_acquire(&e->state) == SCHED_OFF && load_acquire(&e->loaded) == 0U;
}

/* Where it is not BLOCKED any more, it was picked or went on since our exchange: the flag has been
 * cleared after it, and the look follows. */
static void wake_blocked(struct sched_entity *e)
{
	uint64_t now = read_cntpct_el0();
	struct rq *rq = rq_lock_home(e);

	if (load_relaxed(&e->state) == SCHED_BLOCKED) {
		move_and_unlock(rq, e, now);
	} else {
		lock_drop(&rq->lock);
	}
}

void sched_wake(struct sched_entity *e)
{
	/* Our own current one: no other CPU can change that, and it looks before it enters the
	 * guest. */
	if (rq_this()->current == e) {
		return;
	}
	/* Pairs with the exchanges in sched_block, sched_pick and sched_take_wake. Was it set
	 * already, then its waker kicks or queues, and what we stored is seen by whoever clears it.
	 */
	if (exchange_acq_rel(&e->wake, 1U) != 0U) {
		return;
	}
	switch ((enum sched_state)load_acquire(&e->state)) {
	case SCHED_RUNNING:
		kick_if(true, load_relaxed(&e->cpu));
		break;
	case SCHED_BLOCKED:
		wake_blocked(e);
		break;
	case SCHED_OFF:
	case SCHED_RUNNABLE:
	case SCHED_MOVING:
		break; /* sched_pick clears the flag, and a look follows */
	}
}

bool sched_block(struct sched_entity *e)
{
	uint64_t now = read_cntpct_el0();
	struct rq *rq = rq_this();
	bool woken;

	PLINTH_CHECK(rq->current == e);
	lock_take(&rq->lock);
	rq_account(rq, now);
	if (e->holds != 0U) {
		rq_make_relative(rq, e);
		rq_retire(rq, SCHED_OFF);
		lock_drop(&rq->lock);
		return true;
	}
	/* The state before the flag: pairs with sched_wake. */
	store_release(&e->state, SCHED_BLOCKED);
	woken = exchange_acq_rel(&e->wake, 0U) != 0U;
	if (woken) {
		store_release(&e->state, SCHED_RUNNING);
	} else {
		rq_retire(rq, SCHED_BLOCKED);
	}
	lock_drop(&rq->lock);
	return !woken;
}

void sched_set_weight(struct sched_entity *e, uint32_t weight)
{
	uint64_t now = read_cntpct_el0();
	struct rq *rq = rq_lock_home(e);
	uint32_t state = load_relaxed(&e->state);
	uint32_t old = e->weight;

	rq_account(rq, now); /* the past at the old weight */
	e->weight = clamp_weight(weight);
	e->inverse_weight = weight_inverse(e->weight);
	if (state == SCHED_RUNNABLE || state == SCHED_RUNNING) {
		store_relaxed(&rq->load, load_relaxed(&rq->load) - old + e->weight);
	}
	lock_drop(&rq->lock);
}

void sched_set_affinity(struct sched_entity *e, uint64_t affinity)
{
	uint64_t now = read_cntpct_el0();
	struct rq *rq = rq_lock_home(e);
	uint32_t state = load_relaxed(&e->state);
	bool kick;

	store_relaxed(&e->affinity, affinity != 0U ? affinity : ~UINT64_C(0));
	if ((allowed_cpus(e) & BIT(rq->cpu)) != 0U) {
		lock_drop(&rq->lock);
		return;
	}
	if (state == SCHED_RUNNABLE) {
		move_and_unlock(rq, e, now);
		return;
	}
	/* RUNNING leaves at the next sched_pick, a loaded BLOCKED one by sched_must_unload. */
	kick = load_relaxed(&e->loaded) != 0U && rq_notify(rq);
	lock_drop(&rq->lock);
	kick_if(kick, rq->cpu);
}

uint64_t sched_stolen(const struct sched_entity *e)
{
	return load_relaxed(&e->stolen);
}

uint64_t sched_runtime(struct sched_entity *e)
{
	uint64_t now = read_cntpct_el0();
	struct rq *rq = rq_lock_home(e);
	uint64_t runtime = e->runtime;

	if (rq->current == e) {
		runtime += ticks_since(now, e->since);
	}
	lock_drop(&rq->lock);
	return runtime;
}
