/* SPDX-License-Identifier: Apache-2.0 */
/* plinthctl console: a VM's console on this terminal. */
#include <errno.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "commands.h"
#include "signals.h"
#include "terminal.h"

#define ESCAPE	0x1d /* Ctrl-] */
#define FULL_MS 20   /* the guest's UART is full: when to try again */
#define IDLE_MS 1000

/* How long a guest may leave the end of a script untouched. */
#define PATIENCE_MS 10000U

struct session {
	uint32_t vm;
	uint64_t position;
	bool is_first;
	bool is_left;	/* by the user */
	bool is_at_end; /* nothing more will be typed */
	size_t waiting; /* bytes of `typed` that the guest has no room for yet */
	size_t left;	/* `waiting` since when the guest has taken nothing */
	uint64_t since; /* ctl_now() */
	uint8_t typed[256];
};

/* Shows what the guest has printed. */
static void show(struct session *s)
{
	uint8_t text[CONTROL_MOVE_MAX];
	struct plinth_control call = {.call = CONTROL_CONSOLE_READ,
		.vm = s->vm,
		.buffer = text,
		.size = sizeof(text),
		.arg = s->position};

	do {
		ctl_call(&call, "console");
		if (call.result[1] != 0U && !s->is_first) {
			printf("\r\n[%llu bytes lost]\r\n", (unsigned long long)call.result[1]);
		}
		fwrite(text, 1, call.done, stdout);
		s->is_first = false;
		s->position = call.arg = call.result[0];
	} while (call.done == sizeof(text) && signals_caught() == 0);
	/* A signal that is to end us may have come in the middle of it. */
	if (fflush(stdout) != 0 && signals_caught() == 0) {
		ctl_die(EXIT_FAILED, "standard output: %s", strerror(errno));
	}
}

static void send(struct session *s)
{
	struct plinth_control call = {
		.call = CONTROL_CONSOLE_WRITE, .vm = s->vm, .buffer = s->typed, .size = s->waiting};

	if (s->waiting == 0U) {
		return;
	}
	ctl_call(&call, "console");
	s->waiting -= (size_t)call.done;
	memmove(s->typed, s->typed + call.done, s->waiting);
}

/* What is typed. */
static void take_keys(struct session *s)
{
	ssize_t got = read(STDIN_FILENO, s->typed + s->waiting, sizeof(s->typed) - s->waiting);

	if (got < 0 && errno != EINTR && errno != EAGAIN) {
		ctl_die(EXIT_FAILED, "standard input: %s", strerror(errno));
	}
	if (got < 0) {
		return;
	}
	uint8_t *escape = memchr(s->typed + s->waiting, ESCAPE, (size_t)got);

	s->is_left = escape != NULL;
	s->is_at_end = got == 0;
	s->waiting = escape != NULL ? (size_t)(escape - s->typed) : s->waiting + (size_t)got;
	send(s);
}

/* Until there is output, room for what is typed, or a key. */
static void wait(struct session *s, int line)
{
	bool takes = s->waiting < sizeof(s->typed) && !s->is_at_end;

	if (!ctl_wait(line, takes ? STDIN_FILENO : -1, s->waiting != 0U ? FULL_MS : IDLE_MS)) {
		take_keys(s);
	}
}

/* A script may be at its end while the guest has not taken all of it. */
static void check_patience(struct session *s, const char *name)
{
	uint64_t now = ctl_now();

	if (s->waiting != s->left || !s->is_at_end) {
		s->left = s->waiting;
		s->since = now;
	} else if (now - s->since > PATIENCE_MS) {
		ctl_die(EXIT_FAILED, "console: %s does not take the last %zu bytes", name,
			s->waiting);
	}
}

int command_console(int count, char **words)
{
	struct plinth_control hello = {.call = CONTROL_HELLO};

	if (count != 2) {
		ctl_usage("console");
	}
	struct session s = {.vm = ctl_find(words[1]).vm, .is_first = true};

	ctl_call(&hello, "console");
	if (hello.result[0] == s.vm) {
		ctl_die(EXIT_FAILED, "%s is this VM itself: its console would show itself",
			words[1]);
	}
	int line = ctl_wait_open();

	if (ctl_json == false && isatty(STDIN_FILENO)) {
		printf("[%s: Ctrl-] leaves]\n", words[1]);
	}
	terminal_catch_signals();
	terminal_make_raw(TCSAFLUSH); /* keys go through one by one; the guest echoes them */
	while (!s.is_left && signals_caught() == 0 && !(s.is_at_end && s.waiting == 0U)) {
		show(&s);
		send(&s);
		check_patience(&s, words[1]);
		wait(&s, line);
	}
	show(&s);
	if (isatty(STDIN_FILENO)) {
		printf("\r\n");
	}
	return EXIT_OK;
}
