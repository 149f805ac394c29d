/* SPDX-License-Identifier: Apache-2.0 */
/* plinthctl console: a VM's console on this terminal. */
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "commands.h"

#define ESCAPE	0x1d /* Ctrl-] */
#define FULL_MS 20   /* the guest's UART is full: when to try again */

static struct termios terminal;

static void restore(void)
{
	(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &terminal);
}

/* Keys go through one by one; the guest echoes them. Left as it was however the program ends. */
static void make_raw(void)
{
	if (tcgetattr(STDIN_FILENO, &terminal) != 0) {
		return; /* not a terminal: a script speaks */
	}
	struct termios raw = terminal;

	(void)atexit(restore);
	cfmakeraw(&raw);
	(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw);
}

struct session {
	uint32_t vm;
	uint64_t position;
	bool is_first;
	size_t waiting; /* bytes of `typed` that the guest has no room for yet */
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
	} while (call.done == sizeof(text));
	fflush(stdout);
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

/* Keys; false: the user leaves, or the script is at its end. */
static bool take_keys(struct session *s)
{
	ssize_t got = read(STDIN_FILENO, s->typed + s->waiting, sizeof(s->typed) - s->waiting);

	if (got <= 0) {
		return false;
	}
	uint8_t *escape = memchr(s->typed + s->waiting, ESCAPE, (size_t)got);

	s->waiting = escape != NULL ? (size_t)(escape - s->typed) : s->waiting + (size_t)got;
	send(s);
	return escape == NULL;
}

int command_console(int count, char **words)
{
	struct plinth_control hello = {.call = CONTROL_HELLO};
	bool is_open = true;

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
	make_raw();
	while (is_open) {
		show(&s);
		send(&s);
		bool has_room = s.waiting < sizeof(s.typed);

		if (!ctl_wait(
			    line, has_room ? STDIN_FILENO : -1, s.waiting != 0U ? FULL_MS : 1000)) {
			is_open = take_keys(&s);
		}
	}
	show(&s);
	if (isatty(STDIN_FILENO)) {
		printf("\r\n");
	}
	return EXIT_OK;
}
