/* SPDX-License-Identifier: Apache-2.0 */
/* plinthctl vm set: what can be changed of a VM while it is there. */
#include <string.h>

#include "base/compiler.h"
#include "ctl.h"
#include "vm.h"

/* "all", or numbers with commas between. */
static uint64_t affinity_of(const char *text)
{
	uint64_t mask = 0;
	char word[8];

	if (strcmp(text, "all") == 0) {
		return 0;
	}
	do {
		size_t length = strcspn(text, ",");

		snprintf(word, sizeof(word), "%.*s", (int)length, text);
		uint64_t cpu = ctl_number(word, 10, "affinity");

		if (cpu >= 64U) {
			ctl_die(EXIT_USAGE, "affinity: there is no CPU %s", word);
		}
		mask |= UINT64_C(1) << cpu;
		text += length + (text[length] == ',');
	} while (*text != '\0');
	return mask;
}

/* Bytes, or with K, M, G behind. */
static uint64_t size_of(const char *text)
{
	static const char units[] = "KMG";
	size_t length = strlen(text);
	const char *unit = length != 0U ? strchr(units, text[length - 1U]) : NULL;
	char number[24];

	if (unit == NULL || length > sizeof(number)) {
		return ctl_number(text, 10, "memory");
	}
	snprintf(number, sizeof(number), "%.*s", (int)(length - 1U), text);
	uint64_t value = ctl_number(number, 10, "memory");
	unsigned shift = 10U * ((unsigned)(unit - units) + 1U);

	if (value > UINT64_MAX >> shift) {
		ctl_die(EXIT_USAGE, "memory: %s is too much", text);
	}
	return value << shift;
}

struct setting {
	const char *name; /* with its '=' */
	uint32_t number;
	uint64_t (*value_of)(const char *text);
};

static uint64_t weight_of(const char *text)
{
	return ctl_number(text, 10, "weight");
}

static uint64_t vcpus_of(const char *text)
{
	return ctl_number(text, 10, "vcpus");
}

static const struct setting settings[] = {
	{"weight=", CONTROL_SET_WEIGHT, weight_of},
	{"affinity=", CONTROL_SET_AFFINITY, affinity_of},
	{"vcpus=", CONTROL_SET_VCPUS, vcpus_of},
	{"memory=", CONTROL_SET_MEMORY, size_of},
};

static const struct setting *setting_of(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
		if (strncmp(word, settings[i].name, strlen(settings[i].name)) == 0) {
			return &settings[i];
		}
	}
	ctl_usage("vm");
}

static void set_one(uint32_t vm, const char *name, const char *word)
{
	const struct setting *setting = setting_of(word);
	struct plinth_control call = {.call = CONTROL_SET,
		.vm = vm,
		.arg2 = setting->number,
		.arg = setting->value_of(word + strlen(setting->name))};
	uint32_t status = ctl_try(&call);

	if (status == CONTROL_NOT_SUPPORTED && setting->number == CONTROL_SET_MEMORY) {
		ctl_die(EXIT_FAILED, "%s has no balloon; write `vmware;` in its vm.dts", name);
	}
	if (status != CONTROL_OK) {
		ctl_refused(&call, status, word);
	}
}

void vm_set(const char *name, int count, char **words)
{
	uint32_t vm = ctl_find(name).vm;

	for (int i = 0; i < count; i++) {
		set_one(vm, name, words[i]);
	}
}
