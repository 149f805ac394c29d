/* SPDX-License-Identifier: Apache-2.0 */
#include "next/target.h"

#include <stddef.h>

#include "base/compiler.h"
#include "base/string.h"

static const struct {
	const char *name;
	enum tables_target target;
} targets[] = {
	{"spin-table", TABLES_SPIN_TABLE},
	{"parking", TABLES_PARKING},
};

const char *next_target_name(enum tables_target target)
{
	for (size_t i = 0; i < ARRAY_SIZE(targets); i++) {
		if (targets[i].target == target) {
			return targets[i].name;
		}
	}
	return "?";
}

enum plinth_status next_target_parse(const char *text, uint64_t size, enum tables_target *target)
{
	while (size > 0U && (text[size - 1U] == '\n' || text[size - 1U] == '\r')) {
		size--;
	}
	for (size_t i = 0; i < ARRAY_SIZE(targets); i++) {
		if (strlen(targets[i].name) == size && memcmp(targets[i].name, text, size) == 0) {
			*target = targets[i].target;
			return PLINTH_OK;
		}
	}
	return PLINTH_EINVAL;
}
