/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "percpu/percpu.h"
#include "vuart/vuart.h"

#define DR    0x00U
#define RSR   0x04U
#define FR    0x18U
#define LCR_H 0x2cU
#define CR    0x30U
#define IFLS  0x34U
#define IMSC  0x38U
#define RIS   0x3cU
#define MIS   0x40U
#define ICR   0x44U

#define RX 0x10U
#define TX 0x20U
#define RT 0x40U
#define OE 0x400U

static struct percpu cpu0;
static struct vuart uart;
static char out[64];
static size_t out_count;
static size_t out_room;
static bool line;
static unsigned line_changes;

static bool put(void *ctx, uint8_t byte)
{
	assert_ptr_equal(ctx, out);
	assert_true(out_count < out_room);
	out[out_count++] = (char)byte;
	return out_count < out_room;
}

static bool tx_ready(void *ctx)
{
	(void)ctx;
	return out_count < out_room;
}

static void set_line(void *ctx, bool level)
{
	(void)ctx;
	lock_assert_held(&uart.lock);
	line = level;
	line_changes++;
}

static const struct vuart_ops ops = {.put = put, .tx_ready = tx_ready, .set_line = set_line};

static int setup(void **state)
{
	(void)state;
	arch_percpu_set(&cpu0);
	out_count = 0;
	out_room = sizeof(out);
	line = false;
	line_changes = 0;
	vuart_init(&uart, &ops, out);
	return 0;
}

static void wr(uint64_t offset, uint32_t v)
{
	struct mmio_access access = {.offset = offset, .size = 4, .write = true, .value = v};

	assert_int_equal(vuart_mmio(&uart, &access), MMIO_DONE);
}

static uint32_t rd(uint64_t offset)
{
	struct mmio_access access = {.offset = offset, .size = 4, .value = 0xdeadbeefdeadbeef};

	assert_int_equal(vuart_mmio(&uart, &access), MMIO_DONE);
	return (uint32_t)access.value;
}

static size_t input(const char *text)
{
	return vuart_input(&uart, (const uint8_t *)text, strlen(text));
}

static void reset_values_are_those_of_the_manual(void **state)
{
	(void)state;
	assert_int_equal(rd(FR), 0x97);
	assert_int_equal(rd(CR), 0x300);
	assert_int_equal(rd(IFLS), 0x12);
	assert_int_equal(rd(LCR_H), 0);
	assert_int_equal(rd(IMSC), 0);
	assert_int_equal(rd(RIS), 0);
	assert_int_equal(rd(0xfe0) | rd(0xfe4) << 8 | rd(0xfe8) << 16 | rd(0xfec) << 24, 0x141011);
	assert_int_equal(
		rd(0xff0) | rd(0xff4) << 8 | rd(0xff8) << 16 | rd(0xffc) << 24, 0xb105f00d);
	assert_int_equal(rd(0x100), 0);
}

static void plain_registers_keep_their_bits(void **state)
{
	static const struct {
		uint64_t offset;
		uint32_t mask;
	} rows[] = {
		{0x20, 0xff},
		{0x24, 0xffff},
		{0x28, 0x3f},
		{LCR_H, 0xff},
		{CR, 0xff87},
		{IFLS, 0x3f},
		{IMSC, 0x7ff},
		{0x48, 7},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		wr(rows[i].offset, UINT32_MAX);
		assert_int_equal(rd(rows[i].offset), rows[i].mask);
		wr(rows[i].offset, 0);
		assert_int_equal(rd(rows[i].offset), 0);
	}
	wr(CR, 0x301);
	vuart_reset(&uart);
	reset_values_are_those_of_the_manual(NULL);
}

