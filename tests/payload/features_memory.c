/* SPDX-License-Identifier: Apache-2.0 */
/* Memory as a fresh VM has it, cache maintenance on it, and code that changes. */
#include "base/compiler.h"
#include "features.h"
#include "libguest/libguest.h"

#define MIB	   0x100000UL
#define FRESH	   (GUEST_RAM + 32U * MIB) /* nothing of the program is there */
#define FRESH_SIZE (4U * MIB)
#define UNTOUCHED  (GUEST_RAM + 40U * MIB) /* a block of its own for each operation */
#define BLOCK	   (2U * MIB)
#define PAGE	   0x1000UL
#define PATTERN	   0x6b1f0c55a7d3e291UL

#define CLIDR_LEVELS	7U
#define CLIDR_TYPE_DATA 2U /* data or unified, from here on */

#define INSN_MOVZ_W0 0x52800000U /* movz w0, #(imm << 5) */
#define INSN_RET     0xd65f03c0U
#define CODE_ROUNDS  40U

static uint32_t code[1024] __attribute__((aligned(4096)));
static uint64_t data[512] __attribute__((aligned(4096)));
static volatile uint32_t asked; /* the round that CPU 1 is to run */
static volatile uint32_t answered;
static volatile uint32_t answer;

#define BY_VA(operation, at) __asm__ volatile(operation ", %0\n\tdsb sy" ::"r"(at) : "memory")

static void fill_data(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(data); i++) {
		data[i] = PATTERN + i;
	}
	__asm__ volatile("" ::: "memory");
}

static bool data_is_there(void)
{
	bool same = true;

	__asm__ volatile("" ::: "memory");
	for (unsigned i = 0; i < ARRAY_SIZE(data); i++) {
		same = same && data[i] == PATTERN + i;
	}
	return same;
}

static bool is_zero(uint64_t from, uint64_t size)
{
	const volatile uint64_t *at = (const volatile uint64_t *)from;
	uint64_t any = 0;

	for (uint64_t i = 0; i < size / sizeof(*at); i++) {
		any |= at[i];
	}
	return any == 0U;
}

static void test_fresh(void)
{
	volatile uint64_t *middle = (volatile uint64_t *)(FRESH + FRESH_SIZE / 2U);

	check(is_zero(FRESH, FRESH_SIZE), "fresh memory reads zero");
	*middle = 1;
	check(!is_zero(FRESH, FRESH_SIZE), "and not when it is written");
}

#define SET_WAY(name)                                                                              \
	static void name##_all(unsigned level, uint64_t sets, uint64_t ways, unsigned line_log2)   \
	{                                                                                          \
		unsigned way_shift =                                                               \
			ways > 1U ? (unsigned)__builtin_clz((uint32_t)ways - 1U) : 0U;             \
                                                                                                   \
		for (uint64_t set = 0; set < sets; set++) {                                        \
			for (uint64_t way = 0; way < ways; way++) {                                \
				__asm__ volatile("dc " #name ", %0" ::"r"(                         \
					(way << way_shift) | (set << line_log2) | (level << 1)));  \
			}                                                                          \
		}                                                                                  \
		__asm__ volatile("dsb sy" ::: "memory");                                           \
	}

SET_WAY(isw)
SET_WAY(csw)
SET_WAY(cisw)

typedef void set_way_fn(unsigned level, uint64_t sets, uint64_t ways, unsigned line_log2);

/* Every set and way of every level, as an operating system does it. The number of levels. */
static unsigned each_level(set_way_fn *fn)
{
	bool wide = ((READ_SYSREG("id_aa64mmfr2_el1") >> 20) & 0xfU) != 0U; /* CCIDX */
	uint64_t clidr = READ_SYSREG("clidr_el1");
	unsigned done = 0;

	for (unsigned level = 0; level < CLIDR_LEVELS; level++) {
		uint64_t ccsidr;

		if (((clidr >> (3U * level)) & 7U) < CLIDR_TYPE_DATA) {
			continue;
		}
		WRITE_SYSREG("csselr_el1", level << 1);
		isb();
		ccsidr = READ_SYSREG("ccsidr_el1");
		fn(level,
			wide ? ((ccsidr >> 32) & 0xffffffU) + 1U : ((ccsidr >> 13) & 0x7fffU) + 1U,
			wide ? ((ccsidr >> 3) & 0x1fffffU) + 1U : ((ccsidr >> 3) & 0x3ffU) + 1U,
			(unsigned)(ccsidr & 7U) + 4U);
		done++;
	}
	return done;
}

