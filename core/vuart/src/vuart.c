/* SPDX-License-Identifier: Apache-2.0 */
#include "vuart/vuart.h"

#include "base/atomic.h"
#include "base/bits.h"
#include "base/compiler.h"
#include "vuart_private.h"

/* After each change: what follows from the registers. */
static void update_line(struct vuart *uart)
{
	bool level = (uart->ris & uart->imsc) != 0U;

	uart->sends_plainly = (uart->cr & UARTCR_LBE) == 0U && (uart->fr & UARTFR_TXFF) == 0U &&
			      (uart->ris & UARTINT_TX) != 0U;
	if (level != uart->line) {
		uart->line = level;
		uart->ops->set_line(uart->ctx, level);
	}
}

static void set_tx_full(struct vuart *uart, bool full)
{
	uint32_t fr = uart->fr & ~(UARTFR_TXFF | UARTFR_TXFE | UARTFR_BUSY);

	store_relaxed(&uart->fr, fr | (full ? UARTFR_TXFF | UARTFR_BUSY : UARTFR_TXFE));
}

/* There is room for the next byte, as ever: mostly that is known, and the line is as it was. */
static inline void set_sent(struct vuart *uart)
{
	if (UNLIKELY((uart->ris & UARTINT_TX) == 0U)) {
		uart->ris |= UARTINT_TX;
		update_line(uart);
	}
}

NOINLINE static void send_back(struct vuart *uart, uint8_t byte)
{
	vuart_rx_push(uart, byte);
	uart->ris |= UARTINT_TX;
	update_line(uart);
}

/* The hot path of a guest that prints. UARTEN and TXE are not asked: programs written on QEMU's
 * model never set them. */
static void send(struct vuart *uart, uint8_t byte)
{
	lock_take(&uart->lock);
	if (UNLIKELY((uart->cr & UARTCR_LBE) != 0U)) {
		send_back(uart, byte);
	} else if (UNLIKELY((uart->fr & UARTFR_TXFF) != 0U)) {
		uart->tx_lost++;
	} else if (LIKELY(uart->ops->put(uart->ctx, byte))) {
		set_sent(uart);
	} else {
		set_tx_full(uart, true);
		uart->ris &= ~UARTINT_TX;
		update_line(uart);
	}
	lock_drop(&uart->lock);
}

static void end_tx_full_locked(struct vuart *uart)
{
	if ((uart->fr & UARTFR_TXFF) != 0U && uart->ops->tx_ready(uart->ctx)) {
		set_tx_full(uart, false);
		uart->ris |= UARTINT_TX;
		update_line(uart);
	}
}

void vuart_tx_room(struct vuart *uart)
{
	lock_take(&uart->lock);
	end_tx_full_locked(uart);
	lock_drop(&uart->lock);
}

static uint32_t read_flags(struct vuart *uart)
{
	uint32_t fr = vuart_flags(uart);

	if ((fr & UARTFR_TXFF) != 0U) {
		vuart_tx_room(uart);
		fr = vuart_flags(uart);
	}
	return fr;
}

/* PeriphID 0x00141011 (r1p1, FIFOs of 16) and PrimeCell ID 0xb105f00d, a byte for each word. */
static uint32_t read_id(uint32_t offset)
{
	static const uint8_t ids[8] = {0x11, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1};

	return ids[((offset - UARTPERIPHID0) / 4U) % sizeof(ids)];
}

static uint32_t read_reg(struct vuart *uart, uint32_t offset)
{
	uint32_t v;

	switch (offset) {
	case UARTDR:
		v = vuart_rx_pop(uart);
		update_line(uart);
		return v;
	case UARTRSR:
		return uart->rsr;
	case UARTILPR:
		return uart->ilpr;
	case UARTIBRD:
		return uart->ibrd;
	case UARTFBRD:
		return uart->fbrd;
	case UARTLCR_H:
		return uart->lcr_h;
	case UARTCR:
		return uart->cr;
	case UARTIFLS:
		return uart->ifls;
	case UARTIMSC:
		return uart->imsc;
	case UARTRIS:
		return uart->ris;
	case UARTMIS:
		return uart->ris & uart->imsc;
	case UARTDMACR:
		return uart->dmacr;
	default:
		return offset >= UARTPERIPHID0 ? read_id(offset) : 0U;
	}
}