static void narrow_and_wide_accesses(void **state)
{
	struct mmio_access access = {.offset = 0x24, .size = 2, .write = true, .value = 0x1234};

	(void)state;
	assert_int_equal(vuart_mmio(&uart, &access), MMIO_DONE);
	access = (struct mmio_access){.offset = 0x25, .size = 1, .value = 99};
	assert_int_equal(vuart_mmio(&uart, &access), MMIO_DONE);
	assert_int_equal(access.value, 0x12);
	access = (struct mmio_access){.offset = 0x25, .size = 1, .write = true, .value = 0xff};
	assert_int_equal(vuart_mmio(&uart, &access), MMIO_DONE);
	assert_int_equal(rd(0x24), 0x1234);
	access = (struct mmio_access){.offset = 0, .size = 1, .write = true, .value = 'x'};
	assert_int_equal(vuart_mmio(&uart, &access), MMIO_DONE);
	assert_memory_equal(out, "x", 1);
	access = (struct mmio_access){.offset = 0, .size = 8, .write = true, .value = 'y'};
	assert_int_equal(vuart_mmio(&uart, &access), MMIO_FAULT);
	assert_int_equal(out_count, 1);
}

static void writing_raises_the_transmit_interrupt(void **state)
{
	(void)state;
	wr(IMSC, TX);
	assert_false(line);
	wr(DR, 'a');
	assert_true(line);
	assert_int_equal(rd(MIS), TX);
	wr(ICR, TX);
	assert_false(line);
	wr(DR, 'b');
	assert_true(line);
	wr(IMSC, 0);
	assert_false(line);
	assert_int_equal(rd(RIS), TX);
	assert_memory_equal(out, "ab", 2);
}

static void a_full_port_is_a_full_fifo(void **state)
{
	(void)state;
	out_room = 2;
	wr(IMSC, TX);
	wr(DR, 'a');
	wr(DR, 'b');
	assert_false(line);
	assert_int_equal(rd(FR) & 0xa8U, 0x28);
	wr(DR, 'c'); /* as on hardware: lost */
	assert_int_equal(out_count, 2);
	assert_int_equal(uart.tx_lost, 1);
	vuart_tx_room(&uart); /* spurious */
	assert_int_equal(rd(FR) & 0x20U, 0x20);
	out_room = 4;
	vuart_tx_room(&uart);
	assert_true(line);
	assert_int_equal(rd(FR) & 0xa8U, 0x80);
	wr(DR, 'c');
	wr(DR, 'd');
	assert_int_equal(rd(FR) & 0x20U, 0x20);
	out_room = 5;
	assert_int_equal(rd(FR) & 0x20U, 0); /* polling sees the room by itself */
	assert_memory_equal(out, "abcd", 4);
}

static void received_bytes_time_out_or_reach_the_trigger(void **state)
{
	(void)state;
	wr(LCR_H, 0x70);
	wr(IFLS, 2U << 3); /* half: 8 bytes */
	wr(IMSC, RX | RT);
	assert_int_equal(input("1234567"), 7);
	assert_int_equal(rd(RIS), RT);
	assert_true(line);
	input("8");
	assert_int_equal(rd(RIS), RT | RX);
	assert_int_equal(rd(DR), '1');
	assert_int_equal(rd(RIS), RT);
	for (int i = '2'; i <= '8'; i++) {
		assert_true(line);
		assert_int_equal(rd(FR) & 0x10U, 0);
		assert_int_equal(rd(DR), i);
	}
	assert_false(line);
	assert_int_equal(rd(RIS), 0);
	assert_int_equal(rd(FR) & 0x10U, 0x10);
	assert_int_equal(rd(DR), 0);
}

static void clearing_holds_until_there_is_news(void **state)
{
	(void)state;
	wr(LCR_H, 0x70);
	wr(IMSC, RX | RT);
	input("ab");
	wr(ICR, 0x7ff);
	assert_false(line);
	assert_int_equal(rd(DR), 'a');
	assert_true(line); /* the rest times out again */
	wr(ICR, RT);
	input("c");
	assert_true(line);
}

static void without_fifo_one_byte_is_visible(void **state)
{
	(void)state;
	wr(IMSC, RX);
	input("ab");
	assert_int_equal(rd(FR) & 0x50U, 0x40);
	assert_int_equal(rd(RIS), RX);
	assert_int_equal(rd(DR), 'a');
	assert_true(line);
	wr(LCR_H, 0x10); /* turning the FIFO on loses nothing */
	assert_int_equal(rd(FR) & 0x50U, 0);
	assert_int_equal(rd(DR), 'b');
	assert_false(line);
}

