/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A caller with memory of its own, whose pages may be absent, read-only, or no memory at all.
 */
#ifndef CALLER_RIG_H
#define CALLER_RIG_H

#include "caller/caller.h"

#define RIG_VA	  UINT64_C(0xffff800010000000) /* of the memory */
#define RIG_PAGES 40U
#define RIG_PAGE  4096U

enum rig_access { RIG_READ_WRITE, RIG_READ_ONLY, RIG_ABSENT, RIG_DEVICE };

struct caller_rig {
	_Alignas(uint64_t) uint8_t memory[RIG_PAGES * RIG_PAGE];
	enum rig_access access[RIG_PAGES];
	unsigned translated; /* calls of translate() */
	unsigned copied;     /* pieces that copy() was given */
	uint64_t fault_va;   /* of the last refused translation */
	bool fault_is_write;
};

extern struct caller_rig caller_rig;

/* Software at that level. */
struct caller caller_rig_at(unsigned el);

#endif
