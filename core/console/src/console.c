/* SPDX-License-Identifier: Apache-2.0 */
#include "console/console.h"

#include "arch/cpu.h"
#include "arch/sysreg.h"
#include "base/atomic.h"
#include "base/bits.h"
#include "base/check.h"
#include "base/compiler.h"
#include "base/string.h"
#include "console_private.h"

#define HALF	      (CONSOLE_RING_SIZE / 2U)
#define STEPS_PER_SEC 6400U /* two megabytes of text; whose CPU's time they are is chance */

struct console console;

/* A store that a later load of the same thread can't overtake: STLR before LDAR. */
#define store_ordered(ptr, v) __atomic_store_n((ptr), (v), __ATOMIC_SEQ_CST)
#define load_ordered(ptr)     __atomic_load_n((ptr), __ATOMIC_SEQ_CST)

void console_init(const struct console_device *device, console_arm_fn *arm)
{
	console = (struct console){.device = device, .arm = arm, .armed = NEVER, .owed = NEVER};
	console.quiet_ticks = read_cntfrq_el0() * CONSOLE_QUIET_MS / 1000U;
	console.hold_ticks = read_cntfrq_el0() * CONSOLE_HOLD_MS / 1000U;
	console.step_ticks = read_cntfrq_el0() / STEPS_PER_SEC;
	lock_init(&console.lock, LOCK_RANK_CONSOLE_OUT);
	lock_init(&console.arm_lock, LOCK_RANK_CONSOLE_IN);
}

/* Asks for console_timer() at `deadline`, unless it comes sooner anyway. */
static void arm(uint64_t deadline)
{
	if (console.arm == NULL || deadline >= load_ordered(&console.armed)) {
		return;
	}
	lock_take(&console.arm_lock);
	if (deadline < load_ordered(&console.armed)) {
		store_ordered(&console.armed, deadline);
		console.arm(deadline);
	}
	lock_drop(&console.arm_lock);
}

NOINLINE void console_want_attention(struct console_port *port, uint32_t why)
{
	__atomic_fetch_or(&port->attention, why, __ATOMIC_SEQ_CST);
}

static bool room_is_due(void)
{
	for (uint32_t i = 0; i < console.port_count; i++) {
		const struct console_port *port = console.port[i];

		if (load_relaxed(&port->wants_room) != 0U && !console_port_is_full(port)) {
			return true;
		}
	}
	return false;
}

/* Returns when to come again. */
static uint64_t serve_locked(enum show show)
{
	uint64_t deadline = min_u64(console_drain_locked(show), console.owed);

	/* Told by console_timer(), where no lock is held. */
	return room_is_due() ? 0U : deadline;
}

static uint64_t soon(void)
{
	return read_cntpct_el0() + console.step_ticks;
}

/* Nobody waits for the UART of somebody else, nor works for two: the CPU that finds the lock taken
 * comes again soon. */
static uint64_t serve(enum show show)
{
	uint64_t deadline;

	if (!lock_try(&console.lock)) {
		return soon();
	}
	deadline = serve_locked(show);
	console.owed = NEVER;
	lock_drop(&console.lock);
	return deadline;
}

void console_service(enum show show)
{
	arm(serve(show));
}

static uint32_t used(const struct console_port *port)
{
	/* Pairs with the releases of `taken` in console_out.c: the slots are free. */
	return load_relaxed(&port->put) - load_acquire(&port->taken);
}

bool console_port_is_full(const struct console_port *port)
{
	return used(port) >= CONSOLE_RING_SIZE;
}

/* An unfinished line shall be shown soon, if somebody looks at it. */
static void arm_quiet(const struct console_port *port)
{
	if (port != load_relaxed(&console.focus)) {
		return;
	}
	if (console.arm == NULL) {
		console_service(SHOW_PARTIAL);
		return;
	}
	arm(read_cntpct_el0() + console.quiet_ticks);
}

static void heed(struct console_port *port, uint32_t attention)
{
	/* Pairs with who wants it: what was stored before is seen, such as the focus, or that
	 * nothing is armed. */
	attention &= fetch_and_acq_rel(&port->attention, ~attention);
	if ((attention & CONSOLE_PORT_WATCHED) != 0U && port->ops->output != NULL) {
		port->ops->output(port->ctx);
	}
	if ((attention & CONSOLE_PORT_UNSEEN) != 0U) {
		arm_quiet(port);
	}
}

