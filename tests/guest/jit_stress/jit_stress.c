/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small JIT in a Linux guest: threads, one on each CPU, take turns in generating functions and in
 * patching old ones; all of them run all functions and compare with an interpreter. Half of the
 * functions lie in memory that is writable and executable, half in memory that is mapped twice. Now
 * and then the memory goes back to the kernel, which uses it for something else.
 *
 *   jit-stress ROUNDS   prints "JIT: threads N made N patched N runs N wrong N"; 0 if none is wrong
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "function.h"
#include "linux.h"

#define THREADS_MAX  8U
#define STACK_SIZE   0x4000U
#define BUFFER_SIZE  0x100000U
#define BUFFERS	     2U
#define LIVE	     32U /* functions at a time; even ones in one buffer, odd ones in the other */
#define MADE	     8U	 /* in each round */
#define RENEW_ROUNDS 50U

#define CONSOLE	      1
#define EXIT_WRONG    1
#define EXIT_NO_SETUP 2

struct entry {
	struct function function;
	struct place place;
	bool live;
};

/* Written by the thread whose turn it is, read by all behind the barrier. */
static struct entry entries[LIVE];
static struct place buffer[BUFFERS];
static long memory_file;
static uint64_t random_state = 20261122;
static uint32_t made;
static uint32_t patched;

static uint32_t rounds;
static uint32_t thread_count;
static uint32_t arrived[THREADS_MAX]; /* at which barrier each thread is; written by itself */
static uint32_t runs[THREADS_MAX];
static uint32_t wrong[THREADS_MAX];
static unsigned char stacks[THREADS_MAX][STACK_SIZE] __attribute__((aligned(16)));

__attribute__((noreturn)) void jit_main(const long *arguments);
long thread_start(void *stack_top, void (*fn)(void *), void *arg, unsigned long flags);

__attribute__((noreturn)) static void leave(long status)
{
	for (;;) {
		(void)system_call(SYS_EXIT_GROUP, status, 0, 0);
	}
}

static void barrier(uint32_t self)
{
	uint32_t here = arrived[self] + 1U;

	__atomic_store_n(&arrived[self], here, __ATOMIC_RELEASE);
	for (uint32_t i = 0; i < thread_count; i++) {
		while ((int32_t)(__atomic_load_n(&arrived[i], __ATOMIC_ACQUIRE) - here) < 0) {
			(void)system_call(SYS_SCHED_YIELD, 0, 0, 0);
		}
	}
}

static uint32_t *map(uint32_t *at, long protection, long flags, long file)
{
	long fixed = at != NULL ? MAP_FIXED : 0;
	const long argument[ARGUMENTS_MAX] = {
		(long)(uintptr_t)at, BUFFER_SIZE, protection, flags | fixed, file, 0};
	long mapped = system_call_with(SYS_MMAP, argument);

	if (mapped < 0) {
		leave(EXIT_NO_SETUP);
	}
	return (uint32_t *)(uintptr_t)mapped;
}

