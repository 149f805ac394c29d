/* SPDX-License-Identifier: Apache-2.0 */
#include "lock/lock.h"

#include "arch/cpu.h"
#include "base/check.h"
#include "base/compiler.h"
#include "percpu/percpu.h"

/* Of about ten instructions each: longer than a fault of one page, shorter than the long steps. */
#define SOON_TRIES 512U

/* Who holds what, for the assertions alone: the ranks that this CPU holds, as a bit each. */
static void note_taken(struct lock *lock, bool pair)
{
	if (PLINTH_DEBUG) {
		struct percpu *cpu = percpu_this();
		uint32_t above = cpu->held_ranks >> lock->rank;

		PLINTH_ASSERT(above == 0U || (pair && above == 1U));
		cpu->held_ranks |= UINT32_C(1) << lock->rank;
		__atomic_store_n(&lock->holder, (uint8_t)(cpu->id + 1U), __ATOMIC_RELAXED);
	}
}

static void note_dropped(struct lock *lock)
{
	if (PLINTH_DEBUG) {
		percpu_this()->held_ranks &= ~(UINT32_C(1) << lock->rank);
		__atomic_store_n(&lock->holder, 0, __ATOMIC_RELAXED);
	}
}

void lock_init(struct lock *lock, enum lock_rank rank)
{
	*lock = (struct lock)LOCK_INIT((uint8_t)rank);
}

void lock_take(struct lock *lock)
{
	PLINTH_ASSERT(!lock_is_held(lock));
	arch_spin_lock(&lock->spin);
	note_taken(lock, false);
}

bool lock_try(struct lock *lock)
{
	if (!arch_spin_try(&lock->spin)) {
		return false;
	}
	note_taken(lock, false);
	return true;
}

/* Apart: the way of who need not wait is short. */
NOINLINE static bool try_for_a_while(struct lock *lock)
{
	for (unsigned i = 0; i < SOON_TRIES; i++) {
		arch_yield();
		if (lock_try(lock)) {
			return true;
		}
	}
	return false;
}

bool lock_take_soon(struct lock *lock)
{
	return LIKELY(lock_try(lock)) || try_for_a_while(lock);
}

void lock_drop(struct lock *lock)
{
	lock_assert_held(lock);
	note_dropped(lock);
	arch_spin_unlock(&lock->spin);
}

void lock_take_pair(struct lock *a, struct lock *b)
{
	struct lock *first = a < b ? a : b;
	struct lock *second = a < b ? b : a;

	lock_take(first);
	if (second != first) {
		arch_spin_lock(&second->spin);
		note_taken(second, true);
	}
}

void lock_drop_pair(struct lock *a, struct lock *b)
{
	if (a != b) {
		lock_drop(a);
	}
	lock_drop(b);
}

bool lock_is_held(const struct lock *lock)
{
	return __atomic_load_n(&lock->holder, __ATOMIC_RELAXED) == percpu_this()->id + 1U;
}

void lock_assert_held(const struct lock *lock)
{
	PLINTH_ASSERT(lock_is_held(lock));
}

void lock_assert_none_held(void)
{
	PLINTH_ASSERT(percpu_this()->held_ranks == 0U);
}

void lock_forget_all(void)
{
	percpu_this()->held_ranks = 0;
}
