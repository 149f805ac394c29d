/* SPDX-License-Identifier: Apache-2.0 */
/*
 * boot's life under UEFI's boot services; efi_head.S is around it.
 */
#ifndef MAIN_EFI_MAIN_H
#define MAIN_EFI_MAIN_H

#include <stdint.h>

#include "base/compiler.h"
#include "efi/efi.h"

/* From efi_start, on the firmware's stack. Returns only where boot has to give up while the
 * firmware can still go on: the reason is on its console. */
efi_status_t boot_efi_main(
	efi_handle_t image, struct efi_system_table *system, uint64_t start_count);

/* efi_head.S: leaves the firmware's address space and stack for boot_main(0, start_count, start).
 * The boot services have ended; at EL2; start lies in our image. */
NORETURN void boot_efi_leave(const struct efi_start *start, uint64_t start_count);

#endif
