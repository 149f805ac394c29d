/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A CPU's breakpoint and watchpoint registers for what gdb asks for (DDI 0487, D2.8, D2.10, D19.3):
 * at EL0 and EL1.
 */
#ifndef LIBGDB_WATCH_H
#define LIBGDB_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/control_debug.h"
#include "libgdb/server.h"

struct control_debug_pair gdb_breakpoint_pair(uint64_t gva);

/* The first piece of [gva, gva + size) that one watchpoint can watch: bytes of a doubleword, or a
 * power of two, aligned. size: not 0; its bytes. `point` is a watchpoint's. */
uint64_t gdb_watch_pair(
	enum gdb_point point, uint64_t gva, uint64_t size, struct control_debug_pair *pair);

/* May an access that was reported at `far` have touched [gva, gva + size)? It may begin before, by
 * up to the block of a DC ZVA. The address in it that is told to gdb. */
bool gdb_watch_met(uint64_t far, uint64_t gva, uint64_t size, uint64_t *address);

/* May interrupts be masked while this instruction is stepped? It neither sees nor changes the
 * masks, nor is an exception or the return from one. */
bool gdb_step_masks(uint32_t instruction);

#endif
