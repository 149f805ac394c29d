/* SPDX-License-Identifier: Apache-2.0 */
/* Load options: UCS-2 at any alignment, from whoever wrote the boot entry. */
#include "base/string.h"
#include "efi/efi.h"

#define BUNDLE_WORD "bundle="

/* Character i of the text; 0 at its end. */
static uint32_t char_at(const uint8_t *text, uint64_t count, uint64_t i)
{
	return i < count ? (uint32_t)(text[2U * i] | text[2U * i + 1U] << 8) : 0U;
}

static bool is_blank(uint32_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_text(const uint8_t *text, uint64_t count)
{
	uint32_t c;

	for (uint64_t i = 0; (c = char_at(text, count, i)) != 0U; i++) {
		if ((c < ' ' || c > '~') && !is_blank(c)) {
			return false;
		}
	}
	return true;
}

/* Where the word that starts at i ends. */
static uint64_t word_end(const uint8_t *text, uint64_t count, uint64_t i)
{
	while (char_at(text, count, i) != 0U && !is_blank(char_at(text, count, i))) {
		i++;
	}
	return i;
}

static bool starts_with(const uint8_t *text, uint64_t count, uint64_t i, const char *prefix)
{
	for (; *prefix != '\0'; prefix++, i++) {
		if (char_at(text, count, i) != (uint8_t)*prefix) {
			return false;
		}
	}
	return true;
}

/* Appends the characters [from, to), behind a blank where something is there already: all or
 * nothing. */
static void append(struct efi_options *options, char *out, size_t size, const uint8_t *text,
	uint64_t from, uint64_t to)
{
	size_t length = strlen(out);
	size_t blank = length > 0U ? 1U : 0U;

	if (to - from >= size - length - blank) {
		options->cut = true;
		return;
	}
	if (blank != 0U) {
		out[length++] = ' ';
	}
	for (; from < to; from++) {
		out[length++] = (char)text[2U * from];
	}
	out[length] = '\0';
}

static void read_path(struct efi_options *options, const uint8_t *text, uint64_t from, uint64_t to)
{
	options->bundle[0] = '\0';
	append(options, options->bundle, sizeof(options->bundle), text, from, to);
	for (char *c = options->bundle; *c != '\0'; c++) {
		*c = *c == '/' ? '\\' : *c;
	}
}

void efi_parse_options(const void *text, uint64_t size, struct efi_options *options)
{
	const uint8_t *bytes = text;
	uint64_t count = bytes != NULL ? size / 2U : 0U;
	uint64_t end;

	memset(options, 0, sizeof(*options));
	if (!is_text(bytes, count)) {
		options->refused = true;
		return;
	}
	for (uint64_t i = 0; char_at(bytes, count, i) != 0U; i = end) {
		if (is_blank(char_at(bytes, count, i))) {
			end = i + 1U;
			continue;
		}
		end = word_end(bytes, count, i);
		if (starts_with(bytes, count, i, BUNDLE_WORD)) {
			read_path(options, bytes, i + strlen(BUNDLE_WORD), end);
			continue;
		}
		append(options, options->cmdline, sizeof(options->cmdline), bytes, i, end);
	}
}
