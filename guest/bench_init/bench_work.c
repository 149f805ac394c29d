/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first program of a Linux guest, for ./plinth bench work: as many processes at once as the
 * argument says (1 to 8) make system calls, fork, and do what a compiler does to the system.
 * "BENCH: NAME N" for each, in nanoseconds of CNTVCT_EL0, "init" for the boot before it; then it
 * powers off.
 */
#include "linux.h"

#define WORKERS_MAX 8U
#define SYSCALLS    50000U
#define FORKS	    100U
#define FILES	    8U
#define TEXT_SIZE   0x40000UL
#define TABLE_SIZE  0x4000U /* words */
#define IO_SIZE	    0x4000UL

__attribute__((noreturn)) void bench_main(int count, const char *const *arguments);

/* The kernel leaves argc at SP, argv behind it. */
__asm__(".text\n\t.global _start\n_start:\n\tmov x29, xzr\n\tmov x30, xzr\n\tldr x0, [sp]\n\t"
	"add x1, sp, #8\n\tb bench_main\n");

__attribute__((noreturn)) static void leave(long status)
{
	for (;;) {
		(void)system_call(SYS_EXIT_GROUP, status, 0, 0, 0);
	}
}

static void make_system_calls(unsigned worker)
{
	(void)worker;
	for (unsigned i = 0; i < SYSCALLS; i++) {
		(void)system_call(SYS_GETPPID, 0, 0, 0, 0);
	}
}

/* 0 in the child. */
static long fork_process(void)
{
	long process = system_call(SYS_CLONE, SIGCHLD, 0, 0, 0);

	if (process < 0) {
		leave(1);
	}
	return process;
}

/* Of any child: what it says of itself is what this process says, too. */
static void wait_for_child(void)
{
	int status = 0;

	if (system_call(SYS_WAIT4, -1, (long)&status, 0, 0) < 0 || status != 0) {
		leave(1);
	}
}

static void fork_often(unsigned worker)
{
	(void)worker;
	for (unsigned i = 0; i < FORKS; i++) {
		if (fork_process() == 0) {
			leave(0);
		}
		wait_for_child();
	}
}

static void *map(size_t size)
{
	long at = system_call(SYS_MMAP, 0, (long)size, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS);

	if (at <= 0) {
		leave(1);
	}
	return (void *)at;
}

static void unmap(void *at, size_t size)
{
	(void)system_call(SYS_MUNMAP, (long)at, (long)size, 0, 0);
}

/* Words of letters, as a source has them. */
static void write_text(char *text, uint64_t seed)
{
	for (size_t i = 0; i < TEXT_SIZE; i++) {
		seed = seed * 6364136223846793005UL + 1442695040888963407UL;
		text[i] = (seed >> 61) == 0U ? ' ' : (char)('a' + (seed >> 40) % 26U);
	}
}

static void count_words(const char *text, uint32_t *table)
{
	uint32_t hash = 2166136261U;

	for (size_t i = 0; i < TEXT_SIZE; i++) {
		if (text[i] != ' ') {
			hash = (hash ^ (uint32_t)text[i]) * 16777619U;
		} else {
			table[hash % TABLE_SIZE]++;
			hash = 2166136261U;
		}
	}
}

static void through_a_file(const char *path, char *text)
{
	long file = system_call(SYS_OPENAT, AT_FDCWD, (long)path, O_RDWR_CREATE, 0600);

	if (file < 0) {
		leave(1);
	}
	for (size_t at = 0; at < TEXT_SIZE; at += IO_SIZE) {
		if (system_call(SYS_WRITE, file, (long)(text + at), IO_SIZE, 0) != (long)IO_SIZE) {
			leave(1);
		}
	}
	(void)system_call(SYS_LSEEK, file, 0, 0, 0);
	for (size_t at = 0; at < TEXT_SIZE; at += IO_SIZE) {
		if (system_call(SYS_READ, file, (long)(text + at), IO_SIZE, 0) != (long)IO_SIZE) {
			leave(1);
		}
	}
	(void)system_call(SYS_CLOSE, file, 0, 0, 0);
	(void)system_call(SYS_UNLINKAT, AT_FDCWD, (long)path, 0, 0);
}

/* A process for each file, which maps fresh memory, reads and writes it and a file, and ends. */
static void compile(unsigned worker)
{
	char path[] = "/tmp/work0";

	path[sizeof(path) - 2U] = (char)('0' + worker);
	for (unsigned file = 0; file < FILES; file++) {
		if (fork_process() == 0) {
			char *text = map(TEXT_SIZE);
			uint32_t *table = map(TABLE_SIZE * sizeof(*table));

			write_text(text, worker * FILES + file);
			through_a_file(path, text);
			count_words(text, table);
			unmap(table, TABLE_SIZE * sizeof(*table));
			unmap(text, TEXT_SIZE);
			leave(0);
		}
		wait_for_child();
	}
}

static void measure(const char *name, void (*work)(unsigned worker), unsigned workers)
{
	uint64_t start = now();

	for (unsigned worker = 0; worker < workers; worker++) {
		if (fork_process() == 0) {
			work(worker);
			leave(0);
		}
	}
	for (unsigned worker = 0; worker < workers; worker++) {
		wait_for_child();
	}
	report(name, now() - start);
}

void bench_main(int count, const char *const *arguments)
{
	unsigned workers = count > 1 ? (unsigned)(arguments[1][0] - '0') : 1U;

	report("init", now());
	if (workers >= 1U && workers <= WORKERS_MAX) {
		measure("syscalls", make_system_calls, workers);
		measure("forks", fork_often, workers);
		measure("compile", compile, workers);
	}
	machine_off();
}
