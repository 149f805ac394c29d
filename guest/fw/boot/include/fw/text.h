/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UEFI's text: 16-bit characters up to a NUL.
 */
#ifndef FW_TEXT_H
#define FW_TEXT_H

#include "abi/efi.h"

/* Characters before the NUL. */
uint64_t text_length(const efi_char_t *text);

/* Characters before the NUL, at most `max`. */
uint64_t text_length_max(const efi_char_t *text, uint64_t max);

/* ASCII upper and lower case count as the same. */
efi_char_t text_upper(efi_char_t c);

/* ASCII into UEFI's; never more than `size` characters with the NUL; size must not be 0. */
void text_from_ascii(efi_char_t *out, uint64_t size, const char *ascii);

/* And back; what is not printable ASCII is a '?'. */
void text_to_ascii(char *out, uint64_t size, const efi_char_t *text, uint64_t length);

/* A copy from the pool; NULL: no memory. */
efi_char_t *text_copy(const efi_char_t *text);
efi_char_t *text_copy_ascii(const char *ascii);

/* Writes one character in UTF-8; returns its bytes, 1 to 3. */
uint32_t text_to_utf8(efi_char_t c, uint8_t out[3]);

/* The CRC32 of EFI's tables and of GPT (7.5.1). */
uint32_t fw_crc32(const void *data, uint64_t size);

#endif
