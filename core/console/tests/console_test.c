/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "../src/console_private.h"
#include "arch/sysreg.h"
#include "console_rig.h"
#include "lock/lock.h"
#include "percpu/percpu.h"

#define ALPHA (&rig_vm[0])
#define BETA  (&rig_vm[1])

static void one_vm_passes_as_it_is(void **state)
{
	(void)state;
	rig_start(1);
	rig_put(ALPHA, "a\033[1mb\r\nc\r\x07\n");
	rig_wait(10);
	assert_string_equal(rig_sent(), "a\033[1mb\r\nc\r\x07\n");
}

static void lines_of_several_are_whole_and_marked(void **state)
{
	(void)state;
	rig_start(2);
	for (int i = 0; i < 3; i++) {
		rig_put(ALPHA, "one");
		rig_put(BETA, "t");
		rig_put(ALPHA, " line\r\n");
		rig_put(BETA, "wo\n");
	}
	assert_string_equal(rig_sent(), "alpha| one line\r\nbeta| two\r\n"
					"alpha| one line\r\nbeta| two\r\n"
					"alpha| one line\r\nbeta| two\r\n");
}

static void a_prompt_in_focus_is_shown_soon(void **state)
{
	(void)state;
	rig_start(2);
	rig_put(ALPHA, "/ # ");
	assert_string_equal(rig_sent(), "");
	rig_wait(CONSOLE_QUIET_MS);
	assert_string_equal(rig_sent(), "alpha| / # ");
	rig_put(ALPHA, "ls");
	rig_wait(CONSOLE_QUIET_MS);
	assert_string_equal(rig_sent(), "ls");
	rig_put(ALPHA, "\r\nfile\r\n");
	assert_string_equal(rig_sent(), "\r\nalpha| file\r\n");
}

/* Most bytes are only stored. What is to be done for the others: of a line that nobody looks for
 * yet the first one, each line's end, and all from the middle of the ring on. */
static void most_bytes_are_put_quickly(void **state)
{
	struct console_port *port = &ALPHA->port;

	(void)state;
	rig_start(2);
	rig_put(ALPHA, "\n");
	assert_int_equal(console_port_put_quickly(port, 'a'), CONSOLE_QUICK_ATTEND);
	console_port_attend(port);
	assert_int_equal(rig_armed, fake_sysregs.cntpct_el0 + CONSOLE_QUIET_MS);
	for (unsigned i = 1; i < CONSOLE_RING_SIZE / 2U; i++) {
		assert_int_equal(console_port_put_quickly(port, 'a'), CONSOLE_QUICK_TAKEN);
	}
	assert_int_equal(console_port_put_quickly(port, 'b'), CONSOLE_QUICK_NOT);
	assert_true(console_port_put(port, '\n'));
	assert_int_equal(console_port_put_quickly(port, '\n'), CONSOLE_QUICK_ATTEND);
	console_port_attend(port);
	rig_wait(10);
	assert_int_equal(strlen(rig_sent()), 3U * strlen("alpha| \r\n") + CONSOLE_RING_SIZE / 2U);
}

static enum console_quick put_beside;

static void put_beside_the_look(void)
{
	rig_on_write = NULL;
	put_beside = console_port_put_quickly(&ALPHA->port, 'b');
}

/* By its guest, on another CPU. */
static void a_byte_beside_the_look_at_a_prompt_is_looked_for(void **state)
{
	(void)state;
	rig_start(1);
	rig_put(ALPHA, "a");
	rig_on_write = put_beside_the_look;
	rig_wait(CONSOLE_QUIET_MS);
	assert_string_equal(rig_sent(), "a");
	assert_int_equal(put_beside, CONSOLE_QUICK_ATTEND);
	console_port_attend(&ALPHA->port);
	rig_wait(CONSOLE_QUIET_MS);
	assert_string_equal(rig_sent(), "b");
}

