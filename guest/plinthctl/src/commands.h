/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLINTHCTL_COMMANDS_H
#define PLINTHCTL_COMMANDS_H

#include "ctl.h"

command_fn command_vm;
command_fn command_console;
command_fn command_top;
command_fn command_host;
command_fn command_log;
command_fn command_events;
command_fn command_trace;
command_fn command_metrics;
command_fn command_guestinfo;
command_fn command_scan;
command_fn command_map;
command_fn command_find_kernel;
command_fn command_translate;
command_fn command_read;
command_fn command_memory;
command_fn command_registers;
command_fn command_dump;
command_fn command_nvram;
command_fn command_gdb;

/* Words of command_vm. */
command_fn vm_create;
command_fn vm_destroy;

#endif
