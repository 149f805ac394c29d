/* SPDX-License-Identifier: Apache-2.0 */
#include "detect_native/native.h"

#include "base/compiler.h"

#include "sequences.h"

#define PAGE_SIZE  4096U
#define CHUNK_SIZE 0x4000U
#define INSN_RET   0xd65f03c0U

STATIC_ASSERT(PROBE_COUNT == 23, "sequences.S counts them too");

/* The largest reservation granule is 2 KiB: nothing else lies beside the word. */
static uint64_t monitored[PAGE_SIZE / sizeof(uint64_t)] ALIGNED(PAGE_SIZE);
/* What cache maintenance works on. */
static uint64_t maintained[PAGE_SIZE / sizeof(uint64_t)] ALIGNED(PAGE_SIZE);

static struct {
	struct detect_native_code code;
	uint64_t next;	 /* block */
	uint64_t stride; /* blocks to the one after it; no divisor in common with their number */
	uint64_t last;	 /* the page that the controls execute again */
} fresh;

static uint64_t common_divisor(uint64_t a, uint64_t b)
{
	while (b != 0U) {
		uint64_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

void detect_native_init(const struct detect_native_code *code)
{
	uint64_t count = code->size / DETECT_NATIVE_BLOCK;

	fresh.code = *code;
	if (count == 0U) {
		return;
	}
	fresh.next = code->seed % count;
	fresh.stride = 1U + (code->seed >> 32) % count;
	while (common_divisor(fresh.stride, count) != 1U) {
		fresh.stride++;
	}
}

/* Writes a function that returns at once. */
static void write_code(uint64_t at)
{
	*(volatile uint32_t *)at = INSN_RET;
	__asm__ volatile("dc cvau, %0\n\tdsb ish\n\tic ivau, %0\n\tdsb ish\n\tisb" ::"r"(at)
			 : "memory");
}

/* xorshift64 (Marsaglia 2003): where in a block need not be more random. */
static uint64_t next_random(void)
{
	uint64_t value = fresh.code.seed;

	value ^= value << 13;
	value ^= value >> 7;
	value ^= value << 17;
	fresh.code.seed = value;
	return value;
}

/* Every block once before the first one again. */
static void take_block(void)
{
	uint64_t count = fresh.code.size / DETECT_NATIVE_BLOCK;
	uint64_t chunk = next_random() % (DETECT_NATIVE_BLOCK / CHUNK_SIZE);

	fresh.last = fresh.code.start + fresh.next * DETECT_NATIVE_BLOCK + chunk * CHUNK_SIZE;
	fresh.next = (fresh.next + fresh.stride) % count;
	for (uint64_t offset = 0; offset < CHUNK_SIZE; offset += PAGE_SIZE) {
		*(volatile uint32_t *)(fresh.last + offset) = INSN_RET;
	}
}

static uint64_t operand(enum detect_probe_id probe)
{
	uint64_t value = 0;

	if (probe == PROBE_CVAU || probe == PROBE_CIVAC) {
		return (uint64_t)maintained;
	}
	if (probe == PROBE_CONTEXTIDR) {
		__asm__ volatile("mrs %0, contextidr_el1" : "=r"(value));
	}
	return value;
}

static enum detect_outcome outcome_of(uint32_t status)
{
	if (status == SEQUENCE_STORED) {
		return DETECT_STORED;
	}
	return status == SEQUENCE_CLEARED ? DETECT_CLEARED : DETECT_FAULTED;
}

static enum detect_outcome run_first_fetch(bool is_control)
{
	if (fresh.code.size == 0U) {
		return DETECT_FAULTED;
	}
	if (!is_control) {
		take_block();
	}
	write_code(fresh.last);
	return outcome_of(native_sequences[PROBE_FIRST_FETCH](monitored, fresh.last));
}

enum detect_outcome detect_native_run(void *ctx, enum detect_probe_id probe, bool is_control)
{
	(void)ctx;
	if (probe == PROBE_FIRST_FETCH) {
		return run_first_fetch(is_control);
	}
	if (is_control) {
		return outcome_of(native_control(monitored, 0));
	}
	return outcome_of(native_sequences[probe](monitored, operand(probe)));
}

bool detect_native_fixup(uint64_t pc, uint64_t *resume)
{
	if (pc >= (uint64_t)native_sequences_start && pc < (uint64_t)native_sequences_end) {
		*resume = (uint64_t)native_faulted;
		return true;
	}
	if (pc >= fresh.code.start && pc - fresh.code.start < fresh.code.size) {
		*resume = (uint64_t)native_fetch_faulted;
		return true;
	}
	return false;
}
