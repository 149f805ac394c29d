/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One UART for everybody. Each VM has a port; so has the monitor. docs/design/console.md has the
 * rules; in short:
 * - One VM port alone: its bytes pass as they are.
 * - Several: lines come whole, each marked "NAME| ". The port in focus shows an unfinished line
 *   (a prompt) after CONSOLE_QUIET_MS; where another's line must come between, its text is shown
 *   again.
 *   Lines of ports without focus lose their escape sequences.
 * - Input goes to the port in focus. CONSOLE_ESCAPE (Ctrl-T) and then a key is for the console:
 *   1 to 9 and n change the focus, m is the monitor, r shows the VM in focus alone and unmarked,
 *   ? helps, Ctrl-T sends itself.
 * - A port whose ring is full says so: its guest waits, nobody else does. EL2 never waits for the
 *   UART, save in console_flush(), console_port_wait() and panics, bounded.
 *
 * Locks: LOCK_RANK_CONSOLE_OUT (ports, focus, rows, the UART's sending half). The receiving half
 * belongs to whoever entered console_interrupt() first. Ports' ops are called with no lock held.
 */
#ifndef CONSOLE_CONSOLE_H
#define CONSOLE_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/atomic.h"
#include "base/compiler.h"
#include "log/log.h"

#define CONSOLE_ESCAPE	   0x14U /* Ctrl-T: QEMU has Ctrl-A, telnet Ctrl-], shells the others */
#define CONSOLE_PORT_MAX   257U	 /* VMs and the monitor */
#define CONSOLE_NAME_SIZE  32U	 /* with the NUL */
#define CONSOLE_RING_SIZE  2048U /* a power of 2; longer lines are split */
#define CONSOLE_SHOWN_SIZE 160U	 /* of an unfinished line, to show it again */
#define CONSOLE_QUIET_MS   5U
#define CONSOLE_HOLD_MS	   100U /* an unfinished line as old as this may be interrupted */

/* The UART. Never called by two CPUs at once, save read beside write. */
struct console_device {
	size_t (*write)(void *ctx, const uint8_t *bytes, size_t size); /* what fits, no waiting */
	bool (*read)(void *ctx, uint8_t *byte);
	void (*want_tx)(void *ctx, bool on); /* interrupt when there is room to write; or NULL */
	bool (*drain)(void *ctx);	     /* bounded wait until the last bit is out */
	void *ctx;
};

/* Call console_timer() when CNTPCT_EL0 has reached `deadline`. One call at a time, with locks up to
 * LOCK_RANK_CONSOLE_IN held. Asked again with an earlier deadline, both or the earlier one may
 * come. NULL: unfinished lines are shown at once, and room() is called by console_interrupt()
 * alone. */
typedef void console_arm_fn(uint64_t deadline);

struct console_port_ops {
	void (*input)(void *ctx, const uint8_t *bytes, size_t size);
	void (*room)(void *ctx); /* console_port_put() has answered false, now there is room */
	/* There is output since console_port_read() got less than it had room for; by
	 * console_port_put(), with its caller's locks. May be NULL. */
	void (*output)(void *ctx);
};

/* What the next byte is to bring about beside its being shown some time: ops->output(), since a
 * reader waits; console_arm_fn, since the port has the focus, and no look at it is to come. */
#define CONSOLE_PORT_WATCHED 1U
#define CONSOLE_PORT_UNSEEN  2U

enum console_port_kind { CONSOLE_PORT_VM, CONSOLE_PORT_MONITOR };

/* Filter that takes control sequences out of what a VM without focus prints. */
struct console_filter {
	uint8_t state;
	uint8_t utf8_left;
};

struct console_port {
	/* One producer (the caller of console_port_put), one consumer (holder of the lock). First
	 * what each byte needs. */
	uint32_t put;
	uint32_t quick_end; /* the producer's: up to here the ring is known to be half empty */
	uint32_t attention; /* CONSOLE_PORT_WATCHED and the like; atomic */
	uint32_t taken;
	uint32_t newlines_put;
	uint32_t newlines_taken;
	uint32_t wants_room;
	uint32_t users; /* running calls of ops; console_port_remove() waits for them */
	char name[CONSOLE_NAME_SIZE];
	enum console_port_kind kind;
	const struct console_port_ops *ops;
	void *ctx;
	/* Under CONSOLE_OUT */
	struct console_filter filter;
	struct console_filter shown_filter;
	bool carriage_return; /* the last byte taken */
	uint32_t shown_count;
	uint32_t split;	 /* so many bytes are shown as a line, though there is no end in them */
	uint64_t hidden; /* bytes not shown while another VM had the terminal alone */
	uint8_t shown[CONSOLE_SHOWN_SIZE];
	uint8_t ring[CONSOLE_RING_SIZE];
};

/* Once, on the boot CPU, before any port. console_log() and console_panic_write() may come earlier
 * and then do nothing. */
void console_init(const struct console_device *device, console_arm_fn *arm);

/* Adds a port; the first VM port gets the focus. name is cut to CONSOLE_NAME_SIZE - 1. The struct
 * stays the caller's, and must stay until console_port_remove(). PLINTH_CHECK: at most
 * CONSOLE_PORT_MAX. Escape-key numbers are given in the order of adding. */
void console_port_add(struct console_port *port, enum console_port_kind kind, const char *name,
	const struct console_port_ops *ops, void *ctx);

/* One step of showing what is left of a port that nobody puts to any more. True: all is shown, or
 * will not be, since the UART is behind. */
bool console_port_show_rest(struct console_port *port);

/* Moves the focus on, waits for a running input() of the port. What is left in its ring is lost. */
void console_port_remove(struct console_port *port);

/* Takes one byte; false: took it, but now the ring is full, and room() will be called. One caller
 * at a time for each port. A byte put into a full ring is lost: ask console_port_has_room(). */
bool console_port_put(struct console_port *port, uint8_t byte);

/* console_port_put() of a byte into a ring that is half empty: most of them, and a guest waits for
 * each. NOT: nothing is done, and that is to be called. ATTEND: taken, and console_port_attend() is
 * to be called. Both by the same caller. */
enum console_quick { CONSOLE_QUICK_NOT, CONSOLE_QUICK_TAKEN, CONSOLE_QUICK_ATTEND };
static inline enum console_quick console_port_put_quickly(struct console_port *port, uint8_t byte)
{
	uint32_t put = port->put;

	if (UNLIKELY(put == port->quick_end)) {
		return CONSOLE_QUICK_NOT;
	}
	store_relaxed(&port->ring[put % CONSOLE_RING_SIZE], byte);
	/* Ordered before the look: either who wants attention sees the byte, or we see that.
	 * Pairs with the acquire in console_out.c, too. */
	__atomic_store_n(&port->put, put + 1U, __ATOMIC_SEQ_CST);
	if (UNLIKELY(__atomic_load_n(&port->attention, __ATOMIC_SEQ_CST) != 0U || byte == '\n')) {
		return CONSOLE_QUICK_ATTEND;
	}
	return CONSOLE_QUICK_TAKEN;
}
void console_port_attend(struct console_port *port);

/* Ends an unfinished line: what follows has nothing to do with it, such as a VM's next life. As the
 * caller of console_port_put(). */
void console_port_end_line(struct console_port *port);

/* Copies output, whoever else it is shown to: at most `max` bytes from position *from on, of which
 * the ring still has the last CONSOLE_RING_SIZE - 1. *from becomes the position after them, *lost
 * how many bytes before them are gone. Positions count bytes modulo 2^32, the first is 0. Any CPU.
 */
size_t console_port_read(
	struct console_port *port, uint32_t *from, uint8_t *buf, size_t max, uint32_t *lost);

/* Tries to send first. */
bool console_port_has_room(struct console_port *port);

/* Waits, bounded, for room; false: the UART is stuck. For the monitor. */
bool console_port_wait(struct console_port *port);

/* Puts the port in focus; false: it has not been added. */
bool console_focus(struct console_port *port);

/* The UART interrupts, or its receive side is polled: reads what is there and passes it on, sends
 * what waits. No lock may be held. */
void console_interrupt(void);

/* The deadline of console_arm_fn has come. No lock may be held. */
void console_timer(void);

/* log_sink_fn: one line, marked "plinth: ". The caller may hold any lock but LOCK_RANK_CONSOLE_OUT
 * and LOCK_RANK_LOG. */
void console_log(enum log_level level, const char *line);

/* Sends all complete lines and waits, bounded, until they are out: before power-off. */
void console_flush(void);

/* Shows what the ports have, unfinished lines too, and from now on nothing more of them: what
 * console_log() says afterwards is the last. */
void console_close(void);

/* For panics: takes no lock, waits bounded, formats nothing. */
void console_panic_write(const char *text);

#endif
