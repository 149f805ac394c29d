/* SPDX-License-Identifier: Apache-2.0 */
/* Looking into a VM's address space, for the commands that do. */
#ifndef PLINTHCTL_LOOK_H
#define PLINTHCTL_LOOK_H

#include "ctl.h"

/* Takes each line of the answer, without its end. */
typedef void look_line_fn(void *ctx, const char *line);

/* Who looks. A guest decides how long an answer is: has_enough() is asked between two pieces of it,
 * and whenever a signal has come; true: Plinth is to stop, and nothing more is taken. */
struct look_user {
	look_line_fn *take;
	bool (*has_enough)(void *ctx);
	void *ctx;
};

/* Waits for all of the answer, or until the user has enough; ends the program with `what` where
 * Plinth refuses. */
void look_at(uint32_t vm, const struct control_look *look, const char *what,
	const struct look_user *user);

#endif
