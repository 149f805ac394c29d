/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/monitor.h"

#include <stdarg.h>

#include "base/fmt.h"
#include "base/string.h"
#include "monitor_private.h"

#define PRINT_SIZE 201U

void monitor_send(struct monitor *monitor, const char *text)
{
	monitor->sink(monitor->sink_ctx, text, strlen(text));
}

void monitor_prompt(struct monitor *monitor)
{
	monitor_send(monitor, "plinth> ");
}

/* Counts the line; false: the command has had all its lines, of which it is told once. */
static bool may_end_line(struct monitor *monitor)
{
	char text[64];

	if (monitor->lines_left == 0U) {
		return false;
	}
	monitor->lines_left--;
	if (monitor->lines_left == 0U) {
		fmt_buf(text, sizeof(text), "\r\n[output cut after %u lines]\r\n", MONITOR_LINES);
		monitor_send(monitor, text);
		return false;
	}
	monitor_send(monitor, "\r\n");
	return true;
}

void monitor_print(struct monitor *monitor, const char *format, ...)
{
	char text[PRINT_SIZE];
	va_list args;

	va_start(args, format);
	size_t length = fmt_vbuf(text, sizeof(text), format, args);
	va_end(args);
	if (length >= sizeof(text)) {
		text[sizeof(text) - 2U] = '\n'; /* cut, but a line all the same */
	}
	for (char *start = text; *start != '\0' && monitor->lines_left != 0U;) {
		char *end = start;

		while (*end != '\0' && *end != '\n') {
			end++;
		}
		monitor->sink(monitor->sink_ctx, start, (size_t)(end - start));
		if (*end == '\0' || !may_end_line(monitor)) {
			return;
		}
		start = end + 1;
	}
}

/* Cuts the line at blanks; returns how many words there are, at most max + 1 of them counted. */
static size_t split(char *line, char *words[], size_t max)
{
	size_t count = 0;

	for (;;) {
		while (*line == ' ' || *line == '\t') {
			*line = '\0';
			line++;
		}
		if (*line == '\0') {
			return count;
		}
		if (count == max) {
			return max + 1U;
		}
		words[count] = line;
		count++;
		while (*line != '\0' && *line != ' ' && *line != '\t') {
			line++;
		}
	}
}

void monitor_run(struct monitor *monitor, const char *line)
{
	char copy[MONITOR_LINE_SIZE];
	char *words[MONITOR_WORDS];

	monitor->lines_left = MONITOR_LINES;
	(void)str_copy(copy, line, sizeof(copy));
	size_t count = split(copy, words, MONITOR_WORDS);

	if (count == 0U) {
		return;
	}
	const struct monitor_command *command = monitor_find_command(words[0]);

	if (command == NULL) {
		monitor_print(monitor, "%s: unknown command; `help` lists them\n", words[0]);
	} else if (count < command->words_min || count > command->words_max) {
		monitor_print(monitor, "%s: too %s arguments: %s %s\n", command->name,
			count < command->words_min ? "few" : "many", command->name, command->args);
	} else {
		command->run(monitor, count, words);
	}
}

void monitor_input(struct monitor *monitor, const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		/* Pairs with the store in monitor_done: what that has printed comes first. */
		if (load_acquire(&monitor->busy) != 0U) {
			monitor->ops->look_stop(monitor->ctx);
		} else if (monitor_edit(monitor, bytes[i])) {
			monitor->length = 0;
			monitor->has_started = false;
			monitor_run(monitor, monitor->line);
			if (!monitor->has_started) {
				monitor_prompt(monitor);
			}
		}
	}
}

void monitor_init(struct monitor *monitor, const struct monitor_ops *ops, void *ctx,
	monitor_sink_fn *sink, void *sink_ctx)
{
	*monitor = (struct monitor){.ops = ops, .ctx = ctx, .sink = sink, .sink_ctx = sink_ctx};
	monitor->lines_left = MONITOR_LINES;
	monitor_prompt(monitor);
}
