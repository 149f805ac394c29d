/* SPDX-License-Identifier: Apache-2.0 */
#include "terminal.h"

#include <signal.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include "signals.h"

static struct termios before;
static int restore_when;

void terminal_catch_signals(void)
{
	signals_catch();
	(void)signal(SIGPIPE, SIG_IGN);
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
