/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The small protocols.
 */
#ifndef PROTOCOLS_OTHERS_H
#define PROTOCOLS_OTHERS_H

#include <stdbool.h>
#include <stddef.h>

#include "uefi/protocols.h"

/* The initrd at [base, base + size), as LoadFile2 on the path that Linux's EFI stub looks for. */
efi_status_t initrd_install(uint64_t base, uint64_t size);

/* Takes it away again: for what is booted with an initrd of its own. Nothing where there is none.
 */
void initrd_remove(void);

/* Random numbers (37.5). `fill` writes that many; false: it has none. */
efi_status_t rng_install(bool (*fill)(uint8_t *out, size_t size));

/* DevicePathToText (10.6). */
efi_status_t path_text_install(void);

/* EFI_MEMORY_ATTRIBUTE_PROTOCOL: what loaders ask to be done with their pages. */
efi_status_t memory_attribute_install(void);

#endif
