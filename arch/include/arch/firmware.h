/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls of the machine's UEFI firmware, as C code of the same exception level.
 */
#ifndef ARCH_FIRMWARE_H
#define ARCH_FIRMWARE_H

#include <stdbool.h>
#include <stdint.h>

#define ARCH_FIRMWARE_ARGS 5U

/*
 * Calls the function at `function` with these arguments; *status is its result. Alignment is not
 * checked meanwhile (UEFI 2.10, 2.3.6). FP registers, which may be a guest's, and all that C
 * expects to stay are as before, whatever it does with them. It runs on this stack and wants 8 KiB
 * of it.
 *
 * Meanwhile *frame is not 0: whoever handles an exception that it takes may, with that value in x0
 * and interrupts masked, go on at arch_firmware_fault on the same CPU. Then the call returns false,
 * with *status as it was.
 */
bool arch_firmware_call(uint64_t function, const uint64_t args[ARCH_FIRMWARE_ARGS], uint64_t *frame,
	uint64_t *status);

extern const char arch_firmware_fault[];

#endif
