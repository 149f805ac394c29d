/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first program of a Linux guest, for ./plinth bench: says at what virtual time the kernel
 * came to it, and powers off. "BENCH: init N", in nanoseconds of CNTVCT_EL0.
 */
#include "linux.h"

__attribute__((noreturn)) void _start(void);

void _start(void)
{
	report("init", now());
	machine_off();
}
