/* SPDX-License-Identifier: Apache-2.0 */
/* Looking into a VM's address space, for the commands that do. */
#ifndef PLINTHCTL_LOOK_H
#define PLINTHCTL_LOOK_H

#include "ctl.h"

/* Takes each line of the answer, without its end. */
typedef void look_line_fn(void *ctx, const char *line);

/* Waits for all of the answer; ends the program with `what` where Plinth refuses. */
void look_at(uint32_t vm, const struct control_look *look, const char *what, look_line_fn *take,
	void *ctx);

#endif
