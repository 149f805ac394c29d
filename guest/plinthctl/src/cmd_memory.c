/* SPDX-License-Identifier: Apache-2.0 */
/* plinthctl memory, registers: a VM's memory by guest-physical address, and its vCPUs' registers.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"

static void hex_dump(uint64_t at, const uint8_t *bytes, size_t size)
{
	for (size_t row = 0; row < size; row += 16U) {
		unsigned long long address = at + row;

		printf("%016llx ", address);
		for (size_t i = row; i < row + 16U && i < size; i++) {
			printf(" %02x", bytes[i]);
		}
		putchar('\n');
	}
}

static FILE *open_file(const char *path, const char *mode)
{
	FILE *file = fopen(path, mode);

	if (file == NULL) {
		ctl_die(EXIT_FAILED, "%s: %s", path, strerror(errno));
	}
	return file;
}

static int read_memory(uint32_t vm, uint64_t at, uint64_t length, const char *path)
{
	uint8_t bytes[CONTROL_MOVE_MAX];
	FILE *file = path != NULL ? open_file(path, "wb") : NULL;
	uint64_t whole = length;

	if (ctl_json && file == NULL) {
		json_open(NULL, '[');
	}
	while (length != 0U) {
		struct plinth_control call = {.call = CONTROL_MEMORY_READ,
			.vm = vm,
			.arg = at,
			.buffer = bytes,
			.size = length < sizeof(bytes) ? (size_t)length : sizeof(bytes)};

		ctl_call(&call, "memory read");
		if (file != NULL) {
			fwrite(bytes, 1, call.done, file);
		} else if (ctl_json) {
			for (size_t i = 0; i < call.done; i++) {
				json_number(NULL, bytes[i]);
			}
		} else {
			hex_dump(at, bytes, call.done);
		}
		at += call.done;
		length -= call.done;
	}
	if (ctl_json && file == NULL) {
		json_close(']');
		json_end();
	}
	if (file != NULL && (ferror(file) != 0 || fclose(file) != 0)) {
		ctl_die(EXIT_FAILED, "%s: %s", path, strerror(errno));
	}
	if (ctl_json && file != NULL) {
		json_open(NULL, '{');
		json_string("file", path);
		json_number("bytes", whole);
		json_close('}');
		json_end();
	}
	return EXIT_OK;
}

static int write_memory(uint32_t vm, uint64_t at, const char *path)
{
	uint8_t bytes[CONTROL_MOVE_MAX];
	FILE *file = open_file(path, "rb");
	uint64_t start = at;
	size_t got;

	while ((got = fread(bytes, 1, sizeof(bytes), file)) != 0U) {
		struct plinth_control call = {.call = CONTROL_MEMORY_WRITE,
			.vm = vm,
			.arg = at,
			.buffer = bytes,
			.size = got};

		ctl_call(&call, "memory write");
		at += call.done;
	}
	if (ferror(file) != 0) {
		ctl_die(EXIT_FAILED, "%s: %s", path, strerror(errno));
	}
	fclose(file);
	if (ctl_json) {
		json_open(NULL, '{');
		json_number("bytes", at - start);
		json_close('}');
		json_end();
	} else {
		printf("%llu bytes written\n", (unsigned long long)(at - start));
	}
	return EXIT_OK;
}

int command_memory(int count, char **words)
{
	if (count >= 5 && count <= 6 && strcmp(words[1], "read") == 0) {
		return read_memory(ctl_find(words[2]).vm, ctl_number(words[3], 16, "GPA"),
			ctl_number(words[4], 10, "LENGTH"), count == 6 ? words[5] : NULL);
	}
	if (count == 5 && strcmp(words[1], "write") == 0) {
		return write_memory(
			ctl_find(words[2]).vm, ctl_number(words[3], 16, "GPA"), words[4]);
	}
	ctl_usage(words[0]);
}

static void show(const char *name, uint64_t value)
{
	if (ctl_json) {
		json_hex(name, value);
	} else {
		printf("%-14s %016llx\n", name, (unsigned long long)value);
	}
}

static void show_registers(const struct control_registers *r)
{
	for (unsigned i = 0; i < 31U; i++) {
		char name[8];

		snprintf(name, sizeof(name), "x%u", i);
		show(name, r->x[i]);
	}
	show("pc", r->pc);
	show("pstate", r->pstate);
	show("sp_el0", r->sp_el0);
	show("sp_el1", r->sp_el1);
	show("sctlr_el1", r->sctlr_el1);
	show("tcr_el1", r->tcr_el1);
	show("ttbr0_el1", r->ttbr0_el1);
	show("ttbr1_el1", r->ttbr1_el1);
	show("mair_el1", r->mair_el1);
	show("vbar_el1", r->vbar_el1);
	show("elr_el1", r->elr_el1);
	show("spsr_el1", r->spsr_el1);
	show("esr_el1", r->esr_el1);
	show("far_el1", r->far_el1);
	show("contextidr_el1", r->contextidr_el1);
	show("tpidr_el0", r->tpidr_el0);
	show("tpidr_el1", r->tpidr_el1);
	show("tpidrro_el0", r->tpidrro_el0);
	show("mpidr_el1", r->mpidr_el1);
}

int command_registers(int count, char **words)
{
	struct control_registers r;
	struct plinth_control call = {
		.call = CONTROL_REGISTERS_READ, .buffer = &r, .size = sizeof(r)};
	const char *name = NULL;

	for (int i = 1; i < count; i++) {
		const char *value = ctl_value(count, words, &i, "--vcpu");

		if (value != NULL) {
			call.arg2 = ctl_vcpu(value);
		} else if (name == NULL) {
			name = words[i];
		} else {
			ctl_usage(words[0]);
		}
	}
	if (name == NULL) {
		ctl_usage(words[0]);
	}
	call.vm = ctl_find(name).vm;
	uint32_t status = ctl_try(&call);

	if (status == CONTROL_BAD_STATE) {
		ctl_die(EXIT_FAILED, "%s is not paused; `plinthctl vm pause %s` first", name, name);
	}
	if (status != CONTROL_OK) {
		ctl_refused(&call, status, "registers");
	}
	if (ctl_json) {
		json_open(NULL, '{');
	}
	show_registers(&r);
	if (ctl_json) {
		json_close('}');
		json_end();
	}
	return EXIT_OK;
}
