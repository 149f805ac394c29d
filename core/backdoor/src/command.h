/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BACKDOOR_COMMAND_H
#define BACKDOOR_COMMAND_H

#include "backdoor/backdoor.h"

/* A command of VMware's port. Writes its results to x. */
typedef void command_fn(struct backdoor_vm *vm, uint64_t *x);

struct command_row {
	uint32_t number;
	unsigned min_el;
	command_fn *serve;
};

/* The row of a number for calls from `el`, or NULL. */
const struct command_row *command_find(uint32_t number, unsigned el);

/* Results are W registers: the upper half reads as 0. */
static inline void command_set_w(uint64_t *x, unsigned n, uint32_t value)
{
	x[n] = value;
}

/* command_vm.c, command_time.c */
command_fn command_get_mhz;
command_fn command_get_hz;
command_fn command_get_memory_size;
command_fn command_get_uuid;
command_fn command_get_vcpu_info;
command_fn command_get_build;
command_fn command_report_crash;
command_fn command_get_gui_options;
command_fn command_get_time;
command_fn command_get_time_full;
command_fn command_get_time_lag;

#endif
