/* SPDX-License-Identifier: Apache-2.0 */
#include "base/string.h"
#include "manager_private.h"
#include "protocols/console.h"

static struct boot_options options;

bool read_line(char *line, uint32_t size)
{
	uint32_t length = 0;

	for (;;) {
		struct efi_input_key key;

		(void)console_wait_key(&key, UINT64_MAX);
		if (key.scan_code == EFI_SCAN_ESC) {
			console_print("\n");
			return false;
		}
		if (key.unicode_char == '\r' || key.unicode_char == '\n') {
			console_print("\n");
			line[length] = '\0';
			return true;
		}
		if (key.unicode_char == '\b' && length > 0U) {
			length--;
			console_print("\b \b");
		} else if (key.unicode_char >= ' ' && key.unicode_char < 0x7fU &&
			   length + 1U < size) {
			line[length++] = (char)key.unicode_char;
			console_print("%c", line[length - 1U]);
		}
	}
}

static void show(void)
{
	console_print("\nplinth-fw boot menu\n");
	for (uint32_t i = 0; i < options.count; i++) {
		console_print("%3u  %s\n", i + 1U, options.option[i].name);
	}
	console_print("  c  command line\n  r  reset\n  o  power off\n");
}

/* 0: it is no number of an option. */
static uint32_t number_of(const char *line)
{
	uint32_t number = 0;

	for (; *line >= '0' && *line <= '9' && number <= OPTIONS_MAX; line++) {
		number = number * 10U + (uint32_t)(*line - '0');
	}
	return *line == '\0' && number <= options.count ? number : 0U;
}

static void choose(const char *line)
{
	uint32_t number = number_of(line);

	if (number > 0U) {
		(void)option_boot(&options.option[number - 1U], NULL);
	} else if (strcmp(line, "c") == 0) {
		command_line();
	} else if (strcmp(line, "r") == 0) {
		manager.reset();
	} else if (strcmp(line, "o") == 0) {
		manager.power_off();
	} else if (line[0] != '\0') {
		console_print("plinth-fw: %s: not in the menu\n", line);
	}
}

void menu_run(void)
{
	for (;;) {
		char line[LINE_SIZE];

		options_collect(&options);
		show();
		console_print("menu> ");
		if (read_line(line, sizeof(line))) {
			choose(line);
		}
		options_drop(&options);
	}
}
