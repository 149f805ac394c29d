/* SPDX-License-Identifier: Apache-2.0 */
#include "side_table.h"

#include "base/bits.h"
#include "base/check.h"
#include "base/checked.h"

struct bank {
	uint64_t first; /* page number */
	uint64_t pages;
	uint8_t *entry; /* of the first page */
};

/* Written by side_table_set_banks() and side_table_attach() on the boot CPU, then constant. */
static struct bank banks[PMEM_BANK_MAX];
static unsigned bank_count;

#define ENTRY_ORDER_SHIFT 0U
#define ENTRY_ORDER_WIDTH 5U
#define ENTRY_KIND_SHIFT  5U
#define ENTRY_KIND_WIDTH  3U

STATIC_ASSERT(PMEM_ORDER_MAX < BIT(ENTRY_ORDER_WIDTH), "an order fits an entry");
STATIC_ASSERT(SIDE_USED + PMEM_USER_COUNT <= BIT(ENTRY_KIND_WIDTH), "a kind fits an entry");

enum plinth_status side_table_set_banks(const struct pmem_range *ram, unsigned count)
{
	uint64_t end = 0;

	bank_count = 0;
	for (unsigned i = 0; i < count; i++) {
		uint64_t next_end;

		if (!is_aligned(ram[i].base | ram[i].size, PAGE_SIZE) || ram[i].base < end ||
			ram[i].size == 0U || add_overflows(ram[i].base, ram[i].size, &next_end)) {
			return PLINTH_EINVAL;
		}
		if (bank_count != 0U && ram[i].base == end) {
			banks[bank_count - 1U].pages += ram[i].size >> PAGE_SHIFT;
		} else if (bank_count == PMEM_BANK_MAX) {
			return PLINTH_ENOMEM;
		} else {
			banks[bank_count].first = ram[i].base >> PAGE_SHIFT;
			banks[bank_count].pages = ram[i].size >> PAGE_SHIFT;
			bank_count++;
		}
		end = next_end;
	}
	return PLINTH_OK;
}

uint64_t side_table_size(void)
{
	uint64_t pages = 0;

	for (unsigned i = 0; i < bank_count; i++) {
		pages += banks[i].pages;
	}
	return align_up(pages, PAGE_SIZE);
}

void side_table_attach(uint8_t *memory)
{
	for (unsigned i = 0; i < bank_count; i++) {
		banks[i].entry = memory;
		memory += banks[i].pages;
	}
}

/* The bank that holds a page, or NULL. */
static const struct bank *find_bank(uint64_t page)
{
	unsigned low = 0;
	unsigned high = bank_count;

	while (low < high) {
		unsigned middle = (low + high) / 2U;

		if (page < banks[middle].first) {
			high = middle;
		} else if (page - banks[middle].first >= banks[middle].pages) {
			low = middle + 1U;
		} else {
			return &banks[middle];
		}
	}
	return NULL;
}

bool side_table_covers(const struct pmem_range *range)
{
	uint64_t first = range->base >> PAGE_SHIFT;
	const struct bank *bank = find_bank(first);

	return bank != NULL &&
	       range_contains(bank->first, bank->pages, first, range->size >> PAGE_SHIFT);
}

struct side_entry side_table_get(uint64_t page)
{
	const struct bank *bank = find_bank(page);
	uint8_t entry = bank != NULL ? bank->entry[page - bank->first] : 0U;

	return (struct side_entry){
		.kind = (uint8_t)FIELD_GET(entry, ENTRY_KIND),
		.order = (uint8_t)FIELD_GET(entry, ENTRY_ORDER),
	};
}

void side_table_set(uint64_t page, unsigned kind, unsigned order)
{
	const struct bank *bank = find_bank(page);

	PLINTH_CHECK(bank != NULL);
	bank->entry[page - bank->first] =
		(uint8_t)(FIELD_PREP(ENTRY_KIND, kind) | FIELD_PREP(ENTRY_ORDER, order));
}
