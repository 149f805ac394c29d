/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The line editor: printable ASCII, backspace, ^U, ^C, and the history by arrows or ^P and ^N.
 */
#include "base/string.h"
#include "monitor_private.h"

#define CTRL(letter) ((uint8_t)((letter)&0x1fU))
#define ESC	     0x1bU
#define DEL	     0x7fU

enum escape_state { PLAIN, ESCAPED, BRACKET };

static void redraw(struct monitor *monitor)
{
	monitor_send(monitor, "\r\033[K");
	monitor_prompt(monitor);
	monitor->line[monitor->length] = '\0';
	monitor_send(monitor, monitor->line);
}

static void set_line(struct monitor *monitor, const char *text)
{
	(void)str_copy(monitor->line, text, sizeof(monitor->line));
	monitor->length = strlen(monitor->line);
	redraw(monitor);
}

/* back lines ago, or the empty new line for 0. */
static void recall(struct monitor *monitor, uint32_t back)
{
	uint32_t kept =
		monitor->history_count < MONITOR_HISTORY ? monitor->history_count : MONITOR_HISTORY;

	if (back > kept) {
		return;
	}
	monitor->history_back = back;
	set_line(monitor,
		back == 0U ? ""
			   : monitor->history[(monitor->history_count - back) % MONITOR_HISTORY]);
}

static void older(struct monitor *monitor)
{
	recall(monitor, monitor->history_back + 1U);
}

static void newer(struct monitor *monitor)
{
	if (monitor->history_back != 0U) {
		recall(monitor, monitor->history_back - 1U);
	}
}

static void erase(struct monitor *monitor)
{
	if (monitor->length != 0U) {
		monitor->length--;
		monitor_send(monitor, "\b \b");
	}
}

static void insert(struct monitor *monitor, uint8_t key)
{
	char text[2] = {(char)key, '\0'};

	if (key < ' ' || key >= DEL) {
		return;
	}
	if (monitor->length == MONITOR_LINE_SIZE - 1U) {
		monitor_send(monitor, "\a");
		return;
	}
	monitor->line[monitor->length] = (char)key;
	monitor->length++;
	monitor_send(monitor, text);
}

/* The rest of an escape sequence; true: the key belonged to it. */
static bool in_escape(struct monitor *monitor, uint8_t key)
{
	switch ((enum escape_state)monitor->escape_state) {
	case PLAIN:
		return false;
	case ESCAPED:
		monitor->escape_state = key == '[' ? BRACKET : PLAIN;
		return true;
	case BRACKET:
		if (key >= 0x40U && key <= 0x7eU) {
			monitor->escape_state = PLAIN;
		}
		if (key == 'A') {
			older(monitor);
		} else if (key == 'B') {
			newer(monitor);
		}
		return true;
	}
	return false;
}

static void keep_in_history(struct monitor *monitor)
{
	uint32_t slot = monitor->history_count % MONITOR_HISTORY;

	monitor->history_back = 0;
	if (monitor->length != 0U) {
		(void)str_copy(monitor->history[slot], monitor->line, MONITOR_LINE_SIZE);
		monitor->history_count++;
	}
}

bool monitor_edit(struct monitor *monitor, uint8_t key)
{
	bool second_of_crlf = key == '\n' && monitor->after_cr;

	monitor->after_cr = key == '\r';
	if (second_of_crlf || in_escape(monitor, key)) {
		return false;
	}
	switch (key) {
	case '\r':
	case '\n':
		monitor->line[monitor->length] = '\0';
		keep_in_history(monitor);
		monitor_send(monitor, "\r\n");
		return true;
	case '\b':
	case DEL:
		erase(monitor);
		break;
	case CTRL('U'):
	case CTRL('C'):
		monitor->history_back = 0;
		set_line(monitor, "");
		break;
	case CTRL('P'):
		older(monitor);
		break;
	case CTRL('N'):
		newer(monitor);
		break;
	case ESC:
		monitor->escape_state = ESCAPED;
		break;
	default:
		insert(monitor, key);
		break;
	}
	return false;
}
