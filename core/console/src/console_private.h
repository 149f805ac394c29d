/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONSOLE_PRIVATE_H
#define CONSOLE_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "console/console.h"
#include "lock/lock.h"

#define OUT_SIZE   4096U /* a power of 2: what waits for the UART */
#define NEVER	   UINT64_MAX
#define WAIT_POLLS 200000U

/* The most that one byte of a port can grow to: end of row, mark, an unfinished line again, back
 * behind the mark, a line's end. */
#define OUT_MARGIN (2U * CONSOLE_NAME_SIZE + CONSOLE_SHOWN_SIZE + 16U)

struct console {
	struct lock lock; /* LOCK_RANK_CONSOLE_OUT, for all but the last group */
	const struct console_device *device;
	struct console_port *port[CONSOLE_PORT_MAX]; /* in the order of adding */
	uint32_t port_count;
	uint32_t vm_count;
	struct console_port *focus;    /* written under the lock, compared without */
	struct console_port *previous; /* had the focus before the monitor */
	struct console_port *row;      /* whose unfinished line stands in the terminal's last row */
	uint64_t row_time;	       /* when it last grew */
	uint32_t turn;		       /* the port that comes first where a step is cut */
	uint32_t log_lost;
	uint64_t owed; /* a deadline that console_log() could not arm, or NEVER */
	bool alone;    /* only the focus is shown */
	bool closed;   /* ports show nothing more */
	bool cut;      /* the last step left something */
	bool wants_tx;
	uint32_t out_put;
	uint32_t out_taken;
	uint8_t out[OUT_SIZE];

	struct lock arm_lock; /* LOCK_RANK_CONSOLE_IN: calls of arm(), one at a time */
	console_arm_fn *arm;  /* constant after console_init() */
	uint64_t quiet_ticks; /* CONSOLE_QUIET_MS; constant, as are the next */
	uint64_t hold_ticks;
	uint64_t step_ticks; /* from a step to the next: the guest's half of the CPU */
	uint64_t armed;	     /* the earliest deadline given to arm(), or NEVER; atomic */
	uint32_t reading;    /* a CPU is in console_interrupt(); atomic */
	bool escaped;	     /* CONSOLE_ESCAPE was the last byte; of the reading CPU */
};

extern struct console console;

/* What is to be shown beyond complete lines. */
enum show {
	SHOW_LINES,
	SHOW_PARTIAL, /* the unfinished line in focus */
	SHOW_NOW,     /* all there is, whatever row it interrupts */
};

/* Moves what is due from the ports to the UART, as much as is good for one step. The lock must be
 * held. Returns the time at which it should be called again, or NEVER. */
uint64_t console_drain_locked(enum show show);

/* Whole lines of the console itself, as "plinth: TEXT". False: no room. The lock must be held. */
bool console_line_locked(const char *text);

void console_focus_locked(struct console_port *port);
void console_end_row_locked(void);
void console_send_locked(void);
uint32_t console_out_room(void);

/* Takes the lock, drains, drops, arms; where the lock is taken it arms alone. */
void console_service(enum show show);

/* Calls room() of the ports that wait for it. No lock may be held. */
void console_tell_room(void);

/* Its next byte is not only to be stored, by CONSOLE_PORT_WATCHED and the like. What was put until
 * now is seen by whoever looks afterwards. */
void console_want_attention(struct console_port *port, uint32_t why);

bool console_port_is_full(const struct console_port *port);

/* One byte of a port without focus: what may be shown of it, or -1. */
int console_filter_byte(struct console_filter *filter, uint8_t byte);

#endif
