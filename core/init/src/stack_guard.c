/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the code that -fstack-protector adds uses.
 */
#include <stdint.h>

#include "base/check.h"
#include "init_private.h"

/* Without entropy so early it is a constant that a string function can't pass: it holds a NUL. */
uintptr_t __stack_chk_guard HIDDEN = UINT64_C(0x00c5f3a91e7db264);
NORETURN void __stack_chk_fail(void) HIDDEN;

void __stack_chk_fail(void)
{
	PANIC("a stack frame was overwritten");
}
