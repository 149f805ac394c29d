/* SPDX-License-Identifier: Apache-2.0 */
/* plinth-detect: the battery at EL0, as a static Linux program without libc. */
#include "base/check.h"
#include "base/compiler.h"
#include "base/string.h"
#include "detect/options.h"
#include "detect/output.h"
#include "detect_native/native.h"

#include "linux.h"

#define CODE_BLOCKS_MAX 96U

#define BUFFER_SIZE 4096U
#define EX_SOFTWARE 70

struct writer {
	int fd;
	size_t used;
	char buffer[BUFFER_SIZE];
};

NORETURN void detect_main(size_t count, const char *const *argv);

static struct stats_table table;
static struct detect_report report;
static struct writer out = {.fd = STDOUT};

uintptr_t __stack_chk_guard = 0x00c93d5a7be1f264UL;
NORETURN void __stack_chk_fail(void);

void __stack_chk_fail(void)
{
	linux_exit(EX_SOFTWARE);
}

void panic_at(const char *file, int line, const char *format, ...)
{
	(void)file;
	(void)line;
	(void)format;
	linux_exit(EX_SOFTWARE);
}

static void flush(struct writer *writer)
{
	linux_write(writer->fd, writer->buffer, writer->used);
	writer->used = 0;
}

static void put(void *ctx, char c)
{
	struct writer *writer = ctx;

	if (writer->used == BUFFER_SIZE) {
		flush(writer);
	}
	writer->buffer[writer->used++] = c;
}

static const struct detect_sink sink = {put, &out};

static void refuse(const char *complaint)
{
	linux_write(STDERR, "plinth-detect: ", strlen("plinth-detect: "));
	linux_write(STDERR, complaint, strlen(complaint));
	linux_write(STDERR, "\n", 1);
	linux_exit(DETECT_EXIT_USAGE);
}

/* Linux puts the stack at a random place; multiplied by an odd number for the low bits' sake. */
static uint64_t seed(void)
{
	return ((uint64_t)__builtin_frame_address(0) | 1U) * 0x9e3779b97f4a7c15UL;
}

/* Taking the memory costs more than all the rest: not for other probes. */
static void prepare_code(const struct detect_request *request)
{
	struct detect_native_code code = {.seed = seed()};

	if (request->probes[PROBE_FIRST_FETCH]) {
		code.size = (uint64_t)linux_map_code(
				    CODE_BLOCKS_MAX, DETECT_NATIVE_BLOCK, &code.start) *
			    DETECT_NATIVE_BLOCK;
	}
	detect_native_init(&code);
}

static enum detect_verdict run_battery(const struct detect_options *options)
{
	static const struct detect_backend backend = {DETECT_EL0, detect_native_run, NULL};

	detect_run(&backend, &table, &options->request, &report);
	if (options->is_json) {
		detect_print_json(&sink, &report);
	} else {
		detect_print_text(&sink, &report, options->is_explained);
	}
	flush(&out);
	return report.verdict;
}

/* The status is that of the verdict in which all batteries agree. */
static int run(const struct detect_options *options)
{
	enum detect_verdict verdict;

	if (!linux_catch_faults(detect_native_fixup)) {
		return EX_SOFTWARE;
	}
	prepare_code(&options->request);
	stats_init(&table);
	verdict = run_battery(options);
	for (uint32_t i = 1; i < options->repeat; i++) {
		if (!options->is_json) {
			put(&out, '\n');
		}
		verdict = detect_verdict_of_both(verdict, run_battery(options));
	}
	return detect_exit_status(verdict);
}

void detect_main(size_t count, const char *const *argv)
{
	char complaint[DETECT_COMPLAINT_MAX];
	struct detect_options options;
	int status = 0;

	if (detect_options_parse(&options, DETECT_EL0, count, argv, complaint) != PLINTH_OK) {
		refuse(complaint);
	}
	switch (options.action) {
	case ACTION_RUN:
		status = run(&options);
		break;
	case ACTION_LIST:
		detect_print_list(&sink);
		break;
	case ACTION_HELP:
		linux_write(STDOUT, detect_usage, strlen(detect_usage));
		break;
	}
	flush(&out);
	linux_exit(status);
}
