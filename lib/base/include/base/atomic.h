/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Atomics with their order in the name. Each use says in a comment which access it pairs with.
 */
#ifndef BASE_ATOMIC_H
#define BASE_ATOMIC_H

/* A volatile access of a word is one instruction that no other CPU sees half done, and compilers
 * give it an offset where they give __atomic_load_n() an addition of its own: every exit has
 * several. For scalars of at most 8 bytes. Host builds tell ThreadSanitizer that it is meant. */
#ifdef __aarch64__
#define load_relaxed(ptr)     (*(const volatile __typeof__(*(ptr)) *)(const void *)(ptr))
#define store_relaxed(ptr, v) (*(volatile __typeof__(*(ptr)) *)(void *)(ptr) = (v))
#else
#define load_relaxed(ptr)     __atomic_load_n((ptr), __ATOMIC_RELAXED)
#define store_relaxed(ptr, v) __atomic_store_n((ptr), (v), __ATOMIC_RELAXED)
#endif

#define load_acquire(ptr)	  __atomic_load_n((ptr), __ATOMIC_ACQUIRE)
#define store_release(ptr, v)	  __atomic_store_n((ptr), (v), __ATOMIC_RELEASE)
#define fetch_add_relaxed(ptr, v) __atomic_fetch_add((ptr), (v), __ATOMIC_RELAXED)
#define fetch_or_release(ptr, v)  __atomic_fetch_or((ptr), (v), __ATOMIC_RELEASE)
#define fetch_or_acq_rel(ptr, v)  __atomic_fetch_or((ptr), (v), __ATOMIC_ACQ_REL)
#define fetch_and_acq_rel(ptr, v) __atomic_fetch_and((ptr), (v), __ATOMIC_ACQ_REL)
#define exchange_acq_rel(ptr, v)  __atomic_exchange_n((ptr), (v), __ATOMIC_ACQ_REL)

/* Strong compare and swap; on failure *expected holds what was there. */
#define cas_acq_rel(ptr, expected, v)                                                              \
	__atomic_compare_exchange_n((ptr), (expected), (v), 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)

#endif
