/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/bytes.h"

#include <stdint.h>

#include "base/string.h"

void crypto_wipe(void *data, size_t size)
{
	memset(data, 0, size);
	/* The compiler must take the zeroes as read. */
	__asm__ volatile("" ::"r"(data) : "memory");
}

bool crypto_equal(const void *a, const void *b, size_t size)
{
	const volatile uint8_t *x = a;
	const volatile uint8_t *y = b;
	uint8_t different = 0;

	for (size_t i = 0; i < size; i++) {
		different |= (uint8_t)(x[i] ^ y[i]);
	}
	return different == 0U;
}
