/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the guest's tools tell: of the guest, of themselves, and lines for the log. Kept as text;
 * what is binary in it (addresses by XDR) is for programs outside EL2 to read.
 */
#include "backdoor_private.h"
#include "base/bits.h"
#include "base/string.h"

/* tools.os.statechange.status OK STATE */
static const enum backdoor_power state_powers[] = {
	[1] = BACKDOOR_HALT,
	[2] = BACKDOOR_REBOOT,
	[3] = BACKDOOR_POWER_ON,
	[4] = BACKDOOR_RESUME,
	[5] = BACKDOOR_SUSPEND,
};

#define STATE_MIN 1U
#define STATE_MAX 5U

void report_copy(char *to, size_t to_size, struct words from)
{
	size_t size = from.size < to_size - 1U ? from.size : to_size - 1U;

	for (size_t i = 0; i < size; i++) {
		char c = from.text[i];

		to[i] = (c >= ' ' && c <= '~') ? c : '?';
	}
	memset(to + size, 0, to_size - size);
}

/* Cut to what report_copy() keeps in `to_size` bytes, and without the NULs, blanks and newlines at
 * its end. */
static struct words trimmed(struct words words, size_t to_size)
{
	words.size = min_u64(words.size, to_size - 1U);
	while (words.size != 0U) {
		char c = words.text[words.size - 1U];

		if (c != '\0' && c != ' ' && c != '\n') {
			break;
		}
		words.size--;
	}
	return words;
}

bool report_fact(struct backdoor_vm *vm, struct words args)
{
	uint32_t number;

	if (!words_number(words_take(&args), &number) || number == 0U ||
		number >= BACKDOOR_FACT_COUNT) {
		return false;
	}
	report_copy(vm->state->report.fact[number], BACKDOOR_TEXT_SIZE,
		trimmed(args, BACKDOOR_TEXT_SIZE));
	return true;
}

bool report_version(struct backdoor_vm *vm, struct words args)
{
	return words_number(words_take(&args), &vm->state->report.tools_version);
}

bool report_version_type(struct backdoor_vm *vm, struct words args)
{
	uint32_t version;
	uint32_t type;

	if (!words_number(words_take(&args), &version) || !words_number(words_take(&args), &type)) {
		return false;
	}
	vm->state->report.tools_version = version;
	vm->state->report.tools_type = type;
	return true;
}

bool report_state_change(struct backdoor_vm *vm, struct words args)
{
	uint32_t ok;
	uint32_t state;

	if (!words_number(words_take(&args), &ok) || !words_number(words_take(&args), &state) ||
		state < STATE_MIN || state > STATE_MAX) {
		return false;
	}
	vm->state->report.last_power = state;
	tclo_set_answer(vm, state_powers[state], ok != 0U ? BACKDOOR_FINISHED : BACKDOOR_REFUSED);
	return true;
}

/* vmx.set_option synctime OLD NEW: what the guest's user wants is what it gets. */
bool report_option(struct backdoor_vm *vm, struct words args)
{
	uint32_t old;
	uint32_t new;

	if (!words_are(words_take(&args), "synctime") || !words_number(words_take(&args), &old) ||
		!words_number(words_take(&args), &new)) {
		return false;
	}
	vm->state->sync_time = new != 0U;
	tclo_sync_option(vm);
	return true;
}

bool report_log(struct backdoor_vm *vm, struct words args)
{
	char line[LOG_LINE_SIZE];

	report_copy(line, sizeof(line), trimmed(args, sizeof(line)));
	log_limited(&vm->guest_limit, LOG_INFO, "vm %s: guest says: %s", vm->config.name, line);
	return true;
}

/* Today's tools tell the first address as a value of guestinfo alone. */
static void add_address(struct backdoor_vm *vm, struct backdoor_report *report)
{
	const struct info *info = info_find(vm, "ip", 2);
	uint32_t size;

	if (info != NULL && report->fact[BACKDOOR_FACT_IP][0] == '\0') {
		const char *text = (const char *)info_value(info, &size);

		report_copy(report->fact[BACKDOOR_FACT_IP], BACKDOOR_TEXT_SIZE,
			(struct words){.text = text, .size = size});
	}
}

void backdoor_get_report(struct backdoor_vm *vm, struct backdoor_report *report)
{
	*report = (struct backdoor_report){0};
	if (vm->state == NULL) {
		return;
	}
	lock_take(&vm->lock);
	*report = vm->state->report;
	add_address(vm, report);
	report->health = tclo_health(vm);
	report->channels = vm->state->open;
	report->used = vm->state->used;
	report->balloon_target = vm->state->balloon.target * PAGE_SIZE;
	report->balloon_started = vm->state->balloon.is_started;
	lock_drop(&vm->lock);
}
