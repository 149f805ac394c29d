/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What technique 6 is compared with: a walk of a guest's tables by software, which reads each table
 * whole. Runs without a hypervisor, beside a copy of a machine's memory, and finds a table by the
 * guest's stage 2, as a hypervisor would. 4 KiB granule. What to walk is at ASKED (bench/scan.py).
 * Prints "BENCH: name value", then the ranges, as the monitor's scan does.
 */
#include "libguest/libguest.h"
#include "libscan/libscan.h"

#define RANGES_MAX 512U
#define ENTRIES	   512U
#define PAGE	   4096UL
#define LAST_LEVEL 3U

/* Descriptors (DDI 0487, D8.3) */
#define VALID	UINT64_C(1)
#define TABLE	UINT64_C(2) /* at the last level: a page */
#define OUTPUT	UINT64_C(0x0000fffffffff000)
#define EL0_TOO (UINT64_C(1) << 6)
#define RO	(UINT64_C(1) << 7)
#define ACCESS	(UINT64_C(1) << 10)

#define TABLE_NO_EL0 (UINT64_C(1) << 61)
#define TABLE_RO     (UINT64_C(1) << 62)

#define SHARE_OUTER 2U
#define NOWHERE	    UINT64_C(1)

/* What the bench puts into memory. */
#define ASKED 0x43000000UL

struct asked {
	uint64_t copy;	 /* what to add to a physical address */
	uint64_t stage2; /* its root: level 1, 4 KiB granule */
	uint64_t tcr;
	uint64_t mair;
	uint64_t ttbr;
	uint64_t upper; /* the half, whose TTBR that is */
	uint64_t el0;	/* what EL0 may do, instead of EL1 */
};

static const struct asked *const asked = (const struct asked *)ASKED;

struct walk {
	uint64_t reads; /* descriptors of the guest's tables */
	/* While the next leaf is the one before and a page more, there is nothing to decode. */
	uint64_t expected;
	uint64_t relevant;
	uint64_t next; /* its address, or NOWHERE */
	struct libscan_merge merge;
	struct libscan_range ranges[RANGES_MAX];
	unsigned count;
};

static struct walk walk;

static unsigned shift_of(unsigned level)
{
	return 12U + 9U * (LAST_LEVEL - level);
}

/* Where the guest's memory lies here; NULL: it has none there. */
static const uint64_t *memory_at(uint64_t ipa)
{
	uint64_t table = asked->stage2;
	uint64_t index = ipa >> shift_of(1); /* the root is several tables in a row */

	for (unsigned level = 1;; level++) {
		uint64_t entry = ((const uint64_t *)(table + asked->copy))[index];

		if ((entry & VALID) == 0U) {
			return NULL;
		}
		table = entry & OUTPUT;
		if (level == LAST_LEVEL || (entry & TABLE) == 0U) {
			uint64_t within = (UINT64_C(1) << shift_of(level)) - 1U;

			return (const uint64_t *)((table & ~within) + (ipa & within) + asked->copy);
		}
		index = ipa >> shift_of(level + 1U) & (ENTRIES - 1U);
	}
}

static void keep(const struct libscan_range *range)
{
	if (walk.count < RANGES_MAX) {
		walk.ranges[walk.count] = *range;
	}
	walk.count++;
}

static uint32_t rights_of(uint64_t entry, uint64_t taken)
{
	bool writable = (entry & RO) == 0U && (taken & TABLE_RO) == 0U;

	if (asked->el0 != 0U) {
		return LIBSCAN_ASKED_0 | LIBSCAN_R0 | (writable ? LIBSCAN_W0 : 0U);
	}
	return LIBSCAN_ASKED_1 | LIBSCAN_R1 | (writable ? LIBSCAN_W1 : 0U);
}

