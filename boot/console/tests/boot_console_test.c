/* SPDX-License-Identifier: Apache-2.0 */
#include "console/console.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "fake/mmio.h"

#define UART 0x9000000U

static char output[256];
static size_t output_count;
static unsigned full_polls; /* as often the FIFO says that it is full */

static uint64_t read_uart(void *ctx, uint64_t offset, unsigned size)
{
	(void)ctx;
	assert_int_equal(offset, 0x18);
	assert_int_equal(size, 4);
	if (full_polls > 0) {
		full_polls--;
		return 0x20;
	}
	return 0;
}

static void write_uart(void *ctx, uint64_t offset, unsigned size, uint64_t v)
{
	(void)ctx;
	assert_int_equal(offset, 0);
	assert_int_equal(size, 4);
	assert_true(output_count < sizeof(output) - 1);
	output[output_count++] = (char)v;
}

static int setup(void **state)
{
	static const struct fake_device device = {UART, 0x1000, NULL, read_uart, write_uart};

	(void)state;
	memset(output, 0, sizeof(output));
	output_count = 0;
	full_polls = 0;
	fake_mmio_reset();
	fake_mmio_add(&device);
	return 0;
}

static void prints_a_line(void **state)
{
	(void)state;
	console_init(UART);
	console_print("%u CPUs, %s", 8U, "GICv3");
	assert_string_equal(output, "plinth: 8 CPUs, GICv3\r\n");
}

static void waits_for_room(void **state)
{
	(void)state;
	console_init(UART);
	full_polls = 1000;
	console_print("x");
	assert_string_equal(output, "plinth: x\r\n");
	assert_int_equal(full_polls, 0);
}

static void gives_up_on_a_dead_uart(void **state)
{
	(void)state;
	console_init(UART);
	full_polls = 1000001; /* one character is dropped, the rest arrives */
	console_print("x");
	assert_string_equal(output, "linth: x\r\n");
}

static void without_a_uart(void **state)
{
	(void)state;
	console_init(0);
	console_print("nobody hears this");
	assert_int_equal(output_count, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(prints_a_line, setup),
		cmocka_unit_test_setup(waits_for_room, setup),
		cmocka_unit_test_setup(gives_up_on_a_dead_uart, setup),
		cmocka_unit_test_setup(without_a_uart, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
