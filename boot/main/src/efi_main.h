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

#endif
