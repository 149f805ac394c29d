/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ARCH_IMPL_SPINLOCK_H
#define ARCH_IMPL_SPINLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/atomic.h"

/* A ticket lock: next is drawn, owner is served. */
struct arch_spinlock {
	uint16_t owner;
	uint16_t next;
} __attribute__((aligned(4)));

/* The load-acquire-exclusive arms the event register, so that the store in unlock ends the WFE
 * (DDI 0487, D1.7, global monitor events). */
static inline uint16_t arch_spin_wait_owner(struct arch_spinlock *lock)
{
	uint32_t v;

	__asm__ volatile("sevl\n\twfe\n\tldaxrh %w0, %1" : "=r"(v) : "Q"(lock->owner) : "memory");
	return (uint16_t)v;
}

static inline void arch_spin_lock(struct arch_spinlock *lock)
{
	uint16_t ticket = __atomic_fetch_add(&lock->next, 1, __ATOMIC_RELAXED);

	if (load_acquire(&lock->owner) == ticket) {
		return;
	}
	while (arch_spin_wait_owner(lock) != ticket) {
		__asm__ volatile("wfe" ::: "memory");
	}
}

/* Both halves at once. Not before what the caller has stored with release: who fails may have left
 * a note for the owner, which must not have dropped the lock without seeing it. */
static inline bool arch_spin_try(struct arch_spinlock *lock)
{
	__asm__ goto("1:	ldaxr	w16, %0\n"
		     "	eor	w17, w16, w16, ror #16\n"
		     "	cbnz	w17, %l1\n"
		     "	add	w16, w16, #0x10, lsl #12\n"
		     "	stxr	w17, w16, %0\n"
		     "	cbnz	w17, 1b"
		     : /* *lock is written, too: see the clobber */
		     : "Q"(*lock)
		     : "x16", "x17", "memory"
		     : is_taken);
	return true;
is_taken:
	return false;
}

static inline void arch_spin_unlock(struct arch_spinlock *lock)
{
	store_release(&lock->owner, (uint16_t)(lock->owner + 1U));
}

#endif