static void add_leaf(uint64_t gva, uint64_t entry, uint64_t taken, unsigned level)
{
	uint64_t size = UINT64_C(1) << shift_of(level);
	uint8_t attr = (uint8_t)(asked->mair >> (entry >> 2 & 7U) * 8U);
	struct libscan_range done;
	struct libscan_range piece = {.gva = gva, .last = gva + size - 1U};

	if (asked->el0 != 0U && ((entry & EL0_TOO) == 0U || (taken & TABLE_NO_EL0) != 0U)) {
		return;
	}
	if ((entry & ACCESS) != 0U) {
		piece.gpa = entry & OUTPUT & ~(size - 1U);
		piece.flags = rights_of(entry, taken) | LIBSCAN_GPA;
		piece.attr = attr;
		piece.share = (attr & 0xf0U) == 0U || attr == 0x44U ? SHARE_OUTER
								    : (uint8_t)(entry >> 8 & 3U);
	} else {
		piece.flags =
			LIBSCAN_NO_AF | (asked->el0 != 0U ? LIBSCAN_ASKED_0 : LIBSCAN_ASKED_1);
	}
	if (libscan_add(&walk.merge, &piece, &done)) {
		keep(&done);
	}
	walk.next = level == LAST_LEVEL && taken == 0U ? gva + size : NOWHERE;
	walk.expected = entry + PAGE;
	walk.relevant = (walk.merge.now.flags & LIBSCAN_SCATTERED) != 0U ? ~OUTPUT : ~UINT64_C(0);
}

/* Pages that go on as the last did: most of a walk is in here. */
static unsigned like_the_last(const uint64_t *entries, unsigned most)
{
	const uint64_t relevant = walk.relevant;
	uint64_t expected = walk.expected;
	unsigned n = 0;

	for (; n < most && ((entries[n] ^ expected) & relevant) == 0U; n++) {
		expected += PAGE;
	}
	walk.expected = expected;
	walk.next += n * PAGE;
	walk.merge.now.last += n * PAGE;
	return n;
}

static void walk_pages(const uint64_t *table, uint64_t gva, uint64_t taken)
{
	for (unsigned i = 0; i < ENTRIES; i++) {
		if (gva + i * PAGE == walk.next) {
			i += like_the_last(&table[i], ENTRIES - i);
		}
		if (i < ENTRIES && (table[i] & (VALID | TABLE)) == (VALID | TABLE)) {
			add_leaf(gva + i * PAGE, table[i], taken, LAST_LEVEL);
		}
	}
	walk.reads += ENTRIES;
}

static void walk_tables(uint64_t at, uint64_t entries, uint64_t gva, uint64_t taken, unsigned level)
{
	const uint64_t *table = memory_at(at);

	if (table == NULL) {
		return;
	}
	if (level == LAST_LEVEL) {
		walk_pages(table, gva, taken);
		return;
	}
	for (uint64_t i = 0; i < entries; i++, gva += UINT64_C(1) << shift_of(level)) {
		uint64_t entry = table[i];

		if ((entry & VALID) == 0U) {
			continue;
		}
		if ((entry & TABLE) != 0U) {
			walk_tables(entry & OUTPUT, ENTRIES, gva,
				taken | (entry & (TABLE_NO_EL0 | TABLE_RO)), level + 1U);
		} else if (level != 0U) {
			add_leaf(gva, entry, taken, level);
		}
	}
	walk.reads += entries;
}

static void walk_half(void)
{
	bool upper = asked->upper != 0U;
	unsigned bits = 64U - (unsigned)(asked->tcr >> (upper ? 16U : 0U) & 63U);
	unsigned level = LAST_LEVEL - (bits - 13U) / 9U;
	struct libscan_range last;

	walk_tables(asked->ttbr & OUTPUT, UINT64_C(1) << (bits - shift_of(level)),
		upper ? ~UINT64_C(0) << bits : 0U, 0, level);
	if (libscan_finish(&walk.merge, &last)) {
		keep(&last);
	}
}

void guest_main(void)
{
	uint64_t per_tick = 1000000000UL / READ_SYSREG("cntfrq_el0");
	uint64_t before;
	char line[LIBSCAN_LINE_SIZE];

	walk.next = NOWHERE;
	before = counter();
	walk_half();
	print("BENCH: insns %lu\n", (counter() - before) * per_tick);
	print("BENCH: reads %lu\n", walk.reads);
	check(walk.count <= RANGES_MAX, "there is room for the ranges");
	for (unsigned i = 0; i < walk.count && i < RANGES_MAX; i++) {
		(void)libscan_format(&walk.ranges[i], line, sizeof(line));
		print("%s\n", line);
	}
}
