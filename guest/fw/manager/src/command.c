/* SPDX-License-Identifier: Apache-2.0 */
/* The command line: for looking at what there is, and starting it. */
#include "base/compiler.h"
#include "base/string.h"
#include "fw/memory.h"
#include "manager_private.h"
#include "protocols/console.h"

static const char *const type_names[EFI_MEMORY_TYPE_COUNT] = {"reserved", "loader code",
	"loader data", "boot code", "boot data", "runtime code", "runtime data", "free", "unusable",
	"ACPI", "ACPI NVS", "MMIO", "MMIO ports", "PAL", "persistent", "unaccepted"};

static struct boot_options options;

static bool cmd_options(const char *rest)
{
	(void)rest;
	options_collect(&options);
	for (uint32_t i = 0; i < options.count; i++) {
		console_print("%3u  %s\n", i + 1U, options.option[i].name);
	}
	options_drop(&options);
	return true;
}

static bool cmd_boot(const char *rest)
{
	uint32_t number = 0;

	for (; *rest >= '0' && *rest <= '9' && number <= OPTIONS_MAX; rest++) {
		number = number * 10U + (uint32_t)(*rest - '0');
	}
	while (*rest == ' ') {
		rest++;
	}
	options_collect(&options);
	if (number == 0U || number > options.count) {
		console_print("boot: no such option; options shows them\n");
	} else {
		(void)option_boot(&options.option[number - 1U], *rest != '\0' ? rest : NULL);
	}
	options_drop(&options);
	return true;
}

static bool cmd_memory(const char *rest)
{
	struct efi_memory_descriptor region;

	(void)rest;
	for (uint32_t i = 0; fw_memory_region(i, &region); i++) {
		console_print("%#14llx %10llu KiB  %s\n", (unsigned long long)region.physical_start,
			(unsigned long long)region.page_count * 4U,
			region.type < EFI_MEMORY_TYPE_COUNT ? type_names[region.type] : "loader's");
	}
	return true;
}

static bool cmd_reset(const char *rest)
{
	(void)rest;
	manager.reset();
	return true;
}

static bool cmd_off(const char *rest)
{
	(void)rest;
	manager.power_off();
	return true;
}

static bool cmd_menu(const char *rest)
{
	(void)rest;
	return false;
}

static bool cmd_help(const char *rest);

/* A command returns false to leave the command line. */
static const struct command {
	const char *name;
	const char *arguments;
	const char *help;
	bool (*run)(const char *rest);
} commands[] = {
	{"help", "", "this list; COMMAND --help tells of one", cmd_help},
	{"options", "", "what can be booted", cmd_options},
	{"boot", "N [ARGUMENTS]", "boot option N, with these arguments instead of its own",
		cmd_boot},
	{"memory", "", "the memory map", cmd_memory},
	{"menu", "", "back to the boot menu", cmd_menu},
	{"reset", "", "start the VM anew", cmd_reset},
	{"off", "", "power the VM off", cmd_off},
};

static void show_help(const struct command *command)
{
	console_print("%s%s%s: %s\n", command->name, command->arguments[0] != '\0' ? " " : "",
		command->arguments, command->help);
}

static bool cmd_help(const char *rest)
{
	(void)rest;
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		show_help(&commands[i]);
	}
	return true;
}

/* Runs a line; false: the command line ends. */
static bool run(char *line)
{
	char *rest = line;

	while (*rest != '\0' && *rest != ' ') {
		rest++;
	}
	while (*rest == ' ') {
		*rest++ = '\0';
	}
	if (line[0] == '\0') {
		return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		if (strcmp(line, commands[i].name) != 0) {
			continue;
		}
		if (strcmp(rest, "--help") == 0) {
			show_help(&commands[i]);
			return true;
		}
		return commands[i].run(rest);
	}
	console_print("%s: no such command; help lists them\n", line);
	return true;
}

void command_line(void)
{
	char line[LINE_SIZE];

	do {
		console_print("plinth-fw> ");
	} while (read_line(line, sizeof(line)) && run(line));
}
