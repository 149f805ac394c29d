/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loads and stores to emulated devices in the forms that leave no valid syndrome: write-back,
 * pairs, SIMD; and those that have one but extend in their own way. The distributor is the device:
 * its priority bytes are memory of bytes and words, its routing registers of double words.
 */
#include "attempt.h"
#include "base/compiler.h"
#include "base/string.h"
#include "libguest/libguest.h"

#define PRIORITIES (GUEST_GICD + 0x420UL)  /* of SPI 32 on: 32 bytes, multiples of 8 */
#define ROUTES	   (GUEST_GICD + 0x6100UL) /* of SPI 32 on: 32 double words */
#define UART_IBRD  (GUEST_UART + 0x24UL)
#define ROUTE(i)   (0x0000000000010200UL + (i))
#define UNTOUCHED  0xdeadbeefcafe0000UL
#define BYTES	   32U
#define MIDDLE	   16U
#define ROUTED	   8U

/* The encoding of an instruction, from the assembler. */
#define INSN(text)                                                                                 \
	({                                                                                         \
		const uint32_t *at_;                                                               \
		__asm__(".arch_extension simd\n\t.arch_extension lse\n\tadr %0, 1f\n\tb "          \
			"2f\n1:\t" text "\n2:"                                                     \
			: "=r"(at_));                                                              \
		*at_;                                                                              \
	})

static uint8_t model[BYTES];

static void fill_device(void)
{
	for (unsigned i = 0; i < BYTES; i++) {
		model[i] = (uint8_t)(i * 8U + 24U);
	}
	for (unsigned i = 0; i < BYTES; i += 4U) {
		uint32_t word;

		memcpy(&word, model + i, sizeof(word));
		write32(PRIORITIES + i, word);
	}
	for (uint64_t i = 0; i < ROUTED; i++) {
		__asm__ volatile("str %0, [%1]" ::"r"(ROUTE(i)), "r"(ROUTES + 8U * i) : "memory");
	}
}

/* What a load of `size` bytes at PRIORITIES + at gives. */
static uint64_t expected(uint64_t at, unsigned size)
{
	uint64_t value = 0;

	memcpy(&value, model + at, size);
	return value;
}

static void run(struct attempt *a, uint32_t insn, uint64_t x0)
{
	for (unsigned i = 0; i < ARRAY_SIZE(a->x); i++) {
		a->x[i] = UNTOUCHED + i;
	}
	a->x[0] = x0;
	a->sp = 0;
	attempt_one(a, insn);
}

static bool others_untouched(const struct attempt *a, unsigned from)
{
	for (unsigned i = from; i < ARRAY_SIZE(a->x); i++) {
		if (a->x[i] != UNTOUCHED + i) {
			return false;
		}
	}
	return true;
}

struct load {
	const char *name;
	uint32_t insn;
	uint8_t size;
	uint8_t sign; /* bits of the register that the sign fills: 0, 32 or 64 */
	int8_t at;    /* where it reads, from x0 */
	int8_t after; /* what x0 is moved by */
};

static uint64_t extend(uint64_t v, const struct load *l)
{
	unsigned unused = 64U - 8U * l->size;

	if (l->sign == 0U) {
		return v;
	}
	v = (uint64_t)((int64_t)(v << unused) >> unused);
	return l->sign == 32U ? (uint32_t)v : v;
}

static void try_load(const struct load *l)
{
	uint64_t base = MIDDLE; /* bytes above 0x80: the sign counts */
	struct attempt a;
	uint64_t want = extend(expected(base + (uint64_t)(int64_t)l->at, l->size), l);

	run(&a, l->insn, PRIORITIES + base);
	if (attempt_finished(&a) && a.x[1] != want) {
		print("%s: 0x%lx, not 0x%lx\n", l->name, a.x[1], want);
	}
	check(attempt_finished(&a) && a.x[1] == want &&
			a.x[0] == PRIORITIES + base + (uint64_t)(int64_t)l->after &&
			others_untouched(&a, 2),
		l->name);
}

