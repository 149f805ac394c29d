/* SPDX-License-Identifier: Apache-2.0 */
/* CRC-32 of IEEE 802.3, as UEFI's and GPT's tables have it (UEFI 2.10, 4.2). */
#ifndef CRC_CRC_H
#define CRC_CRC_H

#include <stddef.h>
#include <stdint.h>

#include "crc/ieee.h"

static inline uint32_t crc32(uint32_t crc, const void *data, size_t size)
{
	return crc_ieee(crc, data, size);
}

#endif