/* Fresh memory at the same addresses, or at any the first time. */
static void renew_buffers(void)
{
	long all = PROT_READ | PROT_WRITE | PROT_EXEC;

	buffer[0].write = map(buffer[0].write, all, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	buffer[0].run = buffer[0].write;
	(void)system_call(SYS_FTRUNCATE, memory_file, 0, 0);
	(void)system_call(SYS_FTRUNCATE, memory_file, BUFFER_SIZE, 0);
	buffer[1].write = map(buffer[1].write, PROT_READ | PROT_WRITE, MAP_SHARED, memory_file);
	buffer[1].run = map(buffer[1].run, PROT_READ | PROT_EXEC, MAP_SHARED, memory_file);
	for (uint32_t i = 0; i < LIVE; i++) {
		entries[i].live = false;
	}
}

/* Anywhere in its part of its buffer, so that two never overlap. */
static void make(uint32_t index)
{
	struct entry *entry = &entries[index];
	const struct place *home = &buffer[index % BUFFERS];
	uint32_t part = BUFFER_SIZE / LIVE;
	uint32_t offset = (uint32_t)(random_next(&random_state) % (part / FUNCTION_SIZE));
	uint32_t word = (index * part + offset * FUNCTION_SIZE) / sizeof(uint32_t);

	function_make(&entry->function, &random_state);
	entry->place = (struct place){home->write + word, home->run + word};
	function_compile(&entry->function, &entry->place);
	entry->live = true;
	made++;
}

static void patch(struct entry *entry)
{
	uint64_t bits = random_next(&random_state);
	uint32_t step = (uint32_t)bits % entry->function.steps;

	entry->function.constant[step] = (uint16_t)(bits >> 32);
	function_patch(&entry->function, step, &entry->place);
	patched++;
}

static void take_turn(uint32_t round)
{
	if (round % RENEW_ROUNDS == 0U) {
		renew_buffers();
	}
	for (uint32_t i = 0; i < MADE; i++) {
		uint32_t index = (uint32_t)(random_next(&random_state) % LIVE);

		if (entries[index].live && i % 2U == 0U) {
			patch(&entries[index]);
		} else {
			make(index);
		}
	}
}

static void run_all(uint32_t self, uint64_t *random)
{
	__asm__ volatile("isb" ::: "memory"); /* the one that is owed to others' code */
	for (uint32_t i = 0; i < LIVE; i++) {
		uint64_t x = random_next(random);

		if (entries[i].live) {
			runs[self]++;
			wrong[self] += function_run(&entries[i].place, x) ==
						       function_interpret(&entries[i].function, x)
					       ? 0U
					       : 1U;
		}
	}
}

static void pin(uint32_t cpu)
{
	uint64_t mask = UINT64_C(1) << cpu;

	(void)system_call(SYS_SCHED_SETAFFINITY, 0, sizeof(mask), (long)(uintptr_t)&mask);
}

static void work(void *arg)
{
	uint32_t self = (uint32_t)(uintptr_t)arg;
	uint64_t random = 1U + self;

	pin(self);
	for (uint32_t round = 0; round < rounds; round++) {
		if (round % thread_count == self) {
			take_turn(round);
		}
		barrier(self);
		run_all(self, &random);
		barrier(self);
	}
}

static char *put_text(char *at, const char *text)
{
	while (*text != '\0') {
		*at++ = *text++;
	}
	return at;
}

static char *put_number(char *at, uint32_t value)
{
	char digits[10];
	unsigned count = 0;

	do {
		digits[count++] = (char)('0' + value % 10U);
		value /= 10U;
	} while (value != 0U);
	while (count != 0U) {
		*at++ = digits[--count];
	}
	return at;
}

/* In one write, lest the kernel's own lines come between. */
static uint32_t report(void)
{
	uint32_t all_runs = 0;
	uint32_t all_wrong = 0;
	char line[128];
	char *at;

	for (uint32_t i = 0; i < thread_count; i++) {
		all_runs += runs[i];
		all_wrong += wrong[i];
	}
	at = put_number(put_text(line, "JIT: threads "), thread_count);
	at = put_number(put_text(at, " made "), made);
	at = put_number(put_text(at, " patched "), patched);
	at = put_number(put_text(at, " runs "), all_runs);
	at = put_number(put_text(at, " wrong "), all_wrong);
	at = put_text(at, "\n");
	(void)system_call(SYS_WRITE, CONSOLE, (long)(uintptr_t)line, at - line);
	return all_wrong;
}

static uint32_t cpus(void)
{
	uint64_t mask = 1;
	uint32_t count = 0;

	(void)system_call(SYS_SCHED_GETAFFINITY, 0, sizeof(mask), (long)(uintptr_t)&mask);
	while (count < THREADS_MAX && (mask >> count & 1U) != 0U) {
		count++;
	}
	return count;
}

static uint32_t number_of(const char *text)
{
	uint32_t value = 0;

	while (*text >= '0' && *text <= '9') {
		value = value * 10U + (uint32_t)(*text++ - '0');
	}
	return value;
}

void jit_main(const long *arguments)
{
	rounds = arguments[0] > 1 ? number_of((const char *)(uintptr_t)arguments[2]) : 1000U;
	thread_count = cpus();
	memory_file = system_call(SYS_MEMFD_CREATE, (long)(uintptr_t) "code", 0, 0);
	if (memory_file < 0) {
		leave(EXIT_NO_SETUP);
	}
	renew_buffers();
	for (uintptr_t i = 1; i < thread_count; i++) {
		if (thread_start(stacks[i] + STACK_SIZE, work, (void *)i, CLONE_AS_THREAD) < 0) {
			leave(EXIT_NO_SETUP);
		}
	}
	work((void *)0);
	leave(report() == 0U ? 0 : EXIT_WRONG);
}
