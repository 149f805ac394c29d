/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the ports' rings to the rows of the terminal. All of it runs under the lock.
 */
#include "console_private.h"

#include "arch/sysreg.h"
#include "base/atomic.h"
#include "base/bits.h"
#include "base/compiler.h"
#include "base/string.h"

/* One call is a step of some 5,000 instructions, for an exit must end, and the timer's may follow a
 * guest's at once: a byte of text takes 13 of them, any other 210 to 350. What it leaves is for the
 * next one. */
#define STEP	   320U /* bytes for the UART */
#define STEP_OTHER 24U	/* what a byte that is no text counts for beside */

STATIC_ASSERT((OUT_SIZE & (OUT_SIZE - 1U)) == 0U, "indices are masked");
STATIC_ASSERT((CONSOLE_RING_SIZE & (CONSOLE_RING_SIZE - 1U)) == 0U, "indices are masked");
STATIC_ASSERT(OUT_MARGIN + LOG_LINE_SIZE < OUT_SIZE / 4U, "a line always fits an idle ring");
STATIC_ASSERT(OUT_MARGIN + STEP < OUT_SIZE / 2U, "a whole step fits where half of it is free");

/* One call of console_drain_locked(). */
struct drain {
	enum show show;
	uint64_t now;
	uint64_t deadline;
	uint32_t end; /* where console.out_put has come to, the step is over */
};

uint32_t console_out_room(void)
{
	return OUT_SIZE - (console.out_put - console.out_taken);
}

static void out_byte(uint8_t byte)
{
	console.out[console.out_put % OUT_SIZE] = byte;
	console.out_put++;
}

/* No copies of it: rows end and begin less often than bytes come. */
NOINLINE static void out_text(const char *text)
{
	for (; *text != '\0'; text++) {
		out_byte((uint8_t)*text);
	}
}

void console_send_locked(void)
{
	const struct console_device *device = console.device;

	while (console.out_put != console.out_taken) {
		uint32_t start = console.out_taken % OUT_SIZE;
		uint32_t size = console.out_put - console.out_taken;
		uint32_t chunk = (uint32_t)min_u64(size, OUT_SIZE - start);
		size_t done = device->write(device->ctx, &console.out[start], chunk);

		console.out_taken += (uint32_t)done;
		if (done < chunk) {
			break;
		}
	}
	bool wants_tx = console.out_put != console.out_taken;

	if (wants_tx != console.wants_tx && device->want_tx != NULL) {
		console.wants_tx = wants_tx;
		device->want_tx(device->ctx, wants_tx);
	}
}

/* Are this port's bytes to pass as they are? */
static bool is_raw(const struct console_port *port)
{
	return port->kind == CONSOLE_PORT_MONITOR ||
	       (port == console.focus && (console.vm_count < 2U || console.alone));
}

NOINLINE static void out_mark(const struct console_port *port)
{
	if (!is_raw(port)) {
		out_text(port->name);
		out_text("| ");
	}
}

void console_end_row_locked(void)
{
	if (console.row != NULL) {
		out_text("\r\n");
		console.row = NULL;
	}
}

/* Makes the last row the port's: with its mark, and what was shown of its line before. */
static void begin_row(struct console_port *port)
{
	if (console.row == port) {
		return;
	}
	console_end_row_locked();
	out_mark(port);
	for (uint32_t i = 0; i < port->shown_count; i++) {
		out_byte(port->shown[i]);
	}
	console.row = port;
}

static void finish_line(struct console_port *port)
{
	port->shown_count = 0;
	port->shown_filter = (struct console_filter){0};
	port->carriage_return = false;
	console.row = NULL;
}

/* Text alone: a sequence that makes the terminal answer must not be sent again. */
static void remember(struct console_port *port, uint8_t byte)
{
	int text = console_filter_byte(&port->shown_filter, byte);

	if (byte == '\b' && port->shown_count != 0U) {
		port->shown_count--;
	} else if (text >= 0 && port->shown_count < CONSOLE_SHOWN_SIZE) {
		port->shown[port->shown_count] = (uint8_t)text;
		port->shown_count++;
	}
}

/* A marked row: a lone carriage return goes back to behind the mark. */
static void show_marked(struct console_port *port, uint8_t byte)
{
	begin_row(port);
	if (byte == '\n') {
		out_text("\r\n");
		finish_line(port);
		return;
	}
	if (port->carriage_return) {
		port->carriage_return = false;
		port->shown_count = 0;
		out_byte('\r');
		out_mark(port);
	}
	if (byte == '\r') {
		port->carriage_return = true;
		return;
	}
	out_byte(byte);
	remember(port, byte);
}

static void show_raw(struct console_port *port, uint8_t byte)
{
	begin_row(port);
	out_byte(byte);
	if (byte == '\n') {
		finish_line(port);
	} else if (byte == '\r') {
		port->shown_count = 0;
	} else {
		remember(port, byte);
	}
}

