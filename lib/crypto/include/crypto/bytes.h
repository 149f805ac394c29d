/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secrets in memory.
 */
#ifndef CRYPTO_BYTES_H
#define CRYPTO_BYTES_H

#include <stddef.h>

/* Zeroes memory that nobody reads any more; the compiler keeps the stores. */
void crypto_wipe(void *data, size_t size);

#endif
