/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small printf: %d %i %u %x %X %c %s %p %%, the lengths l, ll, z, the flags 0, - and #, width
 * and precision as numbers or *. No floating point. An unknown conversion prints itself.
 */
#ifndef BASE_FMT_H
#define BASE_FMT_H

#include <stdarg.h>
#include <stddef.h>

#include "base/compiler.h"

/* Takes one character of the output. */
typedef void fmt_put_fn(void *ctx, char c);

/* Formats into put; returns the number of characters given to it. */
size_t fmt_vprint(fmt_put_fn *put, void *ctx, const char *format, va_list args);

/* Formats into buf, always ending it with a NUL; size must not be 0. Returns the length that the
 * whole text would have had, without the NUL: >= size means that it was cut. */
size_t fmt_vbuf(char *buf, size_t size, const char *format, va_list args);
size_t fmt_buf(char *buf, size_t size, const char *format, ...) PRINTF_LIKE(3, 4);

#endif
