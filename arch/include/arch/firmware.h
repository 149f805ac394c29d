/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls of the machine's UEFI firmware, as C code of the same exception level.
 */
#ifndef ARCH_FIRMWARE_H
#define ARCH_FIRMWARE_H

#include <stdint.h>

#define ARCH_FIRMWARE_ARGS 5U

/* Calls the function at `function` with these arguments; its result. Alignment is not checked
 * meanwhile (UEFI 2.10, 2.3.6). FP registers, which may be a guest's, and all that C expects to
 * stay are as before, whatever it does with them. It runs on this stack and wants 8 KiB of it. */
uint64_t arch_firmware_call(uint64_t function, const uint64_t args[ARCH_FIRMWARE_ARGS]);

#endif
