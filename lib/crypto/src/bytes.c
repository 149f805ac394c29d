/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/bytes.h"

#include "base/string.h"

void crypto_wipe(void *data, size_t size)
{
	memset(data, 0, size);
	/* The compiler must take the zeroes as read. */
	__asm__ volatile("" ::"r"(data) : "memory");
}
