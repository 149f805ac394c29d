/* SPDX-License-Identifier: Apache-2.0 */
#include "fw/text.h"

uint64_t text_length_max(const efi_char_t *text, uint64_t max)
{
	uint64_t length = 0;

	while (length < max && text[length] != 0U) {
		length++;
	}
	return length;
}

uint64_t text_length(const efi_char_t *text)
{
	return text_length_max(text, UINT64_MAX);
}

efi_char_t text_upper(efi_char_t c)
{
	return c >= 'a' && c <= 'z' ? (efi_char_t)(c - 'a' + 'A') : c;
}

void text_from_ascii(efi_char_t *out, uint64_t size, const char *ascii)
{
	uint64_t i = 0;

	for (; i + 1U < size && ascii[i] != '\0'; i++) {
		out[i] = (uint8_t)ascii[i];
	}
	out[i] = 0;
}

void text_to_ascii(char *out, uint64_t size, const efi_char_t *text, uint64_t length)
{
	uint64_t i = 0;

	for (; i + 1U < size && i < length && text[i] != 0U; i++) {
		out[i] = text[i] >= ' ' && text[i] < 0x7fU ? (char)text[i] : '?';
	}
	out[i] = '\0';
}

uint32_t text_to_utf8(efi_char_t c, uint8_t out[3])
{
	if (c < 0x80U) {
		out[0] = (uint8_t)c;
		return 1;
	}
	if (c < 0x800U) {
		out[0] = (uint8_t)(0xc0U | c >> 6);
		out[1] = 0x80U | (c & 0x3fU);
		return 2;
	}
	out[0] = (uint8_t)(0xe0U | c >> 12);
	out[1] = 0x80U | (c >> 6 & 0x3fU);
	out[2] = 0x80U | (c & 0x3fU);
	return 3;
}

/* Four bits a step: the table is the remainders of the sixteen values. */
uint32_t fw_crc32(const void *data, uint64_t size)
{
	static const uint32_t remainder[16] = {0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac,
		0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8,
		0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c};
	const uint8_t *bytes = data;
	uint32_t crc = UINT32_MAX;

	for (uint64_t i = 0; i < size; i++) {
		crc ^= bytes[i];
		crc = crc >> 4 ^ remainder[crc & 0xfU];
		crc = crc >> 4 ^ remainder[crc & 0xfU];
	}
	return ~crc;
}
