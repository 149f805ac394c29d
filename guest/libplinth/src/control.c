/* SPDX-License-Identifier: Apache-2.0 */
#include "plinth/control.h"

#include "base/string.h"
#include "plinth/backdoor.h"

#define HIGH_SHIFT 32U
#define CALL_SHIFT 16U

uint32_t plinth_control(struct plinth_control *control)
{
	uint64_t size = control->size < CONTROL_MOVE_MAX ? control->size : CONTROL_MOVE_MAX;
	struct plinth_regs regs = {
		.ax = CONTROL_MAGIC | (uint64_t)control->vm << HIGH_SHIFT,
		.bx = CONTROL_VERSION | (uint64_t)control->call << CALL_SHIFT | size << HIGH_SHIFT,
		.cx = control->arg,
		.dx = CONTROL_PORT | (uint64_t)control->arg2 << HIGH_SHIFT,
		.si = (uint64_t)(uintptr_t)control->buffer,
	};

	memcpy(&regs.di, control->token, sizeof(regs.di));
	memcpy(&regs.bp, control->token + sizeof(regs.di), sizeof(regs.bp));
	plinth_call_in(&regs);
	control->done = regs.bx;
	control->result[0] = regs.cx;
	control->result[1] = regs.dx;
	return (uint32_t)regs.ax;
}
