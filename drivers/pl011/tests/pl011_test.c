/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/compiler.h"
#include "fake/mmio.h"
#include "pl011/pl011.h"

#define BASE 0x9000000U

/* A UART with a FIFO of 16 that sends one byte every `ticks_per_byte` accesses. */
static struct model {
	uint64_t accesses;
	unsigned ticks_per_byte; /* 0: stuck */
	unsigned level;
	unsigned lost;
	char sent[4096];
	size_t sent_count;
	uint16_t rx[64];
	size_t rx_count;
	size_t rx_next;
	uint32_t reg[0x1000 / 4];
} model;

static void tick(void)
{
	model.accesses++;
	if (model.ticks_per_byte != 0U && model.accesses % model.ticks_per_byte == 0U &&
		model.level != 0U) {
		model.level--;
	}
}

static uint64_t read_flags(void)
{
	return (model.level == 0U ? 0x80U : 0x08U) | (model.level == 16U ? 0x20U : 0U) |
	       (model.rx_next == model.rx_count ? 0x10U : 0U);
}

static uint64_t model_read(void *ctx, uint64_t offset, unsigned size)
{
	(void)ctx;
	assert_int_equal(size, 4);
	tick();
	if (offset == 0x18U) {
		return read_flags();
	}
	if (offset == 0U) {
		assert_true(model.rx_next < model.rx_count);
		return model.rx[model.rx_next++];
	}
	if (offset == 0x40U) {
		return model.reg[0x3c / 4] & model.reg[0x38 / 4];
	}
	return model.reg[offset / 4U];
}

static void model_write(void *ctx, uint64_t offset, unsigned size, uint64_t v)
{
	(void)ctx;
	assert_int_equal(size, 4);
	tick();
	if (offset == 0U) {
		if (model.level == 16U) {
			model.lost++;
			return;
		}
		model.level++;
		model.sent[model.sent_count++] = (char)v;
	} else if (offset == 0x44U) {
		model.reg[0x3c / 4] &= ~(uint32_t)v;
	} else {
		model.reg[offset / 4U] = (uint32_t)v;
	}
}

static const struct fake_device device = {
	.base = BASE, .size = 0x1000, .read = model_read, .write = model_write};
static struct pl011 uart;

static int setup(void **state)
{
	(void)state;
	memset(&model, 0, sizeof(model));
	model.ticks_per_byte = 3;
	fake_mmio_reset();
	fake_mmio_add(&device);
	model.reg[0x38 / 4] = 0x7ff;
	model.reg[0x3c / 4] = 0x7ff;
	model.reg[0x24 / 4] = 13;
	pl011_init(&uart, BASE);
	return 0;
}

static void init_keeps_the_baud_rate_and_turns_all_on(void **state)
{
	(void)state;
	assert_int_equal(model.reg[0x24 / 4], 13);
	assert_int_equal(model.reg[0x2c / 4], 0x70);
	assert_int_equal(model.reg[0x30 / 4], 0x301);
	assert_int_equal(model.reg[0x38 / 4], 0);
	assert_int_equal(model.reg[0x3c / 4], 0);
}

static void write_takes_what_fits_and_loses_nothing(void **state)
{
	uint8_t bytes[100];

	(void)state;
	memset(bytes, 'x', sizeof(bytes));
	model.ticks_per_byte = 0;
	assert_int_equal(pl011_write(&uart, bytes, sizeof(bytes)), 16);
	assert_int_equal(pl011_write(&uart, bytes, 1), 0);
	model.level = 15;
	assert_int_equal(pl011_write(&uart, bytes, sizeof(bytes)), 1);
	assert_int_equal(model.lost, 0);
}

static void an_empty_fifo_is_asked_once(void **state)
{
	(void)state;
	model.ticks_per_byte = 0;
	uint64_t before = model.accesses;

	assert_int_equal(pl011_write(&uart, (const uint8_t *)"0123456789abcdef", 16), 16);
	assert_int_equal(model.accesses - before, 17);
}

static void write_wait_sends_all(void **state)
{
	const char *text = "a line that is much longer than the FIFO is deep, so that it must wait";

	(void)state;
	assert_int_equal(
		pl011_write_wait(&uart, (const uint8_t *)text, strlen(text)), strlen(text));
	assert_memory_equal(model.sent, text, strlen(text));
	assert_int_equal(model.lost, 0);
	assert_true(pl011_drain(&uart));
}

static void a_stuck_uart_costs_bounded_time_once(void **state)
{
	uint8_t bytes[100];

	(void)state;
	memset(bytes, 'x', sizeof(bytes));
	model.ticks_per_byte = 0;
	assert_int_equal(pl011_write_wait(&uart, bytes, sizeof(bytes)), 16);
	uint64_t before = model.accesses;

	assert_int_equal(pl011_write_wait(&uart, bytes, sizeof(bytes)), 0);
	assert_true(model.accesses - before < 10U);
	assert_false(pl011_drain(&uart));
	model.level = 0; /* it recovers */
	assert_int_equal(pl011_write_wait(&uart, bytes, 16), 16);
	assert_false(uart.stuck);
}

static void bytes_with_errors_are_dropped(void **state)
{
	static const uint16_t rx[] = {'a', 0x100, 0x200 | 'x', 0x400, 0x800 | 'b'};
	uint8_t byte = 0;

	(void)state;
	memcpy(model.rx, rx, sizeof(rx));
	model.rx_count = ARRAY_SIZE(rx);
	assert_true(pl011_read(&uart, &byte));
	assert_int_equal(byte, 'a');
	assert_true(pl011_read(&uart, &byte));
	assert_int_equal(byte, 'b');
	assert_false(pl011_read(&uart, &byte));
	for (size_t i = 0; i < 64; i++) {
		model.rx[i] = 0x400;
	}
	model.rx_count = 64;
	model.rx_next = 0;
	assert_false(pl011_read(&uart, &byte));
	assert_true(model.rx_next < 64U);
}

static void events_are_listened_to_and_acknowledged(void **state)
{
	(void)state;
	pl011_listen(&uart, PL011_EVENT_RX);
	model.reg[0x3c / 4] = 0x60;
	assert_int_equal(pl011_acknowledge(&uart), PL011_EVENT_RX);
	assert_int_equal(model.reg[0x3c / 4], 0x20);
	assert_int_equal(pl011_acknowledge(&uart), 0);
	pl011_listen(&uart, PL011_EVENT_RX | PL011_EVENT_TX);
	assert_int_equal(pl011_acknowledge(&uart), PL011_EVENT_TX);
	pl011_listen(&uart, 0);
	model.reg[0x3c / 4] = 0x70;
	assert_int_equal(pl011_acknowledge(&uart), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(init_keeps_the_baud_rate_and_turns_all_on, setup),
		cmocka_unit_test_setup(write_takes_what_fits_and_loses_nothing, setup),
		cmocka_unit_test_setup(an_empty_fifo_is_asked_once, setup),
		cmocka_unit_test_setup(write_wait_sends_all, setup),
		cmocka_unit_test_setup(a_stuck_uart_costs_bounded_time_once, setup),
		cmocka_unit_test_setup(bytes_with_errors_are_dropped, setup),
		cmocka_unit_test_setup(events_are_listened_to_and_acknowledged, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
