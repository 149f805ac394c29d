/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EFI_EFI_FILE_H
#define EFI_EFI_FILE_H

#include "efi/efi.h"

/* Bundles start where a kernel in them, packed at 2 MiB, can be used in place. */
#define BUNDLE_ALIGN (UINT64_C(2) << 20)

/* Loads a file of the volume that we were started from into *bundle; path is not empty. ENOENT:
 * no such file, or no volume. EINVAL, ENOMEM: as efi_load_bundle() says, printed. */
enum plinth_status efi_file_load(
	const struct efi *efi, const char *path, struct boot_range *bundle);

#endif
