/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plinth's own messages: kept in a ring (the monitor's `log`), and given to a sink (the console).
 * Text is in English, starts lower case, ends without a full stop or newline, and names what it
 * is about: log_error("vm %s: ...").
 */
#ifndef LOG_LOG_H
#define LOG_LOG_H

#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

#define LOG_LINE_SIZE 192U /* longer lines are cut */

/* Takes one whole line, without a newline; must not log itself. */
typedef void log_sink_fn(enum log_level level, const char *line);

void log_set_sink(log_sink_fn *sink);
void log_set_level(enum log_level level); /* the sink gets this level and below; the ring all */

void log_write(enum log_level level, const char *format, ...) PRINTF_LIKE(2, 3);

#define log_error(...)	 log_write(LOG_ERROR, __VA_ARGS__)
#define log_warning(...) log_write(LOG_WARNING, __VA_ARGS__)
#define log_info(...)	 log_write(LOG_INFO, __VA_ARGS__)
#define log_debug(...)	 log_write(LOG_DEBUG, __VA_ARGS__)

/* Messages that a guest can provoke: at most `burst` a second for each limiter, the rest counted;
 * the count is told with the next one that passes. */
struct log_limit {
	uint64_t window_start; /* CNTPCT_EL0 */
	uint32_t in_window;
	uint32_t dropped;
};

#define LOG_LIMIT_BURST 10U

void log_limited(struct log_limit *limit, enum log_level level, const char *format, ...)
	PRINTF_LIKE(3, 4);

/* Lines have numbers, from 0 on. The oldest one kept whose number is at least *number, into buf of
 * LOG_LINE_SIZE bytes, with its time in CNTPCT ticks; *number becomes the next one's. Returns the
 * line's length, or 0 where there is no such line yet (none is empty). */
size_t log_next(uint64_t *number, char *buf, uint64_t *time);

#endif
