/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plinth-hostile [--token] SECONDS: control calls of any numbers for that long, by a process. With
 * --token (root) they carry the VM's own token, and spare nothing but this VM's power, memory,
 * registers and keyboard; without, tokens are guessed. Buffers are absent, read-only, or cross from
 * one page to another now and then: then the process gets a signal, as by any access. Says how many
 * calls were made and how many were served.
 *
 * plinth-hostile --largest NAME: makes the VM whose description is the most work (largest.c).
 */
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "largest.h"
#include "plinth/backdoor.h"
#include "plinth/control.h"

#define PAGE 4096U

static sigjmp_buf after_fault;
static uint64_t state = 88172645463325252U;

/* xorshift64, after G. Marsaglia, "Xorshift RNGs", 2003. */
static uint64_t next(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static void caught(int number)
{
	siglongjmp(after_fault, number);
}

/* Four pages: writable, read-only, absent, writable. */
static uint8_t *map_pages(void)
{
	uint8_t *pages =
		mmap(NULL, 4U * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (pages == MAP_FAILED || mprotect(pages + PAGE, PAGE, PROT_READ) != 0 ||
		munmap(pages + 2U * PAGE, PAGE) != 0) {
		perror("plinth-hostile");
		exit(1);
	}
	return pages;
}

/* A number of the sort that finds mistakes. */
static uint64_t odd_number(void)
{
	static const uint64_t edges[] = {0, 1, 2, 255, 256, 4095, 4096, 0x40000000, 0x4fffffff,
		UINT32_MAX, INT64_MAX, UINT64_MAX};
	uint64_t choice = next();

	return (choice & 3U) == 0U ? next() >> (choice >> 8 & 63U)
				   : edges[(choice >> 8) % (sizeof(edges) / sizeof(edges[0]))];
}

static void prepare(struct plinth_regs *r, uint8_t *pages, const uint64_t token[2], uint64_t own)
{
	uint64_t call = next() % (CONTROL_CALL_COUNT + 2U);
	uint64_t vm = (next() & 7U) != 0U ? next() & 1U : odd_number();
	bool is_harmful = (call >= CONTROL_STOP && call <= CONTROL_PAUSE) ||
			  call == CONTROL_MEMORY_WRITE || call == CONTROL_REGISTERS_WRITE ||
			  call == CONTROL_CONSOLE_WRITE;

	/* Who is managed, and who manages, must be there at the end. */
	if ((vm == own && is_harmful) || (vm <= 1U && call == CONTROL_DESTROY)) {
		call = CONTROL_INFO;
	}
	*r = (struct plinth_regs){
		.ax = CONTROL_MAGIC | vm << 32,
		.bx = CONTROL_VERSION | call << 16 | odd_number() << 32,
		.cx = odd_number(),
		.dx = CONTROL_PORT | (next() & 3U) << 32,
		.si = (uint64_t)(uintptr_t)pages + next() % (4U * PAGE),
		.di = token != NULL ? token[0] : next(),
		.bp = token != NULL ? token[1] : next(),
	};
	if ((next() & 15U) == 0U) {
		r->si = odd_number();
	}
}

static bool read_token(uint64_t token[2])
{
	FILE *file = fopen(CONTROL_TOKEN_FILE, "rb");
	bool good = file != NULL && fread(token, 8, 2, file) == 2;

	if (file != NULL) {
		fclose(file);
	}
	return good;
}

int main(int count, char **words)
{
	bool has_token = count == 3 && strcmp(words[1], "--token") == 0;
	static volatile uint64_t calls;
	static volatile uint64_t served;
	static uint64_t token[2];
	struct plinth_regs r;
	static uint64_t own = CONTROL_NO_VM; /* static: survives the jump */

	if (count < 2 || (has_token && !read_token(token))) {
		fprintf(stderr, "plinth-hostile: no seconds, or no token\n");
		return 2;
	}
	if (count == 3 && strcmp(words[1], "--largest") == 0) {
		return read_token(token) && largest(words[2], (uint8_t *)token) ? 0 : 1;
	}
	time_t end = time(NULL) + strtol(words[count - 1], NULL, 10);
	uint8_t *pages = map_pages();

	signal(SIGSEGV, caught);
	signal(SIGBUS, caught);
	if (has_token) {
		struct plinth_control hello = {.token = (uint8_t *)token};

		(void)plinth_control(&hello);
		own = hello.result[0];
	}
	(void)sigsetjmp(after_fault, 1);
	while (time(NULL) < end) {
		for (unsigned i = 0; i < 64U; i++) {
			prepare(&r, pages, has_token ? token : NULL, own);
			calls++;
			plinth_call_in(&r);
			served += r.ax == CONTROL_OK;
		}
	}
	printf("hostile: %llu calls, %llu served\n", (unsigned long long)calls,
		(unsigned long long)served);
	return 0;
}