static void show_byte(struct console_port *port, uint8_t byte)
{
	if (is_raw(port)) {
		show_raw(port, byte);
	} else if (port == console.focus) {
		show_marked(port, byte);
	} else {
		int shown = console_filter_byte(&port->filter, byte);

		if (shown >= 0) {
			show_marked(port, (uint8_t)shown);
		}
	}
}

static uint32_t pending(const struct console_port *port)
{
	/* Pairs with the release in console_port_put(): the bytes are there. */
	return load_acquire(&port->put) - port->taken;
}

/* Complete lines that wait. Never more than the bytes that pending() finds afterwards hold: the
 * producer counts a line after its last byte. A line taken before it is counted makes it -1. */
static int32_t lines_waiting(const struct console_port *port)
{
	/* Pairs with the release in console_port_put(). */
	return (int32_t)(load_acquire(&port->newlines_put) - port->newlines_taken);
}

static bool has_line(const struct console_port *port)
{
	return lines_waiting(port) > 0;
}

static bool is_in_text(const struct console_filter *filter)
{
	return filter->state == 0U && filter->utf8_left == 0U;
}

/* Text in a row that is the port's already: what show_byte() makes of each byte of it, without
 * asking each time. Most of what guests print. At most `max` bytes, and no more than there is room
 * for; returns how many, of which the ring's end may come in between. */
static uint32_t take_text(struct console_port *port, uint32_t max)
{
	uint32_t taken = port->taken;
	const uint8_t *from = &port->ring[taken % CONSOLE_RING_SIZE];
	const uint8_t *next = from;
	uint8_t *to = &console.out[console.out_put % OUT_SIZE];

	if (console.row != port || port->carriage_return || !is_in_text(&port->filter) ||
		!is_in_text(&port->shown_filter)) {
		return 0;
	}
	max = (uint32_t)min_u64(max, CONSOLE_RING_SIZE - taken % CONSOLE_RING_SIZE);
	max = (uint32_t)min_u64(max, OUT_SIZE - console.out_put % OUT_SIZE);
	while (next != from + max) {
		uint32_t byte = *next;

		if (byte - ' ' > '~' - ' ') {
			break;
		}
		*to++ = (uint8_t)byte;
		next++;
	}

	uint32_t count = (uint32_t)(next - from);
	uint32_t shown = (uint32_t)min_u64(count, CONSOLE_SHOWN_SIZE - port->shown_count);

	memcpy(port->shown + port->shown_count, from, shown);
	port->shown_count += shown;
	console.out_put += count;
	/* Pairs with the acquire in console_port_put(): the slots are free again. */
	store_release(&port->taken, taken + count);
	return count;
}

static int32_t left_of(const struct drain *drain)
{
	return (int32_t)(drain->end - console.out_put);
}

/* Takes at most `max` bytes from the ring, up to the end of as many lines, until the step is over.
 * Returns how many. `lines` are looked for first: see lines_waiting(). */
static uint32_t take(struct console_port *port, struct drain *drain, uint32_t max, int32_t lines)
{
	uint32_t left = (uint32_t)min_u64(pending(port), max);
	uint32_t count = left;

	while (left != 0U && lines > 0 && left_of(drain) > 0) {
		uint32_t text = take_text(port, (uint32_t)min_u64(left, (uint32_t)left_of(drain)));
		uint8_t byte;

		left -= text;
		if (text != 0U) {
			continue; /* what comes behind may be being put there */
		}
		byte = port->ring[port->taken % CONSOLE_RING_SIZE];
		show_byte(port, byte);
		drain->end -= STEP_OTHER;
		if (byte == '\n') {
			port->newlines_taken++;
			lines--;
		}
		left--;
		/* Pairs with the acquire in console_port_put(): the slot is free again. */
		store_release(&port->taken, port->taken + 1U);
	}
	return count - left;
}

static void tell_hidden(struct console_port *port)
{
	if (port->hidden != 0U && console_out_room() >= OUT_MARGIN) {
		console_end_row_locked();
		out_text(port->name);
		out_text("| [output not shown]\r\n");
		port->hidden = 0;
	}
}

static void hide(struct console_port *port, struct drain *drain)
{
	uint32_t count = (uint32_t)min_u64(pending(port), (uint32_t)left_of(drain));

	port->hidden += count;
	port->split = 0;
	drain->end -= count;
	for (uint32_t i = 0; i < count; i++) {
		port->newlines_taken += port->ring[port->taken % CONSOLE_RING_SIZE] == '\n';
		store_release(&port->taken, port->taken + 1U);
	}
}

