/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The commands that look into a VM's address space: their words. Options stand anywhere, begin with
 * '-', and those with a value take the next word.
 */
#include "base/bits.h"
#include "base/compiler.h"
#include "base/string.h"
#include "monitor_private.h"

#define POSITIONS 3U

struct look_words {
	const char *position[POSITIONS]; /* NAME, GVA, LENGTH */
	size_t count;
	struct monitor_look look;
};

static bool digit_of(char c, uint64_t base, uint64_t *digit)
{
	if (c >= '0' && c <= '9') {
		*digit = (uint64_t)(c - '0');
	} else if (c >= 'a' && c <= 'f') {
		*digit = (uint64_t)(c - 'a') + 10U;
	} else if (c >= 'A' && c <= 'F') {
		*digit = (uint64_t)(c - 'A') + 10U;
	} else {
		return false;
	}
	return *digit < base;
}

bool monitor_parse(const char *text, uint64_t base, uint64_t *number)
{
	uint64_t v = 0;
	uint64_t digit;

	if (text[0] == '0' && text[1] == 'x') {
		base = 16;
		text += 2;
	}
	if (*text == '\0') {
		return false;
	}
	for (; *text != '\0'; text++) {
		if (!digit_of(*text, base, &digit) || v > (UINT64_MAX - digit) / base) {
			return false;
		}
		v = v * base + digit;
	}
	*number = v;
	return true;
}

/* An option with a value; false: the value is no number. */
static bool take_value(struct monitor_look *look, const char *option, const char *value)
{
	uint64_t vcpu;

	if (strcmp(option, "--from") == 0) {
		return monitor_parse(value, 16, &look->from);
	}
	if (strcmp(option, "--to") == 0) {
		return monitor_parse(value, 16, &look->to);
	}
	if (!monitor_parse(value, 10, &vcpu) || vcpu >= MONITOR_ANY_VCPU) {
		return false;
	}
	look->vcpu = (uint32_t)vcpu;
	return true;
}

static bool has_value(const char *option)
{
	return strcmp(option, "--from") == 0 || strcmp(option, "--to") == 0 ||
	       strcmp(option, "--vcpu") == 0;
}

static bool take_flag(struct monitor_look *look, const char *option)
{
	const struct {
		const char *name;
		bool *flag;
	} flags[] = {
		{"-x", &look->exec},
		{"--wx", &look->writable_and_exec},
		{"--el0", &look->el0},
		{"--both", &look->both},
		{"--gpa", &look->split_gpa},
	};

	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		if (strcmp(option, flags[i].name) == 0) {
			*flags[i].flag = true;
			return true;
		}
	}
	return false;
}

/* NULL, or what is wrong with words[*at]. */
static const char *take_word(struct look_words *w, size_t count, char *const words[], size_t *at)
{
	const char *word = words[*at];

	if (word[0] != '-') {
		if (w->count == POSITIONS) {
			return "too many arguments";
		}
		w->position[w->count] = word;
		w->count++;
		return NULL;
	}
	if (has_value(word)) {
		(*at)++;
		if (*at == count || !take_value(&w->look, word, words[*at])) {
			return "needs a number behind it";
		}
		return NULL;
	}
	if (w->look.kind != MONITOR_SCAN || !take_flag(&w->look, word)) {
		return "no such option here";
	}
	return NULL;
}

/* NULL, or what is wrong with the arguments as a whole. */
static const char *take_positions(struct look_words *w)
{
	struct monitor_look *look = &w->look;
	size_t wanted = look->kind == MONITOR_READ ? 3U : look->kind == MONITOR_TRANSLATE ? 2U : 1U;
	uint64_t length;

	if (w->count != wanted) {
		return w->count < wanted ? "too few arguments" : "too many arguments";
	}
	look->name = w->position[0];
	if (wanted >= 2U) {
		if (!monitor_parse(w->position[1], 16, &look->from)) {
			return "the address is no number";
		}
		look->to = look->from;
	}
	if (wanted == 3U) {
		if (!monitor_parse(w->position[2], 10, &length) || length == 0U ||
			length - 1U > UINT64_MAX - look->from) {
			return "the length is no number of bytes there";
		}
		look->to = look->from + (length - 1U);
	}
	return NULL;
}

static void look(
	struct monitor *monitor, enum monitor_look_kind kind, size_t count, char *const words[])
{
	struct look_words w = {.look = {.kind = kind, .to = UINT64_MAX, .vcpu = MONITOR_ANY_VCPU}};
	const char *wrong = NULL;
	const char *what = words[0];
	enum plinth_status status;

	for (size_t i = 1; i < count && wrong == NULL; i++) {
		what = words[i];
		wrong = take_word(&w, count, words, &i);
	}
	if (wrong == NULL) {
		what = words[0];
		wrong = take_positions(&w);
	}
	if (wrong != NULL) {
		monitor_print(monitor, "%s: %s\n", what, wrong);
		return;
	}
	/* Before the call: its answer may be complete before it returns. */
	monitor->has_started = true;
	store_release(&monitor->busy, 1U);
	status = monitor->ops->look(monitor->ctx, &w.look, monitor);
	if (status != PLINTH_OK) {
		store_relaxed(&monitor->busy, 0U);
		monitor->has_started = false;
		monitor_report(monitor, status, count, words);
	}
}

void monitor_scan(struct monitor *monitor, size_t count, char *const words[])
{
	look(monitor, MONITOR_SCAN, count, words);
}

void monitor_find_kernel(struct monitor *monitor, size_t count, char *const words[])
{
	look(monitor, MONITOR_FIND_KERNEL, count, words);
}

void monitor_translate(struct monitor *monitor, size_t count, char *const words[])
{
	look(monitor, MONITOR_TRANSLATE, count, words);
}

void monitor_read(struct monitor *monitor, size_t count, char *const words[])
{
	look(monitor, MONITOR_READ, count, words);
}

void monitor_line(struct monitor *monitor, const char *text)
{
	monitor->lines_left = MONITOR_LINES;
	monitor_print(monitor, "%s\n", text);
}

void monitor_done(struct monitor *monitor)
{
	monitor_prompt(monitor);
	store_release(&monitor->busy, 0U); /* pairs with the load in monitor_input */
}
