/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the boot services need of the machine below them. The firmware supplies it (fw/main); tests
 * have a fake.
 */
#ifndef FW_PLATFORM_H
#define FW_PLATFORM_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/efi.h"

enum fw_access {
	FW_ACCESS_RW,  /* never executed: what all memory is that nobody asked otherwise for */
	FW_ACCESS_RX,  /* never written */
	FW_ACCESS_RO,  /* neither */
	FW_ACCESS_RWX, /* of loaders that write their code themselves */
	FW_ACCESS_NONE,
};

/* Time since some moment, in units of 100 ns; never goes back. */
uint64_t platform_time(void);

/* Waits a little, or until something happened; returns at once where that is not possible. */
void platform_idle(void);

/* Changes what may be done with whole pages of RAM. EFI_OUT_OF_RESOURCES: a part was changed. */
efi_status_t platform_protect(uint64_t base, uint64_t size, enum fw_access access);

/* What may be done with the page at `address`; false: it is no RAM. */
bool platform_access(uint64_t address, enum fw_access *access);

/* Makes code that was just stored there executable as it is (caches). */
void platform_publish_code(const void *base, uint64_t size);

/* Calls entry(image, system) on this stack; platform_leave() out of it makes it return. */
struct platform_frame {
	uint64_t registers[22]; /* x19 to x30, sp, d8 to d15 */
};
efi_status_t platform_enter(
	struct platform_frame *frame, uint64_t entry, efi_handle_t image, void *system);
void platform_leave(struct platform_frame *frame, efi_status_t status) __attribute__((noreturn));

#endif
