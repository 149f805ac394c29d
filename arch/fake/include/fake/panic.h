/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Panics on the host: the test names the text that it expects, everything else aborts it.
 */
#ifndef FAKE_PANIC_H
#define FAKE_PANIC_H

#include <setjmp.h>
#include <stdbool.h>

extern _Thread_local jmp_buf fake_panic_jump;
extern _Thread_local const char *fake_panic_expected;

/* Runs `statement`, which must panic with a text that contains `text`; true where it did.
 * Locks that the statement held stay held. */
#define FAKE_EXPECT_PANIC(text, statement)                                                         \
	({                                                                                         \
		volatile bool panicked_ = true;                                                    \
		fake_panic_expected = (text);                                                      \
		if (setjmp(fake_panic_jump) == 0) {                                                \
			statement;                                                                 \
			panicked_ = false;                                                         \
		}                                                                                  \
		fake_panic_expected = NULL;                                                        \
		panicked_;                                                                         \
	})

#endif
