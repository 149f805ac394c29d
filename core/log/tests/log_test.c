/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "arch/sysreg.h"
#include "lock/lock.h"
#include "log/log.h"
#include "percpu/percpu.h"

static struct percpu cpu0;
static unsigned sunk;
static enum log_level last_level;
static char last[LOG_LINE_SIZE];

static void sink(enum log_level level, const char *line)
{
	lock_assert_none_held();
	sunk++;
	last_level = level;
	snprintf(last, sizeof(last), "%s", line);
}

static int setup(void **state)
{
	(void)state;
	cpu0 = (struct percpu){0};
	arch_percpu_set(&cpu0);
	fake_sysregs.cntpct_el0 = 1000;
	fake_sysregs.cntfrq_el0 = 100;
	log_set_level(LOG_INFO);
	log_set_sink(sink);
	sunk = 0;
	return 0;
}

/* The line at `index`, counted from the oldest one kept. */
static size_t line_at(size_t index, char *buf, uint64_t *time)
{
	uint64_t number = 0;
	size_t length = 0;

	for (size_t i = 0; i <= index; i++) {
		length = log_next(&number, buf, time);
	}
	return length;
}

static size_t line_count(void)
{
	char buf[LOG_LINE_SIZE];
	uint64_t time;
	uint64_t number = 0;
	size_t count = 0;

	while (log_next(&number, buf, &time) != 0U) {
		count++;
	}
	return count;
}

static void newest(char *buf, uint64_t *time)
{
	assert_true(line_at(line_count() - 1U, buf, time) != 0U);
}

/* The first test: the ring is empty. */
static void an_empty_ring_has_no_line(void **state)
{
	char buf[LOG_LINE_SIZE] = "x";
	uint64_t time = 1;

	(void)state;
	assert_int_equal(line_at(0, buf, &time), 0);
	assert_string_equal(buf, "");
	log_info("%s", "");
	assert_int_equal(line_count(), 0);
}

static void lines_keep_text_and_time(void **state)
{
	char buf[LOG_LINE_SIZE];
	uint64_t time;

	(void)state;
	fake_sysregs.cntpct_el0 = 4242;
	log_warning("vm %s: %d", "alpha", 7);
	newest(buf, &time);
	assert_string_equal(buf, "vm alpha: 7");
	assert_int_equal(time, 4242);
	assert_string_equal(last, "vm alpha: 7");
	assert_int_equal(last_level, LOG_WARNING);
}

static void the_level_gates_the_sink_not_the_ring(void **state)
{
	char buf[LOG_LINE_SIZE];
	uint64_t time;

	(void)state;
	log_debug("quiet");
	assert_int_equal(sunk, 0);
	newest(buf, &time);
	assert_string_equal(buf, "quiet");
	log_set_level(LOG_DEBUG);
	log_debug("loud");
	assert_int_equal(sunk, 1);
	log_set_level(LOG_ERROR);
	log_warning("no");
	log_error("yes");
	assert_int_equal(sunk, 2);
	log_set_sink(NULL);
	log_error("nobody listens");
	assert_int_equal(sunk, 2);
}

static void long_lines_are_cut(void **state)
{
	char buf[LOG_LINE_SIZE];
	uint64_t time;

	(void)state;
	log_info("%*d", 500, 1);
	newest(buf, &time);
	assert_int_equal(strlen(buf), LOG_LINE_SIZE - 1U);
}

static void the_ring_keeps_the_newest(void **state)
{
	char buf[LOG_LINE_SIZE];
	uint64_t time;
	char expected[32];

	(void)state;
	for (int i = 0; i < 1000; i++) {
		log_debug("line %d", i);
	}
	size_t count = line_count();

	assert_true(count * LOG_LINE_SIZE >= 16384U);
	for (size_t i = 0; i < count; i++) {
		assert_true(line_at(i, buf, &time) != 0U);
		snprintf(expected, sizeof(expected), "line %zu", 1000U - count + i);
		assert_string_equal(buf, expected);
	}
}

static void a_reader_goes_on_where_it_was(void **state)
{
	char buf[LOG_LINE_SIZE];
	uint64_t time;
	uint64_t number = 0;

	(void)state;
	while (log_next(&number, buf, &time) != 0U) {
	}
	uint64_t end = number;

	assert_int_equal(log_next(&number, buf, &time), 0);
	assert_int_equal(number, end);
	log_debug("next");
	assert_int_equal(log_next(&number, buf, &time), 4);
	assert_int_equal(number, end + 1U);
	number = end + 5U; /* not there yet */
	assert_int_equal(log_next(&number, buf, &time), 0);
	assert_int_equal(number, end + 5U);
}

static void a_limiter_counts_what_it_drops(void **state)
{
	struct log_limit limit = {0};

	(void)state;
	for (int i = 0; i < 25; i++) {
		log_limited(&limit, LOG_INFO, "flood");
	}
	assert_int_equal(sunk, LOG_LIMIT_BURST);
	fake_sysregs.cntpct_el0 += 99;
	log_limited(&limit, LOG_INFO, "flood");
	assert_int_equal(sunk, LOG_LIMIT_BURST);
	fake_sysregs.cntpct_el0 += 1;
	log_limited(&limit, LOG_INFO, "after");
	assert_int_equal(sunk, LOG_LIMIT_BURST + 2U);
	assert_string_equal(last, "after");

	char buf[LOG_LINE_SIZE];
	uint64_t time;

	line_at(line_count() - 2U, buf, &time);
	assert_non_null(strstr(buf, "16 messages"));
}

static void a_panic_does_not_hang_on_the_lock(void **state)
{
	(void)state;
	cpu0.panicking = 1;
	log_error("goodbye");
	assert_string_equal(last, "goodbye");
}

#define THREADS	   4U
#define PER_THREAD 200

static void *write_lines(void *arg)
{
	arch_percpu_set(arg);
	for (int i = 0; i < PER_THREAD; i++) {
		log_debug("%08d%08d", i, i);
	}
	return NULL;
}

static void threads_do_not_tear_lines(void **state)
{
	static struct percpu cpu[THREADS];
	pthread_t thread[THREADS];
	char buf[LOG_LINE_SIZE];
	uint64_t time;

	(void)state;
	for (unsigned i = 0; i < THREADS; i++) {
		cpu[i].id = i + 1U;
		assert_int_equal(pthread_create(&thread[i], NULL, write_lines, &cpu[i]), 0);
	}
	for (unsigned i = 0; i < THREADS; i++) {
		pthread_join(thread[i], NULL);
	}
	for (size_t i = 0; i < line_count(); i++) {
		assert_int_equal(line_at(i, buf, &time), 16);
		assert_memory_equal(buf, buf + 8, 8);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(an_empty_ring_has_no_line, setup),
		cmocka_unit_test_setup(a_reader_goes_on_where_it_was, setup),
		cmocka_unit_test_setup(lines_keep_text_and_time, setup),
		cmocka_unit_test_setup(the_level_gates_the_sink_not_the_ring, setup),
		cmocka_unit_test_setup(long_lines_are_cut, setup),
		cmocka_unit_test_setup(the_ring_keeps_the_newest, setup),
		cmocka_unit_test_setup(a_limiter_counts_what_it_drops, setup),
		cmocka_unit_test_setup(a_panic_does_not_hang_on_the_lock, setup),
		cmocka_unit_test_setup(threads_do_not_tear_lines, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