static void a_reader_is_told_of_the_next_byte_alone(void **state)
{
	uint32_t from = 0;
	uint32_t lost = 0;
	uint8_t buf[16];

	(void)state;
	rig_start(2);
	rig_put(BETA, "a");
	assert_int_equal(BETA->output_calls, 0);
	assert_int_equal(console_port_read(&BETA->port, &from, buf, sizeof(buf), &lost), 1);
	rig_put(BETA, "bc");
	assert_int_equal(BETA->output_calls, 1);
	assert_int_equal(console_port_read(&BETA->port, &from, buf, sizeof(buf), &lost), 2);
	rig_put(BETA, "\n\n");
	assert_int_equal(BETA->output_calls, 2);
	assert_int_equal(ALPHA->output_calls, 0);
}

static void a_prompt_without_focus_waits(void **state)
{
	(void)state;
	rig_start(2);
	rig_put(BETA, "login: ");
	rig_wait(1000);
	assert_string_equal(rig_sent(), "");
	assert_true(console_focus(&BETA->port));
	assert_string_equal(rig_sent(), "beta| login: ");
}

static void without_timer_prompts_are_shown_at_once(void **state)
{
	(void)state;
	rig_start_without_timer(2);
	rig_put(ALPHA, "/ # ");
	assert_string_equal(rig_sent(), "alpha| / # ");
}

/* Two shells: the prompt comes back below the other's line, but not while it is being typed at. */
static void another_line_interrupts_a_resting_prompt(void **state)
{
	(void)state;
	rig_start(2);
	rig_put(ALPHA, "/ # ec");
	rig_wait(10);
	rig_sent();
	rig_put(BETA, "hello\n");
	assert_string_equal(rig_sent(), "");
	rig_put(ALPHA, "ho");
	rig_wait(50);
	assert_string_equal(rig_sent(), "ho");
	rig_wait(CONSOLE_HOLD_MS);
	assert_string_equal(rig_sent(), "\r\nbeta| hello\r\nalpha| / # echo");
	rig_put(ALPHA, "\r\n");
	rig_put(BETA, "again\n");
	assert_string_equal(rig_sent(), "\r\nbeta| again\r\n");
}

static void a_line_begun_in_focus_is_finished_whole(void **state)
{
	(void)state;
	rig_start(2);
	rig_put(ALPHA, "half");
	rig_wait(10);
	assert_true(console_focus(&BETA->port));
	rig_put(BETA, "# ");
	rig_wait(10);
	rig_sent();
	rig_put(ALPHA, " done\n");
	rig_wait(200);
	assert_string_equal(rig_sent(), "\r\nalpha| half done\r\nbeta| # ");
}

static void a_lone_carriage_return_keeps_the_mark(void **state)
{
	(void)state;
	rig_start(2);
	rig_put(ALPHA, "10%\r20%\r\n");
	assert_string_equal(rig_sent(), "alpha| 10%\ralpha| 20%\r\n");
}

static void sequences_of_others_are_filtered(void **state)
{
	static const struct {
		const char *in;
		const char *out;
	} rows[] = {
		{"\033[2Jclear\n", "clear"},
		{"\033]0;title\007text\n", "text"},
		{"\033]0;title\033\\text\n", "text"},
		{"\033cdone\n", "done"},
		{"\033(Bdone\n", "done"},
		{"a\b\b\ab\tc\x7f\n", "ab\tc"},
		{"10%\r20%\r\n", "10%20%"},
		{"\x9b"
		 "2Jx\n",
			"?2Jx"},
		{"\xc2\x9b"
		 "2Jx\n",
			"\xc2?2Jx"},
		{"gr\xc3\xbc\xc3\x9f\xe2\x82\xac\xf0\x9f\x98\x80\n",
			"gr\xc3\xbc\xc3\x9f\xe2\x82\xac"
			"\xf0\x9f\x98\x80"},
		{"open\033[1\n", "open"},
		{"next\n", "next"},
	};
	char expected[64];

	(void)state;
	rig_start(2);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		rig_put(BETA, rows[i].in);
		snprintf(expected, sizeof(expected), "beta| %s\r\n", rows[i].out);
		assert_string_equal(rig_sent(), expected);
	}
}

#define STREAM_SIZE 300U

