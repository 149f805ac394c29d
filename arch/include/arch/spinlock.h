/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A fair spin lock of 4 bytes. Waiters sleep in WFE. Taking it has acquire order, releasing it
 * release order. Code uses core/lock's ranked `struct lock` instead, save where that can't.
 */
#ifndef ARCH_SPINLOCK_H
#define ARCH_SPINLOCK_H

#include "arch_impl/spinlock.h"

/* struct arch_spinlock; zero is unlocked */
/* void arch_spin_lock(struct arch_spinlock *lock);   */
/* bool arch_spin_try(struct arch_spinlock *lock);    */
/* void arch_spin_unlock(struct arch_spinlock *lock); */

#endif
