/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secrets in memory.
 */
#ifndef CRYPTO_BYTES_H
#define CRYPTO_BYTES_H

#include <stdbool.h>
#include <stddef.h>

/* Zeroes memory that nobody reads any more; the compiler keeps the stores. */
void crypto_wipe(void *data, size_t size);

/* Compares in a time that depends on size alone. */
bool crypto_equal(const void *a, const void *b, size_t size);

#endif