#define LOAD(text, size, sign, at, after)                                                          \
	try_load(&(struct load){text, INSN(text), size, sign, at, after})

static void test_loads(void)
{
	LOAD("ldr w1, [x0]", 4, 0, 0, 0);
	LOAD("ldr w1, [x0], #4", 4, 0, 0, 4);
	LOAD("ldr w1, [x0], #-8", 4, 0, 0, -8);
	LOAD("ldr w1, [x0, #8]!", 4, 0, 8, 8);
	LOAD("ldr w1, [x0, #-4]!", 4, 0, -4, -4);
	LOAD("ldur w1, [x0, #-12]", 4, 0, -12, 0);
	LOAD("ldar w1, [x0]", 4, 0, 0, 0);
	LOAD("ldrb w1, [x0, #3]", 1, 0, 3, 0);
	LOAD("ldrb w1, [x0], #1", 1, 0, 0, 1);
	LOAD("ldrsb w1, [x0, #1]", 1, 32, 1, 0);
	LOAD("ldrsb x1, [x0, #2]", 1, 64, 2, 0);
	LOAD("ldrsb w1, [x0], #5", 1, 32, 0, 5);
	LOAD("ldrsb x1, [x0, #-3]!", 1, 64, -3, -3);
	LOAD("ldrsw x1, [x0]", 4, 64, 0, 0);
	LOAD("ldrsw x1, [x0], #12", 4, 64, 0, 12);
}

static void test_addresses(void)
{
	struct attempt a = {.sp = PRIORITIES + 16U};

	a.x[0] = PRIORITIES;
	a.x[2] = 3;
	attempt_one(&a, INSN("ldr w1, [x0, x2, lsl #2]"));
	check(attempt_finished(&a) && a.x[1] == expected(12, 4), "register offset");
	a.x[0] = PRIORITIES + 16U;
	a.x[2] = 0xfffffffeUL;
	attempt_one(&a, INSN("ldr w1, [x0, w2, sxtw #2]"));
	check(attempt_finished(&a) && a.x[1] == expected(8, 4), "register offset, sign-extended");
	attempt_one(&a, INSN("ldr w1, [sp]"));
	check(attempt_finished(&a) && a.x[1] == expected(16, 4), "SP as base");
	attempt_one(&a, INSN("ldr w1, [sp], #16"));
	check(attempt_finished(&a) && a.x[1] == expected(16, 4) && a.sp == PRIORITIES + 32U,
		"SP as base, post-index");
	attempt_one(&a, INSN("ldp w1, w3, [sp, #-32]!"));
	check(attempt_finished(&a) && a.x[1] == expected(0, 4) && a.x[3] == expected(4, 4) &&
			a.sp == PRIORITIES,
		"SP as base, pair, pre-index");
	a.x[0] = PRIORITIES;
	attempt_one(&a, INSN("ldr wzr, [x0], #4"));
	check(attempt_finished(&a) && a.x[0] == PRIORITIES + 4U, "load to WZR, post-index");
}

static void try_pair(const char *name, uint32_t insn, int at, int after, bool sign)
{
	struct attempt a;
	uint64_t one = expected(MIDDLE + (uint64_t)at, 4);
	uint64_t two = expected(MIDDLE + 4U + (uint64_t)at, 4);

	if (sign) {
		one = (uint64_t)(int64_t)(int32_t)one;
		two = (uint64_t)(int64_t)(int32_t)two;
	}
	run(&a, insn, PRIORITIES + MIDDLE);
	check(attempt_finished(&a) && a.x[1] == one && a.x[2] == two &&
			a.x[0] == PRIORITIES + MIDDLE + (uint64_t)after && others_untouched(&a, 3),
		name);
}

#define PAIR(text, at, after, sign) try_pair(text, INSN(text), at, after, sign)

