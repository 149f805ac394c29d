/* SPDX-License-Identifier: Apache-2.0 */
#include "libc/libc.h"

#include "base/check.h"

void *memchr(const void *s, int byte, size_t size)
{
	const unsigned char *p = s;

	for (size_t i = 0; i < size; i++) {
		if (p[i] == (unsigned char)byte) {
			return (void *)(uintptr_t)&p[i];
		}
	}
	return NULL;
}

char *strchr(const char *s, int c)
{
	for (;; s++) {
		if (*s == (char)c) {
			return (char *)(uintptr_t)s;
		}
		if (*s == '\0') {
			return NULL;
		}
	}
}

char *strrchr(const char *s, int c)
{
	char *last = NULL;

	for (;; s++) {
		if (*s == (char)c) {
			last = (char *)(uintptr_t)s;
		}
		if (*s == '\0') {
			return last;
		}
	}
}

void *malloc(size_t size)
{
	(void)size;
	return NULL;
}

void free(void *ptr)
{
	(void)ptr;
}

uintptr_t __stack_chk_guard;

void __stack_chk_fail(void)
{
	PANIC("stack overflow");
}
