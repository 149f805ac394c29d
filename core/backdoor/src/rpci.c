/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RPCI: requests of the guest, in text; a row for each.
 */
#include "backdoor_private.h"
#include "base/bits.h"
#include "base/compiler.h"
#include "base/string.h"
#include "event/event.h"

#define PREFIX	    "guestinfo."
#define PREFIX_SIZE (sizeof(PREFIX) - 1U)

/* The longest word that means anything is a key with its prefix: of a longer one, or of more
 * blanks, no more is looked at, whatever the size of the message. */
#define WORD_MAX 128U

_Static_assert(WORD_MAX > PREFIX_SIZE + BACKDOOR_KEY_SIZE, "what is cut is no key");

#define NUMBER_DIGITS 9U

static bool is_blank(char c)
{
	return c == ' ' || c == '\0';
}

struct words words_take(struct words *rest)
{
	struct words word = {.text = rest->text};
	size_t limit = min_u64(rest->size, WORD_MAX);
	size_t end;

	while (word.size < limit && !is_blank(rest->text[word.size])) {
		word.size++;
	}
	limit = min_u64(rest->size, word.size + WORD_MAX);
	for (end = word.size; end < limit && rest->text[end] == ' '; end++) {
	}
	rest->text += end;
	rest->size -= end;
	return word;
}

bool words_are(struct words words, const char *text)
{
	return words.size == strlen(text) && memcmp(words.text, text, words.size) == 0;
}

bool words_number(struct words words, uint32_t *number)
{
	uint32_t value = 0;

	if (words.size == 0U || words.size > NUMBER_DIGITS) {
		return false;
	}
	for (size_t i = 0; i < words.size; i++) {
		if (words.text[i] < '0' || words.text[i] > '9') {
			return false;
		}
		value = value * 10U + (uint32_t)(words.text[i] - '0');
	}
	*number = value;
	return true;
}

/* A channel without room for its answer gives none, and the guest's call fails. */
static void reply(struct backdoor_vm *vm, struct channel *channel, const char *text)
{
	(void)channel_put(vm, channel, text, "", 0);
}

static void get_info(struct backdoor_vm *vm, struct channel *channel, struct words args)
{
	struct words key = words_take(&args);
	const struct info *info = NULL;
	uint32_t size;

	if (key.size > PREFIX_SIZE && memcmp(key.text, PREFIX, PREFIX_SIZE) == 0) {
		info = info_find(vm, key.text + PREFIX_SIZE, key.size - PREFIX_SIZE);
	}
	if (info == NULL) {
		reply(vm, channel, "0 No value found");
		return;
	}
	const uint8_t *value = info_value(info, &size);

	if (!channel_put(vm, channel, "1 ", value, size)) {
		reply(vm, channel, "0 Out of memory");
	}
}

/* The value is all that comes behind the key and one blank, but for a NUL that ends it. */
static void set_info(struct backdoor_vm *vm, struct channel *channel, struct words args)
{
	const char *end = args.text + args.size;
	struct words key = words_take(&args);
	const char *value = key.text + key.size;

	if (key.size <= PREFIX_SIZE || memcmp(key.text, PREFIX, PREFIX_SIZE) != 0) {
		reply(vm, channel, "0 Permission denied");
		return;
	}
	if (value < end) {
		value++; /* the blank */
	}
	if (value < end && end[-1] == '\0') {
		end--;
	}
	enum plinth_status status = info_store(
		vm, key.text + PREFIX_SIZE, key.size - PREFIX_SIZE, value, (size_t)(end - value));

	if (status == PLINTH_OK) {
		event_post(EVENT_INFO, vm->config.vm, 0);
		reply(vm, channel, "1 ");
	} else {
		reply(vm, channel, status == PLINTH_ENOMEM ? "0 Out of memory" : "0 Invalid key");
	}
}

static bool accept(struct backdoor_vm *vm, struct words args)
{
	(void)vm;
	(void)args;
	return true;
}

/* The tools' main program; another one (toolbox-dnd) is for a desktop. */
static bool unified_loop(struct backdoor_vm *vm, struct words args)
{
	(void)vm;
	return words_are(words_take(&args), "toolbox");
}

struct row {
	const char *name;
	bool is_prefix; /* of the first word */
	/* One of the two. take() answers by itself; note() says whether the request was sound. */
	void (*take)(struct backdoor_vm *vm, struct channel *channel, struct words args);
	bool (*note)(struct backdoor_vm *vm, struct words args);
};

static const struct row rows[] = {
	{"info-get", false, get_info, NULL},
	{"info-set", false, set_info, NULL},
	{"log", false, NULL, report_log},
	{"SetGuestInfo", false, NULL, report_fact},
	{"tools.capability.", true, NULL, accept},
	{"vmx.capability.unified_loop", false, NULL, unified_loop},
	{"vmx.set_option", false, NULL, report_option},
	{"tools.set.versiontype", false, NULL, report_version_type},
	{"tools.set.version", false, NULL, report_version},
	{"tools.os.statechange.status", false, NULL, report_state_change},
};

static const struct row *find_row(struct words name)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		size_t length = strlen(rows[i].name);
		bool fits = rows[i].is_prefix ? name.size > length : name.size == length;

		if (fits && memcmp(rows[i].name, name.text, length) == 0) {
			return &rows[i];
		}
	}
	return NULL;
}

void rpci_run(struct backdoor_vm *vm, struct channel *channel)
{
	struct words rest = {.text = (const char *)channel->data, .size = channel->size};
	const struct row *row = find_row(words_take(&rest));

	if (row == NULL) {
		reply(vm, channel, "0 Unknown command");
	} else if (row->take != NULL) {
		row->take(vm, channel, rest);
	} else {
		reply(vm, channel, row->note(vm, rest) ? "1 " : "0 Invalid arguments");
	}
}
