/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one call does is bounded; the rest follows, whole and in order, and each port has its share.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "../src/console_private.h"
#include "console_rig.h"

#define ALPHA (&rig_vm[0])
#define BETA  (&rig_vm[1])
#define GAMMA (&rig_vm[2])

#define STEP_MAX   560U /* bytes to the UART: 320, and what one more byte brings with it */
#define OTHER_MAX  32U	/* of a port that are no text */
#define STEPS_MAX  512U
#define SMALL_RING (CONSOLE_RING_SIZE - 1U)

static void fill(struct rig_vm *vm, const char *piece, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		(void)rig_put_byte(&vm->port, (uint8_t)piece[i % strlen(piece)]);
	}
}

static uint32_t waiting(const struct rig_vm *vm)
{
	return vm->port.put - vm->port.taken;
}

/* One more step. False: it was not asked for. */
static bool step(struct rig_vm *vm, bool is_text)
{
	uint32_t waited = waiting(vm);
	size_t sent = rig_sent_count();

	if (!rig_expire()) {
		return false;
	}
	assert_true(rig_sent_count() - sent <= STEP_MAX);
	assert_true(is_text || waited - waiting(vm) <= OTHER_MAX);
	return true;
}

/* Until nothing more is asked for. Returns how many steps that were. */
static unsigned run_out(struct rig_vm *vm, bool is_text)
{
	unsigned steps = 0;

	while (step(vm, is_text)) {
		steps++;
		assert_true(steps < STEPS_MAX);
	}
	return steps;
}

/* Whatever a newline finds in the ring. */
static void a_newline_is_one_step(void **state)
{
	static const char *const pieces[] = {"text", "\t", "\001", "a\001", "\303\244", "\033[m"};

	(void)state;
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		size_t sent;

		rig_start(2);
		fill(BETA, pieces[i], SMALL_RING);
		assert_int_equal(waiting(BETA), SMALL_RING);
		sent = rig_sent_count();
		rig_put(BETA, "\n");
		assert_true(waiting(BETA) >= SMALL_RING - STEP_MAX);
		assert_true(i == 0U || waiting(BETA) >= SMALL_RING - OTHER_MAX);
		assert_true(rig_sent_count() - sent <= STEP_MAX);
		assert_true(run_out(BETA, i == 0U) > 3U);
		assert_int_equal(waiting(BETA), 0);
	}
}

/* Neither the focus nor another comes between, and nothing is lost of them. */
static void what_a_step_leaves_stays_in_its_row(void **state)
{
	static char expected[3U * CONSOLE_RING_SIZE];
	int size;

	(void)state;
	rig_start(3);
	fill(BETA, "0123456789", SMALL_RING);
	rig_put(BETA, "\n");
	rig_put(ALPHA, "in focus\n");
	rig_put(GAMMA, "another\n");
	rig_put(ALPHA, "/ # ");
	(void)run_out(BETA, true);
	size = snprintf(expected, sizeof(expected), "beta| ");
	for (unsigned i = 0; i < SMALL_RING; i++) {
		expected[size++] = (char)('0' + i % 10U);
	}
	(void)snprintf(expected + size, sizeof(expected) - (size_t)size,
		"\r\ngamma| another\r\nalpha| in focus\r\nalpha| / # ");
	assert_string_equal(rig_sent(), expected);
}

/* A full ring is one row, and what has come meanwhile is the next one. */
static void a_split_line_is_one_row(void **state)
{
	const char *text;

	(void)state;
	rig_start(2);
	fill(BETA, "x", CONSOLE_RING_SIZE);
	assert_true(waiting(BETA) > CONSOLE_RING_SIZE / 2U);
	rig_put(BETA, "yy\n");
	(void)run_out(BETA, true);
	text = rig_sent();
	assert_memory_equal(text, "beta| xxx", 9);
	assert_int_equal(strspn(text + 6, "x"), CONSOLE_RING_SIZE);
	assert_string_equal(text + 6 + CONSOLE_RING_SIZE, "\r\nbeta| yy\r\n");
}

/* The focus moves to a port that is being shown: from there on it is as any port in focus. */
static void a_split_line_that_gets_the_focus_is_not_ended(void **state)
{
	(void)state;
	rig_start(2);
	fill(BETA, "x", CONSOLE_RING_SIZE);
	assert_true(console_focus(&BETA->port));
	(void)run_out(BETA, true);
	assert_int_equal(waiting(BETA), 0);
	assert_int_equal(rig_sent()[6 + CONSOLE_RING_SIZE], '\0');
	rig_put(BETA, "!\n");
	assert_string_equal(rig_sent(), "!\r\n");
}

