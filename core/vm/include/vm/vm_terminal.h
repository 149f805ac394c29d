/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A VM's UART and the port of the console behind it, and how most bytes get from the one into the
 * other: as by vuart_write() and vm_uart_ops, for the usual byte in the usual state without a call.
 */
#ifndef VM_VM_TERMINAL_H
#define VM_VM_TERMINAL_H

#include <stdint.h>

#include "base/compiler.h"
#include "console/console.h"
#include "lock/lock.h"
#include "vuart/vuart.h"

struct vm_terminal {
	struct vuart uart;
	struct console_port port;
};

/* A byte that was written to DR. NOT: nothing is done, vuart_write() is to be called. ATTEND: sent,
 * and vm_terminal_attend() is to be called: it has the UART's lock to drop. */
static inline enum console_quick vm_terminal_send(struct vm_terminal *terminal, uint8_t byte)
{
	enum console_quick done = CONSOLE_QUICK_NOT;

	if (UNLIKELY(!lock_try_quickly(&terminal->uart.lock))) {
		return done;
	}
	if (LIKELY(vuart_sends_plainly(&terminal->uart))) {
		done = console_port_put_quickly(&terminal->port, byte);
	}
	if (LIKELY(done != CONSOLE_QUICK_ATTEND)) {
		lock_drop_quickly(&terminal->uart.lock);
	}
	return done;
}

void vm_terminal_attend(struct vm_terminal *terminal);

#endif
