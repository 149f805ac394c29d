/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PLINTH_CHECK: our own invariant, tested in every build; a failure is a bug of Plinth and stops
 * the machine with its place. Never for a condition that input (a guest's, a file's, the
 * firmware's) could make false. PLINTH_ASSERT: the same, in debug and host builds only; its
 * expression is compiled and type-checked in all of them.
 */
#ifndef BASE_CHECK_H
#define BASE_CHECK_H

#include <stdbool.h>

#include "base/compiler.h"

/* Prints the text and the place, stops every CPU. Each program supplies its own: core/base, boot;
 * host tests link arch_fake's, which a test can expect (arch/fake/include/fake/panic.h). */
NORETURN void panic_at(const char *file, int line, const char *format, ...) PRINTF_LIKE(3, 4);

#define PANIC(...) panic_at(__FILE_NAME__, __LINE__, __VA_ARGS__)

#define PLINTH_CHECK(cond)                                                                         \
	do {                                                                                       \
		if (UNLIKELY(!(cond))) {                                                           \
			PANIC("check failed: %s", #cond);                                          \
		}                                                                                  \
	} while (0)

#ifndef PLINTH_DEBUG
#define PLINTH_DEBUG PLINTH_HOST_BUILD
#endif

#define PLINTH_ASSERT(cond)                                                                        \
	do {                                                                                       \
		if (PLINTH_DEBUG && UNLIKELY(!(cond))) {                                           \
			PANIC("assertion failed: %s", #cond);                                      \
		}                                                                                  \
	} while (0)

#endif