void console_port_attend(struct console_port *port)
{
	bool ends_line = port->ring[(port->put - 1U) % CONSOLE_RING_SIZE] == '\n';

	/* Of an unfinished line alone there is something unseen. */
	heed(port, CONSOLE_PORT_WATCHED | (ends_line ? 0U : CONSOLE_PORT_UNSEEN));
	if (ends_line) {
		/* Pairs with the acquire in lines_waiting(). */
		store_release(&port->newlines_put, port->newlines_put + 1U);
	}
	if (ends_line || used(port) > HALF) {
		console_service(SHOW_LINES);
	}
	port->quick_end = port->put + HALF - (uint32_t)min_u64(used(port), HALF);
}

bool console_port_put(struct console_port *port, uint8_t byte)
{
	uint32_t put = port->put;

	if (console_port_is_full(port)) {
		return false;
	}
	store_relaxed(&port->ring[put % CONSOLE_RING_SIZE], byte);
	/* Ordered as in console_port_put_quickly(). */
	store_ordered(&port->put, put + 1U);
	console_port_attend(port);
	if (console_port_is_full(port)) {
		store_ordered(&port->wants_room, 1U);
		arm(soon()); /* who makes room meanwhile may not have seen that it is wanted */
	}
	return !console_port_is_full(port);
}

size_t console_port_read(
	struct console_port *port, uint32_t *from, uint8_t *buf, size_t max, uint32_t *lost)
{
	const uint32_t kept = CONSOLE_RING_SIZE - 1U; /* the next byte may be on its way */
	size_t count = 0;

	/* Before the look at `put`: either we see a byte, or its producer sees this. */
	console_want_attention(port, CONSOLE_PORT_WATCHED);
	uint32_t put = load_ordered(&port->put);
	uint32_t behind = put - *from;
	uint32_t at = behind <= kept ? *from : put - kept;

	*lost = behind <= kept ? 0U : behind - kept;
	if (behind > UINT32_MAX / 2U) {
		at = put; /* not there yet */
		*lost = 0;
	}
	for (; at != put && count < max; at++, count++) {
		buf[count] = load_relaxed(&port->ring[at % CONSOLE_RING_SIZE]);
	}
	*from = at;
	/* What the producer has gone over meanwhile is not what was there. */
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	uint32_t oldest = load_relaxed(&port->put) - kept;
	uint32_t first = at - (uint32_t)count;

	if (count != 0U && (int32_t)(oldest - first) > 0) {
		size_t gone = min_u64(oldest - first, count);

		memmove(buf, buf + gone, count - gone);
		*lost += (uint32_t)gone;
		count -= gone;
	}
	return count;
}

void console_port_end_line(struct console_port *port)
{
	uint32_t put = port->put;

	if (put != 0U && port->ring[(put - 1U) % CONSOLE_RING_SIZE] != '\n') {
		(void)console_port_put(port, '\r');
		(void)console_port_put(port, '\n');
	}
}

bool console_port_has_room(struct console_port *port)
{
	if (console_port_is_full(port)) {
		console_service(SHOW_LINES);
	}
	return !console_port_is_full(port);
}

bool console_port_wait(struct console_port *port)
{
	for (unsigned i = 0; i < WAIT_POLLS; i++) {
		if (console_port_has_room(port)) {
			return true;
		}
		arch_yield();
	}
	return false;
}

static struct console_port *next_waiting(uint32_t *index)
{
	struct console_port *found = NULL;

	lock_take(&console.lock);
	while (*index < console.port_count && found == NULL) {
		struct console_port *port = console.port[*index];

		if (!console_port_is_full(port) && exchange_acq_rel(&port->wants_room, 0U) != 0U) {
			fetch_add_relaxed(&port->users, 1U);
			found = port;
		}
		(*index)++;
	}
	lock_drop(&console.lock);
	return found;
}

void console_tell_room(void)
{
	uint32_t index = 0;
	struct console_port *port;

	while ((port = next_waiting(&index)) != NULL) {
		if (port->ops->room != NULL) {
			port->ops->room(port->ctx);
		}
		/* Pairs with the acquire in console_port_remove(). */
		__atomic_fetch_sub(&port->users, 1U, __ATOMIC_RELEASE);
	}
}

void console_timer(void)
{
	store_ordered(&console.armed, NEVER);
	console_service(SHOW_PARTIAL);
	console_tell_room();
}

void console_focus_locked(struct console_port *port)
{
	if (console.focus != NULL) {
		console.focus->filter = (struct console_filter){0};
	}
	if (port != NULL && port->kind == CONSOLE_PORT_MONITOR && console.focus != port) {
		console.previous = console.focus;
	}
	store_relaxed(&console.focus, port);
	if (port != NULL) {
		port->split = 0;
		console_want_attention(port, CONSOLE_PORT_UNSEEN);
	}
}

