/* SPDX-License-Identifier: Apache-2.0 */
#include "exits.h"

#include "batches.h"
#include "libguest/libguest.h"

/* A block of stage 2: no two samples share a mapping, however large it is made. */
#define BLOCK	   0x200000UL
#define DATA_START (GUEST_RAM + 0x2000000UL)
#define CODE_START (DATA_START + BATCHES * BLOCK)
#define INSN_RET   0xd65f03c0U

static uint64_t store_ticks(uint64_t at)
{
	uint64_t start = counter();

	write32(at, INSN_RET);
	return counter() - start;
}

static uint64_t call_ticks(uint64_t at)
{
	uint64_t start = counter();

	((void (*)(void))at)();
	return counter() - start;
}

static void write_code(uint64_t at)
{
	write32(at, INSN_RET);
	__asm__ volatile("dc cvau, %0\n\tdsb ish\n\tic ivau, %0\n\tdsb ish\n\tisb" ::"r"(at)
			 : "memory");
}

static uint64_t first(uint64_t (*ticks)(uint64_t at), uint64_t at)
{
	uint64_t once = ticks(at);
	uint64_t again = ticks(at);

	return once > again ? once - again : 0U;
}

void measure_memory(void)
{
	uint64_t ticks[BATCHES];

	for (unsigned i = 0; i < BATCHES; i++) {
		ticks[i] = first(store_ticks, DATA_START + i * BLOCK);
	}
	report("stage2_fault", ticks, 1);
	for (unsigned i = 0; i < BATCHES; i++) {
		write_code(CODE_START + i * BLOCK);
		ticks[i] = first(call_ticks, CODE_START + i * BLOCK);
	}
	report("fetch_fault", ticks, 1);
}