static void overrun_is_told(void **state)
{
	char flood[VUART_BACKLOG + 10U];

	(void)state;
	memset(flood, 'f', sizeof(flood));
	wr(LCR_H, 0x70);
	assert_int_equal(vuart_input(&uart, (const uint8_t *)flood, sizeof(flood)), VUART_BACKLOG);
	assert_int_equal(rd(RIS) & OE, OE);
	assert_int_equal(rd(RSR), 8);
	wr(RSR, 0xff);
	assert_int_equal(rd(RSR), 0);
	assert_int_equal(rd(DR), 0x800 | 'f');
	for (unsigned i = 1; i < VUART_BACKLOG; i++) {
		assert_int_equal(rd(FR) & 0x10U, 0);
		assert_int_equal(rd(DR), 'f');
	}
	assert_int_equal(rd(FR) & 0x10U, 0x10);
	assert_int_equal(rd(RIS) & OE, OE);
	wr(ICR, OE);
	assert_int_equal(rd(RIS), 0);
}

/* Pasted while the guest is busy. */
static void a_long_line_is_kept(void **state)
{
	uint8_t text[1000];

	(void)state;
	for (unsigned i = 0; i < sizeof(text); i++) {
		text[i] = (uint8_t)(i % 251U);
	}
	assert_int_equal(vuart_input(&uart, text, sizeof(text)), sizeof(text));
	for (unsigned i = 0; i < sizeof(text); i++) {
		assert_int_equal(rd(DR), i % 251U);
	}
	assert_int_equal(rd(FR) & 0x10U, 0x10);
	assert_int_equal(rd(RIS) & OE, 0);
}

static void loopback_comes_back(void **state)
{
	(void)state;
	wr(CR, 0x381);
	wr(DR, 'l');
	assert_int_equal(out_count, 0);
	assert_int_equal(rd(DR), 'l');
}

static bool is_plain(void)
{
	return vuart_sends_plainly(&uart);
}

/* Who sends without a call relies on it. */
static void it_is_known_when_a_byte_changes_nothing(void **state)
{
	(void)state;
	assert_false(is_plain());
	wr(DR, 'a');
	assert_true(is_plain());
	wr(ICR, TX);
	assert_false(is_plain());
	wr(DR, 'b');
	assert_true(is_plain());
	wr(CR, 0x381);
	assert_false(is_plain());
	wr(CR, 0x301);
	assert_true(is_plain());
	out_room = 3;
	wr(DR, 'c');
	assert_false(is_plain());
	wr(CR, 0x381); /* what comes back raises the interrupt, and the port is full still */
	wr(DR, 'd');
	wr(CR, 0x301);
	assert_int_equal(rd(RIS) & TX, TX);
	assert_false(is_plain());
	out_room = 4;
	assert_int_equal(rd(FR) & 0x20U, 0);
	assert_true(is_plain());
	vuart_reset(&uart);
	assert_false(is_plain());
}

static void reset_drops_the_line_and_the_input(void **state)
{
	(void)state;
	wr(LCR_H, 0x70);
	wr(IMSC, RX | RT);
	input("abc");
	assert_true(line);
	vuart_reset(&uart);
	assert_false(line);
	assert_int_equal(rd(FR) & 0x10U, 0x10);
	assert_int_equal(line_changes, 2);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(reset_values_are_those_of_the_manual, setup),
		cmocka_unit_test_setup(plain_registers_keep_their_bits, setup),
		cmocka_unit_test_setup(narrow_and_wide_accesses, setup),
		cmocka_unit_test_setup(writing_raises_the_transmit_interrupt, setup),
		cmocka_unit_test_setup(a_full_port_is_a_full_fifo, setup),
		cmocka_unit_test_setup(received_bytes_time_out_or_reach_the_trigger, setup),
		cmocka_unit_test_setup(clearing_holds_until_there_is_news, setup),
		cmocka_unit_test_setup(without_fifo_one_byte_is_visible, setup),
		cmocka_unit_test_setup(overrun_is_told, setup),
		cmocka_unit_test_setup(a_long_line_is_kept, setup),
		cmocka_unit_test_setup(loopback_comes_back, setup),
		cmocka_unit_test_setup(it_is_known_when_a_byte_changes_nothing, setup),
		cmocka_unit_test_setup(reset_drops_the_line_and_the_input, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
