/* SPDX-License-Identifier: Apache-2.0 */
#include "log/log.h"

#include <stdarg.h>
#include <stdbool.h>

#include "arch/cpu.h"
#include "arch/sysreg.h"
#include "base/atomic.h"
#include "base/bits.h"
#include "base/fmt.h"
#include "base/string.h"
#include "lock/lock.h"
#include "percpu/percpu.h"

#define LINES	      128U /* 25 KiB with their times */
#define PANIC_RETRIES 10000U

struct entry {
	uint64_t time;
	char text[LOG_LINE_SIZE];
};

/* The lock protects ring, written and every limiter. Level and sink are single words. */
static struct lock ring_lock = LOCK_INIT(LOCK_RANK_LOG);
static struct entry ring[LINES];
static uint64_t written; /* lines ever; the newest is ring[(written - 1) % LINES] */
static log_sink_fn *current_sink;
static enum log_level current_level = LOG_INFO;

void log_set_sink(log_sink_fn *sink)
{
	/* Pairs with the acquire in deliver(): what the sink needs was set up before. */
	store_release(&current_sink, sink);
}

void log_set_level(enum log_level level)
{
	store_relaxed(&current_level, level);
}

/* A CPU that panics may have stopped another one inside the lock, or been inside itself: it tries
 * for a while and then does without the ring. */
static bool take_ring(void)
{
	if (percpu_this()->panicking == 0U) {
		lock_take(&ring_lock);
		return true;
	}
	for (unsigned i = 0; i < PANIC_RETRIES; i++) {
		if (lock_try(&ring_lock)) {
			return true;
		}
		arch_yield();
	}
	return false;
}

static void keep(const char *line)
{
	if (take_ring()) {
		struct entry *entry = &ring[written % LINES];

		entry->time = read_cntpct_el0();
		(void)str_copy(entry->text, line, LOG_LINE_SIZE);
		written++;
		lock_drop(&ring_lock);
	}
}

static void deliver(enum log_level level, const char *line)
{
	/* Pairs with the release in log_set_sink(). */
	log_sink_fn *sink = load_acquire(&current_sink);

	if (sink != NULL && level <= load_relaxed(&current_level)) {
		sink(level, line);
	}
}

static void write_args(enum log_level level, const char *format, va_list args)
{
	char line[LOG_LINE_SIZE];

	/* An empty line could not be told from none by log_next(). */
	if (fmt_vbuf(line, sizeof(line), format, args) == 0U) {
		return;
	}
	keep(line);
	deliver(level, line);
}

void log_write(enum log_level level, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	write_args(level, format, args);
	va_end(args);
}

/* May one more message pass? *dropped is the number lost since the last one that did. */
static bool pass_limit(struct log_limit *limit, uint32_t *dropped)
{
	bool pass = false;

	*dropped = 0;
	if (!take_ring()) {
		return true;
	}
	uint64_t now = read_cntpct_el0();

	if (now - limit->window_start >= read_cntfrq_el0()) {
		limit->window_start = now;
		limit->in_window = 0;
	}
	if (limit->in_window < LOG_LIMIT_BURST) {
		limit->in_window++;
		*dropped = limit->dropped;
		limit->dropped = 0;
		pass = true;
	} else if (limit->dropped != UINT32_MAX) {
		limit->dropped++;
	}
	lock_drop(&ring_lock);
	return pass;
}

void log_limited(struct log_limit *limit, enum log_level level, const char *format, ...)
{
	uint32_t dropped;
	va_list args;

	if (!pass_limit(limit, &dropped)) {
		return;
	}
	if (dropped != 0U) {
		log_write(level, "%u messages like the next one were dropped", dropped);
	}
	va_start(args, format);
	write_args(level, format, args);
	va_end(args);
}

size_t log_next(uint64_t *number, char *buf, uint64_t *time)
{
	size_t length = 0;

	buf[0] = '\0';
	*time = 0;
	lock_take(&ring_lock);
	uint64_t at = max_u64(*number, written < LINES ? 0U : written - LINES);

	if (at < written) {
		const struct entry *entry = &ring[at % LINES];

		(void)str_copy(buf, entry->text, LOG_LINE_SIZE);
		*time = entry->time;
		*number = at + 1U;
		length = strlen(buf);
	}
	lock_drop(&ring_lock);
	return length;
}
