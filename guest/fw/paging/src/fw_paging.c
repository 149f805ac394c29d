/* SPDX-License-Identifier: Apache-2.0 */
#include "paging/fw_paging.h"

#include "base/bits.h"
#include "base/checked.h"
#include "base/string.h"
#include "base/types.h"

#define LEVEL_ROOT 1U
#define LEVEL_PAGE 3U

/* DDI 0487, D8.3.1: descriptors. Attribute 0 of MAIR_EL1 is Device-nGnRE, 1 is Normal. */
#define ENTRY_VALID    BIT(0)
#define ENTRY_TABLE    BIT(1) /* at level 3: a page */
#define ENTRY_NORMAL   BIT(2)
#define ENTRY_READONLY BIT(7)
#define ENTRY_INNER    (BIT(8) | BIT(9))
#define ENTRY_AF       BIT(10)
#define ENTRY_NG       BIT(11)
#define ENTRY_GUARD    BIT(50)
#define ENTRY_PXN      BIT(53)
#define ENTRY_UXN      BIT(54)
#define ENTRY_HIDDEN   BIT(55) /* software's: mapped, but not to be reached */
#define ENTRY_ADDRESS  (MASK_BELOW(48) & ~MASK_BELOW(12))
#define ENTRY_ACCESS   (ENTRY_VALID | ENTRY_READONLY | ENTRY_PXN | ENTRY_HIDDEN)

#define ENTRY_RAM    (ENTRY_NORMAL | ENTRY_INNER | ENTRY_AF | ENTRY_NG | ENTRY_UXN)
#define ENTRY_DEVICE (ENTRY_AF | ENTRY_NG | ENTRY_UXN | ENTRY_PXN | ENTRY_VALID)

static unsigned level_shift(uint32_t level)
{
	return 12U + 9U * (LEVEL_PAGE - level);
}

static uint64_t *table_of(uint64_t entry)
{
	return (uint64_t *)(uintptr_t)(entry & ENTRY_ADDRESS);
}

static bool is_there(uint64_t entry)
{
	return (entry & (ENTRY_VALID | ENTRY_HIDDEN)) != 0U;
}

static bool is_table(uint64_t entry, uint32_t level)
{
	return level < LEVEL_PAGE && (entry & ENTRY_VALID) != 0U && (entry & ENTRY_TABLE) != 0U;
}

static uint64_t bits_of(enum fw_access access)
{
	switch (access) {
	case FW_ACCESS_RW:
		return ENTRY_VALID | ENTRY_PXN;
	case FW_ACCESS_RX:
		return ENTRY_VALID | ENTRY_READONLY;
	case FW_ACCESS_RO:
		return ENTRY_VALID | ENTRY_READONLY | ENTRY_PXN;
	case FW_ACCESS_RWX:
		return ENTRY_VALID;
	case FW_ACCESS_NONE:
	default:
		return ENTRY_HIDDEN | ENTRY_PXN | ENTRY_READONLY;
	}
}

/* Stores with single-copy atomicity: the walker reads it. */
static void store(uint64_t *entry, uint64_t value)
{
	__atomic_store_n(entry, value, __ATOMIC_RELEASE);
}

void fw_paging_init(struct fw_paging *paging, uint64_t *root, uint64_t *(*take_table)(uint32_t),
	void (*invalidate)(void))
{
	memset(root, 0, FW_PAGING_ENTRIES * sizeof(*root));
	*paging = (struct fw_paging){
		.root = root, .take_table = take_table, .invalidate = invalidate};
}

/* What a walk does with each entry whose range lies in the wanted one, at the highest level where
 * it does. */
struct change {
	struct fw_paging *paging;
	uint64_t keep; /* of the entry as it was */
	uint64_t set;
	bool fresh; /* maps: the entry was empty, and gets its address */
};

/* A table in the place of an entry, with the same meaning. */
static enum plinth_status open_entry(const struct change *change, uint64_t *entry, uint32_t level)
{
	uint64_t old = *entry;
	uint64_t *table;

	if (is_table(old, level)) {
		return PLINTH_OK;
	}
	if (!is_there(old) && !change->fresh) {
		return PLINTH_ENOENT;
	}
	table = change->paging->take_table(level + 1U);
	if (table == NULL) {
		return PLINTH_ENOMEM;
	}
	for (uint64_t i = 0; i < FW_PAGING_ENTRIES; i++) {
		uint64_t part = is_there(old) ? old + (i << level_shift(level + 1U)) : 0U;

		table[i] = part | (part != 0U && level + 1U == LEVEL_PAGE ? ENTRY_TABLE : 0U);
	}
	/* Break before make (D8.16.1): no walk may find the block and the table at once. */
	if ((old & ENTRY_VALID) != 0U) {
		store(entry, 0);
		change->paging->invalidate();
	}
	store(entry, (uintptr_t)table | ENTRY_VALID | ENTRY_TABLE);
	return PLINTH_OK;
}

