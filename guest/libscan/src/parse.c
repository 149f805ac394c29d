/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A line of libscan_format() back into a range. Listings are files that people keep and edit.
 */
#include "base/bits.h"
#include "base/string.h"
#include "libscan/libscan.h"
#include "names.h"

#define WORD_SIZE  40U
#define HEX_DIGITS 16U

/* 4K, 16K, 64K, 2M, 32M, 512M, 1G: the leaves that the architecture has. */
#define LEAF_ORDERS UINT32_C(0x62215000)
#define ORDER_COUNT 32U

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The next word into `word`; false: none, or one that is too long for anything of ours. */
static bool next_word(const char **at, char word[WORD_SIZE])
{
	size_t length = 0;

	while (is_blank(**at)) {
		(*at)++;
	}
	while (**at != '\0' && !is_blank(**at) && length < WORD_SIZE - 1U) {
		word[length] = **at;
		length++;
		(*at)++;
	}
	word[length] = '\0';
	return length != 0U && (**at == '\0' || is_blank(**at));
}

static bool hex_digit(char c, uint64_t *value)
{
	if (c >= '0' && c <= '9') {
		*value = (uint64_t)(c - '0');
	} else if (c >= 'a' && c <= 'f') {
		*value = (uint64_t)(c - 'a') + 10U;
	} else {
		return false;
	}
	return true;
}

/* `digits` of them exactly. */
static bool parse_hex(const char *text, size_t digits, uint64_t *value)
{
	uint64_t v = 0;
	uint64_t digit;

	for (size_t i = 0; i < digits; i++) {
		if (!hex_digit(text[i], &digit)) {
			return false;
		}
		v = (v << 4) | digit;
	}
	*value = v;
	return true;
}

static bool parse_addresses(const char *word, struct libscan_range *range)
{
	return strlen(word) == 2U * HEX_DIGITS + 1U && word[HEX_DIGITS] == '-' &&
	       parse_hex(word, HEX_DIGITS, &range->gva) &&
	       parse_hex(word + HEX_DIGITS + 1U, HEX_DIGITS, &range->last) &&
	       range->gva <= range->last;
}

static bool parse_permissions(const char *word, struct libscan_range *range)
{
	if (strlen(word) != PERMISSION_COUNT + 1U || word[PERMISSION_COUNT / 2U] != '/') {
		return false;
	}
	for (size_t i = 0; i < PERMISSION_COUNT; i++) {
		const struct permission *p = &permissions[i];
		char c = word[i < PERMISSION_COUNT / 2U ? i : i + 1U];

		if (c == '?') {
			continue;
		}
		if (c != '-' && c != p->letter) {
			return false;
		}
		range->flags |= p->asked | (c == '-' ? 0U : p->flag);
	}
	return true;
}

static bool parse_place(const char *word, struct libscan_range *range)
{
	if (strcmp(word, SCATTERED_WORD) == 0) {
		range->flags |= LIBSCAN_SCATTERED;
		return true;
	}
	if (strcmp(word, UNKNOWN_WORD) == 0) {
		return true;
	}
	range->flags |= LIBSCAN_GPA;
	return strlen(word) == HEX_DIGITS && parse_hex(word, HEX_DIGITS, &range->gpa);
}

static bool parse_attr(const char *word, struct libscan_range *range)
{
	size_t prefix = strlen(ATTR_PREFIX);
	uint64_t number;

	if (strcmp(word, NOT_KNOWN_WORD) == 0) {
		range->flags |= LIBSCAN_NO_AF;
		return true;
	}
	for (unsigned attr = 0; attr <= UINT8_MAX; attr++) {
		const char *name = libscan_attr_name((uint8_t)attr);

		if (name != NULL && strcmp(name, word) == 0) {
			range->attr = (uint8_t)attr;
			return true;
		}
	}
	if (strlen(word) != prefix + 2U || memcmp(word, ATTR_PREFIX, prefix) != 0 ||
		!parse_hex(word + prefix, 2, &number)) {
		return false;
	}
	range->attr = (uint8_t)number;
	return true;
}

static bool parse_share(const char *word, struct libscan_range *range)
{
	if ((range->flags & LIBSCAN_NO_AF) != 0U) {
		return strcmp(word, NOT_KNOWN_WORD) == 0;
	}
	for (uint8_t i = 0; i < SHARE_COUNT; i++) {
		if (strcmp(word, share_names[i]) == 0) {
			range->share = i;
			return true;
		}
	}
	return false;
}

/* "4K,2M": each the size of one leaf. */
static bool parse_leaves(const char *word, struct libscan_range *range)
{
	while (*word != '\0') {
		char one[8];
		unsigned order = 0;
		size_t length = 0;

		while (word[length] != '\0' && word[length] != ',') {
			length++;
		}
		for (; order < ORDER_COUNT; order++) {
			libscan_size(BIT(order), one, sizeof(one));
			if (strlen(one) == length && memcmp(one, word, length) == 0) {
				break;
			}
		}
		if (order == ORDER_COUNT || (LEAF_ORDERS & BIT(order)) == 0U) {
			return false;
		}
		range->leaves |= (uint32_t)BIT(order);
		word += length;
		word += *word == ',' ? 1 : 0;
	}
	return true;
}

/* What stands behind the shareability. */
static bool parse_rest(const char *at, struct libscan_range *range)
{
	bool no_af = (range->flags & LIBSCAN_NO_AF) != 0U;
	char word[WORD_SIZE];

	while (next_word(&at, word)) {
		if (no_af != (strcmp(word, NO_AF_WORD) == 0)) {
			return false;
		}
		if (!no_af &&
			((range->flags & LIBSCAN_ASKED_X) == 0U || !parse_leaves(word, range))) {
			return false;
		}
	}
	return word[0] == '\0';
}

bool libscan_parse(const char *line, struct libscan_range *range)
{
	static bool (*const fields[])(const char *word, struct libscan_range *range) = {
		parse_addresses,
		parse_permissions,
		parse_place,
		parse_attr,
		parse_share,
	};
	struct libscan_range found = {0};
	char word[WORD_SIZE] = {0};

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		if (!next_word(&line, word) || !fields[i](word, &found)) {
			return false;
		}
	}
	if (!parse_rest(line, &found)) {
		return false;
	}
	*range = found;
	return true;
}
