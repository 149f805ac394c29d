/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The machine's own Arm PL011 (DDI 0183). The baud rate and the line's format stay as the firmware
 * left them. No function waits without bound: a UART that is stuck costs time and bytes, never the
 * machine. No lock inside: the caller serialises.
 */
#ifndef PL011_PL011_H
#define PL011_PL011_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pl011 {
	uintptr_t base;
	uint32_t imsc;
	bool stuck; /* the last wait ran out: do not wait again until there is room */
};

#define PL011_EVENT_RX UINT32_C(1) /* bytes can be read */
#define PL011_EVENT_TX UINT32_C(2) /* there is room to write */

/* Takes over the UART whose registers are mapped at `va` as a device: transmitter, receiver and
 * FIFOs on, interrupts masked and cleared. Waits, bounded, until what the firmware wrote is out. */
void pl011_init(struct pl011 *uart, uintptr_t va);

/* Hands over at most `size` bytes without waiting; returns how many the FIFO took. */
size_t pl011_write(struct pl011 *uart, const uint8_t *bytes, size_t size);

/* The same with a bounded wait for room; returns less than `size` only where the UART is stuck. */
size_t pl011_write_wait(struct pl011 *uart, const uint8_t *bytes, size_t size);

/* Waits, bounded, until the last bit has left. False: it has not. */
bool pl011_drain(struct pl011 *uart);

/* Takes one received byte; false: there is none. Bytes with framing, parity or break errors are
 * dropped. */
bool pl011_read(struct pl011 *uart, uint8_t *byte);

/* Which events interrupt: PL011_EVENT_*; 0 masks all. */
void pl011_listen(struct pl011 *uart, uint32_t events);

/* Which of the listened events are due, and acknowledges them at the UART. For RX, read until
 * pl011_read() answers false afterwards. */
uint32_t pl011_acknowledge(struct pl011 *uart);

#endif
