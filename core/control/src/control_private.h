/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTROL_PRIVATE_H
#define CONTROL_PRIVATE_H

#include "abi/control.h"
#include "control/control.h"
#include "vm/vm_table.h"

/* One call, decoded. Handlers run with the lock held. */
struct call {
	struct vm *self; /* whose process asks */
	uint32_t id;	 /* of X0, whatever it is */
	struct vm *vm;	 /* which VM is meant; NULL where the row does not say WANTS_VM */
	uint64_t arg;
	uint32_t arg2;
	uint8_t *data; /* CONTROL_MOVE_MAX bytes: the buffer's, and then the answer's */
	uint32_t size; /* bytes that the caller gave, or has room for */
	uint32_t done; /* bytes that were taken, or are to be copied to the caller */
	uint64_t result[2];
};

typedef enum control_status control_fn(struct call *call);

/* control_vm.c */
control_fn control_hello;
control_fn control_host;
control_fn control_list;
control_fn control_info;
control_fn control_vcpus;
control_fn control_counters;
control_fn control_guest;
control_fn control_start;
control_fn control_stop;
control_fn control_reset;
control_fn control_pause;
control_fn control_resume;

/* control_set.c */
control_fn control_set;

/* control_io.c */
control_fn control_events;
control_fn control_log_line;
control_fn control_trace_read;
control_fn control_trace_set;
control_fn control_console_read;
control_fn control_console_write;
control_fn control_info_key;
control_fn control_info_get;
control_fn control_info_set;

/* control_memory.c */
control_fn control_memory_read;
control_fn control_memory_write;
control_fn control_registers_read;
control_fn control_registers_write;

/* control_debug.c */
control_fn control_debug_attach;
control_fn control_debug_detach;
control_fn control_debug_set;
control_fn control_debug_patch;
control_fn control_debug_resume;
control_fn control_debug_look;

/* control_nvram.c */
control_fn control_nvram_read;
control_fn control_nvram_write;

/* control_look.c */
control_fn control_look_start;
control_fn control_look_read;
control_fn control_look_stop;

/* control_make.c */
control_fn control_create;
control_fn control_create_step;
control_fn control_create_put;
control_fn control_create_why;
control_fn control_destroy;

/* The VM of call->id, or NULL. */
struct vm *control_find(const struct call *call);

/* The lock of all calls. */
extern struct lock control_lock;

/* The longest call until now, and which it was. */
extern uint32_t control_longest;
extern uint32_t control_longest_id;

/* What a status of the modules below is to the caller. */
enum control_status control_of(enum plinth_status status);

#endif
