/* SPDX-License-Identifier: Apache-2.0 */
#include "signals.h"

#include <signal.h>
#include <stddef.h>

#include "base/compiler.h"

static const int ends[] = {SIGHUP, SIGINT, SIGTERM};
static volatile sig_atomic_t caught;

static void note(int number)
{
	caught = number;
}

void signals_catch_one(int number)
{
	const struct sigaction action = {.sa_handler = note};

	(void)sigaction(number, &action, NULL);
}

void signals_catch(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		signals_catch_one(ends[i]);
	}
}

void signals_release(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		(void)signal(ends[i], SIG_DFL);
	}
}

int signals_caught(void)
{
	return caught;
}
