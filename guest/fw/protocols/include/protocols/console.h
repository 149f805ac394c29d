/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The console: a serial line with a VT100 terminal of 80 x 25 behind it, as SimpleTextInput, its
 * Ex form, and SimpleTextOutput (UEFI 2.10, 12.2 to 12.4).
 */
#ifndef PROTOCOLS_CONSOLE_H
#define PROTOCOLS_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"
#include "uefi/protocols.h"
#include "uefi/services.h"

#define CONSOLE_COLUMNS 80U
#define CONSOLE_ROWS	25U

/* The line itself; fw/main supplies it, tests a fake. */
void line_write(const uint8_t *bytes, size_t size);
bool line_read(uint8_t *byte);

/* Makes the protocols, installs them on a handle with a device path, and names that in the system
 * table. */
efi_status_t console_install(struct efi_system_table *system);

/* Prints on the terminal: the firmware's own messages, in ASCII; '\n' starts a line. */
void console_print(const char *format, ...) PRINTF_LIKE(1, 2);

/* Takes a key, without waiting; false: there is none. */
bool console_key(struct efi_input_key *key);

/* Waits for a key for at most `time_100ns`; UINT64_MAX: without end. */
bool console_wait_key(struct efi_input_key *key, uint64_t time_100ns);

#endif
