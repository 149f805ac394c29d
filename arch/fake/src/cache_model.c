/* SPDX-License-Identifier: Apache-2.0 */
#include "fake/cache_model.h"

#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "base/check.h"
#include "base/types.h"

#include "cache_private.h"

/* The links of free memory and beside them; a line in the middle; the last of a page. */
const uint16_t fake_word_offset[FAKE_WORDS] = {0x000, 0x018, 0x7c0, 0x7d8, 0xfc0, 0xff8};

static uint64_t *host_word(const struct fake_cache *cache, size_t page, unsigned word)
{
	return (uint64_t *)(void *)(cache->base + page * PAGE_SIZE + fake_word_offset[word]);
}

void cache_trace(
	struct fake_cache *cache, const char *what, unsigned cpu, size_t page, uint8_t words)
{
	if (cache->trace != NULL && words != 0U) {
		uint64_t offset = fake_word_offset[bit_lowest(words)];

		cache->trace(cache->trace_ctx, what, cpu,
			(uint64_t)(uintptr_t)cache->base + page * PAGE_SIZE + offset);
	}
}

static void fill_line_tables(
	const struct fake_cache *cache, uint32_t line, uint8_t *units, uint8_t *words)
{
	(void)cache;
	memset(units, 0, FAKE_LINE_UNITS);
	for (unsigned w = 0; w < FAKE_WORDS; w++) {
		unsigned first = (unsigned)align_down(fake_word_offset[w], line) / 16U;

		for (unsigned u = first; u < first + line / 16U; u++) {
			units[u] = (uint8_t)(units[u] | 1U << w);
		}
	}
	for (unsigned w = 0; w < FAKE_WORDS; w++) {
		words[w] = units[fake_word_offset[w] / 16U];
	}
}

void fake_cache_reset(struct fake_cache *cache, const struct fake_cache_config *config)
{
	cache->config = *config;
	fill_line_tables(cache, config->dline, cache->dline_of, cache->dline_words);
	fill_line_tables(cache, config->iline, cache->iline_of, cache->iline_words);
	memset(cache->page, 0, cache->page_count * sizeof(*cache->page));
	for (size_t p = 0; p < cache->page_count; p++) {
		for (unsigned w = 0; w < FAKE_WORDS; w++) {
			cache->page[p].seen[w] = *host_word(cache, p, w);
			cache->page[p].memory[w] = cache->page[p].seen[w];
		}
	}
	cache->writer = 0;
	cache->writing = false;
	for (unsigned cpu = 0; cpu < FAKE_CPUS; cpu++) {
		cache->epoch[cpu] = 1;
		cache->queued[cpu] = 0;
	}
}

void fake_cache_init(
	struct fake_cache *cache, void *base, size_t size, const struct fake_cache_config *config)
{
	memset(cache, 0, sizeof(*cache));
	cache->base = base;
	cache->page_count = size / PAGE_SIZE;
	cache->page = calloc(cache->page_count, sizeof(*cache->page));
	PLINTH_CHECK(cache->page != NULL);
	for (unsigned cpu = 0; cpu < FAKE_CPUS; cpu++) {
		cache->queue[cpu] = calloc(FAKE_CACHE_QUEUE, sizeof(*cache->queue[cpu]));
		PLINTH_CHECK(cache->queue[cpu] != NULL);
	}
	fake_cache_reset(cache, config);
}

void fake_cache_fini(struct fake_cache *cache)
{
	for (unsigned cpu = 0; cpu < FAKE_CPUS; cpu++) {
		free(cache->queue[cpu]);
	}
	free(cache->page);
	memset(cache, 0, sizeof(*cache));
}

void fake_cache_leave_dirty(struct fake_cache *cache, size_t first, size_t pages, uint64_t garbage)
{
	for (size_t i = first; i < first + pages; i++) {
		struct fake_cache_page *p = &cache->page[i];

		for (unsigned w = 0; w < FAKE_WORDS; w++) {
			p->memory[w] ^= garbage;
			p->level2[w] = p->seen[w];
		}
		/* Half of it in level 2 by now. */
		if (i % 2U == 0U) {
			p->l1_valid[0] = FAKE_WORDS_ALL;
			p->l1_dirty = FAKE_WORDS_ALL;
		} else {
			p->l2_valid = FAKE_WORDS_ALL;
			p->l2_dirty = FAKE_WORDS_ALL;
		}
	}
}

