/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A monitor, what it shows, and what it asks of the core, as one line: "act 0 alpha;" and so on.
 * There is one VM, "alpha".
 */
#ifndef MONITOR_RIG_H
#define MONITOR_RIG_H

#include <stddef.h>

#include "monitor/monitor.h"

struct monitor_rig {
	struct monitor monitor;
	char screen[1 << 18];
	size_t screen_count;
	char calls[1024];
	unsigned flood; /* lines before those of `vm list` */
};

extern struct monitor_rig rig;

/* A fixture of cmocka: its first prompt has been shown. */
int rig_setup(void **state);

/* Forgets what was shown and asked. */
void rig_clear(void);

/* Keys. */
void rig_type(const char *text);

/* A command, with nothing shown or asked before. */
void rig_run(const char *line);

#endif
