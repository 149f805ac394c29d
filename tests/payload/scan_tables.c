/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tables of every granule, with leaves of all kinds by chance.
 */
#include "libguest/libguest.h"
#include "scan.h"

#define POOL_SIZE   0x300000UL
#define LAST_LEVEL  3U
#define VALID	    1UL
#define TABLE	    3UL
#define AF	    (1UL << 10)
#define CONTIGUOUS  (1UL << 52)
#define TABLE_BITS  (1UL << 62 | 1UL << 61 | 1UL << 60 | 1UL << 59)
#define LEAF_BITS   (3UL << 53 | 1UL << 7 | 1UL << 6)
#define SHARE_SHIFT 8U
#define UNTOUCHED   0x43800000UL /* RAM that nothing else uses */
#define TCR_T1_MASK 0xffff0000UL
#define TCR_WALKS   (1UL << 24 | 1UL << 26 | 3UL << 28)
#define LEAVES	    300U
#define STABLE	    16U

static uint64_t pool[POOL_SIZE / sizeof(uint64_t)] __attribute__((aligned(65536)));
static uint64_t pool_used;
static uint64_t seed = 0x5eedUL;

static struct {
	unsigned page;	/* bits */
	unsigned bits;	/* of an address */
	unsigned start; /* level */
	uint64_t *root;
} space;

static uint64_t chance(uint64_t below)
{
	return random_next(&seed) % below;
}

static unsigned shift_of(unsigned level)
{
	return space.page + (LAST_LEVEL - level) * (space.page - 3U);
}

static uint64_t *new_table(void)
{
	uint64_t size = 1UL << space.page;
	uint64_t at = (pool_used + size - 1U) & ~(size - 1U);

	pool_used = at + size;
	if (pool_used > POOL_SIZE) {
		check(false, "tables fit");
		guest_done();
	}
	return &pool[at / sizeof(uint64_t)];
}

/* The entry for an offset into the half; tables above it are made, some with rights of their own.
 */
static uint64_t *entry_of(uint64_t offset, unsigned level)
{
	uint64_t *table = space.root;

	for (unsigned at = space.start;; at++) {
		uint64_t index = offset >> shift_of(at);
		uint64_t *entry;

		if (at != space.start) {
			index &= (1UL << (space.page - 3U)) - 1U;
		}
		entry = &table[index];
		if (at == level) {
			return entry;
		}
		if ((*entry & TABLE) != TABLE) {
			*entry = (uint64_t)new_table() | TABLE |
				 (chance(3) == 0U ? random_next(&seed) & TABLE_BITS : 0U);
		}
		table = (uint64_t *)(*entry & 0xfffffffff000UL & ~((1UL << space.page) - 1U));
	}
}

static uint64_t leaf_bits(unsigned level)
{
	uint64_t bits = (random_next(&seed) & LEAF_BITS) | chance(5) << 2 | AF |
			(level == LAST_LEVEL ? TABLE : VALID);

	bits |= (chance(2) == 0U ? 3UL : chance(4)) << SHARE_SHIFT;
	/* 1 is reserved. */
	return (bits >> SHARE_SHIFT & 3U) == 1U ? bits | 3UL << SHARE_SHIFT : bits;
}

static unsigned random_level(void)
{
	unsigned lowest = space.page == 12U ? 1U : 2U;

	if (lowest < space.start) {
		lowest = space.start;
	}
	return chance(5) == 0U ? lowest + (unsigned)chance(LAST_LEVEL - lowest + 1U) : LAST_LEVEL;
}

/* Upwards: runs of like leaves, side by side or with holes between. */
static void fill(void)
{
	uint64_t at = chance(4) << shift_of(LAST_LEVEL);

	for (unsigned i = 0; i < LEAVES;) {
		unsigned level = random_level();
		uint64_t span = 1UL << shift_of(level);
		uint64_t output = chance(1024) << shift_of(level == LAST_LEVEL ? 2U : level);
		uint64_t bits = leaf_bits(level);
		unsigned count = level == LAST_LEVEL ? 1U + (unsigned)chance(40) : 1U;
		bool is_group = level == LAST_LEVEL && count >= 32U;

		at = (at + span - 1U) & ~(span - 1U);
		if (is_group) {
			/* The hint is legal for whole groups alone: 16 leaves of 4 KiB. */
			is_group = space.page == 12U;
			at = (at + 16U * span - 1U) & ~(16U * span - 1U);
			count = 32;
		}
		if ((at + count * span) >> space.bits != 0U) {
			return;
		}
		output &= 0xffffffffffUL;
		for (unsigned n = 0; n < count; n++, i++) {
			uint64_t jump = !is_group && chance(30) == 0U ? 1UL << 30 : 0U;

			*entry_of(at, level) =
				((output + jump + n * span) & 0xfffffff000UL & ~(span - 1U)) |
				bits | (is_group ? CONTIGUOUS : 0U);
			at += span;
		}
		at += chance(3) == 0U ? chance(3000) << space.page : 0U;
	}
}

