/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A place where a test stops the machine by its debugger: a trapped read of an ID register with
 * MARK and a number in x0, so that it is seen in EL2's vector (tests/system/harness/el2.py). The
 * trap has not been handled then: the instruction is still to be executed.
 */
#ifndef PAYLOAD_MARK_H
#define PAYLOAD_MARK_H

#include <stdint.h>

#define MARK	  0x5ca1ab1e0000UL
#define MARK_INSN 0xd5380401U /* mrs x1, id_aa64pfr0_el1 */

static inline void mark(unsigned number)
{
	register uint64_t x0 __asm__("x0") = MARK + number;
	register uint64_t x1 __asm__("x1");

	__asm__ volatile("mrs %0, id_aa64pfr0_el1" : "=r"(x1) : "r"(x0) : "memory");
}

#endif
