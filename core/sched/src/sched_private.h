/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SCHED_PRIVATE_H
#define SCHED_PRIVATE_H

#include "base/compiler.h"
#include "lock/lock.h"
#include "sched/sched.h"
#include "timerq/timerq.h"

/* How many waiting entities a thief looks at on each CPU. */
#define STEAL_LOOKS 8U

/* One CPU's queue. */
struct rq {
	struct lock lock;	      /* protects all that is not marked otherwise */
	cpu_id_t cpu;		      /* immutable */
	struct percpu *percpu;	      /* of this CPU; immutable once it is online */
	struct vqueue waiting;	      /* RUNNABLE ones, smallest vruntime first */
	struct list queued;	      /* the same, oldest first */
	struct sched_entity *current; /* written by this CPU under the lock: it may read without */
	uint64_t min_vruntime; /* never falls; all in the queue are above it less the credit */
	/* atomic; written under the lock, read by any CPU as a hint */
	uint32_t queued_count;
	uint32_t load; /* weights of the queued ones and the current one */
} ALIGNED(128);

struct sched {
	/* immutable after sched_init */
	const struct sched_ops *ops;
	void *ctx;
	uint64_t slice;	      /* ticks of one turn where others wait */
	uint64_t granularity; /* vruntime by which a woken one must lead to preempt at once */
	uint64_t credit;      /* vruntime that a sleeper may be behind when it comes back */
	/* atomic */
	uint64_t online;
	uint64_t idle; /* a CPU's bit is set by it when it finds nothing, cleared by who places
			  there */
	struct rq rq[CPU_MAX];
};

extern struct sched sched;

/* now - since, 0 where an unordered read of the counter made it negative. */
uint64_t ticks_since(uint64_t now, uint64_t since);

uint32_t weight_inverse(uint32_t weight);
uint64_t allowed_cpus(const struct sched_entity *e);

struct rq *rq_this(void);
/* Takes the lock of the queue that e belongs to. */
struct rq *rq_lock_home(struct sched_entity *e);

/* The rest: with rq->lock held. */

/* RUNNABLE e out of, or into, the queue. rq_enqueue takes node.key as it is. */
void rq_enqueue(struct rq *rq, struct sched_entity *e);
void rq_dequeue(struct rq *rq, struct sched_entity *e);
/* The same between the queue and its own CPU: the load has e's weight in either place. */
void rq_link(struct rq *rq, struct sched_entity *e);
void rq_unlink(struct rq *rq, struct sched_entity *e);
/* Brings the current entity's runtime and vruntime up to now. */
void rq_account(struct rq *rq, uint64_t now);
/* The current one leaves the CPU; its state is set, its time accounted, load falls. */
void rq_retire(struct rq *rq, enum sched_state state);
/* vruntime from absolute on this queue to relative, for OFF and MOVING. */
void rq_make_relative(const struct rq *rq, struct sched_entity *e);
/* MOVING e, whose vruntime is relative, becomes RUNNABLE here. True: this CPU is to be kicked. */
bool rq_enter(struct rq *rq, struct sched_entity *e, uint64_t now);
/* Asks for sched_pick on rq's CPU; true where a kick is needed for it. */
bool rq_notify(struct rq *rq);
struct sched_entity *rq_first(const struct rq *rq);

/* For the end of a function: without locks. */
void kick_if(bool kick, cpu_id_t cpu);

/* MOVING e from rq, whose lock is held and is dropped, to where it runs soonest. avoid: CPUs to
 * pass over if there are others. */
void place_and_unlock(struct rq *rq, struct sched_entity *e, uint64_t avoid, uint64_t now);

/* Is there a CPU to which moving the current entity of rq would not raise the greater load? */
bool place_is_better_elsewhere(const struct rq *rq, const struct sched_entity *e);

/* Takes one waiting entity from another CPU for `thief`: MOVING, e->cpu = thief; or NULL. No lock
 * held. */
struct sched_entity *steal(cpu_id_t thief, uint64_t now);

#endif