static void take_space(unsigned page, unsigned bits)
{
	static const uint64_t tg1[] = {[12] = 2, [14] = 1, [16] = 3};
	uint64_t tcr = READ_SYSREG("tcr_el1") & ~TCR_T1_MASK;

	WRITE_SYSREG("mair_el1", READ_SYSREG("mair_el1") | 0xbb440cUL << 16);
	WRITE_SYSREG("ttbr1_el1", (uint64_t)space.root);
	WRITE_SYSREG("tcr_el1", tcr | (64UL - bits) << 16 | tg1[page] << 30 | TCR_WALKS);
	__asm__ volatile("dsb ish\n\tisb\n\ttlbi vmalle1\n\tdsb nsh\n\tisb" ::: "memory");
}

static void begin(unsigned page, unsigned bits)
{
	unsigned levels = (bits - page + page - 4U) / (page - 3U);

	space.page = page;
	space.bits = bits;
	space.start = LAST_LEVEL + 1U - levels;
	space.root = new_table();
}

static void make_random(unsigned page, unsigned bits)
{
	begin(page, bits);
	fill();
	take_space(page, bits);
}

/* Tables where none can be, between pages that are there. */
static void make_absent(void)
{
	begin(12, 48);
	for (uint64_t i = 0; i < 8U; i++) {
		*entry_of(i << 30, LAST_LEVEL) = i << 30 | AF | TABLE;
	}
	*entry_of(1UL << 39, 0) = UNTOUCHED | TABLE;
	*entry_of(0x40200000UL, 2) = (UNTOUCHED + 0x1000UL) | TABLE;
	*entry_of(0x80200000UL, 2) = SCAN_BEHIND_RAM | TABLE;
	*entry_of(2UL << 39, 0) = SCAN_BEHIND_RAM | TABLE;
	*entry_of(0xc0200000UL, 2) = GUEST_UART | TABLE;
	*entry_of(3UL << 39, 1) = GUEST_GICD | TABLE;
	*entry_of(4UL << 39, LAST_LEVEL) = 0x55000000UL | AF | TABLE;
	take_space(12, 48);
}

static void make_loop(void)
{
	begin(12, 48);
	for (unsigned i = 0; i < 512U; i++) {
		space.root[i] = (uint64_t)space.root | AF | TABLE;
	}
	take_space(12, 48);
}

/* RAM and devices once more. 39 bits: blocks of 1 GiB in the root. */
static void make_alias(void)
{
	begin(12, 39);
	space.root[1] = GUEST_RAM | AF | 3UL << SHARE_SHIFT | VALID | 1UL << 2;
	take_space(12, 39);
}

/* Pages that stay, and room for those that change. */
static void make_remapped(void)
{
	begin(12, 48);
	for (uint64_t i = 0; i < STABLE; i++) {
		*entry_of((i << 30) | (i << 12), LAST_LEVEL) = 0x50000000UL | i << 12 | AF | TABLE;
		(void)entry_of((i << 30) | 1UL << 21, LAST_LEVEL);
	}
	take_space(12, 48);
}

void scan_remap(void)
{
	static uint64_t *spare;

	if (spare == NULL) {
		spare = new_table();
	}
	for (unsigned i = 0; i < 50U; i++) {
		uint64_t gib = chance(STABLE);
		/* Never the first 2 MiB of a GiB, where the ones that stay are. */
		uint64_t offset = gib << 30 | (1U + chance(8)) << 21;
		uint64_t *entry = entry_of(offset, 2);
		uint64_t how = chance(4);

		*entry = 0;
		__asm__ volatile("dsb ishst\n\ttlbi vmalle1\n\tdsb nsh\n\tisb" ::: "memory");
		spare[chance(512)] = chance(1024) << 12 | leaf_bits(LAST_LEVEL);
		if (how == 0U) {
			*entry = chance(512) << 21 | leaf_bits(2);
		} else if (how == 1U) {
			*entry = (uint64_t)spare | TABLE;
		} else if (how == 2U) {
			*entry = SCAN_BEHIND_RAM | TABLE;
		}
		__asm__ volatile("dsb ishst" ::: "memory");
	}
}

