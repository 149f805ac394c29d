/* SPDX-License-Identifier: Apache-2.0 */
/* Code that somebody else writes: another vCPU, or Plinth. */
#include "base/compiler.h"
#include "selfmod.h"

#define ROUNDS	   100U
#define FUNCTIONS  8U /* written in each round */
#define EL2_ROUNDS 40U
#define BOTH_WAYS  2000U

#define INSN_MOVZ_W0(v) (0x52800000U | ((uint32_t)(v) << 5))
#define INSN_NOP	0xd503201fU
#define INSN_B_12	0x14000003U /* over two instructions */

static volatile uint32_t round_now;		    /* its code is there */
static volatile uint32_t round_done[GUEST_CPU_MAX]; /* tried */
static volatile uint32_t wrong_on[GUEST_CPU_MAX];
static uint64_t function[FUNCTIONS]; /* of this round */
static uint32_t cpus;
static uint64_t seed = 20261122;

static void wait_for(volatile uint32_t *word, uint32_t value)
{
	while (*word != value) {
		__asm__ volatile("yield");
	}
	__asm__ volatile("dmb ish" ::: "memory");
}

static void publish(volatile uint32_t *word, uint32_t value)
{
	__asm__ volatile("dmb ish" ::: "memory");
	*word = value;
}

static uint32_t value_of(uint32_t round, uint32_t index)
{
	return (round * FUNCTIONS + index) & 0xffffU;
}

/* Each round has another writer, anywhere in the area: new pages, and pages that were code. */
static void write_round(uint32_t round)
{
	for (uint32_t i = 0; i < FUNCTIONS; i++) {
		function[i] = AREA(AREA_SHARED) +
			      random_next(&seed) % (BLOCK / PAGE / FUNCTIONS) * PAGE * FUNCTIONS +
			      i * PAGE;
		code_make(function[i], value_of(round, i));
	}
	publish(&round_now, round);
}

static void try_round(uint32_t cpu, uint32_t round)
{
	unsigned wrong = 0;

	isb(); /* the one that other CPUs owe */
	for (uint32_t i = 0; i < FUNCTIONS; i++) {
		expect_value(&wrong, code_run(function[i]), value_of(round, i));
	}
	wrong_on[cpu] += wrong;
	publish(&round_done[cpu], round);
}

static void work(uint32_t cpu)
{
	for (uint32_t round = 1; round <= ROUNDS; round++) {
		if (round % cpus == cpu) {
			for (uint32_t other = 0; other < cpus; other++) {
				wait_for(&round_done[other], round - 1U);
			}
			write_round(round);
		}
		wait_for(&round_now, round);
		try_round(cpu, round);
	}
}

/* NOP and B are among the instructions that may change under a CPU's feet (DDI 0487, B2.2.5): it
 * sees the one or the other. */
static uint64_t flipping(void)
{
	return AREA(AREA_SHARED) + BLOCK - PAGE;
}

static void flip_until_tried(void)
{
	volatile uint32_t *code = (volatile uint32_t *)flipping();

	for (uint32_t i = 0; round_done[1] != ROUNDS + 1U; i++) {
		*code = i % 2U == 0U ? INSN_B_12 : INSN_NOP;
		code_maintain(flipping(), sizeof(*code));
	}
}

static void try_both_ways(uint32_t cpu)
{
	unsigned wrong = 0;

	for (uint32_t i = 0; i < BOTH_WAYS; i++) {
		uint32_t value = code_run(flipping());

		wrong += value == 1U || value == 2U ? 0U : 1U;
	}
	wrong_on[cpu] += wrong;
	publish(&round_done[cpu], ROUNDS + 1U);
}

static void other_cpu(uint32_t cpu)
{
	work(cpu);
	if (cpu == 1U) {
		wait_for(&round_now, ROUNDS + 1U);
		try_both_ways(cpu);
	}
}

static bool nobody_was_wrong(void)
{
	uint32_t wrong = 0;

	for (uint32_t cpu = 0; cpu < cpus; cpu++) {
		wrong += wrong_on[cpu];
	}
	return wrong == 0U;
}

/* (nop | b over); movz w0, #1; ret; over: movz w0, #2; ret */
static void make_flipping(void)
{
	volatile uint32_t *code = (volatile uint32_t *)flipping();

	code[0] = INSN_NOP;
	code_write(flipping() + sizeof(*code), 1);
	code_write(flipping() + 3U * sizeof(*code), 2);
	code_maintain(flipping(), PAGE);
}

void selfmod_shared(uint32_t count)
{
	cpus = count;
	for (uint32_t cpu = 1; cpu < cpus; cpu++) {
		check(cpu_on(cpu, other_cpu) == 0, "another vCPU");
	}
	work(0);
	for (uint32_t cpu = 1; cpu < cpus; cpu++) {
		wait_for(&round_done[cpu], ROUNDS);
	}
	check(nobody_was_wrong(), "code that each vCPU writes and all run");
	if (cpus == 1U) {
		return;
	}
	make_flipping();
	publish(&round_now, ROUNDS + 1U);
	flip_until_tried();
	check(nobody_was_wrong(), "code that changes while another vCPU runs it");
}

#define UART_LAST_WORD 0xffcU /* an ID register: writes are ignored */

/* A pair of words, one into a device and one into RAM behind it: Plinth stores both. No maintenance
 * here, since it was not us who wrote. */
static void write_by_el2(uint64_t va, uint32_t word)
{
	__asm__ volatile(
		"stp wzr, %w0, [%1]\n\tdsb ish\n\tisb" ::"r"(word), "r"(va + UART_LAST_WORD)
		: "memory");
}

void selfmod_el2(void)
{
	uint64_t code = AREA(AREA_EL2);
	uint64_t va = selfmod_map(8, GUEST_UART, true);
	unsigned wrong = 0;

	(void)selfmod_map(9, code, false);
	code_make(code, 1);
	expect_value(&wrong, code_run(code), 1);
	for (uint32_t i = 1; i <= EL2_ROUNDS; i++) {
		write_by_el2(va, INSN_MOVZ_W0(2000U + i));
		expect_value(&wrong, code_run(code), 2000U + i);
	}
	check(wrong == 0U, "code that Plinth writes");
	print("selfmod: executed 0x%lx\nselfmod: written by Plinth %u times\n", code, EL2_ROUNDS);
}