static void test_pairs(void)
{
	struct attempt a;

	PAIR("ldp w1, w2, [x0]", 0, 0, false);
	PAIR("ldp w1, w2, [x0, #8]", 8, 0, false);
	PAIR("ldp w1, w2, [x0], #8", 0, 8, false);
	PAIR("ldp w1, w2, [x0, #-16]!", -16, -16, false);
	PAIR("ldnp w1, w2, [x0]", 0, 0, false);
	PAIR("ldpsw x1, x2, [x0]", 0, 0, true);
	PAIR("ldpsw x1, x2, [x0], #8", 0, 8, true);
	run(&a, INSN("ldp x1, x2, [x0], #16"), ROUTES + 8U);
	check(attempt_finished(&a) && a.x[1] == ROUTE(1) && a.x[2] == ROUTE(2) &&
			a.x[0] == ROUTES + 24U,
		"ldp x1, x2, [x0], #16");
	run(&a, INSN("ldr x1, [x0, #16]!"), ROUTES);
	check(attempt_finished(&a) && a.x[1] == ROUTE(2) && a.x[0] == ROUTES + 16U,
		"ldr x1, [x0, #16]!");
	write32(UART_IBRD, 0x9234);
	run(&a, INSN("ldrh w1, [x0], #4"), UART_IBRD);
	check(attempt_finished(&a) && a.x[1] == 0x9234U && a.x[0] == UART_IBRD + 4U,
		"ldrh w1, [x0], #4");
	run(&a, INSN("ldrsh w1, [x0]"), UART_IBRD);
	check(attempt_finished(&a) && a.x[1] == 0xffff9234U, "ldrsh w1, [x0]");
}

#define READ_LANE(v, lane)                                                                         \
	({                                                                                         \
		uint64_t value_;                                                                   \
		__asm__ volatile(".arch_extension simd\n\tmov %0, " v ".d[" lane "]"               \
				 : "=r"(value_));                                                  \
		value_;                                                                            \
	})

static void set_vectors(void)
{
	__asm__ volatile(".arch_extension simd\n\tmovi v0.16b, #0xff\n\tmovi v1.16b, #0xff");
}

static void try_vector(const char *name, uint32_t insn, uint64_t x0, const uint64_t lanes[4])
{
	struct attempt a;

	set_vectors();
	run(&a, insn, x0);
	check(attempt_finished(&a) && READ_LANE("v0", "0") == lanes[0] &&
			READ_LANE("v0", "1") == lanes[1] && READ_LANE("v1", "0") == lanes[2] &&
			READ_LANE("v1", "1") == lanes[3] && others_untouched(&a, 1),
		name);
}

#define VECTOR(text, x0, ...) try_vector(text, INSN(text), x0, (const uint64_t[4]){__VA_ARGS__})

static void test_vectors(void)
{
	uint64_t low = expected(4, 4);
	uint64_t high = expected(8, 4);

	VECTOR("ldr b0, [x0]", PRIORITIES + 4U, expected(4, 1), 0, ~0UL, ~0UL);
	VECTOR("ldr s0, [x0]", PRIORITIES + 4U, low, 0, ~0UL, ~0UL);
	VECTOR("ldr s0, [x0], #4", PRIORITIES + 4U, low, 0, ~0UL, ~0UL);
	VECTOR("ldp s0, s1, [x0]", PRIORITIES + 4U, low, 0, high, 0);
	VECTOR("ldr d0, [x0]", ROUTES, ROUTE(0), 0, ~0UL, ~0UL);
	VECTOR("ldp d0, d1, [x0]", ROUTES, ROUTE(0), 0, ROUTE(1), 0);
	VECTOR("ldr q0, [x0]", ROUTES, ROUTE(0), ROUTE(1), ~0UL, ~0UL);
	VECTOR("ldp q0, q1, [x0]", ROUTES, ROUTE(0), ROUTE(1), ROUTE(2), ROUTE(3));
	VECTOR("ldp q0, q1, [x0], #32", ROUTES + 16U, ROUTE(2), ROUTE(3), ROUTE(4), ROUTE(5));
	VECTOR("ld1 {v0.2d}, [x0]", ROUTES, ROUTE(0), ROUTE(1), ~0UL, ~0UL);
	VECTOR("ld1 {v0.2d, v1.2d}, [x0]", ROUTES, ROUTE(0), ROUTE(1), ROUTE(2), ROUTE(3));
	VECTOR("ld1 {v0.s}[1], [x0]", PRIORITIES + 4U, (low << 32) | 0xffffffffU, ~0UL, ~0UL, ~0UL);
}

