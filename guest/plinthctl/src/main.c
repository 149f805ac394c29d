/* SPDX-License-Identifier: Apache-2.0 */
/* plinthctl: runs Plinth from a VM with `control`. Each command has a file of its own. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "abi/vm_config.h"
#include "base/check.h"
#include "commands.h"
#include "ctl.h"

bool ctl_json;

const struct command ctl_commands[] = {
	{"vm",
		"list | info NAME | start NAME | resume NAME | reset NAME |\n"
		"       create FOLDER|FILE.dtb [--name NAME] [--start] | destroy NAME |\n"
		"       stop|reboot|pause NAME [--now | --timeout SECONDS] |\n"
		"       set NAME [weight=N] [affinity=CPU,CPU...|all] [vcpus=N] [memory=SIZE]",
		"VMs and their life", command_vm},
	{"console", "NAME", "a VM's console on this terminal; Ctrl-] ends it", command_console},
	{"top", "[--once] [--interval SECONDS]", "who uses the CPUs, and what for", command_top},
	{"host", "", "the machine: CPUs, memory", command_host},
	{"log", "[--follow]", "Plinth's messages", command_log},
	{"events", "[--follow]", "what has happened to VMs", command_events},
	{"trace", "[on | off | dump | follow]", "what Plinth did last", command_trace},
	{"metrics", "", "figures in Prometheus' text format", command_metrics},
	{"guestinfo", "NAME [KEY [VALUE]]", "values that a VM and its guest exchange",
		command_guestinfo},
	{"scan", "NAME [--from GVA] [--to GVA] [--el0 | --both] [--vcpu N] [--gpa] [-x] [--wx]",
		"what a VM has mapped", command_scan},
	{"map", "NAME FILE.svg [as scan]", "the same as a picture", command_map},
	{"find-kernel", "NAME [--vcpu N]", "where a VM's Linux kernel is, and its banner",
		command_find_kernel},
	{"translate", "NAME GVA [--vcpu N]", "where a virtual address leads", command_translate},
	{"read", "NAME GVA LENGTH [--vcpu N]", "memory at a virtual address", command_read},
	{"memory", "read NAME GPA LENGTH [FILE] | write NAME GPA FILE",
		"memory by guest-physical address", command_memory},
	{"registers", "NAME [--vcpu N]", "registers of a paused or crashed VM", command_registers},
	{"dump", "NAME FILE", "registers and memory of a VM as an ELF core, for gdb and crash",
		command_dump},
	{"gdb", "NAME --port N [--listen ADDRESS] | NAME --stdio",
		"a GDB server for a VM: `target remote` leads to it", command_gdb},
	{"nvram", "list NAME | save NAME FILE [--follow] | restore NAME FILE",
		"a VM's non-volatile UEFI variables", command_nvram},
};

const size_t ctl_command_count = ARRAY_SIZE(ctl_commands);

void ctl_die(int code, const char *format, ...)
{
	va_list args;

	fflush(stdout);
	fputs("plinthctl: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(code);
}

/* An invariant of lib/base or libscan is broken. */
void panic_at(const char *file, int line, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "plinthctl: bug at %s:%d: ", file, line);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	abort();
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < ctl_command_count; i++) {
		if (strcmp(ctl_commands[i].name, name) == 0) {
			return &ctl_commands[i];
		}
	}
	ctl_die(EXIT_USAGE, "no command %s; `plinthctl --help` lists them", name);
}

void ctl_usage(const char *name)
{
	const struct command *command = find_command(name);

	ctl_die(EXIT_USAGE, "usage: plinthctl %s %s", command->name, command->args);
}

static int help(void)
{
	puts("usage: plinthctl [--json] COMMAND ...\n");
	for (size_t i = 0; i < ctl_command_count; i++) {
		printf("  %s %s\n      %s\n", ctl_commands[i].name, ctl_commands[i].args,
			ctl_commands[i].help);
	}
	puts("\n  --json   answers as JSON, with every command\n"
	     "  --help   this; after a command, its line\n\n"
	     "Exit status: 0 done, 1 refused or failed, 2 wrong usage, 3 no access to Plinth.");
	return EXIT_OK;
}

uint64_t ctl_number(const char *text, int base, const char *what)
{
	char *end;
	bool is_hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');

	errno = 0;
	uint64_t value = strtoull(text, &end, is_hex ? 16 : base);

	if (errno != 0 || *end != '\0' || end == text || text[0] == '-') {
		ctl_die(EXIT_USAGE, "%s: %s is no number", what, text);
	}
	return value;
}

uint32_t ctl_vcpu(const char *text)
{
	uint64_t vcpu = ctl_number(text, 10, "--vcpu");

	if (vcpu >= VM_VCPU_MAX) {
		ctl_die(EXIT_FAILED, "--vcpu: no VM has a vCPU %s", text);
	}
	return (uint32_t)vcpu;
}

bool ctl_flag(const char *word, const char *name)
{
	return strcmp(word, name) == 0;
}

const char *ctl_value(int count, char **words, int *at, const char *name)
{
	if (strcmp(words[*at], name) != 0) {
		return NULL;
	}
	(*at)++;
	if (*at == count) {
		ctl_die(EXIT_USAGE, "%s needs a value", name);
	}
	return words[*at];
}

/* Takes `option` out of the words, wherever it stands; whether it was there. */
static bool take(int *count, char **words, const char *option)
{
	int kept = 0;

	for (int i = 0; i < *count; i++) {
		if (strcmp(words[i], option) != 0) {
			words[kept] = words[i];
			kept++;
		}
	}
	bool was_there = kept != *count;

	*count = kept;
	return was_there;
}

int main(int count, char **words)
{
	bool wants_help;
	int status;

	count--;
	words++;
	ctl_json = take(&count, words, "--json");
	wants_help = take(&count, words, "--help");
	if (count == 0) {
		return wants_help ? help()
				  : (fputs("usage: plinthctl [--json] COMMAND ...; "
					   "`plinthctl --help` lists commands\n",
					     stderr),
					    EXIT_USAGE);
	}
	const struct command *command = find_command(words[0]);

	if (wants_help) {
		printf("plinthctl %s %s\n    %s\n", command->name, command->args, command->help);
		return EXIT_OK;
	}
	status = command->run(count, words);
	if (fflush(stdout) != 0 || ferror(stdout) != 0) {
		ctl_die(EXIT_FAILED, "standard output: %s", strerror(errno));
	}
	return status;
}