/* What the terminal shows of a stream, and of its last line again after another VM's. */
static void show_stream(const char *stream, bool by_bytes, unsigned vms, char *shown, size_t size)
{
	rig_start(vms);
	for (size_t i = 0; by_bytes && stream[i] != '\0'; i++) {
		const char byte[2] = {stream[i], '\0'};

		rig_put(ALPHA, byte);
		rig_wait(10);
	}
	if (!by_bytes) {
		rig_put(ALPHA, stream);
		rig_wait(10);
	}
	console_log(LOG_INFO, "between");
	rig_wait(200);
	(void)snprintf(shown, size, "%s", rig_sent());
}

/* Text that is taken in one go is what it is byte by byte. */
static void text_is_shown_alike_in_whatever_pieces(void **state)
{
	static const char some[] = "abcdefghijklmnopqrstuvwxyz ~!\n\r\b\t\033[;m\xc2\xc3\x9b\x7f";
	static char whole[4096];
	static char pieces[4096];
	char stream[STREAM_SIZE + 1U];
	uint32_t random = 1;

	(void)state;
	for (unsigned round = 0; round < 400U; round++) {
		size_t size = round % STREAM_SIZE + 1U;

		for (size_t i = 0; i < size; i++) {
			random = random * 1664525U + 1013904223U;
			stream[i] = (random >> 28) < 13U
					    ? 't'
					    : some[(random >> 16) % (sizeof(some) - 1U)];
		}
		stream[size] = '\0';
		show_stream(stream, false, 1U + round % 2U, whole, sizeof(whole));
		show_stream(stream, true, 1U + round % 2U, pieces, sizeof(pieces));
		assert_string_equal(whole, pieces);
	}
}

static void plinths_lines_are_marked_and_whole(void **state)
{
	(void)state;
	rig_start(1);
	console_log(LOG_INFO, "hello");
	assert_string_equal(rig_sent(), "plinth: hello\r\n");
	rig_put(ALPHA, "/ # ");
	rig_wait(10);
	console_log(LOG_INFO, "vm alpha: note");
	assert_string_equal(rig_sent(), "/ # \r\nplinth: vm alpha: note\r\n/ # ");
}

static void a_long_line_is_split_not_lost(void **state)
{
	static char expected[4096] = "beta| ";
	size_t sum = 0;

	(void)state;
	rig_start(2);
	for (size_t i = 0; i < CONSOLE_RING_SIZE + 100U; i++) {
		rig_put(BETA, "x");
	}
	rig_put(BETA, "\n");
	rig_wait(10);
	const char *text = rig_sent();

	for (size_t i = 0; text[i] != '\0'; i++) {
		sum += text[i] == 'x';
	}
	assert_int_equal(sum, CONSOLE_RING_SIZE + 100U);
	memset(expected + 6, 'x', CONSOLE_RING_SIZE);
	memcpy(expected + 6 + CONSOLE_RING_SIZE, "\r\nbeta| xxx", 12);
	assert_memory_equal(text, expected, strlen(expected));
}

/* The UART is slow: the guest is told, waits, and loses nothing. */
static void a_flooding_guest_waits(void **state)
{
	size_t put = 0;
	size_t sum = 0;

	(void)state;
	rig_start(2);
	rig_uart_room = 0;
	while (rig_put_byte(&BETA->port, put % 64U == 63U ? '\n' : 'y')) {
		put++;
		assert_true(put < 100000U);
	}
	put++;
	assert_int_equal(rig_want_tx, 1);
	assert_false(console_port_has_room(&BETA->port));
	assert_true(rig_put_byte(&ALPHA->port, 'a')); /* the other one goes on */
	assert_int_equal(BETA->room_calls, 0);
	for (int i = 0; i < 2000 && BETA->room_calls == 0; i++) {
		rig_uart_room = 16;
		console_interrupt();
		rig_wait(1);
	}
	assert_int_equal(BETA->room_calls, 1);
	assert_true(console_port_has_room(&BETA->port));
	rig_uart_room = SIZE_MAX;
	console_flush();
	assert_int_equal(rig_want_tx, 0);
	const char *text = rig_sent();

	for (size_t i = 0; text[i] != '\0'; i++) {
		sum += text[i] == 'y';
	}
	assert_int_equal(sum, put - put / 64U);
}