static void write_reg(struct vuart *uart, uint32_t offset, uint32_t v)
{
	switch (offset) {
	case UARTRSR:
		uart->rsr = 0;
		break;
	case UARTILPR:
		uart->ilpr = v & 0xffU;
		break;
	case UARTIBRD:
		uart->ibrd = v & 0xffffU;
		break;
	case UARTFBRD:
		uart->fbrd = v & 0x3fU;
		break;
	case UARTLCR_H:
		uart->lcr_h = v & 0xffU;
		vuart_rx_update(uart);
		break;
	case UARTCR:
		uart->cr = v & 0xff87U;
		break;
	case UARTIFLS:
		uart->ifls = v & 0x3fU;
		vuart_rx_update(uart);
		break;
	case UARTIMSC:
		uart->imsc = v & UARTINT_ALL;
		break;
	case UARTICR:
		uart->ris &= ~v;
		break;
	case UARTDMACR:
		uart->dmacr = v & 7U;
		break;
	default:
		break;
	}
	update_line(uart);
}

static uint32_t read_locked(struct vuart *uart, uint32_t offset)
{
	lock_take(&uart->lock);
	uint32_t v = read_reg(uart, offset);

	lock_drop(&uart->lock);
	return v;
}

NOINLINE static void write_slow(struct vuart *uart, uint32_t offset, uint32_t v)
{
	if (!is_aligned(offset, 4)) {
		return; /* the upper bytes of registers of which nothing is there to write */
	}
	lock_take(&uart->lock);
	write_reg(uart, offset, v);
	lock_drop(&uart->lock);
}

uint32_t vuart_read(struct vuart *uart, uint32_t offset, uint32_t size)
{
	uint32_t first = (uint32_t)align_down(offset, 4);
	uint32_t v = first == UARTFR ? read_flags(uart) : read_locked(uart, first);

	return (uint32_t)((v >> (8U * (offset - first))) & MASK_BELOW(8U * size));
}

void vuart_write(struct vuart *uart, uint32_t offset, uint32_t size, uint64_t value)
{
	if (LIKELY(offset == UARTDR)) {
		send(uart, (uint8_t)value);
	} else {
		write_slow(uart, offset, (uint32_t)(value & MASK_BELOW(8U * size)));
	}
}

enum mmio_result vuart_mmio(void *ctx, struct mmio_access *access)
{
	uint32_t offset = (uint32_t)access->offset;

	if (access->size > VUART_ACCESS_MAX) {
		return MMIO_FAULT;
	}
	if (access->write) {
		vuart_write(ctx, offset, access->size, access->value);
	} else {
		access->value = vuart_read(ctx, offset, access->size);
	}
	return MMIO_DONE;
}

size_t vuart_input(struct vuart *uart, const uint8_t *bytes, size_t size)
{
	lock_take(&uart->lock);
	size_t room = VUART_BACKLOG - uart->rx_count;

	for (size_t i = 0; i < size; i++) {
		vuart_rx_push(uart, bytes[i]);
	}
	update_line(uart);
	lock_drop(&uart->lock);
	return size < room ? size : room;
}

static void reset_registers(struct vuart *uart)
{
	uart->cr = UARTCR_RESET;
	uart->lcr_h = 0;
	uart->ifls = UARTIFLS_RESET;
	uart->imsc = 0;
	uart->ris = 0;
	uart->rsr = 0;
	uart->ilpr = 0;
	uart->ibrd = 0;
	uart->fbrd = 0;
	uart->dmacr = 0;
	uart->rx_head = 0;
	uart->rx_count = 0;
	uart->rx_overrun = false;
	/* A port that is full stays so over the reset; its room ends the state as ever. */
	store_relaxed(&uart->fr, UARTFR_MODEM | UARTFR_RXFE |
					 (uart->fr & (UARTFR_TXFF | UARTFR_TXFE | UARTFR_BUSY)));
}

void vuart_reset(struct vuart *uart)
{
	lock_take(&uart->lock);
	reset_registers(uart);
	update_line(uart);
	lock_drop(&uart->lock);
}

void vuart_init(struct vuart *uart, const struct vuart_ops *ops, void *ctx)
{
	*uart = (struct vuart){.ops = ops, .ctx = ctx, .fr = UARTFR_TXFE};
	lock_init(&uart->lock, LOCK_RANK_DEVICE);
	reset_registers(uart);
}