/* The adversary says yes once in `of`. */
static bool chance(struct fake_cache *cache, unsigned of)
{
	return cache->random != 0U && fake_below(&cache->random, of) == 0U;
}

size_t cache_page_at(const struct fake_cache *cache, uint64_t address)
{
	uint64_t page = (address - (uint64_t)(uintptr_t)cache->base) / PAGE_SIZE;

	return page < cache->page_count ? page : CACHE_NO_PAGE;
}

unsigned cache_word_at(uint64_t address)
{
	unsigned w = 0;

	while (w < FAKE_WORDS && fake_word_offset[w] != address % PAGE_SIZE) {
		w++;
	}
	PLINTH_CHECK(w < FAKE_WORDS);
	return w;
}

static uint8_t any_l1(const struct fake_cache_page *p)
{
	uint8_t valid = 0;

	for (unsigned cpu = 0; cpu < FAKE_CPUS; cpu++) {
		valid |= p->l1_valid[cpu];
	}
	return valid;
}

static uint8_t without(uint8_t mask, uint8_t words)
{
	return (uint8_t)(mask & ~words);
}

/* A store makes its line dirty in one L1, and takes it out of the others. */
static void own_line(struct fake_cache_page *p, unsigned cpu, uint8_t words)
{
	for (unsigned other = 0; other < FAKE_CPUS; other++) {
		p->l1_valid[other] = without(p->l1_valid[other], words);
	}
	p->l1_valid[cpu] |= words;
	p->l1_dirty |= words;
}

struct fake_cache_page *cache_look(struct fake_cache *cache, unsigned cpu, size_t page)
{
	struct fake_cache_page *p = &cache->page[page];

	for (unsigned w = 0; w < FAKE_WORDS; w++) {
		uint64_t host = *host_word(cache, page, w);

		if (host != p->seen[w]) {
			if (cache->config.weak && !fake_has_word(p->buffered, w)) {
				p->before[w] = p->seen[w];
				p->buffered = (uint8_t)(p->buffered | 1U << w);
				p->ordered = without(p->ordered, (uint8_t)(1U << w));
			}
			p->seen[w] = host;
			own_line(
				p, cache->config.weak ? cache->writer : cpu, cache->dline_words[w]);
		}
	}
	return p;
}

void fake_cache_settle(struct fake_cache *cache, unsigned cpu)
{
	for (size_t page = 0; cache->config.weak && page < cache->page_count; page++) {
		cache_look(cache, cpu, page)->buffered = 0;
	}
}

void fake_cache_begin(struct fake_cache *cache, unsigned cpu)
{
	if (cpu != cache->writer) {
		fake_cache_settle(cache, cpu);
	}
	cache->writer = cpu;
	cache->writing = true;
}

void fake_cache_end(struct fake_cache *cache)
{
	for (size_t page = 0; cache->config.weak && page < cache->page_count; page++) {
		struct fake_cache_page *p = cache_look(cache, cache->writer, page);

		p->ordered = p->buffered;
	}
	cache->writing = false;
}

/* What another CPU than the writer reads of a line that is in L1 somewhere. What it has seen is
 * complete. */
static uint64_t coherent_view(struct fake_cache *cache, struct fake_cache_page *p, unsigned cpu,
	unsigned word, bool fetch)
{
	bool late = fake_has_word(p->buffered, word) && cpu != cache->writer;
	bool may_be_late = cache->writing && (fetch || !fake_has_word(p->ordered, word));

	if (late && may_be_late && chance(cache, 2)) {
		return p->before[word];
	}
	if (late) {
		p->buffered = without(p->buffered, (uint8_t)(1U << word));
	}
	return p->seen[word];
}

void cache_zeroed(struct fake_cache *cache, unsigned cpu, size_t page, uint8_t words)
{
	own_line(cache_look(cache, cpu, page), cpu, words);
}