/* Nothing types, no interrupt comes: another port's output makes the room, the timer tells it. */
static void room_is_told_by_the_timer(void **state)
{
	(void)state;
	rig_start(2);
	rig_uart_room = 0;
	while (rig_put_byte(&BETA->port, '\n')) {
	}
	rig_uart_room = SIZE_MAX;
	rig_put(ALPHA, "x\n");
	assert_int_equal(BETA->room_calls, 0);
	rig_wait(1);
	assert_int_equal(BETA->room_calls, 1);
	rig_wait(500);
	assert_int_equal(BETA->room_calls, 1);
}

static void print_beside(void)
{
	static struct percpu other = {.id = 1};
	struct percpu *this = percpu_this();

	rig_on_write = NULL;
	arch_percpu_set(&other);
	rig_put(BETA, "beside\n");
	arch_percpu_set(this);
}

/* By its guest, on another CPU, which does not wait; and who has the UART works for itself alone.
 */
static void who_finds_the_uart_taken_comes_again(void **state)
{
	(void)state;
	rig_start(2);
	rig_on_write = print_beside;
	rig_put(ALPHA, "\n");
	assert_string_equal(rig_sent(), "alpha| \r\n");
	assert_true(rig_expire());
	assert_string_equal(rig_sent(), "beta| beside\r\n");
	assert_false(rig_expire());
}

/* Any code may log, whatever it holds: no timer is armed from there, but none is lost either. */
static void logging_with_locks_held_arms_nothing(void **state)
{
	struct lock lock = LOCK_INIT(LOCK_RANK_PMEM);

	(void)state;
	rig_start(2);
	rig_uart_room = 0;
	while (rig_put_byte(&BETA->port, '\n')) {
	}
	assert_true(rig_expire()); /* lest somebody made room who did not know of it */
	rig_uart_room = SIZE_MAX;
	lock_take(&lock);
	console_log(LOG_INFO, "from within");
	lock_drop(&lock);
	assert_int_equal(rig_armed, UINT64_MAX);
	rig_put(ALPHA, "x\n");
	rig_wait(1);
	assert_int_equal(BETA->room_calls, 1);
}

static void a_stuck_uart_does_not_hang_plinth(void **state)
{
	(void)state;
	rig_start(2);
	rig_uart_room = 0;
	for (int i = 0; i < 100; i++) {
		console_log(
			LOG_INFO, "a line of some length, so that the ring is full after a while");
	}
	console_flush();
	console_panic_write("x");
	rig_uart_room = SIZE_MAX;
	rig_put(ALPHA, "ok\n");
	rig_wait(10);
	const char *text = rig_sent();

	assert_non_null(strstr(text, "plinth: [lines not shown here are in the log]\r\n"));
	assert_non_null(strstr(text, "alpha| ok\r\n"));
}

static void flush_shows_all_there_is(void **state)
{
	(void)state;
	rig_start(2);
	rig_put(ALPHA, "a");
	rig_put(BETA, "b");
	console_flush();
	const char *text = rig_sent();

	assert_non_null(strstr(text, "alpha| a"));
	assert_non_null(strstr(text, "beta| b\r\n"));
}

/* Lines wait for a row that is being typed at, and behind them is something unfinished. */
static void flush_shows_what_is_behind_lines(void **state)
{
	(void)state;
	rig_start(2);
	rig_put(ALPHA, "/ # ");
	rig_wait(CONSOLE_QUIET_MS);
	rig_put(BETA, "line\nbye");
	assert_string_equal(rig_sent(), "alpha| / # ");
	console_flush();
	assert_string_equal(rig_sent(), "\r\nbeta| line\r\nbeta| bye\r\nalpha| / # ");
}

/* Unfinished lines come out, then nothing but Plinth's own. */
static void a_closed_console_is_plinths_alone(void **state)
{
	(void)state;
	rig_start(2);
	rig_put(ALPHA, "/ # ");
	rig_put(BETA, "bye");
	rig_put(&rig_monitor, "plinth> "); /* not asked for: nobody has gone to the monitor */
	console_close();
	assert_string_equal(rig_sent(), "alpha| / # \r\nbeta| bye\r\nalpha| / # \r\n");
	rig_put(ALPHA, "more\n");
	rig_put(BETA, "more\n");
	console_log(LOG_INFO, "exit 0");
	console_flush();
	rig_wait(500);
	assert_string_equal(rig_sent(), "plinth: exit 0\r\n");
}