static void drain_focus(struct console_port *port, struct drain *drain)
{
	bool looks = drain->show != SHOW_LINES || console.arm == NULL;

	if (looks) {
		/* Before the look: of what comes after it there is to be another. */
		console_want_attention(port, CONSOLE_PORT_UNSEEN);
	}
	bool all = looks || console_port_is_full(port);

	if (take(port, drain, UINT32_MAX, all ? INT32_MAX : lines_waiting(port)) != 0U) {
		console.row_time = drain->now;
	}
}

/* Of a port's lines so many, or what is shown as one without having an end. */
static void take_lines(struct console_port *port, struct drain *drain, int32_t lines)
{
	if (port->split == 0U) {
		(void)take(port, drain, UINT32_MAX, lines);
		return;
	}
	port->split -= take(port, drain, port->split, INT32_MAX);
	if (port->split == 0U && console.row == port) {
		console_end_row_locked();
		finish_line(port);
	}
}

/* A port without focus: complete lines, or a full ring as a line. Its lines wait while the row
 * in focus is growing, until that has rested for CONSOLE_HOLD_MS. */
static void drain_other(struct console_port *port, struct drain *drain)
{
	bool full = console_port_is_full(port);
	bool hurry = drain->show == SHOW_NOW;

	if (console.alone && !hurry) {
		if (full) {
			hide(port, drain);
		}
		return;
	}
	if (!full && !hurry && !has_line(port) && port->split == 0U) {
		return;
	}
	if (console.row != NULL && console.row != port && !hurry &&
		drain->now - console.row_time < console.hold_ticks) {
		drain->deadline = min_u64(drain->deadline, console.row_time + console.hold_ticks);
		return;
	}
	tell_hidden(port);
	take_lines(port, drain, lines_waiting(port));
	/* A prompt of the monitor that nobody has seen yet is no news. */
	if (port->split == 0U && !has_line(port) &&
		(console_port_is_full(port) || (hurry && port->kind == CONSOLE_PORT_VM))) {
		port->split = pending(port);
		take_lines(port, drain, 0);
	}
}

/* The prompt in focus comes back below what has just been shown between. */
static void restore_row(uint64_t now)
{
	struct console_port *port = console.focus;

	if (console.row == NULL && port != NULL && port->shown_count != 0U &&
		console_out_room() >= OUT_MARGIN) {
		begin_row(port);
		console.row_time = now;
	}
}

static void tell_lost(void)
{
	if (console.log_lost != 0U && console_out_room() >= OUT_MARGIN + LOG_LINE_SIZE) {
		console.log_lost = 0;
		(void)console_line_locked("[lines not shown here are in the log]");
	}
}

/* How many bytes this step may send: whatever comes of the last one must fit. */
static uint32_t step_size(void)
{
	uint32_t room = console_out_room();

	return room < OUT_MARGIN ? 0U : (uint32_t)min_u64(room - OUT_MARGIN, STEP);
}

/* The focus first. But behind a step that left something: the line that it has begun, and then all
 * in turn from the port behind that which it came to, lest one keep the others from their share. */
static void drain_ports(struct drain *drain)
{
	bool goes_on = console.cut;
	uint32_t i = 0;

	if (goes_on && console.row != NULL) {
		take_lines(console.row, drain, has_line(console.row) ? 1 : 0);
	} else if (!goes_on && console.focus != NULL) {
		drain_focus(console.focus, drain);
	}
	for (; i < console.port_count && left_of(drain) > 0; i++) {
		struct console_port *port = console.port[(console.turn + i) % console.port_count];

		if (port != console.focus) {
			drain_other(port, drain);
		} else if (goes_on) {
			drain_focus(port, drain);
		}
	}
	console.turn += i;
}

uint64_t console_drain_locked(enum show show)
{
	struct drain drain = {.show = show, .now = read_cntpct_el0(), .deadline = NEVER};

	if (UNLIKELY(console.out_put != console.out_taken)) {
		console_send_locked(); /* it was behind */
	}
	tell_lost();
	if (console.closed) {
		return drain.deadline;
	}
	drain.end = console.out_put + step_size();
	drain_ports(&drain);
	console.cut = left_of(&drain) <= 0;
	if (LIKELY(!console.cut)) {
		restore_row(drain.now);
	}
	console_send_locked();
	if (UNLIKELY(console.cut) && console_out_room() >= OUT_SIZE / 2U) {
		drain.deadline = min_u64(drain.deadline, drain.now + console.step_ticks);
	} else if (console.out_put != console.out_taken && console.device->want_tx == NULL) {
		drain.deadline = min_u64(drain.deadline, drain.now + console.quiet_ticks);
	}
	return drain.deadline;
}

bool console_line_locked(const char *text)
{
	if (console_out_room() < OUT_MARGIN + strlen(text)) {
		console_send_locked();
	}
	if (console_out_room() < OUT_MARGIN + strlen(text)) {
		return false;
	}
	console_end_row_locked();
	out_text("plinth: ");
	out_text(text);
	out_text("\r\n");
	return true;
}