/* Stores: x1 and x2 hold small multiples of 8 in each byte; read back by plain loads. */
static void try_store(const char *name, uint32_t insn, unsigned words, int at, int after)
{
	uint64_t base = PRIORITIES + MIDDLE;
	struct attempt a = {.sp = 0};
	bool ok;

	fill_device();
	a.x[0] = base;
	a.x[1] = 0x1122334410203040UL;
	a.x[2] = 0x5566778850607080UL;
	attempt_one(&a, insn);
	ok = attempt_finished(&a) && a.x[0] == base + (uint64_t)after;
	ok = ok && read32(base + (uint64_t)at) == 0x10203040U;
	ok = ok && (words == 1U || read32(base + (uint64_t)at + 4U) == 0x50607080U);
	ok = ok && read32(base + (uint64_t)at - 4U) == expected(MIDDLE + (uint64_t)at - 4U, 4);
	check(ok, name);
}

#define STORE(text, words, at, after) try_store(text, INSN(text), words, at, after)

static void test_stores(void)
{
	struct attempt a;

	STORE("str w1, [x0]", 1, 0, 0);
	STORE("str w1, [x0], #4", 1, 0, 4);
	STORE("str w1, [x0, #8]!", 1, 8, 8);
	STORE("stlr w1, [x0]", 1, 0, 0);
	STORE("stp w1, w2, [x0]", 2, 0, 0);
	STORE("stp w1, w2, [x0], #8", 2, 0, 8);
	STORE("stp w1, w2, [x0, #-8]!", 2, -8, -8);
	set_vectors();
	run(&a, INSN("str s0, [x0], #4"), PRIORITIES);
	check(attempt_finished(&a) && read32(PRIORITIES) == 0xf8f8f8f8U, "str s0, [x0], #4");
	fill_device();
	run(&a, INSN("strb wzr, [x0, #5]!"), PRIORITIES);
	check(attempt_finished(&a) && read32(PRIORITIES + 4U) == (expected(4, 4) & 0xffff00ffU),
		"strb wzr, [x0, #5]!");
	fill_device();
}

/* An access that no device can answer ends in an abort, with the registers as they were. */
static void try_refused(const char *name, uint32_t insn, uint64_t x0)
{
	struct attempt a;

	run(&a, insn, x0);
	check(attempt_is_sync(&a) && attempt_ec(&a) == EC_DABT && a.x[0] == x0 &&
			a.pc == code_at(0) && a.far >= x0 - 16U && a.far <= x0 + 64U &&
			others_untouched(&a, 1),
		name);
}

#define REFUSED(text, x0) try_refused("refused: " text, INSN(text), x0)

static void test_refused(void)
{
	REFUSED("ldxr w1, [x0]", PRIORITIES);
	REFUSED("ldaxp x1, x2, [x0]", ROUTES);
	REFUSED("ld2 {v0.4s, v1.4s}, [x0]", ROUTES);
	REFUSED("ldr w1, [x0], #4", PRIORITIES + 1U);
	REFUSED("ldp w1, w2, [x0]", PRIORITIES + 2U);
	REFUSED("ldr q0, [x0], #16", ROUTES + 1U);
	REFUSED("ldr w1, [x0], #4", 0x09020000UL);
	REFUSED("str w1, [x0]", 0x09020000UL);
	REFUSED("stp x1, x2, [x0, #16]!", 0x0a000000UL);
	if (((READ_SYSREG("id_aa64isar0_el1") >> 20) & 0xfU) != 0U) {
		REFUSED("ldadd w1, w2, [x0]", PRIORITIES);
		REFUSED("cas w1, w2, [x0]", PRIORITIES);
		REFUSED("swp x1, x2, [x0]", ROUTES);
	}
}

