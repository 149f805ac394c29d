/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stage-2 tables as the walkers of CPUs see them: a store to an entry is seen at any time between
 * the store and the next DSB (DDI 0487, D8.2.6 and B2.3.12), each for itself. Followed are the
 * entries that lead to followed pages.
 */
#include <string.h>

#include "base/bits.h"
#include "coherency_world.h"

#define UNWRITTEN    UINT64_C(0xdeadfee1dead0000) /* a table that no barrier has made known */
#define DESC_VALID   BIT(0)
#define DESC_TABLE   BIT(1)
#define DESC_SOFT    (BIT(55) | BIT(56) | BIT(57) | BIT(58))
#define DESC_ADDRESS UINT64_C(0x0000fffffffff000)
#define SLOTS	     (WORLD_PAGES + 6U)

static uint16_t index_of[SLOTS];
static uint8_t slot_of[512]; /* slot + 1 */
static unsigned slot_count;
static struct s2_ops ops;

static void add_index(uint64_t index)
{
	if (slot_of[index] == 0U) {
		index_of[slot_count++] = (uint16_t)index;
		slot_of[index] = (uint8_t)slot_count;
	}
}

static size_t page_of(uint64_t pa)
{
	return (pa - (uint64_t)(uintptr_t)world.arena) / PAGE_SIZE;
}

static uint64_t now(const struct table *table, unsigned slot)
{
	const uint64_t *entry = (const uint64_t *)(uintptr_t)table->pa + index_of[slot];

	return __atomic_load_n(entry, __ATOMIC_RELAXED);
}

static struct table *table_at(uint64_t address)
{
	size_t page = page_of(address);
	unsigned index = page < world.arena_size / PAGE_SIZE ? world.table_at[page] : 0U;

	return index != 0U ? &world.table[index - 1U] : NULL;
}

/* A walker's read. */
static uint64_t read_entry(void *ctx, uint64_t address)
{
	struct table *table = table_at(address);
	unsigned slot = slot_of[address % PAGE_SIZE / 8U];

	(void)ctx;
	if (table == NULL) {
		world_fail("a walk goes through a page that is no table");
		return 0;
	}
	if (slot == 0U) {
		return *(uint64_t *)(uintptr_t)address;
	}
	if (table->entry[slot - 1U] == UNWRITTEN) {
		world_fail("a walk reads a table before it is written");
		return 0;
	}
	return table->entry[slot - 1U];
}

static void add_table(uint64_t pa, bool complete)
{
	for (unsigned i = 0; i < WORLD_TABLES; i++) {
		struct table *table = &world.table[i];

		if (table->pa == 0U) {
			table->pa = pa;
			for (unsigned s = 0; s < SLOTS; s++) {
				table->entry[s] =
					complete && s < slot_count ? now(table, s) : UNWRITTEN;
			}
			world.table_at[page_of(pa)] = (uint8_t)(i + 1U);
			return;
		}
	}
	world_fail("more tables than the model has room for");
}

static enum plinth_status alloc(void *ctx, unsigned order, pa_t *table)
{
	uint64_t barriers = world.barriers;
	enum plinth_status status = world.table_ops.alloc(ctx, order, table);

	/* Zeroes that end with a DSB are complete. */
	for (uint64_t i = 0; status == PLINTH_OK && i < 1U << order; i++) {
		add_table(table->v + i * PAGE_SIZE, world.barriers != barriers);
	}
	return status;
}

static void release(void *ctx, pa_t table, unsigned order)
{
	for (uint64_t i = 0; i < 1U << order; i++) {
		struct table *t = table_at(table.v + i * PAGE_SIZE);

		world.table_at[page_of(table.v + i * PAGE_SIZE)] = 0;
		if (t != NULL) {
			t->pa = 0;
		}
	}
	world.table_ops.free(ctx, table, order);
}

void tables_init(void)
{
	memset(slot_of, 0, sizeof(slot_of));
	slot_count = 0;
	add_index(VM_RAM_BASE / BLOCK_1G);
	add_index(0);
	add_index(world_ipa(WORLD_DISK) / BLOCK_1G);
	for (unsigned i = 0; i < WORLD_PAGES; i++) {
		add_index(world_ipa(i) / BLOCK_2M % 512U);
		add_index(world_ipa(i) / PAGE_SIZE % 512U);
	}
	world.tlb.read = read_entry;
}

void tables_take(struct gmem *gmem)
{
	world.table_ops = *gmem->space.ops;
	ops = world.table_ops;
	ops.alloc = alloc;
	ops.free = release;
	gmem->space.ops = &ops;
	add_table(gmem->space.root.v, false);
	add_table(gmem->space.root.v + PAGE_SIZE, false);
}

/* A walker may from now on see the entry as it is. */
static void publish(struct table *table, unsigned slot)
{
	uint64_t old = table->entry[slot];
	uint64_t new = now(table, slot);

	if (old != UNWRITTEN && (old & new &DESC_VALID) != 0U &&
		((old ^ new) & (DESC_ADDRESS | DESC_TABLE)) != 0U) {
		world_fail("an entry changes without a break before");
	}
	table->entry[slot] = new;
}

void tables_publish(void)
{
	for (unsigned i = 0; i < WORLD_TABLES; i++) {
		struct table *table = &world.table[i];

		for (unsigned s = 0; table->pa != 0U && s < slot_count; s++) {
			if (table->entry[s] != now(table, s)) {
				publish(table, s);
			}
		}
	}
}

void tables_leak(void)
{
	for (unsigned i = 0; i < WORLD_TABLES; i++) {
		struct table *table = &world.table[i];

		/* A table that nothing leads to yet stays unwritten: the worst case. */
		for (unsigned s = 0; table->pa != 0U && s < slot_count; s++) {
			if (table->entry[s] != UNWRITTEN && table->entry[s] != now(table, s) &&
				fake_below(&world.random, 2) == 0U) {
				publish(table, s);
			}
		}
	}
}

/* What TLBs and walks make of an entry; software's bits and the notes in invalid ones are none of
 * theirs. */
static uint64_t meaning(uint64_t entry)
{
	return (entry & DESC_VALID) == 0U ? 0U : entry & ~DESC_SOFT;
}

void tables_check(void)
{
	for (unsigned i = 0; i < WORLD_TABLES; i++) {
		const struct table *table = &world.table[i];

		for (unsigned s = 0; table->pa != 0U && s < slot_count; s++) {
			if (table->entry[s] != UNWRITTEN &&
				meaning(table->entry[s]) != meaning(now(table, s))) {
				world_fail("an entry's store has no barrier behind it");
			}
		}
	}
	tables_publish();
}
