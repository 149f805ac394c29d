/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Control calls of Plinth (abi/control.h), for a process at EL0 of a VM with `control`. On a
 * machine without Plinth the instruction may end in a signal: call only where there is a token.
 */
#ifndef PLINTH_CONTROL_H
#define PLINTH_CONTROL_H

#include <stddef.h>
#include <stdint.h>

#include "abi/control.h"

/* Nobody answers: no Plinth, or no `control` for this VM. */
#define PLINTH_NO_CONTROL UINT32_C(0xffffffff)

struct plinth_control {
	const uint8_t *token; /* CONTROL_TOKEN_SIZE bytes */
	enum control_call call;
	uint32_t vm;
	uint64_t arg;
	uint32_t arg2;
	void *buffer;
	size_t size; /* cut to CONTROL_MOVE_MAX */
	/* out */
	uint64_t done;
	uint64_t result[2];
};

/* One call; enum control_status, or PLINTH_NO_CONTROL. */
uint32_t plinth_control(struct plinth_control *control);

#endif
