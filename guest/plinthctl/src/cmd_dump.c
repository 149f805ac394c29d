/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plinthctl dump: a VM's registers and memory as an ELF core (dump.h). The VM stands still
 * meanwhile: one that runs is paused, and goes on however this ends.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bits.h"
#include "base/compiler.h"
#include "commands.h"
#include "dump.h"
#include "libscan/libscan.h"
#include "look.h"
#include "signals.h"

#define PAGE	    4096U
#define FILE_MODE   0666U
#define UPPER_HALF  (UINT64_C(1) << 63) /* the kernel's addresses */
#define REST_TRIES  500U
#define REST_US	    10000U
#define VMCOREINFO  "VMCOREINFO"
#define INFO_BEGINS "OSRELEASE="

STATIC_ASSERT(PAGE == CONTROL_MOVE_MAX, "a page is one call");

struct dump {
	struct dump_elf elf;
	const char *path;
	uint32_t vm;
	uint32_t vcpus;
	bool is_regular;     /* holes may be left in it */
	uint64_t vmcoreinfo; /* GPA of Linux's note; 0: not found */
};

static struct control_vm target;
static bool was_running;

static void resume(void)
{
	struct plinth_control call = {.call = CONTROL_RESUME, .vm = target.vm};

	(void)ctl_try(&call);
}

/* Until the end of the program, which gives back what it took. */
static void hold(const char *name)
{
	struct plinth_control call = {.call = CONTROL_PAUSE};

	target = ctl_find(name);
	was_running =
		target.state == CONTROL_STATE_RUNNING || target.state == CONTROL_STATE_STARVED;
	if (!was_running && target.state != CONTROL_STATE_PAUSED &&
		target.state != CONTROL_STATE_CRASHED) {
		ctl_die(EXIT_FAILED,
			"%s is %s: it can be dumped when it runs, is paused or crashed", name,
			ctl_state_name(target.state));
	}
	signals_catch();
	if (was_running) {
		call.vm = target.vm;
		ctl_call(&call, "dump: pausing it");
		(void)atexit(resume);
	}
}

static void check_file(const struct dump *dump)
{
	if (ferror(dump->elf.file) != 0) {
		ctl_die(EXIT_FAILED, "%s: %s", dump->path, strerror(errno));
	}
}

/* What is in it stays until begin_file(). */
static FILE *open_file(struct dump *dump)
{
	int fd = open(dump->path, O_WRONLY | O_CREAT | O_CLOEXEC, FILE_MODE);
	FILE *file = fd >= 0 ? fdopen(fd, "wb") : NULL;
	struct stat stat;

	if (file == NULL || fstat(fd, &stat) != 0) {
		ctl_die(EXIT_FAILED, "%s: %s", dump->path, strerror(errno));
	}
	dump->is_regular = S_ISREG(stat.st_mode);
	if (fseeko(file, (off_t)DUMP_MEMORY, SEEK_SET) != 0 || fseeko(file, 0, SEEK_SET) != 0) {
		ctl_die(EXIT_FAILED, "%s: %s; a dump goes to a file or a disk", dump->path,
			strerror(errno));
	}
	return file;
}

/* To where RAM begins. What was a dump before is none any more until this one is whole. */
static void begin_file(const struct dump *dump)
{
	static const Elf64_Ehdr none;
	FILE *file = dump->elf.file;

	if ((dump->is_regular && ftruncate(fileno(file), 0) != 0) ||
		fwrite(&none, sizeof(none), 1, file) != 1U ||
		fseeko(file, (off_t)DUMP_MEMORY, SEEK_SET) != 0) {
		ctl_die(EXIT_FAILED, "%s: %s", dump->path, strerror(errno));
	}
}

/* A page of it; what its balloon has given away, or nobody may read, is zeroes. */
static void read_page(const struct dump *dump, uint64_t gpa, uint8_t *page)
{
	struct plinth_control call = {.call = CONTROL_MEMORY_READ,
		.vm = dump->vm,
		.arg = gpa,
		.buffer = page,
		.size = PAGE};
	uint32_t status = ctl_try(&call);

	if (status == CONTROL_BAD_ADDRESS) {
		memset(page, 0, PAGE);
	} else if (status != CONTROL_OK) {
		ctl_refused(&call, status, "dump");
	}
}

