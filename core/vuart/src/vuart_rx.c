/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The receiving half. The guest sees a FIFO of 16 bytes, or of one while LCR_H.FEN is 0; behind
 * it lies a backlog that refills it, so that pasted text survives a slow guest.
 */
#include "vuart_private.h"

#include "base/atomic.h"

#define FIFO_DEPTH 16U

_Static_assert((VUART_BACKLOG & (VUART_BACKLOG - 1U)) == 0U, "indices are masked");

static uint32_t fifo_depth(const struct vuart *uart)
{
	return (uart->lcr_h & UARTLCR_H_FEN) != 0U ? FIFO_DEPTH : 1U;
}

static uint32_t fifo_level(const struct vuart *uart)
{
	uint32_t depth = fifo_depth(uart);

	return uart->rx_count < depth ? uart->rx_count : depth;
}

/* UARTIFLS.RXIFLSEL: 1/8, 1/4, 1/2, 3/4, 7/8 of the FIFO; the reserved values as 1/2. */
static uint32_t rx_trigger(const struct vuart *uart)
{
	static const uint8_t levels[8] = {2, 4, 8, 12, 14, 8, 8, 8};

	if (fifo_depth(uart) == 1U) {
		return 1U;
	}
	return levels[(uart->ifls >> 3) & 7U];
}

static void update_flags(struct vuart *uart)
{
	uint32_t fr = uart->fr & ~(UARTFR_RXFE | UARTFR_RXFF);
	uint32_t level = fifo_level(uart);

	if (level == 0U) {
		fr |= UARTFR_RXFE;
	}
	if (level == fifo_depth(uart)) {
		fr |= UARTFR_RXFF;
	}
	store_relaxed(&uart->fr, fr);
}

/* The timeout of 32 bit times has always passed already: what lies in the FIFO below the trigger
 * is due at once. */
void vuart_rx_update(struct vuart *uart)
{
	uint32_t level = fifo_level(uart);

	update_flags(uart);
	uart->ris &= ~(UARTINT_RX | UARTINT_RT);
	if (level >= rx_trigger(uart)) {
		uart->ris |= UARTINT_RX;
	}
	if (level != 0U && fifo_depth(uart) != 1U) {
		uart->ris |= UARTINT_RT;
	}
}

void vuart_rx_push(struct vuart *uart, uint8_t byte)
{
	if (uart->rx_count == VUART_BACKLOG) {
		uart->rx_overrun = true;
		uart->rsr |= UARTRSR_OE;
		uart->ris |= UARTINT_OE;
		return;
	}
	uart->rx[(uart->rx_head + uart->rx_count) % VUART_BACKLOG] = byte;
	uart->rx_count++;
	vuart_rx_update(uart);
}

uint32_t vuart_rx_pop(struct vuart *uart)
{
	uint32_t v;

	if (uart->rx_count == 0U) {
		return 0U;
	}
	v = uart->rx[uart->rx_head];
	uart->rx_head = (uart->rx_head + 1U) % VUART_BACKLOG;
	uart->rx_count--;
	if (uart->rx_overrun) {
		v |= UARTDR_OE;
		uart->rx_overrun = false;
	}
	vuart_rx_update(uart);
	return v;
}
