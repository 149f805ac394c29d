/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The real dtc, for tests: makes devicetrees from text, and finds fault with ours. Fails the test
 * where dtc is not there.
 */
#ifndef DTS_H
#define DTS_H

#include <stddef.h>
#include <stdint.h>

/* The blob of a source text, malloc()ed at its exact size. */
uint8_t *dts_compile(const char *text, size_t *size);

/* The source of a blob, malloc()ed. Fails the test where dtc warns of anything. */
char *dts_decompile(const void *dtb, size_t size);

#endif