/* A window of pages: RAM, the distributor, RAM, the UART, RAM. */
#define WINDOW_GIB  303UL
#define WINDOW	    (WINDOW_GIB << 30)
#define PAGE	    0x1000UL
#define PAGE_NORMAL 0x0060000000000707UL
#define PAGE_DEVICE 0x0060000000000403UL
#define UART_LAST   0xb1U /* its last word, UARTPCellID3 */
#define ENTRIES	    512U

static uint64_t level2[ENTRIES] __attribute__((aligned(4096)));
static uint64_t level3[ENTRIES] __attribute__((aligned(4096)));
static uint32_t ram[3][PAGE / 4U] __attribute__((aligned(4096)));

static void map_window(void)
{
	volatile uint64_t *level1 = (volatile uint64_t *)(READ_SYSREG("ttbr0_el1") & ~1UL);

	level3[0] = (uint64_t)ram[0] | PAGE_NORMAL;
	level3[1] = GUEST_GICD | PAGE_DEVICE;
	level3[2] = (uint64_t)ram[1] | PAGE_NORMAL;
	level3[3] = GUEST_UART | PAGE_DEVICE;
	level3[4] = (uint64_t)ram[2] | PAGE_NORMAL;
	level2[0] = (uint64_t)level3 | 3U;
	level1[WINDOW_GIB] = (uint64_t)level2 | 3U;
	__asm__ volatile("dsb ish\n\ttlbi vmalle1\n\tdsb nsh\n\tisb" ::: "memory");
}

static void test_crossing(void)
{
	struct attempt a;
	uint32_t *last = &ram[0][PAGE / 4U - 1U];

	map_window();
	*last = 0x12345678U;
	ram[2][0] = 0x9abcdef0U;
	write32(GUEST_GICD, 0x12);
	run(&a, INSN("ldp w1, w2, [x0]"), WINDOW + PAGE - 4U);
	check(attempt_finished(&a) && a.x[1] == 0x12345678U && a.x[2] == read32(GUEST_GICD),
		"pair from RAM into a device");
	run(&a, INSN("ldp w1, w2, [x0], #8"), WINDOW + 4U * PAGE - 4U);
	check(attempt_finished(&a) && a.x[1] == UART_LAST && a.x[2] == 0x9abcdef0U &&
			a.x[0] == WINDOW + 4U * PAGE + 4U,
		"pair from a device into RAM");
	run(&a, INSN("stp w1, wzr, [x0], #-4"), WINDOW + PAGE - 4U);
	check(attempt_finished(&a) && *last == (uint32_t)(UNTOUCHED + 1U) &&
			(read32(GUEST_GICD) & 3U) == 0U && a.x[0] == WINDOW + PAGE - 8U,
		"stored pair from RAM into a device");
	run(&a, INSN("stp wzr, w2, [x0]"), WINDOW + 4U * PAGE - 4U);
	check(attempt_finished(&a) && ram[2][0] == (uint32_t)(UNTOUCHED + 2U),
		"stored pair from a device into RAM");
	try_refused("refused: one word across RAM and device", INSN("ldr w1, [x0], #4"),
		WINDOW + PAGE - 2U);
	try_refused("refused: one word across device and RAM", INSN("ldr w1, [x0], #4"),
		WINDOW + 2U * PAGE - 2U);
}

void guest_main(void)
{
	fill_device();
	test_loads();
	test_addresses();
	test_pairs();
	test_vectors();
	test_stores();
	test_refused();
	test_crossing();
}
