/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>

#include "base/compiler.h"
#include "base/string.h"
#include "mpboot.h"

#define OPTION "mpboot.target="

static const struct {
	const char *name;
	enum tables_target target;
} targets[] = {
	{"spin-table", TABLES_SPIN_TABLE},
	{"parking", TABLES_PARKING},
};

/* The length of the word at `text`. */
static size_t word_length(const char *text)
{
	size_t length = 0;

	while (text[length] != '\0' && text[length] != ' ') {
		length++;
	}
	return length;
}

static bool find_target(const char *name, size_t length, enum tables_target *target)
{
	for (size_t i = 0; i < ARRAY_SIZE(targets); i++) {
		if (strlen(targets[i].name) == length &&
			memcmp(targets[i].name, name, length) == 0) {
			*target = targets[i].target;
			return true;
		}
	}
	return false;
}

bool mpboot_read_target(const char *cmdline, enum tables_target *target)
{
	const size_t prefix = sizeof(OPTION) - 1U;
	bool known = true;

	*target = TABLES_SPIN_TABLE;
	while (*cmdline != '\0') {
		size_t length = word_length(cmdline);

		if (length >= prefix && memcmp(cmdline, OPTION, prefix) == 0) {
			known = find_target(cmdline + prefix, length - prefix, target);
		}
		cmdline += length;
		cmdline += *cmdline == ' ' ? 1 : 0;
	}
	return known;
}