/* The cacheable view follows what is left in the caches. */
static void settle(struct fake_cache *cache, size_t page, uint8_t words)
{
	struct fake_cache_page *p = &cache->page[page];
	uint8_t l1 = any_l1(p);

	for (unsigned w = 0; w < FAKE_WORDS; w++) {
		if (fake_has_word(without(words, l1), w)) {
			p->seen[w] = fake_has_word(p->l2_valid, w) ? p->level2[w] : p->memory[w];
			*host_word(cache, page, w) = p->seen[w];
		}
	}
}

static void copy_words(uint64_t *to, const uint64_t *from, uint8_t words)
{
	for (unsigned w = 0; w < FAKE_WORDS; w++) {
		to[w] = fake_has_word(words, w) ? from[w] : to[w];
	}
}

void cache_clean_pou(struct fake_cache_page *p, uint8_t words)
{
	uint8_t dirty = p->l1_dirty & words;

	p->buffered = without(p->buffered, words); /* it was written before it was cleaned */
	copy_words(p->level2, p->seen, dirty);
	p->l2_valid |= dirty;
	p->l2_dirty |= dirty;
	p->l1_dirty = without(p->l1_dirty, dirty);
}

/* Drops the lines from L1 (after cleaning). */
static void leave_l1(struct fake_cache *cache, size_t page, uint8_t words)
{
	struct fake_cache_page *p = &cache->page[page];

	cache_clean_pou(p, words);
	for (unsigned cpu = 0; cpu < FAKE_CPUS; cpu++) {
		p->l1_valid[cpu] = without(p->l1_valid[cpu], words);
	}
	settle(cache, page, words);
}

static void leave_l2(struct fake_cache *cache, size_t page, uint8_t words)
{
	struct fake_cache_page *p = &cache->page[page];
	uint8_t dirty = p->l2_dirty & words;

	copy_words(p->memory, p->level2, dirty);
	p->l2_dirty = without(p->l2_dirty, words);
	p->l2_valid = without(p->l2_valid, words);
	settle(cache, page, words);
}

void cache_clean_inv_poc(struct fake_cache *cache, size_t page, uint8_t words)
{
	leave_l1(cache, page, words);
	leave_l2(cache, page, words);
}

static void fill_l2(struct fake_cache_page *p, uint8_t words)
{
	uint8_t missing = without(words, p->l2_valid);

	copy_words(p->level2, p->memory, missing);
	p->l2_valid |= missing;
}

static void fill_l1(
	struct fake_cache *cache, struct fake_cache_page *p, unsigned cpu, uint8_t words)
{
	if (without(words, any_l1(p)) != 0U && !chance(cache, 2)) {
		fill_l2(p, words);
	}
	p->l1_valid[cpu] |= words;
}

uint64_t fake_cache_load(struct fake_cache *cache, unsigned cpu, uint64_t address, bool past)
{
	size_t page = cache_page_at(cache, address);
	unsigned word = cache_word_at(address);
	struct fake_cache_page *p = cache_look(cache, cpu, page);

	if (past) {
		return p->memory[word];
	}
	if (fake_has_word(p->buffered, word)) {
		return coherent_view(cache, p, cpu, word, false);
	}
	fill_l1(cache, p, cpu, cache->dline_words[word]);
	return p->seen[word];
}

void fake_cache_store(
	struct fake_cache *cache, unsigned cpu, uint64_t address, uint64_t value, bool past)
{
	size_t page = cache_page_at(cache, address);
	unsigned word = cache_word_at(address);
	struct fake_cache_page *p = cache_look(cache, cpu, page);

	p->buffered = without(p->buffered, (uint8_t)(1U << word));
	if (past) {
		p->memory[word] = value;
		settle(cache, page, (uint8_t)(1U << word));
		return;
	}
	own_line(p, cpu, cache->dline_words[word]);
	p->seen[word] = value;
	*host_word(cache, page, word) = value;
}

/* What an instruction fetch gets from below the instruction caches. */
static uint64_t instruction_view(
	struct fake_cache *cache, struct fake_cache_page *p, unsigned cpu, unsigned word, bool past)
{
	if (past) {
		return p->memory[word];
	}
	if (cache->config.idc && fake_has_word(any_l1(p), word)) {
		return coherent_view(cache, p, cpu, word, true);
	}
	return fake_has_word(p->l2_valid, word) ? p->level2[word] : p->memory[word];
}

