/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Another EFI application as boot's next stage: the firmware loads it from memory and starts it,
 * with its boot services still running.
 */
#ifndef EFI_EFI_NEXT_H
#define EFI_EFI_NEXT_H

#include "efi/efi.h"

struct efi_next {
	struct boot_range image;
	struct boot_range initrd; /* size 0: none is offered */
	const char *options;	  /* its load options, at most BOOT_CMDLINE_SIZE with the NUL */
};

/* Returns where the next stage does: with its status, or with why it could not be started; both
 * are printed. While it runs, LoadFile2 gives next->initrd to whoever asks, in place of an initrd
 * that was for us. */
efi_status_t efi_start_next(const struct efi *efi, const struct efi_next *next);

#endif
