/* SPDX-License-Identifier: Apache-2.0 */
#include "options.h"

#include "base/string.h"
#include "libguest/libguest.h"

/* The devicetree lies at the start of RAM. No parser: the options' names occur nowhere else. */
#define FDT_MAGIC    0xd00dfeedU
#define FDT_SIZE_MAX 0x80000U

static const uint8_t *const tree = (const uint8_t *)GUEST_RAM;

static uint32_t tree_word(unsigned i)
{
	uint32_t raw;

	memcpy(&raw, tree + 4U * i, sizeof(raw));
	return __builtin_bswap32(raw);
}

static uint32_t tree_size(void)
{
	uint32_t size = tree_word(1);

	return tree_word(0) == FDT_MAGIC && size < FDT_SIZE_MAX ? size : 0U;
}

static unsigned digit_of(uint8_t c)
{
	if (c >= '0' && c <= '9') {
		return c - '0';
	}
	return c >= 'a' && c <= 'f' ? c - 'a' + 10U : 16U;
}

static uint64_t number_at(const uint8_t *at)
{
	unsigned base = 10;
	uint64_t value = 0;

	if (at[0] == '0' && at[1] == 'x') {
		base = 16;
		at += 2;
	}
	for (; digit_of(*at) < base; at++) {
		value = value * base + digit_of(*at);
	}
	return value;
}

uint64_t option(const char *name, uint64_t fallback)
{
	size_t length = strlen(name);
	uint32_t size = tree_size();

	for (uint32_t i = 1; i + length + 1U < size; i++) {
		/* At the start of a property's value, which is aligned, or behind a space. */
		if ((i % 4U == 0U || tree[i - 1U] == ' ') && memcmp(tree + i, name, length) == 0 &&
			tree[i + length] == '=') {
			return number_at(tree + i + length + 1U);
		}
	}
	return fallback;
}

#define TREE_STRINGS   3U /* word of the header: where properties' names are */
#define TREE_PROPERTY  3U
#define TOKEN_PROPERTY "security-plinth-token"

static uint32_t find_name(const char *name)
{
	uint32_t size = tree_size();
	size_t length = strlen(name) + 1U;

	for (uint32_t i = tree_word(TREE_STRINGS); i + length <= size; i++) {
		if (memcmp(tree + i, name, length) == 0) {
			return i - tree_word(TREE_STRINGS);
		}
	}
	return UINT32_MAX;
}

struct token token_of_start(void)
{
	uint32_t words = tree_size() / 4U;
	uint32_t name = find_name(TOKEN_PROPERTY);
	struct token token = {0};

	for (unsigned i = 0; i + 7U <= words; i++) {
		if (tree_word(i) == TREE_PROPERTY && tree_word(i + 1U) == sizeof(token) &&
			tree_word(i + 2U) == name) {
			memcpy(&token, tree + 4U * (i + 3U), sizeof(token));
		}
	}
	return token;
}

uint64_t seed_of_start(void)
{
	uint64_t seed = counter() | 1U;
	uint32_t size = tree_size();

	for (uint32_t i = 0; i < size; i++) {
		seed = (seed ^ tree[i]) * 0x100000001b3UL;
	}
	return seed | 1U;
}
