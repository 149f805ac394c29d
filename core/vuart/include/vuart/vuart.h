/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The PL011 that a guest sees (Arm DDI 0183, r1p1: FIFOs of 16). All state is behind the lock
 * (LOCK_RANK_DEVICE); ops are called with it held, so they take only locks of higher rank.
 *
 * Sending takes no time: a byte is given to ops->put() at once. When the other side has no room,
 * FR shows a full FIFO until it has some again: the guest waits as it would for hardware, and
 * slows nobody else. A guest that writes nevertheless loses its byte, as on hardware.
 */
#ifndef VUART_VUART_H
#define VUART_VUART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/atomic.h"
#include "lock/lock.h"
#include "mmio/mmio.h"

#define VUART_SIZE    UINT64_C(0x1000)
#define VUART_BACKLOG 1024U /* bytes kept behind the FIFO that the guest sees */

struct vuart_ops {
	/* Takes one byte of output. False: took it, and there is no room for a further one. */
	bool (*put)(void *ctx, uint8_t byte);
	/* Is there room for a byte? Asked while FR shows a full FIFO. */
	bool (*tx_ready)(void *ctx);
	/* The interrupt line's new level; called on changes alone. */
	void (*set_line)(void *ctx, bool level);
};

struct vuart {
	struct lock lock;
	bool sends_plainly;	     /* vuart_sends_plainly(); kept where the line is */
	uint32_t fr;		     /* written under the lock, read without it */
	const struct vuart_ops *ops; /* constant after vuart_init(), as is ctx */
	void *ctx;
	uint32_t cr;
	uint32_t lcr_h;
	uint32_t ifls;
	uint32_t imsc;
	uint32_t ris;
	uint32_t rsr;
	uint32_t ilpr;
	uint32_t ibrd;
	uint32_t fbrd;
	uint32_t dmacr;
	uint32_t rx_head;  /* of the oldest byte in rx */
	uint32_t rx_count; /* the guest sees at most as many as its FIFO is deep */
	uint32_t tx_lost;  /* bytes that the guest wrote while FR said full */
	bool rx_overrun;   /* bytes were lost since the newest in rx */
	bool line;
	uint8_t rx[VUART_BACKLOG];
};

void vuart_init(struct vuart *uart, const struct vuart_ops *ops, void *ctx);

/* As after the machine's reset; what was received is forgotten, the interrupt line falls. */
void vuart_reset(struct vuart *uart);

/* mmio_handler_fn for a region of VUART_SIZE; ctx is the struct vuart. 1, 2 and 4 bytes are
 * answered, 8 get MMIO_FAULT; registers that are not there read as 0. */
enum mmio_result vuart_mmio(void *ctx, struct mmio_access *access);

/* The same for whoever knows whose UART it is: 1, 2 or 4 bytes, aligned to as much, at `offset`
 * below VUART_SIZE. Of `value` the low `size` bytes count. */
#define VUART_ACCESS_MAX 4U
uint32_t vuart_read(struct vuart *uart, uint32_t offset, uint32_t size);
void vuart_write(struct vuart *uart, uint32_t offset, uint32_t size, uint64_t value);

/* The two registers of a guest that prints. */
#define VUART_DR      0x000U
#define VUART_FR      0x018U
#define VUART_FR_TXFF 0x020U

/* FR as it is: where it says TXFF it may be that room has come since, and vuart_read() is to be
 * asked. One word, of which each bit is right at some moment of the access: no lock is needed. */
static inline uint32_t vuart_flags(const struct vuart *uart)
{
	return load_relaxed(&uart->fr);
}

/* Is a byte written to DR only to be given to ops->put(), and nothing here changes if that answers
 * true? For who knows what is behind it. With the lock held. */
static inline bool vuart_sends_plainly(const struct vuart *uart)
{
	return uart->sends_plainly;
}

/* Bytes for the guest to receive. Returns how many there was room for; where some were lost the
 * guest is told by the overrun error. */
size_t vuart_input(struct vuart *uart, const uint8_t *bytes, size_t size);

/* For how many bytes there is room now. */
static inline size_t vuart_input_room(const struct vuart *uart)
{
	return VUART_BACKLOG - load_relaxed(&uart->rx_count);
}

/* The other side has room again: ends the full FIFO that the guest sees. Spurious calls are
 * harmless. The lock must not be held. */
void vuart_tx_room(struct vuart *uart);

#endif
