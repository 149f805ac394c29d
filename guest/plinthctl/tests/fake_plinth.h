/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A Plinth for tests of plinthctl, which runs in a process of its own: answers to the control
 * calls, by the test where it says so, and the GPIO device that tells of events, whose line rises
 * with an event and falls where EVENTS is called. Time goes on only where the program waits.
 */
#ifndef FAKE_PLINTH_H
#define FAKE_PLINTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plinth/control.h"

#define FAKE_VMS    4U
#define FAKE_EVENTS 64U
#define FAKE_TEXT   65536U

#define FAKE_STUCK 97 /* exit status: the program waits for what never comes */

/* In memory that both processes have. */
struct fake_plinth {
	struct control_vm vm[FAKE_VMS];
	uint32_t count;
	uint32_t own;
	struct control_event event[FAKE_EVENTS];
	uint64_t posted;
	uint64_t lost; /* of the next EVENTS that goes on from somewhere */
	bool is_high;  /* the lines of the GPIO device */
	unsigned calls[CONTROL_CALL_COUNT];
	struct plinth_control last[CONTROL_CALL_COUNT]; /* its buffer is the program's own */
	uint64_t now_ms;
	unsigned timeouts; /* how often it waited and nothing came */
	uint64_t number;   /* number, signal and until are the test's own */
	int signal;
	uint64_t until;
	char text[FAKE_TEXT];
	size_t size;
};

extern struct fake_plinth *fake;

/* In the place of the fake's own answer; NULL: that. The status. */
typedef uint32_t fake_serve_fn(struct plinth_control *call);
extern fake_serve_fn *fake_serve[CONTROL_CALL_COUNT];

/* What happens when the program waits and there is nothing for it; NULL: nothing. */
extern void (*fake_idle)(void);

struct fake_result {
	int status; /* its exit status; 128 and more: the signal that ended it */
	char out[FAKE_TEXT];
	char err[FAKE_TEXT];
};

/* A machine with VM 0, which is our own, and VM 1, "web", that runs. */
void fake_reset(void);

/* The next VM; its handle is given. */
struct control_vm *fake_add(const char *name, uint32_t vm, enum control_state state);

void fake_post(enum control_event_kind kind, uint32_t vm, uint64_t value);

/* Runs plinthctl with these words, one blank between two, and this input: a file's, an empty one's,
 * or one that does not come. The result is good until the next one. */
const struct fake_result *fake_run_with(const char *words, const char *input);
const struct fake_result *fake_run(const char *words);
const struct fake_result *fake_run_open(const char *words);

/* Runs it with this input and an output that nobody reads. */
int fake_run_to_nobody(const char *words, int in);

/* Runs it with this as standard input and output. */
int fake_run_at(const char *words, int terminal);

/* fake_linux.c: for fake_plinth.c: an edge of the line. */
void fake_edge(void);

#endif
