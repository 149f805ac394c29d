/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the keyboard to the port in focus; the escape key and what follows it.
 */
#include "arch/cpu.h"
#include "base/atomic.h"
#include "base/compiler.h"
#include "base/fmt.h"
#include "console_private.h"

#define BATCH	  16U
#define BATCH_MAX 32U /* for each interrupt */

/* Gives the port in focus some of the bytes; returns how many. The monitor gets one at a time: its
 * command may move the focus, and what was typed behind it is for the new one. */
static size_t deliver_some(const uint8_t *bytes, size_t size)
{
	struct console_port *port;

	lock_take(&console.lock);
	port = console.focus;
	if (port != NULL) {
		fetch_add_relaxed(&port->users, 1U);
	}
	lock_drop(&console.lock);
	if (port == NULL) {
		return size;
	}
	if (port->kind == CONSOLE_PORT_MONITOR) {
		size = 1;
	}
	port->ops->input(port->ctx, bytes, size);
	/* Pairs with the acquire in console_port_remove(). */
	__atomic_fetch_sub(&port->users, 1U, __ATOMIC_RELEASE);
	return size;
}

static void deliver(const uint8_t *bytes, size_t size)
{
	size_t done = 0;

	while (done < size) {
		done += deliver_some(bytes + done, size - done);
	}
}

/* The n-th VM's port (from 0), or NULL. */
static struct console_port *vm_port_locked(uint32_t n)
{
	for (uint32_t i = 0; i < console.port_count; i++) {
		if (console.port[i]->kind != CONSOLE_PORT_VM) {
			continue;
		}
		if (n == 0U) {
			return console.port[i];
		}
		n--;
	}
	return NULL;
}

static struct console_port *next_vm_locked(void)
{
	bool found = false;

	for (uint32_t i = 0; i < console.vm_count; i++) {
		struct console_port *port = vm_port_locked(i);

		if (found) {
			return port;
		}
		found = port == console.focus;
	}
	return vm_port_locked(0);
}

static struct console_port *monitor_locked(void)
{
	for (uint32_t i = 0; i < console.port_count; i++) {
		struct console_port *port = console.port[i];

		if (port->kind == CONSOLE_PORT_MONITOR) {
			return port == console.focus ? console.previous : port;
		}
	}
	return NULL;
}

static void change_focus_locked(struct console_port *port)
{
	char text[CONSOLE_NAME_SIZE + 32U];

	if (port == NULL) {
		(void)console_line_locked("console: no such VM");
		return;
	}
	if (port == console.focus) {
		return;
	}
	fmt_buf(text, sizeof(text), "console of %s (Ctrl-T ? for help)", port->name);
	console_focus_locked(port);
	(void)console_line_locked(text);
}

static void help_locked(void)
{
	static const char *const lines[] = {
		"Ctrl-T and then: 1 to 9 or n: another VM, m: monitor and back,",
		"r: the VM in focus alone and unmarked, on and off, Ctrl-T: itself, ?: this",
	};
	char text[CONSOLE_NAME_SIZE + 32U];

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		(void)console_line_locked(lines[i]);
	}
	for (uint32_t i = 0; i < console.vm_count && i < 9U; i++) {
		const struct console_port *port = vm_port_locked(i);

		fmt_buf(text, sizeof(text), "%u %s%s", i + 1U, port->name,
			port == console.focus ? " (here)" : "");
		(void)console_line_locked(text);
	}
}

static void toggle_alone_locked(void)
{
	console.alone = !console.alone;
	(void)console_line_locked(
		console.alone ? "this VM alone; Ctrl-T r shows all again" : "all VMs are shown");
}

static void command(uint8_t key)
{
	lock_take(&console.lock);
	switch (key) {
	case 'n':
		change_focus_locked(next_vm_locked());
		break;
	case 'm':
		change_focus_locked(monitor_locked());
		break;
	case 'r':
		toggle_alone_locked();
		break;
	case '?':
	case 'h':
		help_locked();
		break;
	default:
		if (key >= '1' && key <= '9') {
			change_focus_locked(vm_port_locked(key - (uint32_t)'1'));
		} else {
			(void)console_line_locked("unknown key; Ctrl-T ? for help");
		}
		break;
	}
	lock_drop(&console.lock);
}

/* Bytes before a command go to the focus before it, bytes after it to the one after. */
static void handle(const uint8_t *bytes, size_t size)
{
	uint8_t passed[BATCH];
	size_t count = 0;

	for (size_t i = 0; i < size; i++) {
		bool escape = bytes[i] == CONSOLE_ESCAPE;

		if (console.escaped && !escape) {
			deliver(passed, count);
			count = 0;
			command(bytes[i]);
		} else if (console.escaped || !escape) {
			passed[count] = bytes[i];
			count++;
		}
		console.escaped = escape && !console.escaped;
	}
	deliver(passed, count);
}

static size_t read_batch(uint8_t bytes[BATCH])
{
	const struct console_device *device = console.device;
	size_t size = 0;

	while (size < BATCH && device->read(device->ctx, &bytes[size])) {
		size++;
	}
	return size;
}

void console_interrupt(void)
{
	uint8_t bytes[BATCH];

	/* One CPU reads, so that bytes keep their order. Another one need not wait: the interrupt
	 * stays up for what the first one misses. */
	if (exchange_acq_rel(&console.reading, 1U) == 0U) {
		for (unsigned i = 0; i < BATCH_MAX; i++) {
			size_t size = read_batch(bytes);

			if (size == 0U) {
				break;
			}
			handle(bytes, size);
		}
		store_release(&console.reading, 0U); /* pairs with the exchange above */
	}
	console_service(SHOW_PARTIAL);
	console_tell_room();
}
