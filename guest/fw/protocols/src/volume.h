/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOLS_VOLUME_H
#define PROTOCOLS_VOLUME_H

#include "uefi/protocols.h"

/* A file system on the FAT volume in [bytes, bytes + size), from the pool; NULL: there is none, or
 * no memory. */
struct efi_file_system *volume_open(const void *bytes, uint64_t size);

#endif
