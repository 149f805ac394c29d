/* SPDX-License-Identifier: Apache-2.0 */
#include "model.h"

#include <assert.h>
#include <string.h>

#include "fake/at.h"

#define ABSENT_MAX 8U
#define NO_ABORT   UINT64_MAX

struct model_half model_half[2];
_Alignas(65536) uint64_t model_memory[MODEL_SIZE / sizeof(uint64_t)];
uint64_t model_ats;
uint64_t model_reads;

static uint64_t used;
static struct {
	uint64_t ipa;
	bool for_good;
} absent[ABSENT_MAX];
static unsigned absent_count;
static uint64_t aborting;

uint64_t model_span(unsigned half, unsigned level)
{
	unsigned shift = model_half[half].page_shift;

	return UINT64_C(1) << (shift + (3U - level) * (shift - 3U));
}

unsigned model_start(unsigned half)
{
	unsigned level = 3;

	while (level > 0U && (model_span(half, level) << (model_half[half].page_shift - 3U)) >> 1 <
				     UINT64_C(1) << (model_half[half].bits - 1U)) {
		level--;
	}
	return level;
}

static uint64_t new_table(unsigned half)
{
	uint64_t size = UINT64_C(1) << model_half[half].page_shift;
	uint64_t at = (used + size - 1U) & ~(size - 1U);

	used = at + size;
	assert(used <= MODEL_SIZE);
	return MODEL_BASE + at;
}

static bool answer(void *ctx, unsigned el, bool write, uint64_t gva, uint64_t *par);

void model_reset(unsigned page_shift, unsigned bits0, unsigned bits1)
{
	memset(model_memory, 0, sizeof(model_memory));
	used = 0;
	absent_count = 0;
	aborting = NO_ABORT;
	model_ats = 0;
	model_reads = 0;
	model_half[0] = (struct model_half){.page_shift = page_shift, .bits = bits0};
	model_half[1] = (struct model_half){.page_shift = page_shift, .bits = bits1};
	model_half[0].root = new_table(0);
	model_half[1].root = new_table(1);
	fake_at_hook(answer, NULL);
}

static uint64_t *word(uint64_t ipa)
{
	if (ipa < MODEL_BASE || ipa - MODEL_BASE > MODEL_SIZE - 8U) {
		return NULL;
	}
	return &model_memory[(ipa - MODEL_BASE) / sizeof(uint64_t)];
}

static uint64_t index_at(unsigned half, unsigned level, uint64_t gva)
{
	uint64_t offset = gva & ((UINT64_C(1) << model_half[half].bits) - 1U);
	uint64_t above =
		level == model_start(half) ? UINT64_MAX : model_span(half, level - 1U) - 1U;

	return (offset & above) / model_span(half, level);
}

uint64_t *model_entry(uint64_t gva, unsigned level)
{
	unsigned half = (unsigned)(gva >> 63);
	uint64_t table = model_half[half].root;

	for (unsigned at = model_start(half);; at++) {
		uint64_t *entry = word(table + index_at(half, at, gva) * 8U);

		if (at == level) {
			return entry;
		}
		if (*entry == 0U) {
			*entry = new_table(half) | 3U;
		}
		table = *entry & UINT64_C(0xfffffffff000);
	}
}

uint64_t *model_map(uint64_t gva, uint64_t pa, unsigned level, unsigned flags)
{
	uint64_t *entry = model_entry(gva, level);

	*entry = pa | (level == 3U ? 3U : 1U) | ((flags & MODEL_NO_AF) != 0U ? 0U : 0x400U) |
		 ((flags & MODEL_RO) != 0U ? 0x80U : 0U) |
		 ((flags & MODEL_EL0) != 0U ? 0x40U : 0U) |
		 ((flags & MODEL_PXN) != 0U ? UINT64_C(1) << 53 : 0U) |
		 ((flags & MODEL_UXN) != 0U ? UINT64_C(1) << 54 : 0U) |
		 ((flags & MODEL_DEV) != 0U ? 4U : 0x300U);
	return entry;
}

void model_absent(uint64_t ipa, bool for_good)
{
	assert(absent_count < ABSENT_MAX);
	absent[absent_count].ipa = ipa & ~UINT64_C(4095);
	absent[absent_count].for_good = for_good;
	absent_count++;
}

