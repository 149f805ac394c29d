/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The scheduler of vCPUs: a weighted fair queue per CPU (virtual runtime), affinity, placement at
 * wake-up, stealing by idle CPUs. It sees `struct sched_entity`, which a vCPU embeds, and switches
 * nothing itself: core/exits asks it and acts (docs/design/sched.md has the exact sequence).
 *
 * States of an entity:
 *
 *   OFF       at least one hold is on it; in no queue, never picked
 *   BLOCKED   waits for sched_wake()
 *   RUNNABLE  in its CPU's queue
 *   RUNNING   its CPU's current one
 *   MOVING    runnable, on the way from one queue to another; the mover alone takes it on
 *
 *   sched_add: OFF -> MOVING -> RUNNABLE     sched_pick: RUNNABLE -> RUNNING, and back
 *   sched_block: RUNNING -> BLOCKED          sched_wake: BLOCKED -> (MOVING ->) RUNNABLE
 *   sched_remove: BLOCKED, RUNNABLE -> OFF at once; RUNNING, MOVING -> OFF when its CPU, or the
 *   mover, sees the hold (RUNNING: the CPU is kicked; its next sched_pick or sched_block).
 *
 * Apart from its state, an entity may be *loaded*: its context is in the registers of CPU `cpu`
 * although it has blocked or another one is about to run. sched_pick loads, sched_unloaded ends
 * it; while loaded it leaves that CPU's queue for no other.
 *
 * Lock: LOCK_RANK_SCHED, one per CPU, never two at once; taken inside. ops->kick is called without
 * them.
 */
#ifndef SCHED_SCHED_H
#define SCHED_SCHED_H

#include <stdbool.h>
#include <stdint.h>

#include "base/atomic.h"
#include "base/list.h"
#include "base/types.h"
#include "percpu/percpu.h"
#include "sched/vqueue.h"

#define SCHED_WEIGHT_MIN     1U
#define SCHED_WEIGHT_DEFAULT 100U
#define SCHED_WEIGHT_MAX     10000U

enum sched_state {
	SCHED_OFF,
	SCHED_BLOCKED,
	SCHED_RUNNABLE,
	SCHED_RUNNING,
	SCHED_MOVING,
};

/* Why an entity may not run; it runs where there is no reason left. */
enum sched_hold {
	SCHED_HOLD_POWER = 1,	/* powered off: never started, or PSCI CPU_OFF */
	SCHED_HOLD_PAUSE = 2,	/* its VM is paused */
	SCHED_HOLD_STOP = 4,	/* its VM is being stopped, reset or saved */
	SCHED_HOLD_INSPECT = 8, /* for a moment: a CPU borrows its registers (core/inspect) */
	SCHED_HOLD_DEBUG = 16,	/* its VM's debugger lets another one run alone */
};

struct sched_entity {
	/* atomic: any CPU */
	uint32_t wake;	 /* a wake-up came and no one has looked yet */
	uint32_t state;	 /* enum sched_state; written under the lock of the queue of `cpu` */
	cpu_id_t cpu;	 /* whose queue it belongs to; changed under that queue's lock */
	uint32_t loaded; /* in the registers of `cpu` */
	/* under the lock of the queue of `cpu` */
	struct vqueue_node node; /* its key is the virtual runtime */
	struct list queued;	 /* oldest first, for thieves */
	uint32_t fraction;	 /* of the virtual runtime: what rounding down has left */
	uint64_t affinity;	 /* atomic, too */
	uint32_t weight;
	uint32_t inverse_weight; /* of virtual runtime for each tick, 20 fraction bits */
	uint32_t holds;		 /* enum sched_hold, or-ed */
	uint64_t since;		 /* RUNNING: runtime counted up to here; runnable: waits since */
	uint64_t slice_start;	 /* RUNNING: its turn began */
	uint64_t runtime;	 /* ticks RUNNING */
	uint64_t stolen;	 /* ticks runnable and not running */
};

struct sched_ops {
	/* Makes `cpu` exit its guest or its idle wait and look at sched_need_resched() and at what
	 * is pending for its vCPU. Never called for the calling CPU. */
	void (*kick)(void *ctx, cpu_id_t cpu);
};

/* Once, on the boot CPU, after timerq_init(). ticks_per_second: CNTFRQ_EL0. */
void sched_init(const struct sched_ops *ops, void *ctx, uint64_t ticks_per_second);

/* On each CPU before its first sched_pick(), with its percpu_this(): from now on entities may be
 * placed on it. */
