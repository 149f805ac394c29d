/* SPDX-License-Identifier: Apache-2.0 */
/* CRC-32 of IEEE 802.3 under a name that no other library has: zlib has a crc32(), too. */
#ifndef CRC_IEEE_H
#define CRC_IEEE_H

#include <stddef.h>
#include <stdint.h>

/* Of more bytes than one call has: `crc` is what the call before gave; 0 at first. */
uint32_t crc_ieee(uint32_t crc, const void *data, size_t size);

#endif
