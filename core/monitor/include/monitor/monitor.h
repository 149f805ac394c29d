/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The monitor on the console: a line editor and a table of commands. What they do to VMs and the
 * machine goes through struct monitor_ops. One caller at a time; no lock of its own. Commands run
 * to their end inside monitor_input(), so their output is bounded: what exceeds MONITOR_LINES is
 * cut, and it says so. Those that look into a VM's address space go on afterwards, and answer by
 * monitor_line() and monitor_done(); until then a key does nothing but stop them.
 */
#ifndef MONITOR_MONITOR_H
#define MONITOR_MONITOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/status.h"

#define MONITOR_LINE_SIZE 128U
#define MONITOR_HISTORY	  8U
#define MONITOR_LINES	  400U /* of output, for each command */

struct monitor;

enum monitor_verb {
	MONITOR_VM_START,
	MONITOR_VM_STOP,
	MONITOR_VM_RESET,
	MONITOR_VM_REBOOT,
	MONITOR_VM_PAUSE,
	MONITOR_VM_RESUME,
	MONITOR_VM_WAKE,
};

enum monitor_look_kind {
	MONITOR_SCAN,
	MONITOR_FIND_KERNEL,
	MONITOR_TRANSLATE, /* from */
	MONITOR_READ,	   /* from to to */
};

#define MONITOR_ANY_VCPU UINT32_MAX

struct monitor_look {
	enum monitor_look_kind kind;
	const char *name; /* as long as the call */
	uint32_t vcpu;	  /* or MONITOR_ANY_VCPU */
	uint64_t from;
	uint64_t to; /* inclusive */
	bool el0;    /* scan: what EL0 may do, instead of EL1 */
	bool both;   /* both */
	bool exec;
	bool writable_and_exec;
	bool split_gpa;
};

/* How long the guest's own tools are waited for. */
enum monitor_patience {
	MONITOR_ASK,	 /* as long as is usual */
	MONITOR_NOW,	 /* they are not asked */
	MONITOR_SECONDS, /* `seconds` */
};

struct monitor_act {
	enum monitor_verb verb;
	enum monitor_patience patience;
	uint32_t seconds;
};

/* Names are the user's words: any text without blanks. ENOENT: no VM of that name. The reports
 * write to `out` by monitor_print(). Where name may be NULL it means all. No lock is held. */
struct monitor_ops {
	enum plinth_status (*vm_act)(
		void *ctx, const struct monitor_act *act, const char *name, struct monitor *out);
	void (*vm_list)(void *ctx, struct monitor *out);
	enum plinth_status (*vm_info)(void *ctx, const char *name, struct monitor *out);
	/* The VM's UEFI variables. */
	enum plinth_status (*nvram)(void *ctx, const char *name, struct monitor *out);
	/* guestinfo: all values, that of a key, or a new value for it (value not NULL). */
	enum plinth_status (*guestinfo_list)(void *ctx, const char *name, struct monitor *out);
	enum plinth_status (*guestinfo_get)(
		void *ctx, const char *name, const char *key, struct monitor *out);
	enum plinth_status (*guestinfo_set)(
		void *ctx, const char *name, const char *key, const char *value);
	/* How much memory the guest has given away, and is to give away: `mib` from now on. */
	enum plinth_status (*balloon_show)(void *ctx, const char *name, struct monitor *out);
	enum plinth_status (*balloon_set)(void *ctx, const char *name, size_t mib);
	void (*mem)(void *ctx, struct monitor *out);
	enum plinth_status (*irq)(void *ctx, const char *name, struct monitor *out);
	enum plinth_status (*coherency)(void *ctx, const char *name, struct monitor *out);
	void (*errata)(void *ctx, struct monitor *out);
	enum plinth_status (*console)(void *ctx, const char *name); /* focus on that VM */
	/* OK: begun; any number of monitor_line(out) and one monitor_done(out) follow, from any
	 * CPU, one at a time, perhaps before this returns. EINVAL: from, to; ERANGE: no such vCPU.
	 */
	enum plinth_status (*look)(void *ctx, const struct monitor_look *look, struct monitor *out);
	void (*look_stop)(void *ctx);	      /* any CPU */
	void (*reboot)(void *ctx, bool soft); /* soft: without the firmware */
	/* Soft, into the bundle on a VM's disk at `gpa`; image: and into the Plinth that lies in
	 * it. NULL: under way; else why not. */
	const char *(*restart_into)(void *ctx, const char *name, uint64_t gpa, bool image);
	void (*poweroff)(void *ctx);
};

/* Takes bytes for the terminal; lines end in "\r\n". */
typedef void monitor_sink_fn(void *ctx, const char *bytes, size_t size);

struct monitor {
	const struct monitor_ops *ops;
	void *ctx; /* of ops */
	monitor_sink_fn *sink;
	void *sink_ctx;
	size_t length;
	char line[MONITOR_LINE_SIZE];
	char history[MONITOR_HISTORY][MONITOR_LINE_SIZE];
	uint32_t history_count; /* lines ever */
	uint32_t history_back;	/* how far the user has gone up; 0: at the new line */
	uint32_t lines_left;
	uint32_t busy; /* atomic: a look goes on, and the sink and lines_left are its own */
	uint8_t escape_state;
	bool after_cr;
	bool has_started; /* the command that ran has begun a look */
};

void monitor_init(struct monitor *monitor, const struct monitor_ops *ops, void *ctx,
	monitor_sink_fn *sink, void *sink_ctx);

/* Bytes from the keyboard. A finished line is run before the call returns. */
void monitor_input(struct monitor *monitor, const uint8_t *bytes, size_t size);

/* Runs one line, as if typed. */
void monitor_run(struct monitor *monitor, const char *line);

/* A line of a look's answer, and its end. */
void monitor_line(struct monitor *monitor, const char *text);
void monitor_done(struct monitor *monitor);

/* Output of a command; '\n' in it becomes "\r\n". A line is cut at 200 characters. */
void monitor_print(struct monitor *monitor, const char *format, ...) PRINTF_LIKE(2, 3);

#endif