/* The `index`th 16 KiB of RAM that nothing else uses. */
static uint64_t untouched(uint64_t index)
{
	return 0x41000000UL + (index << 14);
}

/* Tables of each level there, and pages. */
static void make_untouched(void)
{
	uint64_t next = 0;

	begin(12, 48);
	for (uint64_t i = 0; i < 256U; i++) {
		space.root[i] = untouched(next++) | TABLE;
		*entry_of(256UL << 39 | i << 30, 1) = untouched(next++) | TABLE;
		*entry_of(257UL << 39 | 1UL << 30 | i << 21, 2) = untouched(next++) | TABLE;
		*entry_of(258UL << 39 | 2UL << 30 | i << 12, 3) = untouched(next++) | AF | TABLE;
	}
	take_space(12, 48);
}

/* Most entries lead to other such tables, some into RAM, the others anywhere. */
static void make_nonsense(unsigned page, unsigned bits)
{
	uint64_t *table[9];

	begin(page, bits);
	table[0] = space.root;
	for (unsigned i = 1; i < 9U; i++) {
		table[i] = new_table();
	}
	for (uint64_t i = 0; i < 9UL << (page - 3U); i++) {
		uint64_t entry = random_next(&seed);

		if (chance(4) != 0U) {
			entry = (entry & TABLE_BITS) | (uint64_t)table[chance(9)] | AF | TABLE;
		} else if (chance(2) == 0U) {
			entry = (entry & ~0xffffffUL << 24) | 0x40000000UL | 1U;
		}
		table[i >> (page - 3U)][i & ((1UL << (page - 3U)) - 1U)] = entry;
	}
	take_space(page, bits);
}

/* In the upper half of the half, as a kernel's image. */
static void make_banners(void)
{
	static const char banner[] = "Linux version 6 ";
	char *text = (char *)UNTOUCHED;

	begin(12, 48);
	for (uint64_t at = 0; at < 0x100000U; at += 0x1000U) {
		*entry_of(1UL << 47 | at, LAST_LEVEL) = (UNTOUCHED + at) | 1UL << 7 | AF | TABLE;
	}
	/* 1,024 places that begin as a banner does, then 512 that go on as one. */
	for (uint64_t i = 0; i < 0x4000U; i++) {
		text[0xfc000U + i] = i < 0x2000U ? banner[i % 8U] : banner[i % 16U];
	}
	take_space(12, 48);
}

void scan_make_space(uint64_t number)
{
	static void (*const special[])(void) = {
		[SCAN_ABSENT] = make_absent,
		[SCAN_LOOP] = make_loop,
		[SCAN_NO_UPPER_HALF] = make_absent,
		[SCAN_NO_LOWER_HALF] = make_alias,
		[SCAN_NO_MMU] = make_loop,
		[SCAN_REMAPS] = make_remapped,
		[SCAN_UNTOUCHED] = make_untouched,
		[SCAN_BANNERS] = make_banners,
	};
	static const struct {
		uint8_t page;
		uint8_t bits;
	} random[] = {
		[SCAN_PAGES_4K] = {12, 48},
		[SCAN_PAGES_16K] = {14, 47},
		[SCAN_PAGES_64K] = {16, 48},
		[SCAN_SMALL_4K] = {12, 36},
		[SCAN_SMALL_16K] = {14, 36},
		[SCAN_SMALL_64K] = {16, 42},
		[SCAN_LARGE_64K] = {16, 52},
	};
	static const uint8_t nonsense[] = {12, 14, 16};

	seed += number;
	if (number < sizeof(random) / sizeof(random[0])) {
		make_random(random[number].page, random[number].bits);
	} else if (number >= SCAN_NONSENSE_4K && number <= SCAN_NONSENSE_64K) {
		make_nonsense(nonsense[number - SCAN_NONSENSE_4K], 48);
	} else if (number < sizeof(special) / sizeof(special[0])) {
		special[number]();
	} else {
		check(false, "case is known");
		guest_done();
	}
}
