/* SPDX-License-Identifier: Apache-2.0 */
/* CRC-32 of IEEE 802.3, as UEFI's and GPT's tables have it (UEFI 2.10, 4.2). */
#ifndef CRC_CRC_H
#define CRC_CRC_H

#include <stddef.h>
#include <stdint.h>

/* Of more bytes than one call has: `crc` is what the call before gave; 0 at first. */
uint32_t crc32(uint32_t crc, const void *data, size_t size);

#endif
