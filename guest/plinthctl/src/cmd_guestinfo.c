/* SPDX-License-Identifier: Apache-2.0 */
/* plinthctl guestinfo: values that a VM and its guest exchange. */
#include <stdlib.h>
#include <string.h>

#include "commands.h"

#define KEY_SIZE  56U
#define VALUE_MAX 65536U

/* The value of a key, with a NUL behind it; to be freed. NULL: there is none. */
static char *get(uint32_t vm, const char *key, size_t *size)
{
	char piece[CONTROL_MOVE_MAX] = {0};
	struct plinth_control call = {
		.call = CONTROL_INFO_GET, .vm = vm, .buffer = piece, .size = sizeof(piece)};
	char *value = ctl_alloc(NULL, VALUE_MAX + 1U);

	for (*size = 0;;) {
		snprintf(piece, sizeof(piece), "%s", key);
		call.arg = *size;
		uint32_t status = ctl_try(&call);

		if (status == CONTROL_NOT_FOUND) {
			free(value);
			return NULL;
		}
		if (status != CONTROL_OK) {
			ctl_refused(&call, status, key);
		}
		if (call.done > VALUE_MAX - *size) {
			ctl_die(EXIT_FAILED, "%s: longer than a value can be", key);
		}
		memcpy(value + *size, piece, call.done);
		*size += (size_t)call.done;
		if (call.done == 0U || *size >= call.result[0]) {
			value[*size] = '\0';
			return value;
		}
	}
}

static void show(const char *key, const char *value)
{
	if (ctl_json) {
		json_string(key, value);
		return;
	}
	/* The guest's text: nothing of it may move the cursor. */
	printf("%s = ", key);
	for (; *value != '\0'; value++) {
		bool is_plain = (*value >= ' ' && *value <= '~') || *value == '\n';

		putchar(is_plain ? *value : '?');
	}
	putchar('\n');
}

static int list(uint32_t vm)
{
	char key[CONTROL_MOVE_MAX];
	struct plinth_control call = {
		.call = CONTROL_INFO_KEY, .vm = vm, .buffer = key, .size = KEY_SIZE};
	size_t size;

	if (ctl_json) {
		json_open(NULL, '{');
	}
	for (uint32_t status; (status = ctl_try(&call)) != CONTROL_NOT_FOUND; call.arg++) {
		if (status != CONTROL_OK) {
			ctl_refused(&call, status, "guestinfo");
		}
		key[KEY_SIZE - 1U] = '\0';
		char *value = get(vm, key, &size);

		if (value != NULL) {
			show(key, value);
		}
		free(value);
	}
	if (ctl_json) {
		json_close('}');
		json_end();
	}
	return EXIT_OK;
}

static int set(uint32_t vm, const char *key, const char *value)
{
	char both[CONTROL_MOVE_MAX];
	struct plinth_control call = {.call = CONTROL_INFO_SET, .vm = vm, .buffer = both};
	size_t at = strlen(key) + 1U;

	call.size = at + strlen(value);
	if (call.size > sizeof(both)) {
		ctl_die(EXIT_USAGE, "%s: key and value may have %u bytes", key,
			CONTROL_MOVE_MAX - 1U);
	}
	memcpy(both, key, at);
	memcpy(both + at, value, call.size - at);
	ctl_call(&call, key);
	return EXIT_OK;
}

int command_guestinfo(int count, char **words)
{
	size_t size;

	if (count < 2 || count > 4) {
		ctl_usage(words[0]);
	}
	uint32_t vm = ctl_find(words[1]).vm;

	if (count == 2) {
		return list(vm);
	}
	if (count == 4) {
		return set(vm, words[2], words[3]);
	}
	if (strlen(words[2]) >= KEY_SIZE) {
		ctl_die(EXIT_USAGE, "a key has at most %u characters", KEY_SIZE - 1U);
	}
	char *value = get(vm, words[2], &size);

	if (value == NULL) {
		ctl_die(EXIT_FAILED, "%s has no value for %s", words[1], words[2]);
	}
	if (ctl_json) {
		json_open(NULL, '{');
		json_string(words[2], value);
		json_close('}');
		json_end();
	} else {
		fwrite(value, 1, size, stdout);
		putchar('\n');
	}
	free(value);
	return EXIT_OK;
}
