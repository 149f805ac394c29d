/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What gcc 12 and clang 14 spell differently, or the language lacks.
 */
#ifndef BASE_COMPILER_H
#define BASE_COMPILER_H

#include <stddef.h>

#define STATIC_ASSERT(cond, text) _Static_assert(cond, text)
#define NORETURN		  __attribute__((noreturn))
#define NODISCARD		  __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, args)	  __attribute__((format(printf, fmt, args)))
#define ALIGNED(bytes)		  __attribute__((aligned(bytes)))
#define UNUSED			  __attribute__((unused))
#define ALWAYS_INLINE		  __attribute__((always_inline)) /* with a reason */
#define NOINLINE		  __attribute__((noinline))	 /* with a reason */
#define FLATTEN			  __attribute__((flatten))	 /* with a reason */

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* The struct of `type` whose `member` is at `ptr`. */
#define CONTAINER_OF(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

/* What seldom runs: for size, and with no copy in a caller that would be slower for it. */
#define SLOW_PATH __attribute__((noinline, cold))

#define LIKELY(x)   __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)

#endif
