/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MONITOR_PRIVATE_H
#define MONITOR_PRIVATE_H

#include <stddef.h>
#include <stdint.h>

#include "base/atomic.h"
#include "monitor/monitor.h"

#define MONITOR_WORDS 12U

/* words[0] is the command's name; count >= 1. */
typedef void monitor_command_fn(struct monitor *monitor, size_t count, char *const words[]);

struct monitor_command {
	const char *name;
	const char *args;
	const char *help;
	size_t words_min; /* with the name */
	size_t words_max;
	monitor_command_fn *run;
};

/* monitor_look.c */
monitor_command_fn monitor_scan;
monitor_command_fn monitor_find_kernel;
monitor_command_fn monitor_translate;
monitor_command_fn monitor_read;

/* A number; "0x" makes it hexadecimal whatever `base`. False: it is none, or has over 64 bits. */
bool monitor_parse(const char *text, uint64_t base, uint64_t *number);

/* Says what went wrong, with the command's words before it. Nothing for OK. */
void monitor_report(
	struct monitor *monitor, enum plinth_status status, size_t count, char *const words[]);

/* The command of that name, or NULL. */
const struct monitor_command *monitor_find_command(const char *name);

void monitor_prompt(struct monitor *monitor);

/* One key; true: the line is complete. */
bool monitor_edit(struct monitor *monitor, uint8_t key);

/* Bytes for the terminal as they are, beside the limit of lines. */
void monitor_send(struct monitor *monitor, const char *text);

#endif
