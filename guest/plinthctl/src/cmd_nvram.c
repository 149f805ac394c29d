/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plinthctl nvram: the non-volatile UEFI variables of a VM, in a file: struct control_nvram and the
 * image behind it, as the control calls have them.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/compiler.h"
#include "commands.h"
#include "nvstore/nvstore.h"

#define TRIES 100U /* how often another transfer may come in between */

struct nvram {
	uint32_t size; /* of all */
	union {
		struct control_nvram head;
		_Alignas(NVSTORE_ALIGN)
			uint8_t bytes[sizeof(struct control_nvram) + CONTROL_NVRAM_MAX];
	};
};

static struct nvram nvram;

/* The status of a transfer's last call, which is in *call; BUSY: another one has begun. */
static uint32_t read_once(uint32_t vm, struct plinth_control *call)
{
	uint32_t status;

	*call = (struct plinth_control){.call = CONTROL_NVRAM_READ, .vm = vm};
	nvram.size = 0;
	do {
		call->buffer = nvram.bytes + nvram.size;
		call->size = sizeof(nvram.bytes) - nvram.size;
		call->arg = nvram.size;
		status = ctl_try(call);
		if (status != CONTROL_OK) {
			return status;
		}
		nvram.size += (uint32_t)call->done;
		call->arg2 = (uint32_t)call->result[1];
	} while (call->done != 0U && nvram.size < call->result[0]);
	return status;
}

static uint32_t write_once(uint32_t vm, struct plinth_control *call)
{
	uint32_t status;
	uint32_t done = 0;

	*call = (struct plinth_control){.call = CONTROL_NVRAM_WRITE, .vm = vm};
	do {
		call->buffer = nvram.bytes + done;
		call->size = nvram.size - done;
		call->arg = done;
		status = ctl_try(call);
		if (status != CONTROL_OK) {
			return status;
		}
		done += (uint32_t)call->done;
		call->arg2 = (uint32_t)call->result[1];
	} while (done < nvram.size);
	return status;
}

static void transfer(
	uint32_t (*once)(uint32_t, struct plinth_control *), uint32_t vm, const char *name)
{
	struct plinth_control call;
	uint32_t status = once(vm, &call);

	for (unsigned i = 0; status == CONTROL_BUSY && i < TRIES; i++) {
		status = once(vm, &call);
	}
	if (status == CONTROL_NOT_SUPPORTED) {
		ctl_die(EXIT_FAILED,
			"%s has no UEFI variables; write `firmware = \"uefi\";` in its vm.dts",
			name);
	}
	if (status != CONTROL_OK) {
		ctl_refused(&call, status, "nvram");
	}
}

/* The variables of what was read; false: it is no such file. */
static bool open_image(struct nvstore *store)
{
	static uint64_t buf[NVSTORE_WORDS(CONTROL_NVRAM_MAX, 0U)];
	const uint8_t *image = nvram.bytes + sizeof(nvram.head);

	nvstore_init(store, buf, CONTROL_NVRAM_MAX, 0);
	return nvram.size >= sizeof(nvram.head) && nvram.head.magic == CONTROL_NVRAM_MAGIC &&
	       nvram.size - sizeof(nvram.head) == nvram.head.size &&
	       nvstore_import(store, image, nvram.head.size) == PLINTH_OK;
}

static size_t count_variables(void)
{
	struct nvstore store;

	return open_image(&store) ? store.kept.count : 0U;
}

/* As Linux's efivarfs writes it: EFI_GUID is little-endian in its first three fields. */
static void format_guid(const uint64_t guid[2], char *text, size_t size)
{
	uint8_t b[16];

	memcpy(b, guid, sizeof(b));
	snprintf(text, size, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
		b[3], b[2], b[1], b[0], b[5], b[4], b[7], b[6], b[8], b[9], b[10], b[11], b[12],
		b[13], b[14], b[15]);
}

/* What is not printable ASCII is '?'. */
static void format_name(const struct nvstore_record *record, char *text)
{
	const uint8_t *name = nvstore_name(record);
	uint32_t length = record->name_size / 2U - 1U;

	for (uint32_t i = 0; i < length; i++) {
		bool is_ascii =
			name[2U * i + 1U] == 0U && name[2U * i] >= ' ' && name[2U * i] <= '~';

		text[i] = is_ascii ? (char)name[2U * i] : '?';
	}
	text[length] = '\0';
}

static void show(const struct nvstore_record *record)
{
	char guid[40];
	char name[NVSTORE_NAME_MAX / 2U];
	bool at_runtime = (record->attributes & NVSTORE_RUNTIME) != 0U;

	format_guid(record->guid, guid, sizeof(guid));
	format_name(record, name);
	if (ctl_json) {
		json_open(NULL, '{');
		json_string("name", name);
		json_string("guid", guid);
		json_bool("runtime", at_runtime);
		json_number("bytes", record->data_size);
		json_close('}');
	} else {
		printf("%s %-7s %5u %s\n", guid, at_runtime ? "runtime" : "boot", record->data_size,
			name);
	}
}