void sched_cpu_online(void);

/* Has that CPU called sched_cpu_online()? cpu: below CPU_MAX. */
bool sched_is_online(cpu_id_t cpu);

/* OFF, with SCHED_HOLD_POWER. weight is clamped to SCHED_WEIGHT_MIN..MAX; affinity 0 means all
 * CPUs, and so does a mask with no CPU that is online. */
void sched_entity_init(struct sched_entity *e, uint32_t weight, uint64_t affinity);

/* Puts the holds (enum sched_hold, or-ed) on e. Waits for nothing: sched_is_off() tells when it has
 * come to rest. A CPU may do it to its own current entity: it leaves at the next sched_pick().
 * Idempotent. */
void sched_remove(struct sched_entity *e, uint32_t holds);

/* Takes the holds off; with the last one gone, e is RUNNABLE, also if it had been BLOCKED (it is to
 * look again at what it waited for). Where e was RUNNING still, it just goes on. Idempotent. At
 * least one CPU must be online. */
void sched_add(struct sched_entity *e, uint32_t holds);

/* OFF, and its context in no CPU's registers: the caller sees everything it has stored (acquire,
 * pairs with the release in sched_unloaded). */
bool sched_is_off(const struct sched_entity *e);

/* From any CPU, after the cause is visible in memory (a pending interrupt): e is to look at it.
 * RUNNING on another CPU: one exchange and one kick, no lock; no kick where one is on its way.
 * RUNNING here: nothing but the flag. BLOCKED: placed and made RUNNABLE. RUNNABLE, MOVING, OFF: the
 * flag.
 *
 * No wake-up is lost: sched_wake sets e->wake by an exchange and then reads the state;
 * sched_block and sched_pick write the state and then exchange e->wake to 0. Exchanges of one
 * word are in one order: the later of the two sees what the earlier side wrote. */
void sched_wake(struct sched_entity *e);

/* By e's own CPU, e being its current entity, after it found no reason to go on (no interrupt
 * pending). False: a wake-up came since the flag was last cleared, e goes on running. True: e is
 * BLOCKED, or OFF where it has a hold: call sched_pick(). The context stays loaded. */
bool sched_block(struct sched_entity *e);

/* By e's own CPU when it was kicked or is about to look for what is pending: clears the flag
 * (acquire), so that what the waker stored is seen by the look that follows. Returns whether it
 * was set. */
static inline bool sched_take_wake(struct sched_entity *e)
{
	/* Pairs with the exchange in sched_wake. The plain load spares the exclusive pair. */
	return load_relaxed(&e->wake) != 0U && exchange_acq_rel(&e->wake, 0U) != 0U;
}

/* Must this CPU call sched_pick()? One load: to be asked at the end of each exit. */
static inline bool sched_need_resched(void)
{
	/* Set by rq_notify before its kick; a kick's exit comes here. */
	return load_relaxed(&percpu_this()->resched) != 0U;
}

/* Chooses what this CPU runs: the current entity further on, or another one, or NULL: idle. The
 * result is RUNNING, loaded, and its wake flag is clear: look for what is pending afterwards.
 * With two or more runnable, a slice timer is armed (core/timerq), else there is none.
 * `cpu` must be the calling CPU. */
struct sched_entity *sched_pick(cpu_id_t cpu);

/* Must the context of e, loaded here, be saved although nothing else runs (sched_pick gave NULL)?
 * True where e is OFF or is to run elsewhere. */
bool sched_must_unload(const struct sched_entity *e);

/* By the CPU where e was loaded, after its context has been saved to memory: other CPUs may pick it
 * (release). Not for the current entity. */
void sched_unloaded(struct sched_entity *e);

/* Has e blocked? By the CPU where it is loaded. For vtimer_put(): an entity that waits needs a
 * soft timer, one that is runnable does not. */
static inline bool sched_is_blocked(const struct sched_entity *e)
{
	return load_relaxed(&e->state) == SCHED_BLOCKED;
}

/* Live, from any CPU; ranges as in sched_entity_init. */
void sched_set_weight(struct sched_entity *e, uint32_t weight);
void sched_set_affinity(struct sched_entity *e, uint64_t affinity);

/* Ticks for which e was runnable but did not run, and ticks that it ran, up to now. Exact for
 * the calling CPU's current entity, else a snapshot. */
uint64_t sched_stolen(const struct sched_entity *e);
uint64_t sched_runtime(struct sched_entity *e);

#endif
