/* SPDX-License-Identifier: Apache-2.0 */
#include "terminal.h"

#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

static volatile sig_atomic_t is_to_end;
static struct termios before;
static int restore_when;

static void ask_to_end(int number)
{
	(void)number;
	is_to_end = 1;
}

void terminal_catch_signals(void)
{
	const struct sigaction end = {.sa_handler = ask_to_end};
	const struct sigaction ignore = {.sa_handler = SIG_IGN};

	(void)sigaction(SIGINT, &end, NULL);
	(void)sigaction(SIGTERM, &end, NULL);
	(void)sigaction(SIGHUP, &end, NULL);
	(void)sigaction(SIGPIPE, &ignore, NULL);
}

bool terminal_is_to_end(void)
{
	return is_to_end != 0;
}

static void restore(void)
{
	(void)tcsetattr(STDIN_FILENO, restore_when, &before);
}

void terminal_make_raw(int when)
{
	struct termios raw;

	if (tcgetattr(STDIN_FILENO, &before) != 0) {
		return;
	}
	raw = before;
	restore_when = when;
	(void)atexit(restore);
	cfmakeraw(&raw);
	(void)tcsetattr(STDIN_FILENO, when, &raw);
}