bool console_focus(struct console_port *port)
{
	bool found = false;

	lock_take(&console.lock);
	for (uint32_t i = 0; i < console.port_count; i++) {
		found = found || console.port[i] == port;
	}
	if (found) {
		console_focus_locked(port);
	}
	lock_drop(&console.lock);
	console_service(SHOW_PARTIAL);
	return found;
}

void console_port_add(struct console_port *port, enum console_port_kind kind, const char *name,
	const struct console_port_ops *ops, void *ctx)
{
	*port = (struct console_port){.kind = kind, .ops = ops, .ctx = ctx};
	(void)str_copy(port->name, name, sizeof(port->name));
	lock_take(&console.lock);
	PLINTH_CHECK(console.port_count < CONSOLE_PORT_MAX);
	console.port[console.port_count] = port;
	console.port_count++;
	if (kind == CONSOLE_PORT_VM) {
		store_relaxed(&console.vm_count, console.vm_count + 1U);
		if (console.focus == NULL) {
			console_focus_locked(port);
		}
	}
	lock_drop(&console.lock);
}

static struct console_port *another_vm(void)
{
	for (uint32_t i = 0; i < console.port_count; i++) {
		if (console.port[i]->kind == CONSOLE_PORT_VM) {
			return console.port[i];
		}
	}
	return NULL;
}

static void forget_locked(struct console_port *port)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < console.port_count; i++) {
		if (console.port[i] != port) {
			console.port[kept] = console.port[i];
			kept++;
		}
	}
	if (kept != console.port_count && port->kind == CONSOLE_PORT_VM) {
		store_relaxed(&console.vm_count, console.vm_count - 1U);
	}
	console.port_count = kept;
	if (console.row == port) {
		console_end_row_locked();
	}
	if (console.previous == port) {
		console.previous = NULL;
	}
	if (console.focus == port) {
		console.alone = false;
		console_focus_locked(another_vm());
	}
}

bool console_port_show_rest(struct console_port *port)
{
	bool is_done;

	lock_take(&console.lock);
	if (port->put != port->taken) {
		(void)console_drain_locked(SHOW_NOW);
	}
	/* Nobody waits for a UART that is behind. */
	is_done = port->put == port->taken || console.closed || console_out_room() < OUT_MARGIN;
	lock_drop(&console.lock);
	return is_done;
}

void console_port_remove(struct console_port *port)
{
	lock_take(&console.lock);
	forget_locked(port);
	console_send_locked();
	lock_drop(&console.lock);
	/* Pairs with the releases where users falls. No new one comes: it is in no list. */
	while (load_acquire(&port->users) != 0U) {
		arch_yield();
	}
}

/* The lock is held while this waits: lines of Plinth come before lines of guests. */
static bool line_with_patience(const char *text)
{
	for (unsigned i = 0; i < WAIT_POLLS; i++) {
		if (console_line_locked(text)) {
			return true;
		}
		arch_yield();
	}
	return false;
}

void console_log(enum log_level level, const char *line)
{
	(void)level;
	if (console.device == NULL) {
		return; /* the log keeps it */
	}
	lock_take(&console.lock);
	/* After one line has waited in vain, the next ones don't: the UART is stuck. */
	if (console.log_lost != 0U ? !console_line_locked(line) : !line_with_patience(line)) {
		console.log_lost++;
	}
	/* The row in focus comes back. The caller may hold any lock, so the timer must wait for
	 * the next one who serves. */
	console.owed = serve_locked(SHOW_LINES);
	lock_drop(&console.lock);
}

void console_flush(void)
{
	lock_take(&console.lock);
	for (unsigned i = 0; i < WAIT_POLLS; i++) {
		if (console_drain_locked(SHOW_NOW) == NEVER &&
			console.out_put == console.out_taken) {
			break;
		}
		arch_yield();
	}
	lock_drop(&console.lock);
	(void)console.device->drain(console.device->ctx);
}

void console_close(void)
{
	console_flush();
	lock_take(&console.lock);
	console_end_row_locked();
	console_send_locked();
	console.closed = true;
	lock_drop(&console.lock);
}

static void panic_byte(uint8_t byte)
{
	const struct console_device *device = console.device;

	for (unsigned i = 0; i < WAIT_POLLS && device->write(device->ctx, &byte, 1) == 0U; i++) {
		arch_yield();
	}
}

void console_panic_write(const char *text)
{
	if (console.device == NULL) {
		return;
	}
	for (; *text != '\0'; text++) {
		if (*text == '\n') {
			panic_byte('\r');
		}
		panic_byte((uint8_t)*text);
	}
}