void model_aborts(uint64_t ipa)
{
	aborting = ipa & ~UINT64_C(4095);
}

static bool is_absent(uint64_t ipa, bool touch)
{
	for (unsigned i = 0; i < absent_count; i++) {
		if (absent[i].ipa == (ipa & ~UINT64_C(4095))) {
			if (touch && !absent[i].for_good) {
				absent[i].ipa = 0;
				return false;
			}
			return true;
		}
	}
	return word(ipa) == NULL;
}

enum plinth_status model_read(void *ctx, ipa_t ipa, uint64_t *value)
{
	(void)ctx;
	model_reads++;
	if (is_absent(ipa.v, true)) {
		return PLINTH_EFAULT;
	}
	*value = *word(ipa.v);
	return PLINTH_OK;
}

static uint64_t fault(uint64_t kind, unsigned level)
{
	return 0x801U | (kind << 2 | level) << 1;
}

/* The tables' own bits as they add up on the way. */
struct rights {
	bool ro;
	bool no_el0;
};

/* Where a walk has come to. */
struct place {
	uint64_t gva;
	unsigned half;
	unsigned level;
};

static uint64_t judge(
	uint64_t entry, struct rights rights, struct place place, unsigned el, bool write)
{
	bool ro = rights.ro || (entry & 0x80U) != 0U;
	bool for_el0 = !rights.no_el0 && (entry & 0x40U) != 0U;
	unsigned level = place.level;
	uint64_t within = model_span(place.half, level) - 1U;
	uint64_t gva = place.gva;

	if ((entry & 0x400U) == 0U) {
		return fault(2, level);
	}
	if ((el == 0U && !for_el0) || (write && ro)) {
		return fault(3, level);
	}
	return 0x800U |
	       (((entry & UINT64_C(0xfffffffff000) & ~within) | (gva & within)) &
		       UINT64_C(0xfffffffff000)) |
	       ((entry & 0x300U) >> 1) |
	       ((entry & 4U) != 0U ? UINT64_C(0x04) << 56 : UINT64_C(0xff) << 56);
}

static bool answer(void *ctx, unsigned el, bool write, uint64_t gva, uint64_t *par)
{
	unsigned half = (unsigned)(gva >> 63);
	struct rights rights = {false, false};
	uint64_t table = model_half[half].root;
	uint64_t top = half == 0U ? 0U : UINT64_MAX;

	(void)ctx;
	model_ats++;
	if (gva >> model_half[half].bits != top >> model_half[half].bits || model_half[half].off) {
		*par = fault(1, 0);
		return true;
	}
	for (unsigned level = model_start(half);; level++) {
		uint64_t at = table + index_at(half, level, gva) * 8U;
		uint64_t entry;

		if ((at & ~UINT64_C(4095)) == aborting) {
			return false;
		}
		if (is_absent(at, false)) {
			*par = fault(1, 3) | 0x300U; /* S, PTW */
			return true;
		}
		entry = *word(at);
		bool is_table = (entry & 3U) == 3U && level < 3U;
		bool is_leaf =
			level == 3U ? (entry & 3U) == 3U
				    : (entry & 3U) == 1U &&
					      (level == 2U ||
						      (level == 1U &&
							      model_half[half].page_shift == 12U));

		if (is_leaf) {
			*par = judge(entry, rights, (struct place){gva, half, level}, el, write);
			return true;
		}
		if (!is_table) {
			*par = fault(1, level);
			return true;
		}
		rights.ro = rights.ro || (entry >> 62 & 1U) != 0U;
		rights.no_el0 = rights.no_el0 || (entry >> 61 & 1U) != 0U;
		table = entry & UINT64_C(0xfffffffff000);
	}
}

uint64_t model_tcr(void)
{
	static const uint64_t tg0[] = {[12] = 0, [14] = 2, [16] = 1};
	static const uint64_t tg1[] = {[12] = 2, [14] = 1, [16] = 3};

	return (64U - model_half[0].bits) | (64U - (uint64_t)model_half[1].bits) << 16 |
	       tg0[model_half[0].page_shift] << 14 | tg1[model_half[1].page_shift] << 30 |
	       (model_half[0].off ? UINT64_C(1) << 7 : 0U) |
	       (model_half[1].off ? UINT64_C(1) << 23 : 0U);
}
