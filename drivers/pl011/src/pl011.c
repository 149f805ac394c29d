/* SPDX-License-Identifier: Apache-2.0 */
#include "pl011/pl011.h"

#include "arch/cpu.h"
#include "arch/mmio.h"

/* Registers and bits by the names of DDI 0183, chapter 3. */
#define UARTDR	  0x000U
#define UARTFR	  0x018U
#define UARTLCR_H 0x02cU
#define UARTCR	  0x030U
#define UARTIFLS  0x034U
#define UARTIMSC  0x038U
#define UARTMIS	  0x040U
#define UARTICR	  0x044U

#define UARTDR_ERRORS	0xf00U /* OE, BE, PE, FE */
#define UARTDR_OE	0x800U
#define UARTFR_BUSY	0x008U
#define UARTFR_RXFE	0x010U
#define UARTFR_TXFF	0x020U
#define UARTFR_TXFE	0x080U
#define UARTLCR_H_FEN	0x010U
#define UARTLCR_H_WLEN8 0x060U
#define UARTCR_UARTEN	0x001U
#define UARTCR_TXE	0x100U
#define UARTCR_RXE	0x200U
#define UARTIFLS_EARLY	0x000U /* interrupt when TX and RX are at 1/8: soonest for RX */
#define UARTIMSC_RX	0x010U
#define UARTIMSC_TX	0x020U
#define UARTIMSC_RT	0x040U
#define UARTICR_ALL	0x7ffU

#define FIFO_DEPTH 16U /* the smaller of the two that exist (r1p4 and before) */

/* One byte takes 87 us at 115,200 baud: a wait of this many polls of a device register, at 100 ns
 * or more each, is ten times as long. */
#define WAIT_POLLS  10000U
#define DRAIN_POLLS (WAIT_POLLS * 2U * FIFO_DEPTH)

static uint32_t read_reg(const struct pl011 *uart, uintptr_t offset)
{
	return arch_mmio_read32(uart->base + offset);
}

static void write_reg(const struct pl011 *uart, uintptr_t offset, uint32_t v)
{
	arch_mmio_write32(uart->base + offset, v);
}

/* Polls until (FR & mask) == value. */
static bool wait_for(const struct pl011 *uart, uint32_t mask, uint32_t value, unsigned polls)
{
	for (unsigned i = 0; i < polls; i++) {
		if ((read_reg(uart, UARTFR) & mask) == value) {
			return true;
		}
		arch_yield();
	}
	return false;
}

void pl011_init(struct pl011 *uart, uintptr_t va)
{
	*uart = (struct pl011){.base = va};
	write_reg(uart, UARTIMSC, 0);
	(void)pl011_drain(uart);

	uint32_t cr = read_reg(uart, UARTCR);
	uint32_t lcr = read_reg(uart, UARTLCR_H);

	/* LCR_H may change only while the UART is off (3.3.8). */
	if ((lcr & UARTLCR_H_FEN) == 0U) {
		write_reg(uart, UARTCR, 0);
		write_reg(uart, UARTLCR_H, lcr | UARTLCR_H_FEN | UARTLCR_H_WLEN8);
	}
	write_reg(uart, UARTIFLS, UARTIFLS_EARLY);
	write_reg(uart, UARTICR, UARTICR_ALL);
	write_reg(uart, UARTCR, cr | UARTCR_UARTEN | UARTCR_TXE | UARTCR_RXE);
}

size_t pl011_write(struct pl011 *uart, const uint8_t *bytes, size_t size)
{
	uintptr_t dr = uart->base + UARTDR;
	const uint8_t *next = bytes;
	const uint8_t *end = bytes + size;

	while (next != end) {
		uint32_t fr = read_reg(uart, UARTFR);
		/* An empty FIFO takes its whole depth without another look. */
		size_t room = (fr & UARTFR_TXFE) != 0U	 ? FIFO_DEPTH
			      : (fr & UARTFR_TXFF) == 0U ? 1U
							 : 0U;
		const uint8_t *stop = (size_t)(end - next) < room ? end : next + room;

		if (room == 0U) {
			break;
		}
		uart->stuck = false;
		while (next != stop) {
			arch_mmio_write32(dr, *next++);
		}
	}
	return (size_t)(next - bytes);
}

size_t pl011_write_wait(struct pl011 *uart, const uint8_t *bytes, size_t size)
{
	size_t done = pl011_write(uart, bytes, size);

	while (done < size && !uart->stuck) {
		if (wait_for(uart, UARTFR_TXFF, 0, WAIT_POLLS)) {
			done += pl011_write(uart, bytes + done, size - done);
		} else {
			uart->stuck = true;
		}
	}
	return done;
}

bool pl011_drain(struct pl011 *uart)
{
	return wait_for(uart, UARTFR_BUSY, 0, DRAIN_POLLS);
}

bool pl011_read(struct pl011 *uart, uint8_t *byte)
{
	/* A line that is broken gives errors without end: look at no more than two FIFOs. */
	for (unsigned i = 0; i < 2U * FIFO_DEPTH; i++) {
		if ((read_reg(uart, UARTFR) & UARTFR_RXFE) != 0U) {
			return false;
		}
		uint32_t dr = read_reg(uart, UARTDR);

		/* An overrun says that a byte was lost, not that this one is wrong. */
		if ((dr & UARTDR_ERRORS & ~UARTDR_OE) == 0U) {
			*byte = (uint8_t)dr;
			return true;
		}
	}
	return false;
}

void pl011_listen(struct pl011 *uart, uint32_t events)
{
	uint32_t imsc = 0;

	if ((events & PL011_EVENT_RX) != 0U) {
		imsc |= UARTIMSC_RX | UARTIMSC_RT;
	}
	if ((events & PL011_EVENT_TX) != 0U) {
		imsc |= UARTIMSC_TX;
	}
	if (imsc != uart->imsc) {
		uart->imsc = imsc;
		write_reg(uart, UARTIMSC, imsc);
	}
}

uint32_t pl011_acknowledge(struct pl011 *uart)
{
	uint32_t mis = read_reg(uart, UARTMIS);
	uint32_t events = 0;

	write_reg(uart, UARTICR, mis);
	if ((mis & (UARTIMSC_RX | UARTIMSC_RT)) != 0U) {
		events |= PL011_EVENT_RX;
	}
	if ((mis & UARTIMSC_TX) != 0U) {
		events |= PL011_EVENT_TX;
	}
	return events;
}
