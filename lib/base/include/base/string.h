/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The memory and string functions that the compiler and we need. Freestanding programs get them
 * from string.c (plain loops over 64-bit words and bytes, no FP registers, no unaligned access);
 * host programs from their C library.
 */
#ifndef BASE_STRING_H
#define BASE_STRING_H

#include <stdbool.h>
#include <stddef.h>

#if PLINTH_HOST_BUILD
#include <string.h> /* banned-ok: host builds only */
#else
void *memcpy(void *restrict dst, const void *restrict src, size_t size);
void *memmove(void *dst, const void *src, size_t size);
void *memset(void *dst, int byte, size_t size);
int memcmp(const void *a, const void *b, size_t size);
size_t strlen(const char *s);
size_t strnlen(const char *s, size_t max);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t max);
#endif

/* Copies at most size - 1 bytes and always ends dst with a NUL. Returns false where src was cut.
 * size must not be 0. */
bool str_copy(char *dst, const char *src, size_t size);

#endif