static int list(const char *name)
{
	struct nvstore store;

	transfer(read_once, ctl_find(name).vm, name);
	if (!open_image(&store)) {
		ctl_die(EXIT_FAILED, "nvram: this Plinth keeps variables in another form");
	}
	if (ctl_json) {
		json_open(NULL, '[');
	}
	for (uint32_t i = 0; i < store.kept.count; i++) {
		show(nvstore_at(&store, i));
	}
	if (ctl_json) {
		json_close(']');
		json_end();
	}
	return EXIT_OK;
}

static void report(const char *verb, const char *path)
{
	if (ctl_json) {
		json_open(NULL, '{');
		json_string("file", path);
		json_number("bytes", nvram.size);
		json_number("variables", count_variables());
		json_close('}');
		json_end();
	} else {
		printf("%s %s: %zu variables, %u bytes\n", path, verb, count_variables(),
			nvram.size);
	}
}

/* The old file stays until the new one is whole. */
static void save(const struct control_vm *vm, const char *path)
{
	size_t size = strlen(path) + sizeof(".new");
	char *temporary = ctl_alloc(NULL, size);

	snprintf(temporary, size, "%s.new", path);
	transfer(read_once, vm->vm, vm->name);
	FILE *file = fopen(temporary, "wb");

	if (file == NULL || fwrite(nvram.bytes, nvram.size, 1, file) != 1U || fflush(file) != 0 ||
		fsync(fileno(file)) != 0 || fclose(file) != 0 || rename(temporary, path) != 0) {
		ctl_die(EXIT_FAILED, "%s: %s", temporary, strerror(errno));
	}
	free(temporary);
	report("saved", path);
}

enum news { NO_NEWS, HAS_CHANGED, HAS_LEFT };

static enum news news_of(const struct control_event *event, uint32_t vm)
{
	if (event->vm != vm) {
		return NO_NEWS;
	}
	if (event->kind == CONTROL_EVENT_STATE &&
		(event->value == CONTROL_STATE_LEAVING || event->value == CONTROL_STATE_GONE)) {
		return HAS_LEFT;
	}
	return event->kind == CONTROL_EVENT_NVRAM ? HAS_CHANGED : NO_NEWS;
}

/* What the events from *number on say of that VM; where some are lost, it may have changed. */
static enum news read_news(const struct control_vm *vm, uint64_t *number)
{
	struct control_event events[128];
	struct plinth_control call = {
		.call = CONTROL_EVENTS, .buffer = events, .size = sizeof(events), .arg = *number};
	enum news news = NO_NEWS;

	do {
		ctl_call(&call, "nvram save --follow");
		if (call.result[1] != 0U && news == NO_NEWS) {
			news = ctl_is_there(vm) ? HAS_CHANGED : HAS_LEFT;
		}
		for (size_t i = 0; i < call.done / sizeof(events[0]) && news != HAS_LEFT; i++) {
			enum news next = news_of(&events[i], vm->vm);

			news = next > news ? next : news;
		}
		call.arg = call.result[0];
	} while (call.done != 0U);
	*number = call.arg;
	return news;
}

/* Saves whenever they have changed, until the program is ended, or the VM leaves. */
NORETURN static void follow(const char *name, const char *path)
{
	struct control_vm vm = ctl_find(name);
	int line = ctl_wait_open();
	uint64_t number = UINT64_MAX;
	enum news news = HAS_CHANGED;

	(void)read_news(&vm, &number);
	for (; news != HAS_LEFT; news = read_news(&vm, &number)) {
		if (news == HAS_CHANGED) {
			save(&vm, path);
		} else {
			(void)ctl_wait(line, -1, -1);
		}
	}
	ctl_die(EXIT_FAILED, "nvram: %s has left, and with it what is not in %s", name, path);
}

static int restore(const char *name, const char *path)
{
	FILE *file = fopen(path, "rb");
	struct nvstore store;

	if (file == NULL) {
		ctl_die(EXIT_FAILED, "%s: %s", path, strerror(errno));
	}
	nvram.size = (uint32_t)fread(nvram.bytes, 1, sizeof(nvram.bytes), file);
	if (ferror(file) != 0 || !open_image(&store) || fgetc(file) != EOF) {
		ctl_die(EXIT_FAILED, "%s is no file of `plinthctl nvram save`", path);
	}
	fclose(file);
	transfer(write_once, ctl_find(name).vm, name);
	report("restored", path);
	return EXIT_OK;
}

int command_nvram(int count, char **words)
{
	if (count == 3 && strcmp(words[1], "list") == 0) {
		return list(words[2]);
	}
	if (count == 4 && strcmp(words[1], "save") == 0) {
		struct control_vm vm = ctl_find(words[2]);

		save(&vm, words[3]);
		return EXIT_OK;
	}
	if (count == 5 && strcmp(words[1], "save") == 0 && ctl_flag(words[4], "--follow")) {
		follow(words[2], words[3]);
	}
	if (count == 4 && strcmp(words[1], "restore") == 0) {
		return restore(words[2], words[3]);
	}
	ctl_usage(words[0]);
}
