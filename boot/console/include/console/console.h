/* SPDX-License-Identifier: Apache-2.0 */
/*
 * boot's own messages: lines on a PL011 that the firmware has set up, polled. Before
 * console_init(), and on a machine without a UART that we know, they go nowhere.
 */
#ifndef CONSOLE_CONSOLE_H
#define CONSOLE_CONSOLE_H

#include <stdint.h>

#include "base/compiler.h"

/* regs: the address of a PL011, mapped as device memory or with the MMU off; 0: none. */
void console_init(uintptr_t regs);

/* Prints "plinth: ", the text, and an end of line. Waits for the UART, but not for ever: what it
 * does not take is dropped. */
void console_print(const char *format, ...) PRINTF_LIKE(1, 2);

#endif