/* Who prints as fast as it can keeps nobody from the terminal for long, in focus or not. */
static void a_flood_leaves_others_their_share(void **state)
{
	(void)state;
	for (unsigned focus = 0; focus < 3U; focus++) {
		rig_start(3);
		assert_true(console_focus(&rig_vm[focus].port));
		fill(ALPHA, "a\t\t\t\t\t\t\n", SMALL_RING);
		fill(GAMMA, "c\t\t\t\t\t\t\n", SMALL_RING);
		(void)rig_sent();
		rig_put(BETA, "here\n");
		for (unsigned i = 0; i < 8U; i++) {
			fill(ALPHA, "a\t\t\t\t\t\t\n", SMALL_RING - waiting(ALPHA));
			fill(GAMMA, "c\t\t\t\t\t\t\n", SMALL_RING - waiting(GAMMA));
			(void)rig_expire();
		}
		assert_non_null(strstr(rig_sent(), "beta| here\r\n"));
	}
}

/* One VM alone is shown; another's ring is full already, since its CPU has found the UART taken. */
static void what_is_not_shown_goes_by_steps(void **state)
{
	(void)state;
	rig_start(3);
	rig_type("\024r");
	fill(BETA, "b\n", SMALL_RING);
	GAMMA->port.put = CONSOLE_RING_SIZE;
	rig_put(BETA, "\n");
	assert_true(waiting(BETA) + waiting(GAMMA) >= 2U * CONSOLE_RING_SIZE - STEP_MAX);
	(void)rig_sent();
	rig_type("\024r");
	(void)run_out(BETA, true);
	assert_non_null(strstr(rig_sent(), "beta| [output not shown]\r\nbeta| b\r\n"));
}

/* What a VM printed last comes out, however many steps it takes. */
static void a_removed_port_has_shown_a_full_ring(void **state)
{
	unsigned steps = 0;
	size_t tabs = 0;

	(void)state;
	rig_start(2);
	fill(BETA, "\t", SMALL_RING);
	for (bool is_done = false; !is_done; steps++) {
		uint32_t waited = waiting(BETA);

		is_done = console_port_show_rest(&BETA->port);
		assert_true(waited - waiting(BETA) <= OTHER_MAX);
		assert_true(steps < STEPS_MAX);
	}
	console_port_remove(&BETA->port);
	for (const char *c = rig_sent(); *c != '\0'; c++) {
		tabs += *c == '\t';
	}
	assert_int_equal(tabs, SMALL_RING);
}

/* A line with a long name, interrupted and about to be written over, while the UART takes nothing
 * and there is just room enough to begin. */
static void the_longest_growth_of_a_byte_fits(void **state)
{
	(void)state;
	rig_start(2);
	memset(ALPHA->port.name, 'n', CONSOLE_NAME_SIZE - 1U);
	fill(ALPHA, "x", CONSOLE_SHOWN_SIZE);
	rig_put(ALPHA, "\r");
	console_service(SHOW_NOW);
	assert_int_equal(ALPHA->port.shown_count, CONSOLE_SHOWN_SIZE);
	assert_true(ALPHA->port.carriage_return);
	rig_uart_room = 0;
	console.row = &BETA->port; /* for lack of room the focus did not get it back */
	console.out_put = console.out_taken + OUT_SIZE - OUT_MARGIN - 1U;
	rig_put(ALPHA, "z");
	console_service(SHOW_NOW);
	assert_int_equal(waiting(ALPHA), 0);
	assert_true(console.out_put - console.out_taken <= OUT_SIZE);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_longest_growth_of_a_byte_fits),
		cmocka_unit_test(a_newline_is_one_step),
		cmocka_unit_test(what_a_step_leaves_stays_in_its_row),
		cmocka_unit_test(a_split_line_is_one_row),
		cmocka_unit_test(a_split_line_that_gets_the_focus_is_not_ended),
		cmocka_unit_test(a_flood_leaves_others_their_share),
		cmocka_unit_test(what_is_not_shown_goes_by_steps),
		cmocka_unit_test(a_removed_port_has_shown_a_full_ring),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
