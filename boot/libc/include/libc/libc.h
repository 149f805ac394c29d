/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What libfdt and zlib want of a C library beyond lib/base's string.c.
 */
#ifndef LIBC_LIBC_H
#define LIBC_LIBC_H

#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"

void *memchr(const void *s, int byte, size_t size);
char *strchr(const char *s, int c);
char *strrchr(const char *s, int c);

/* zlib's own allocator names them; whoever inflates gives zlib another one. Always NULL. */
void *malloc(size_t size);
void free(void *ptr);

/* head.S seeds the guard, main mixes the firmware's entropy in. */
extern uintptr_t __stack_chk_guard;
NORETURN void __stack_chk_fail(void);

#endif