/* A query must not be sent twice: its second answer would be typed into the shell. */
static void sequences_are_not_shown_again(void **state)
{
	(void)state;
	rig_start(1);
	rig_put(ALPHA, "/ # \033[6nab\b \bc");
	rig_wait(10);
	assert_string_equal(rig_sent(), "/ # \033[6nab\b \bc");
	console_log(LOG_INFO, "note");
	assert_string_equal(rig_sent(), "\r\nplinth: note\r\n/ # ac");
}

static void an_ended_line_is_ended_once(void **state)
{
	(void)state;
	rig_start(2);
	console_port_end_line(&BETA->port);
	rig_put(BETA, "beta# ");
	console_port_end_line(&BETA->port);
	console_port_end_line(&BETA->port);
	rig_put(BETA, "next life\n");
	assert_string_equal(rig_sent(), "beta| beta# \r\nbeta| next life\r\n");
}

static void a_removed_port_has_shown_all_and_the_focus_moves(void **state)
{
	(void)state;
	rig_start(2);
	rig_put(ALPHA, "last words");
	assert_true(console_port_show_rest(&ALPHA->port));
	console_port_remove(&ALPHA->port);
	assert_string_equal(rig_sent(), "alpha| last words\r\n");
	assert_false(console_focus(&ALPHA->port));
	rig_put(BETA, "alone");
	rig_wait(10);
	assert_string_equal(rig_sent(), "alone");
	console_port_remove(&BETA->port);
	console_port_remove(&BETA->port); /* twice is harmless */
	console_log(LOG_INFO, "nobody");
	assert_string_equal(rig_sent(), "\r\nplinth: nobody\r\n");
}

static void a_panic_is_written_without_locks(void **state)
{
	(void)state;
	rig_start(1);
	console_panic_write("panic: x\n");
	assert_string_equal(rig_sent(), "panic: x\r\n");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_vm_passes_as_it_is),
		cmocka_unit_test(lines_of_several_are_whole_and_marked),
		cmocka_unit_test(a_prompt_in_focus_is_shown_soon),
		cmocka_unit_test(most_bytes_are_put_quickly),
		cmocka_unit_test(a_byte_beside_the_look_at_a_prompt_is_looked_for),
		cmocka_unit_test(a_reader_is_told_of_the_next_byte_alone),
		cmocka_unit_test(a_prompt_without_focus_waits),
		cmocka_unit_test(without_timer_prompts_are_shown_at_once),
		cmocka_unit_test(another_line_interrupts_a_resting_prompt),
		cmocka_unit_test(a_line_begun_in_focus_is_finished_whole),
		cmocka_unit_test(a_lone_carriage_return_keeps_the_mark),
		cmocka_unit_test(sequences_of_others_are_filtered),
		cmocka_unit_test(text_is_shown_alike_in_whatever_pieces),
		cmocka_unit_test(plinths_lines_are_marked_and_whole),
		cmocka_unit_test(a_long_line_is_split_not_lost),
		cmocka_unit_test(a_flooding_guest_waits),
		cmocka_unit_test(room_is_told_by_the_timer),
		cmocka_unit_test(who_finds_the_uart_taken_comes_again),
		cmocka_unit_test(logging_with_locks_held_arms_nothing),
		cmocka_unit_test(a_stuck_uart_does_not_hang_plinth),
		cmocka_unit_test(flush_shows_all_there_is),
		cmocka_unit_test(flush_shows_what_is_behind_lines),
		cmocka_unit_test(a_closed_console_is_plinths_alone),
		cmocka_unit_test(sequences_are_not_shown_again),
		cmocka_unit_test(an_ended_line_is_ended_once),
		cmocka_unit_test(a_removed_port_has_shown_all_and_the_focus_moves),
		cmocka_unit_test(a_panic_is_written_without_locks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
