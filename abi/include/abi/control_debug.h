/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A debugger of a VM: CONTROL_DEBUG_*. X3 [63:32] is the session's ticket in all of them; who has
 * another one's is told NOT_FOUND. All but ATTACH, DETACH and LOOK want the VM paused (BAD_STATE)
 * and its vCPUs at rest (BUSY).
 *
 * ATTACH: ticket 0: a session of one's own begins, and another one's ends. X2 out: the ticket, X3
 * out 1: call again with it. 0: attached. The VM is paused, and without breakpoints.
 *
 * DETACH: breakpoints go, and the VM runs, unless somebody else has paused it: before ATTACH, or
 * since it ran last, also while it was paused already. X3 out 1: call again.
 *
 * SET: buffer: struct control_debug_registers, for all vCPUs. X2, X3 out: how many breakpoints and
 * watchpoints there are; those beyond count for nothing.
 *
 * PATCH: X2 [63:2] a word of RAM, by guest-physical address, [0] 1: it becomes a breakpoint, 0: it
 * is one no longer. CONTROL_DEBUG_PATCHES at most (NO_MEMORY); INVALID: it is one already, or not
 * RAM. MEMORY_READ shows what was there, MEMORY_WRITE changes that.
 *
 * RESUME: X2 [31:0] a vCPU, or CONTROL_DEBUG_NO_VCPU; [32] 1: it takes one step; [33] 1: all others
 * wait; [34] 1, with [32]: its IRQs and FIQs are masked for the step, so that it ends behind the
 * instruction. That ends with the first LOOK that finds the VM at rest, and with whatever else ends
 * the step; an instruction that reads or changes the masks is not to be stepped so. The VM runs
 * until a vCPU stops, which pauses it, or somebody pauses it. PAUSE with a ticket, too, is the
 * debugger's own pause: it ends with the session.
 *
 * LOOK: buffer: struct control_debug_stop[] of vCPUs from X2 on that have stopped since it ran. X2
 * out: the next vCPU, X3 out 1: the VM is at rest, and the list is whole.
 *
 * A session ends by a stop or reset of the VM, and when none of these calls came for 30 seconds:
 * then it is as with DETACH.
 */
#ifndef ABI_CONTROL_DEBUG_H
#define ABI_CONTROL_DEBUG_H

#include <stdint.h>

#define CONTROL_DEBUG_PAIRS   16U
#define CONTROL_DEBUG_PATCHES 32U

#define CONTROL_DEBUG_NO_VCPU UINT64_C(0xffffffff)
#define CONTROL_DEBUG_STEPS   UINT64_C(0x100000000)
#define CONTROL_DEBUG_ALONE   UINT64_C(0x200000000)
#define CONTROL_DEBUG_MASKED  UINT64_C(0x400000000)

/* DBGBCR<n>_EL1 and DBGBVR<n>_EL1, DBGWCR<n>_EL1 and DBGWVR<n>_EL1 (DDI 0487, D19.3). What would
 * match at EL2 or in the secure state is off. */
struct control_debug_pair {
	uint64_t control;
	uint64_t value;
};

struct control_debug_registers {
	struct control_debug_pair breakpoint[CONTROL_DEBUG_PAIRS];
	struct control_debug_pair watchpoint[CONTROL_DEBUG_PAIRS];
};

enum control_debug_why {
	CONTROL_DEBUG_BY_PATCH = 1,	 /* at the word's address */
	CONTROL_DEBUG_BY_BREAKPOINT = 2, /* before the instruction */
	CONTROL_DEBUG_BY_WATCHPOINT = 3, /* before the access */
	CONTROL_DEBUG_BY_STEP = 4,	 /* it has taken its step */
};

struct control_debug_stop {
	uint32_t vcpu;
	uint32_t why; /* enum control_debug_why */
	uint64_t esr; /* of the exception */
	uint64_t far; /* of a watchpoint: where the access was */
};

#endif