static void test_set_way(void)
{
	fill_data();
	check(each_level(cisw_all) != 0U && data_is_there(), "DC CISW by all sets and ways");
	fill_data();
	check(each_level(csw_all) != 0U && data_is_there(), "DC CSW by all sets and ways");
	fill_data();
	/* A hypervisor makes it a clean too, lest one guest drop another's data. */
	check(each_level(isw_all) != 0U && data_is_there(), "DC ISW loses nothing");
}

static void test_untouched(void)
{
	BY_VA("dc cvac", UNTOUCHED);
	check(is_zero(UNTOUCHED, PAGE), "DC CVAC on untouched memory");
	BY_VA("dc civac", UNTOUCHED + BLOCK);
	check(is_zero(UNTOUCHED + BLOCK, PAGE), "DC CIVAC on untouched memory");
	BY_VA("dc ivac", UNTOUCHED + 2U * BLOCK);
	check(is_zero(UNTOUCHED + 2U * BLOCK, PAGE), "DC IVAC on untouched memory");
	BY_VA("dc cvau", UNTOUCHED + 3U * BLOCK);
	check(is_zero(UNTOUCHED + 3U * BLOCK, PAGE), "DC CVAU on untouched memory");
	BY_VA("ic ivau", UNTOUCHED + 4U * BLOCK);
	check(is_zero(UNTOUCHED + 4U * BLOCK, PAGE), "IC IVAU on untouched memory");
	BY_VA("dc zva", UNTOUCHED + 5U * BLOCK);
	check(is_zero(UNTOUCHED + 5U * BLOCK, PAGE), "DC ZVA on untouched memory");
}

static void test_by_va(void)
{
	fill_data();
	for (uint64_t at = (uint64_t)data; at < (uint64_t)&data[ARRAY_SIZE(data)]; at += 64U) {
		BY_VA("dc cvac", at);
		BY_VA("dc civac", at);
		BY_VA("dc ivac", at); /* of clean lines */
		BY_VA("ic ivau", at);
	}
	check(data_is_there(), "DC CVAC, CIVAC, IVAC by address");
	BY_VA("dc zva", data);
	check(data[0] == 0U && data[ARRAY_SIZE(data) - 1U] != 0U, "DC ZVA zeroes a line");
}

/* A function that returns n, with the maintenance that the architecture asks for. */
static void write_code(uint32_t n)
{
	code[0] = INSN_MOVZ_W0 | (n << 5);
	code[1] = INSN_RET;
	__asm__ volatile("dc cvau, %0\n\tdsb ish\n\tic ivau, %0\n\tdsb ish\n\tisb" ::"r"(code)
			 : "memory");
}

static uint32_t call_code(void)
{
	return ((uint32_t(*)(void))(uint64_t)code)();
}

static void peer(uint32_t cpu)
{
	(void)cpu;
	for (uint32_t round = 1; round <= CODE_ROUNDS; round++) {
		while (asked != round) {
			__asm__ volatile("yield");
		}
		__asm__ volatile("dmb ish\n\tisb" ::: "memory");
		answer = call_code();
		__asm__ volatile("dmb ish" ::: "memory");
		answered = round;
	}
	features_cpu_off();
}

static void test_code(void)
{
	uint32_t wrong_here = 0;
	uint32_t wrong_there = 0;

	check(cpu_on(1, peer) == 0, "a vCPU that runs new code");
	for (uint32_t round = 1; round <= CODE_ROUNDS; round++) {
		write_code(1000U + round);
		wrong_here += call_code() == 1000U + round ? 0U : 1U;
		asked = round;
		while (answered != round) {
			__asm__ volatile("yield");
		}
		__asm__ volatile("dmb ish" ::: "memory");
		wrong_there += answer == 1000U + round ? 0U : 1U;
	}
	features_wait_off(1);
	check(wrong_here == 0U, "code that changes itself");
	check(wrong_there == 0U, "code that another vCPU changes");
}

void test_memory(void)
{
	test_fresh();
	test_untouched();
	test_by_va();
	test_set_way();
	test_code();
}