static struct fake_icache_way *find_way(
	const struct fake_cache *cache, struct fake_cache_page *p, unsigned cpu, uint16_t tag)
{
	for (unsigned i = 0; i < FAKE_WAYS; i++) {
		struct fake_icache_way *way = &p->icache[cpu][i];

		if (way->tag == tag && way->epoch == cache->epoch[cpu]) {
			return way;
		}
	}
	return NULL;
}

static struct fake_icache_way *fill_way(struct fake_cache *cache, struct fake_cache_page *p,
	unsigned cpu, uint16_t tag, unsigned word, bool past)
{
	struct fake_icache_way *way = find_way(cache, p, cpu, tag);
	uint8_t words = cache->iline_words[word];

	if (way == NULL) {
		way = &p->icache[cpu][tag % FAKE_WAYS];
		way->tag = tag;
		way->epoch = cache->epoch[cpu];
		way->valid = 0;
	}
	for (unsigned w = 0; w < FAKE_WORDS; w++) {
		if (fake_has_word(words, w)) {
			way->value[w] = instruction_view(cache, p, cpu, w, past);
		}
	}
	way->valid |= words;
	if (!past && chance(cache, 2)) {
		fill_l2(p, cache->dline_words[word]);
	}
	return way;
}

uint64_t fake_cache_fetch(
	struct fake_cache *cache, unsigned cpu, uint64_t address, uint16_t tag, bool past)
{
	size_t page = cache_page_at(cache, address);
	unsigned word = cache_word_at(address);
	struct fake_cache_page *p = cache_look(cache, cpu, page);
	const struct fake_icache_way *way;

	if (cache->config.dic) {
		return instruction_view(cache, p, cpu, word, past);
	}
	way = find_way(cache, p, cpu, tag);
	if (way == NULL || !fake_has_word(way->valid, word)) {
		if (past && chance(cache, 2)) {
			return p->memory[word];
		}
		way = fill_way(cache, p, cpu, tag, word, past);
	}
	return way->value[word];
}

void fake_cache_prefetch(
	struct fake_cache *cache, unsigned cpu, uint64_t address, uint16_t tag, bool past)
{
	size_t page = cache_page_at(cache, address);
	unsigned word = cache_word_at(address);
	struct fake_cache_page *p = cache_look(cache, cpu, page);
	const struct fake_icache_way *way = find_way(cache, p, cpu, tag);

	if (cache->config.dic || (way != NULL && fake_has_word(way->valid, word))) {
		return;
	}
	cache_trace(cache, "speculative fetch", cpu, page, cache->iline_words[word]);
	(void)fill_way(cache, p, cpu, tag, word, past);
}

void fake_cache_noise(struct fake_cache *cache, uint64_t address)
{
	size_t page = cache_page_at(cache, address);
	unsigned word = fake_below(&cache->random, FAKE_WORDS);
	unsigned cpu = fake_below(&cache->random, FAKE_CPUS);
	uint8_t words = cache->dline_words[word];
	struct fake_cache_page *p;

	if (page == CACHE_NO_PAGE) {
		return;
	}
	p = cache_look(cache, cpu, page);
	switch (fake_below(&cache->random, 6)) {
	case 0:
		cache_trace(cache, "L1 gives up its line", cpu, page, words & any_l1(p));
		leave_l1(cache, page, words);
		break;
	case 1:
		cache_trace(cache, "level 2 gives up its line", cpu, page, words & p->l2_valid);
		leave_l2(cache, page, words);
		break;
	case 2:
		cache_trace(cache, "both levels give up the line", cpu, page,
			words & (any_l1(p) | p->l2_valid));
		cache_clean_inv_poc(cache, page, words);
		break;
	case 3:
		cache_trace(cache, "speculative read", cpu, page, without(words, any_l1(p)));
		fill_l1(cache, p, cpu, words);
		break;
	case 4:
		p->icache[cpu][fake_below(&cache->random, FAKE_WAYS)].valid = 0;
		break;
	default:
		cache_complete_some(cache, cpu);
		break;
	}
}
