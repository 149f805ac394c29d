/* SPDX-License-Identifier: Apache-2.0 */
#include "vuart_model.h"

#include <stdbool.h>

#include "base/check.h"
#include "percpu/percpu.h"
#include "vuart/vuart.h"

#define STEP 4U

static struct percpu cpu0;
static struct vuart uart;
static bool line;
static bool full;
static uint64_t put_count;

static bool put(void *ctx, uint8_t byte)
{
	(void)ctx;
	(void)byte;
	PLINTH_CHECK(!full); /* never called while it has said full */
	put_count++;
	full = (put_count % 7U) == 0U;
	return !full;
}

static bool tx_ready(void *ctx)
{
	(void)ctx;
	return !full;
}

static void set_line(void *ctx, bool level)
{
	(void)ctx;
	PLINTH_CHECK(level != line);
	line = level;
}

static const struct vuart_ops ops = {.put = put, .tx_ready = tx_ready, .set_line = set_line};

static uint64_t access_reg(uint64_t offset, unsigned size, bool write, uint64_t v)
{
	struct mmio_access access = {
		.offset = offset, .size = (uint8_t)size, .write = write, .value = v};
	enum mmio_result result = vuart_mmio(&uart, &access);

	PLINTH_CHECK(result == (size == 8U ? MMIO_FAULT : MMIO_DONE));
	PLINTH_CHECK(write || size == 8U || size == 4U || access.value >> (8U * size) == 0U);
	return access.value;
}

static uint32_t peek(uint64_t offset)
{
	return (uint32_t)access_reg(offset, 4, false, 0);
}

static void check(void)
{
	uint32_t fr = peek(0x18);
	uint32_t depth = (peek(0x2c) & 0x10U) != 0U ? 16U : 1U;
	uint32_t ris = peek(0x3c);

	PLINTH_CHECK(uart.rx_count <= VUART_BACKLOG && uart.rx_head < VUART_BACKLOG);
	PLINTH_CHECK(((fr & 0x10U) != 0U) == (uart.rx_count == 0U));
	PLINTH_CHECK(((fr & 0x40U) != 0U) == (uart.rx_count >= depth));
	PLINTH_CHECK(((fr & 0x20U) != 0U) == full);
	PLINTH_CHECK(((fr & 0x80U) != 0U) == !full);
	PLINTH_CHECK(uart.rx_count != 0U || (ris & 0x50U) == 0U);
	PLINTH_CHECK(peek(0x40) == (ris & peek(0x38)));
	PLINTH_CHECK(line == (peek(0x40) != 0U));
	lock_assert_none_held();
}

static void step(const uint8_t *s)
{
	static const uint8_t registers[] = {0x00, 0x04, 0x18, 0x2c, 0x30, 0x34, 0x38, 0x44};
	unsigned size = 1U << (s[0] >> 6);
	uint64_t offset = registers[s[1] & 7U];

	if ((s[1] & 0x80U) != 0U) {
		offset = (s[1] * 37U + s[2] * 4U) % VUART_SIZE;
	}
	offset &= ~(uint64_t)(size - 1U);
	switch (s[0] & 7U) {
	case 0:
		(void)vuart_input(&uart, s + 1, 3);
		break;
	case 1:
		full = false;
		vuart_tx_room(&uart);
		break;
	case 2:
		if (s[1] == 0U) {
			vuart_reset(&uart);
		}
		break;
	case 3:
	case 4:
		(void)access_reg(offset, size, false, 0);
		break;
	default:
		(void)access_reg(offset, size, true,
			(s[2] | (uint64_t)s[3] << 8) & (size == 1U ? 0xffU : 0xffffU));
		break;
	}
}

void vuart_model_play(const uint8_t *script, size_t size)
{
	arch_percpu_set(&cpu0);
	line = false;
	full = false;
	put_count = 0;
	vuart_init(&uart, &ops, NULL);
	for (size_t i = 0; i + STEP <= size; i += STEP) {
		step(script + i);
		check();
	}
}
