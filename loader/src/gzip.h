/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What gzip has around DEFLATE data (RFC 1952). Any bytes are safe.
 */
#ifndef LOADER_GZIP_H
#define LOADER_GZIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GZIP_TRAILER_SIZE 8U

/* Bytes before the DEFLATE data of the member that is `size` bytes long, at most size -
 * GZIP_TRAILER_SIZE; 0: it is none, or its header does not end. Its own CRC, which few have, is not
 * looked at: that of the data is. */
size_t gzip_header_size(const uint8_t *bytes, size_t size);

/* Does the trailer, behind the DEFLATE data, have the CRC and the size of `out`? */
bool gzip_trailer_fits(const uint8_t *bytes, size_t size, const void *out, size_t out_size);

#endif