/* Bytes of the note at the start of a page, if it is Linux's VMCOREINFO, which fills at most two
 * pages; or 0. */
static uint32_t info_size(const uint8_t *page)
{
	const Elf64_Nhdr *note = (const Elf64_Nhdr *)(const void *)page;
	const uint8_t *name = page + sizeof(*note);
	const uint8_t *text = name + sizeof(VMCOREINFO) + 1U; /* padded to 4 */

	return note->n_namesz == sizeof(VMCOREINFO) && note->n_type == 0U &&
			       note->n_descsz >= sizeof(INFO_BEGINS) &&
			       note->n_descsz <= DUMP_INFO_MAX &&
			       memcmp(name, VMCOREINFO, sizeof(VMCOREINFO)) == 0 &&
			       memcmp(text, INFO_BEGINS, sizeof(INFO_BEGINS) - 1U) == 0
		       ? note->n_descsz
		       : 0U;
}

/* A hole at the end of a file is none until the file is as long. */
static void end_memory(const struct dump *dump)
{
	off_t size = (off_t)(DUMP_MEMORY + dump->elf.ram_size);

	if (fflush(dump->elf.file) != 0 ||
		(dump->is_regular && ftruncate(fileno(dump->elf.file), size) != 0)) {
		ctl_die(EXIT_FAILED, "%s: %s", dump->path, strerror(errno));
	}
}

static void write_memory(struct dump *dump)
{
	static const uint8_t zeroes[PAGE];
	_Alignas(8) uint8_t page[PAGE];

	for (uint64_t at = 0; at < dump->elf.ram_size; at += PAGE) {
		read_page(dump, dump->elf.ram_base + at, page);
		if (dump->vmcoreinfo == 0U && info_size(page) != 0U) {
			dump->vmcoreinfo = dump->elf.ram_base + at;
		}
		if (dump->is_regular && memcmp(page, zeroes, PAGE) == 0) {
			(void)fseeko(dump->elf.file, PAGE, SEEK_CUR);
		} else {
			fwrite(page, 1, PAGE, dump->elf.file);
		}
		if (signals_caught() != 0) {
			ctl_die(EXIT_FAILED, "interrupted: %s is no whole dump", dump->path);
		}
		check_file(dump);
	}
	end_memory(dump);
}

/* All of them are at rest some moments after the pause. */
static void write_vcpu(struct dump *dump, uint32_t vcpu)
{
	struct control_registers registers;
	struct plinth_control call = {.call = CONTROL_REGISTERS_READ,
		.vm = dump->vm,
		.arg2 = vcpu,
		.buffer = &registers,
		.size = sizeof(registers)};
	uint32_t status = ctl_try(&call);

	for (unsigned i = 0; status == CONTROL_BUSY && i < REST_TRIES; i++) {
		(void)usleep(REST_US);
		status = ctl_try(&call);
	}
	if (status != CONTROL_OK) {
		ctl_refused(&call, status, "dump: registers");
	}
	dump_vcpu(&dump->elf, vcpu, &registers);
}

static void write_vmcoreinfo(struct dump *dump)
{
	_Alignas(8) uint8_t note[2U * PAGE];

	if (dump->vmcoreinfo != 0U) {
		read_page(dump, dump->vmcoreinfo, note);
		read_page(dump, dump->vmcoreinfo + PAGE, note + PAGE);
		dump_note(&dump->elf, VMCOREINFO, 0,
			note + sizeof(Elf64_Nhdr) + sizeof(VMCOREINFO) + 1U, info_size(note));
	}
}

static bool is_full(const struct dump *dump)
{
	return dump->elf.segment_count == DUMP_SEGMENTS - 1U;
}

