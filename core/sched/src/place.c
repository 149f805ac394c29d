/* SPDX-License-Identifier: Apache-2.0 */
/* Where an entity runs: placement, and stealing by idle CPUs. */
#include "base/bits.h"
#include "base/compiler.h"
#include "percpu/percpu.h"
#include "sched_private.h"

void kick_if(bool kick, cpu_id_t cpu)
{
	if (kick && cpu != cpu_this()) {
		sched.ops->kick(sched.ctx, cpu);
	}
}

/* Makes an idle CPU ours to place on: two wakers at once take two CPUs. */
static bool claim_idle(cpu_id_t cpu)
{
	return (load_relaxed(&sched.idle) & BIT(cpu)) != 0U &&
	       (fetch_and_acq_rel(&sched.idle, ~BIT(cpu)) & BIT(cpu)) != 0U;
}

STATIC_ASSERT(CPU_MAX == 64U, "a mask of CPUs is a word");

/* The CPUs of a mask behind `cpu`, in a circle, without it: bit n is CPU cpu + 1 + n. */
static uint64_t circle_behind(uint64_t mask, cpu_id_t cpu)
{
	unsigned turn = (cpu + 1U) % CPU_MAX;

	mask &= ~BIT(cpu);
	return turn != 0U ? mask >> turn | mask << (CPU_MAX - turn) : mask;
}

/* Home, if no other has less; else the first of the least loaded ones after it, in a circle, so
 * that all of them get their turn. */
static cpu_id_t least_loaded(uint64_t mask, cpu_id_t home)
{
	uint32_t least = UINT32_MAX;
	cpu_id_t best = home;

	if ((mask & BIT(home)) != 0U) {
		least = load_relaxed(&sched.rq[home].load);
	}
	for (uint64_t left = circle_behind(mask, home); left != 0U; left &= left - 1U) {
		cpu_id_t cpu = (home + 1U + bit_lowest(left)) % CPU_MAX;
		uint32_t load = load_relaxed(&sched.rq[cpu].load);

		if (load < least) {
			least = load;
			best = cpu;
		}
	}
	return best;
}

/* Its own CPU if that is idle, else another idle one, else the least loaded. */
static cpu_id_t choose(const struct sched_entity *e, uint64_t avoid)
{
	cpu_id_t home = load_relaxed(&e->cpu);
	uint64_t mask = allowed_cpus(e);
	uint64_t idle;

	if (load_relaxed(&e->loaded) != 0U) {
		return home; /* its context is there */
	}
	if ((mask & ~avoid) != 0U) {
		mask &= ~avoid;
	}
	if ((mask & BIT(home)) != 0U && claim_idle(home)) {
		return home;
	}
	for (idle = load_relaxed(&sched.idle) & mask; idle != 0U; idle &= idle - 1U) {
		if (claim_idle(bit_lowest(idle))) {
			return bit_lowest(idle);
		}
	}
	return least_loaded(mask, home);
}

/* The last step of a move, on the queue that was chosen; true where its CPU is to be kicked. */
static bool arrive(struct rq *rq, struct sched_entity *e, uint64_t now)
{
	bool loaded = load_relaxed(&e->loaded) != 0U;

	if (e->holds != 0U) {
		store_relaxed(&e->stolen, e->stolen + ticks_since(now, e->since));
		store_release(&e->state, SCHED_OFF);
		/* The CPU may have been claimed as idle: let it look again. */
		return rq_notify(rq);
	}
	if (loaded && (allowed_cpus(e) & BIT(rq->cpu)) == 0U) {
		return rq_notify(rq); /* stays MOVING: sched_unloaded takes it on */
	}
	return rq_enter(rq, e, now);
}

void place_and_unlock(struct rq *rq, struct sched_entity *e, uint64_t avoid, uint64_t now)
{
	cpu_id_t cpu;
	bool kick;

	do {
		cpu = choose(e, avoid);
		if (cpu != rq->cpu) {
			/* In between, others find it MOVING on the new CPU and leave it to us. */
			store_release(&e->cpu, cpu); /* pairs with rq_lock_home */
			lock_drop(&rq->lock);
			rq = &sched.rq[cpu];
			lock_take(&rq->lock);
		}
		/* Once more only if its affinity was changed meanwhile. */
	} while (load_relaxed(&e->loaded) == 0U && (allowed_cpus(e) & BIT(cpu)) == 0U);
	kick = arrive(rq, e, now);
	lock_drop(&rq->lock);
	kick_if(kick, cpu);
}

bool place_is_better_elsewhere(const struct rq *rq, const struct sched_entity *e)
{
	uint64_t mask = allowed_cpus(e) & ~BIT(rq->cpu);
	uint32_t load = load_relaxed(&rq->load);

	for (; mask != 0U; mask &= mask - 1U) {
		uint32_t other = load_relaxed(&sched.rq[bit_lowest(mask)].load);

		if (other + e->weight <= load) {
			return true;
		}
	}
	return false;
}

static struct sched_entity *steal_from(struct rq *victim, cpu_id_t thief)
{
	uint32_t looks = 0;

	LIST_FOR_EACH(node, &victim->queued)
	{
		struct sched_entity *e = CONTAINER_OF(node, struct sched_entity, queued);

		if (load_relaxed(&e->loaded) == 0U && (allowed_cpus(e) & BIT(thief)) != 0U) {
			rq_dequeue(victim, e);
			rq_make_relative(victim, e);
			store_release(&e->state, SCHED_MOVING);
			store_release(&e->cpu, thief); /* pairs with rq_lock_home */
			return e;
		}
		if (++looks == STEAL_LOOKS) {
			break;
		}
	}
	return NULL;
}

struct sched_entity *steal(cpu_id_t thief, uint64_t now)
{
	uint64_t left = circle_behind(load_relaxed(&sched.online), thief);
	struct sched_entity *e = NULL;

	for (; left != 0U && e == NULL; left &= left - 1U) {
		struct rq *victim = &sched.rq[(thief + 1U + bit_lowest(left)) % CPU_MAX];

		if (load_relaxed(&victim->queued_count) == 0U) {
			continue;
		}
		lock_take(&victim->lock);
		rq_account(victim, now);
		e = steal_from(victim, thief);
		lock_drop(&victim->lock);
	}
	return e;
}
