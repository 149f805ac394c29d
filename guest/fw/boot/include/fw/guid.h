/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FW_GUID_H
#define FW_GUID_H

#include <stdbool.h>

#include "abi/efi.h"
#include "base/string.h"
#include "uefi/guids.h"

static inline bool fw_same_guid(const struct efi_guid *a, const struct efi_guid *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

#endif