static enum plinth_status change_entry(
	const struct change *change, uint64_t *entry, uint64_t address, uint32_t level)
{
	uint64_t old = *entry;
	uint64_t wanted = (old & change->keep) | change->set;

	if (change->fresh) {
		wanted |= address | (level == LEVEL_PAGE ? ENTRY_TABLE : 0U);
	} else if (!is_there(old)) {
		return PLINTH_ENOENT;
	}
	if (wanted == old) {
		return PLINTH_OK;
	}
	/* Permissions alone change: no break before make, but old ones must be forgotten. */
	store(entry, wanted);
	if ((old & ENTRY_VALID) != 0U) {
		change->paging->invalidate();
	}
	return PLINTH_OK;
}

static bool is_done(const struct change *change, uint64_t entry, uint32_t level)
{
	return !change->fresh && is_there(entry) && !is_table(entry, level) &&
	       ((entry & change->keep) | change->set) == entry;
}

/* Levels are three: the recursion ends. */
static enum plinth_status walk(
	const struct change *change, uint64_t *table, uint32_t level, uint64_t base, uint64_t size)
{
	uint64_t step = UINT64_C(1) << level_shift(level);
	uint64_t at = base;
	enum plinth_status status = PLINTH_OK;

	while (at < base + size && status == PLINTH_OK) {
		uint64_t *entry = &table[(at >> level_shift(level)) & (FW_PAGING_ENTRIES - 1U)];
		uint64_t part = min_u64(step - (at & (step - 1U)), base + size - at);

		if (is_done(change, *entry, level)) {
			at += part;
			continue;
		}
		if (part == step && !is_table(*entry, level)) {
			status = change_entry(change, entry, at, level);
		} else if (level == LEVEL_PAGE) {
			return PLINTH_EINVAL;
		} else {
			status = open_entry(change, entry, level);
			if (status == PLINTH_OK) {
				status = walk(change, table_of(*entry), level + 1U, at, part);
			}
		}
		at += part;
	}
	return status;
}

static enum plinth_status apply(const struct change *change, uint64_t base, uint64_t size)
{
	if (!is_aligned(base | size, PAGE_SIZE)) {
		return PLINTH_EINVAL;
	}
	if (!range_contains(0, UINT64_C(1) << FW_PAGING_BITS, base, size)) {
		return PLINTH_ERANGE;
	}
	return walk(change, change->paging->root, LEVEL_ROOT, base, size);
}

enum plinth_status fw_paging_map(
	struct fw_paging *paging, uint64_t base, uint64_t size, enum fw_access access)
{
	struct change change = {
		.paging = paging, .set = ENTRY_RAM | bits_of(access), .fresh = true};

	return apply(&change, base, size);
}

enum plinth_status fw_paging_map_device(struct fw_paging *paging, uint64_t base, uint64_t size)
{
	struct change change = {.paging = paging, .set = ENTRY_DEVICE, .fresh = true};

	return apply(&change, base, size);
}

enum plinth_status fw_paging_protect(
	struct fw_paging *paging, uint64_t base, uint64_t size, enum fw_access access)
{
	struct change change = {
		.paging = paging, .keep = ~(ENTRY_ACCESS | ENTRY_GUARD), .set = bits_of(access)};

	return apply(&change, base, size);
}

enum plinth_status fw_paging_guard(struct fw_paging *paging, uint64_t base, uint64_t size)
{
	struct change change = {.paging = paging, .keep = ~UINT64_C(0), .set = ENTRY_GUARD};

	return apply(&change, base, size);
}

bool fw_paging_access(const struct fw_paging *paging, uint64_t address, enum fw_access *access)
{
	const uint64_t *table = paging->root;
	uint64_t entry = 0;

	if (address >> FW_PAGING_BITS != 0U) {
		return false;
	}
	for (uint32_t level = LEVEL_ROOT; level <= LEVEL_PAGE; level++) {
		entry = table[(address >> level_shift(level)) & (FW_PAGING_ENTRIES - 1U)];
		if (!is_table(entry, level)) {
			break;
		}
		table = table_of(entry);
	}
	if (!is_there(entry) || (entry & ENTRY_NORMAL) == 0U) {
		return false;
	}
	for (enum fw_access one = FW_ACCESS_RW; one <= FW_ACCESS_NONE; one++) {
		if ((entry & ENTRY_ACCESS) == bits_of(one)) {
			*access = one;
		}
	}
	return true;
}