static bool has_enough(void *ctx)
{
	return signals_caught() != 0 || is_full(ctx);
}

/* A range of the scan that is one piece of RAM, at an address of the kernel. */
static void take_range(void *ctx, const char *line)
{
	struct dump *dump = ctx;
	struct dump_elf *elf = &dump->elf;
	struct libscan_range r;

	if (!libscan_parse(line, &r) || (r.flags & LIBSCAN_GPA) == 0U || r.gva < UPPER_HALF ||
		is_full(dump)) {
		return;
	}
	uint64_t size = r.last - r.gva + 1U;

	if (r.gpa < elf->ram_base || r.gpa - elf->ram_base >= elf->ram_size ||
		size > elf->ram_size - (r.gpa - elf->ram_base)) {
		return;
	}
	if ((elf->segment_count & (elf->segment_count - 1U)) == 0U) {
		/* As many again: 0, 1, 2, 4 and so on are there. */
		elf->segment = ctl_alloc(elf->segment,
			max_u64(2U * elf->segment_count, 1) * sizeof(elf->segment[0]));
	}
	elf->segment[elf->segment_count] =
		(struct dump_segment){r.gva, r.gpa, size, (r.flags & LIBSCAN_W1) != 0U};
	elf->segment_count++;
}

static void find_segments(struct dump *dump)
{
	const struct control_look look = {
		.kind = CONTROL_LOOK_SCAN,
		.flags = CONTROL_LOOK_GPA,
		.vcpu = CONTROL_LOOK_ANY_VCPU,
		.from = UPPER_HALF,
		.to = UINT64_MAX,
	};

	const struct look_user user = {take_range, has_enough, dump};

	look_at(dump->vm, &look, "dump: its address space", &user);
	if (signals_caught() != 0) {
		ctl_die(EXIT_FAILED, "interrupted: %s is as it was", dump->path);
	}
}

static void report(const struct dump *dump)
{
	uint64_t size = DUMP_MEMORY + dump->elf.ram_size;

	if (ctl_json) {
		json_open(NULL, '{');
		json_string("file", dump->path);
		json_number("bytes", size);
		json_number("vcpus", dump->vcpus);
		json_number("kernel_ranges", dump->elf.segment_count);
		json_bool("vmcoreinfo", dump->vmcoreinfo != 0U);
		json_bool("was_running", was_running);
		json_close('}');
		json_end();
		return;
	}
	printf("%s: %llu bytes, %u vCPUs, %zu ranges of the kernel, VMCOREINFO %s\n", dump->path,
		(unsigned long long)size, dump->vcpus, dump->elf.segment_count,
		dump->vmcoreinfo != 0U ? "found" : "not found");
}

int command_dump(int count, char **words)
{
	struct plinth_control hello = {.call = CONTROL_HELLO};

	if (count != 3) {
		ctl_usage(words[0]);
	}
	struct dump dump = {.path = words[2]};

	ctl_call(&hello, "dump");
	if (ctl_find(words[1]).vm == hello.result[0]) {
		ctl_die(EXIT_FAILED, "%s is this VM itself: it would stand still for ever",
			words[1]);
	}
	dump.elf.file = open_file(&dump);
	hold(words[1]);
	dump.vm = target.vm;
	dump.vcpus = target.vcpus;
	dump.elf.ram_base = ctl_info(target.vm).memory_base;
	dump.elf.ram_size = target.memory;
	find_segments(&dump);
	begin_file(&dump);
	write_memory(&dump);
	for (uint32_t i = 0; i < dump.vcpus; i++) {
		write_vcpu(&dump, i);
	}
	write_vmcoreinfo(&dump);
	dump_headers(&dump.elf);
	if (fflush(dump.elf.file) != 0 || fsync(fileno(dump.elf.file)) != 0) {
		ctl_die(EXIT_FAILED, "%s: %s", dump.path, strerror(errno));
	}
	check_file(&dump);
	fclose(dump.elf.file);
	free(dump.elf.segment);
	report(&dump);
	return EXIT_OK;
}
