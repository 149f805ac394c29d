/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ranked spin locks. A CPU takes locks in rising rank only; two of one rank only where
 * docs/locking.md says so (lock_take_pair, by address). Debug and host builds check the order, that
 * the unlocker is the holder, and (lock_assert_none_held) that nothing is held at guest entry. EL2
 * runs with interrupts masked throughout, so no lock has an interrupt-safe form.
 */
#ifndef LOCK_LOCK_H
#define LOCK_LOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/spinlock.h"
#include "base/check.h"

/* The one order, outermost first; docs/locking.md says what each protects. */
enum lock_rank {
	LOCK_RANK_CALL = 1,   /* control calls: one at a time */
	LOCK_RANK_CONTROL,    /* VM list, life cycle */
	LOCK_RANK_VM,	      /* one VM's state, PSCI power states */
	LOCK_RANK_DEVICE,     /* an emulated device */
	LOCK_RANK_CONSOLE_IN, /* the console's next deadline */
	LOCK_RANK_VGIC,	      /* one VM's interrupts */
	LOCK_RANK_S2,	      /* one VM's stage 2 and page states */
	LOCK_RANK_VMID,	      /* VMID generations */
	LOCK_RANK_SCHED,      /* one CPU's run queue */
	LOCK_RANK_TIMERQ,     /* one CPU's soft timers */
	LOCK_RANK_PMEM,	      /* the page allocator */
	LOCK_RANK_ENTROPY,
	LOCK_RANK_EVENT,       /* the ring of events */
	LOCK_RANK_CONSOLE_OUT, /* output side: lines, the UART */
	LOCK_RANK_LOG,
};

struct lock {
	struct arch_spinlock spin;
	uint8_t rank; /* enum lock_rank */
	/* Debug and host builds: CPU index + 1 of the holder, 0 if free. Written by the holder
	 * alone; others only compare it with themselves, so a stale value cannot mislead them. */
	uint8_t holder;
};

#define LOCK_INIT(r)                                                                               \
	{                                                                                          \
		.rank = (r)                                                                        \
	}

void lock_init(struct lock *lock, enum lock_rank rank);
void lock_take(struct lock *lock);
bool lock_try(struct lock *lock);

/* As lock_take(), but for some thousand instructions at most: for what a guest can have all its
 * CPUs wait for at once, with interrupts masked, while one after the other takes a long step.
 * False: the lock is not taken; the guest is to do again what it did. */
bool lock_take_soon(struct lock *lock);
void lock_drop(struct lock *lock);

/* lock_try() and lock_drop() without a call, for what a guest waits for. */
static inline bool lock_try_quickly(struct lock *lock)
{
	return PLINTH_DEBUG ? lock_try(lock) : arch_spin_try(&lock->spin);
}

static inline void lock_drop_quickly(struct lock *lock)
{
	if (PLINTH_DEBUG) {
		lock_drop(lock);
	} else {
		arch_spin_unlock(&lock->spin);
	}
}

/* Takes two locks of one rank, lower address first. They may be the same lock. */
void lock_take_pair(struct lock *a, struct lock *b);
void lock_drop_pair(struct lock *a, struct lock *b);

bool lock_is_held(const struct lock *lock); /* by this CPU; debug and host builds alone */
void lock_assert_held(const struct lock *lock);
void lock_assert_none_held(void);

/* For panic(): forget what this CPU holds, so that the report can take the console's locks. */
void lock_forget_all(void);

#endif
