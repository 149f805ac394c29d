/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EFI_PRIVATE_H
#define EFI_PRIVATE_H

#include "efi/efi.h"

/* Is the descriptor of whole pages, and of some? Then *range is what it says. */
bool efi_is_sound(const struct efi_memory_descriptor *descriptor, struct boot_range *range);

#endif
