/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ARCH_IMPL_SPINLOCK_H
#define ARCH_IMPL_SPINLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "arch_impl/cpu.h"
#include "base/atomic.h"

/* The same ticket lock in C11 atomics, which ThreadSanitizer understands. */
struct arch_spinlock {
	uint16_t owner;
	uint16_t next;
};

static inline void arch_spin_lock(struct arch_spinlock *lock)
{
	uint16_t ticket = __atomic_fetch_add(&lock->next, 1, __ATOMIC_RELAXED);

	while (load_acquire(&lock->owner) != ticket) {
		fake_relax();
	}
}

static inline bool arch_spin_try(struct arch_spinlock *lock)
{
	uint16_t owner = load_acquire(&lock->owner);
	uint16_t next = owner;

	return __atomic_compare_exchange_n(
		&lock->next, &next, (uint16_t)(owner + 1U), 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

static inline void arch_spin_unlock(struct arch_spinlock *lock)
{
	store_release(&lock->owner, (uint16_t)(load_relaxed(&lock->owner) + 1U));
}

#endif
