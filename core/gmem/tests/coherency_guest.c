/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A guest that keeps to the architecture's rules, and the property: what each kind of observer may
 * see. The guest maintains what it mixes itself (a line that it wrote with its caches on before
 * it is touched past them, and the other way round), so that all that it sees wrong is Plinth's.
 */
#include <string.h>

#include "coherency_world.h"

#define FAULTS_MAX 8U

/* How much an observer relies on. */
enum trust {
	OWED,	 /* nothing older than the word's limit */
	STRANGE, /* it did not maintain what it looks at: only never what another VM wrote */
};

void guest_forget(unsigned vm, unsigned page)
{
	struct page *p = &world.vm[vm].page[page];

	memset(p, 0, sizeof(*p));
	for (unsigned w = 0; w < FAKE_WORDS; w++) {
		p->word[w].value[0] = world.initial[page][w];
		p->word[w].count = 1;
	}
}

/* Without FWB Plinth cleans it at the first touch of the new run, whatever the caches: what was the
 * newest in one place or the other is in memory then. What the guest knew, it has forgotten. */
void guest_carry_over(unsigned vm, unsigned page)
{
	struct page *p = &world.vm[vm].page[page];

	for (unsigned w = 0; w < FAKE_WORDS && !world.config.fwb; w++) {
		struct word *word = &p->word[w];

		word->load = word->poc > word->load ? word->poc : word->load;
		word->poc = word->load;
		p->cached = 0;
		p->past = 0;
	}
	p->at_poc = 0;
	for (unsigned w = 0; w < FAKE_WORDS; w++) {
		memset(p->word[w].born, 0, sizeof(p->word[w].born));
	}
}

void guest_zero(unsigned vm, unsigned page)
{
	guest_forget(vm, page);
	for (unsigned w = 0; w < FAKE_WORDS; w++) {
		world.vm[vm].page[page].word[w].value[0] = 0;
	}
}

static uint8_t newest(const struct word *word)
{
	return (uint8_t)(word->count - 1U);
}

static uint8_t later(uint8_t a, uint8_t b)
{
	return a > b ? a : b;
}

/* Is there room for one more value? Forgets what nobody may see any more. */
static bool make_room(struct word *word)
{
	uint8_t oldest = word->load;

	oldest = word->fetch < oldest ? word->fetch : oldest;
	oldest = word->poc < oldest ? word->poc : oldest;
	oldest = word->past < oldest ? word->past : oldest;
	memmove(word->value, word->value + oldest, (word->count - oldest) * sizeof(*word->value));
	word->count = (uint8_t)(word->count - oldest);
	word->load = (uint8_t)(word->load - oldest);
	word->fetch = (uint8_t)(word->fetch - oldest);
	word->poc = (uint8_t)(word->poc - oldest);
	word->past = (uint8_t)(word->past - oldest);
	for (unsigned i = 0; i < WORLD_VCPUS; i++) {
		word->born[i] = (uint8_t)(later(word->born[i], oldest) - oldest);
	}
	return word->count < WORD_HISTORY;
}

static uint64_t add_value(unsigned vm, unsigned page, struct word *word)
{
	uint64_t value = STAMP_MARK | (uint64_t)world_serial(vm, page) << 40 | ++world.stamp;

	word->value[word->count++] = value;
	return value;
}

static const char *kind_of(unsigned vm, unsigned page, uint64_t value)
{
	if (STAMP_IS(value)) {
		return STAMP_OWNER(value) == world_serial(vm, page) ? "an older value of its own"
								    : "A FORMER VM'S VALUE";
	}
	return value >> 56 == BOOT_GARBAGE >> 56 ? "what memory held at power-on"
						 : "something else";
}

/* A page of an image that is copied at the guest's first store is at PoC as before; but not with
 * FWB, where a device alone could tell: guests there clean after their first store to a page, not
 * before (docs/design/gmem.md). */
static bool copies_reach_poc(void)
{
	return !world.config.fwb;
}

void guest_note_moves(unsigned vm)
{
	struct vm_state *v = &world.vm[vm];
	bool past = v->caches_off != 0U && !world.config.fwb;

	for (unsigned i = 0; i < WORLD_PAGES; i++) {
		struct page *p = &v->page[i];
		uint64_t before = p->pa;
		struct fake_translation t;
		bool mapped = fake_tlb_walk(&world.tlb, v->gmem.space.root.v, world_ipa(i), &t) ==
			      FAKE_WALK_OK;

		/* What is hidden for a while comes back where it was, or moves then. */
		if (!mapped || t.pa == before) {
			continue;
		}
		p->pa = t.pa;
		if (before != 0U && !past && !copies_reach_poc()) {
			p->at_poc = 0;
		} else if (before == 0U && past) {
			p->at_poc = FAKE_WORDS_ALL;
		}
	}
}

/* What somebody saw, and what it may rely on. */
struct sight {
	uint64_t value;
	uint8_t limit;
	enum trust trust;
	const char *how;
};

static void observe(unsigned vm, unsigned page, unsigned w, struct sight sight)
{
	const struct word *word = &world.vm[vm].page[page].word[w];

	for (unsigned i = sight.trust == OWED ? sight.limit : 0U; i < word->count; i++) {
		if (word->value[i] == sight.value) {
			return;
		}
	}
	if (sight.trust == STRANGE &&
		!(STAMP_IS(sight.value) && STAMP_OWNER(sight.value) != world_serial(vm, page))) {
		return;
	}
	world_fail("%s of VM %u, page %u + 0x%x: %s (0x%llx, owed 0x%llx)", sight.how, vm, page,
		(unsigned)fake_word_offset[w], kind_of(vm, page, sight.value),
		(unsigned long long)sight.value, (unsigned long long)word->value[sight.limit]);
}

static struct page *page_of(unsigned cpu, unsigned page)
{
	return &world.vm[world.cpu[cpu].vm].page[page];
}

/* Does this CPU's vCPU access memory past the caches? */
static bool is_past(unsigned cpu)
{
	const struct cpu_state *c = &world.cpu[cpu];

	return world.vm[c->vm].vcpu[c->vcpu].off && !world.config.fwb;
}

static bool is_rom(uint64_t ipa)
{
	return ipa - world_ipa(WORLD_ROM) < PAGE_SIZE;
}

static bool take_fault(unsigned cpu, uint64_t ipa, enum fake_access access, bool permission)
{
	static const enum gmem_access kinds[] = {GMEM_READ, GMEM_WRITE, GMEM_FETCH};
	const struct gmem_fault fault = {
		.ipa = ipa_init(ipa),
		.access = kinds[access],
		/* Some reads are the guest's own table walks. */
		.table_walk = access == FAKE_LOAD && ipa % 64U == 0U,
		.permission = permission,
	};
	const bool denied = access == FAKE_STORE && is_rom(ipa);
	unsigned vm = world.cpu[cpu].vm;
	enum gmem_result result = GMEM_RESUME;

	world_enter(cpu, vm);
	if (access != FAKE_FETCH || !permission || !gmem_fetch(&world.vm[vm].gmem, fault.ipa)) {
		result = gmem_fault(&world.vm[vm].gmem, &fault);
	}
	world_leave();
	if (result == GMEM_NOMEM) {
		world.no_memory++;
	} else if (result != (denied ? GMEM_DENIED : GMEM_RESUME)) {
		world_fail("a fault is answered with %d", (int)result);
	}
	return result == GMEM_RESUME && !world_has_failed();
}

/* Translates for an access, with as many faults as it takes. 0: it is not to be had. */
static uint64_t reach(unsigned cpu, uint64_t ipa, enum fake_access access)
{
	struct cpu_state *c = &world.cpu[cpu];

	for (unsigned tries = 0; tries < FAULTS_MAX; tries++) {
		uint64_t pa;
		unsigned foreign = world.tlb.foreign;
		enum fake_walk walk;

		world.tlb.cpu = cpu;
		fake_tlb_synchronise(&world.tlb, c->vttbr); /* by the ERET */
		walk = fake_tlb_access(
			&world.tlb, c->vttbr, c->vm * 8U + c->vcpu, ipa, access, &pa);
		if (world.tlb.foreign != foreign) {
			world_fail("another vCPU's translation serves this one");
		}
		if (walk == FAKE_WALK_OK) {
			return pa;
		}
		if (world.in_engine ||
			!take_fault(cpu, ipa, access, walk == FAKE_WALK_PERMISSION)) {
			return 0;
		}
	}
	world_fail("the same fault again and again");
	return 0;
}

static uint64_t ipa_of(unsigned page, unsigned word)
{
	return world_ipa(page) + fake_word_offset[word];
}

static uint16_t tag_of(unsigned cpu, uint64_t ipa)
{
	return fake_cache_tag(&world.cache, ipa, (uint16_t)(world.cpu[cpu].vttbr >> 48));
}

static void guest_op(unsigned cpu, enum fake_op op, uint64_t pa, uint16_t tag)
{
	fake_cache_guest_op(&world.cache, cpu, op, pa, tag);
	if (op == FAKE_DSB_ISH) {
		vmid_barrier(cpu);
		world.tlb.cpu = cpu;
		fake_tlb_op(&world.tlb, op, 0);
	}
}

static uint8_t line_of(unsigned word)
{
	return world.cache.dline_words[word];
}

/* `op` by each line that words of the line of `word` lie in. */
static void op_by_line(unsigned cpu, enum fake_op op, unsigned word, uint64_t pa, uint16_t tag)
{
	for (unsigned w = 0; w < FAKE_WORDS; w++) {
		if (fake_has_word(line_of(word), w)) {
			guest_op(cpu, op, pa - fake_word_offset[word] + fake_word_offset[w], tag);
		}
	}
}

/* After a clean and invalidate all see the same: what was the newest in one place or the other. */
static void note_clean(struct page *p, uint8_t words)
{
	for (unsigned w = 0; w < FAKE_WORDS; w++) {
		struct word *word = &p->word[w];

		if (fake_has_word(words, w)) {
			word->load = later(word->load, word->poc);
			word->poc = word->load;
		}
	}
	p->cached = (uint8_t)(p->cached & ~words);
	p->past = (uint8_t)(p->past & ~words);
	p->at_poc |= words;
}

/* DC CIVAC by the line. False: it can't be reached. */
static bool clean_line(unsigned cpu, unsigned page, unsigned word)
{
	uint64_t pa = reach(cpu, ipa_of(page, word), FAKE_LOAD);

	if (pa == 0U) {
		return false;
	}
	guest_op(cpu, FAKE_DC_CIVAC, pa, 0);
	guest_op(cpu, FAKE_DSB_ISH, 0, 0);
	note_clean(page_of(cpu, page), line_of(word));
	return true;
}

void guest_clean(unsigned cpu, unsigned page, unsigned word)
{
	(void)clean_line(cpu, page, word);
}

void guest_maintain(unsigned cpu, unsigned page, unsigned word)
{
	struct page *p = page_of(cpu, page);
	uint8_t line = line_of(word);
	uint64_t pa = reach(cpu, ipa_of(page, word), FAKE_LOAD);
	bool to_poc = is_past(cpu) || (p->past & line) != 0U;

	if (pa == 0U) {
		return;
	}
	if (to_poc) {
		guest_op(cpu, FAKE_DC_CIVAC, pa, 0);
	} else if (!world.config.cache.idc) {
		guest_op(cpu, FAKE_DC_CVAU, pa, 0);
	}
	guest_op(cpu, FAKE_DSB_ISH, 0, 0);
	if (!world.config.cache.dic) {
		op_by_line(cpu, FAKE_IC_IVAU, word, pa, tag_of(cpu, ipa_of(page, word)));
		guest_op(cpu, FAKE_DSB_ISH, 0, 0);
	}
	if (to_poc) {
		note_clean(p, line);
	}
	for (unsigned w = 0; w < FAKE_WORDS; w++) {
		if (fake_has_word(line, w)) {
			p->word[w].fetch = later(p->word[w].fetch, p->word[w].load);
			p->word[w].past = to_poc ? p->word[w].fetch : p->word[w].past;
		}
	}
}

/* What it fetched past its caches may be older than what it fetches now. Local, but HCR_EL2.FB
 * makes it everybody's. */
void guest_turn_on(unsigned cpu)
{
	guest_op(cpu, FAKE_IC_IALLUIS, 0, tag_of(cpu, 0));
	guest_op(cpu, FAKE_DSB_ISH, 0, 0);
}

/* Lines that were written the other way are cleaned first. False: they can't be. */
static bool make_fit(unsigned cpu, unsigned page, unsigned word, bool past)
{
	const struct page *p = page_of(cpu, page);
	uint8_t other = past ? p->cached : p->past;

	return (other & line_of(word)) == 0U || (!world.in_engine && clean_line(cpu, page, word));
}

void guest_load(unsigned cpu, unsigned page, unsigned w)
{
	unsigned vm = world.cpu[cpu].vm;
	const struct word *word = &world.vm[vm].page[page].word[w];
	bool past = is_past(cpu);
	uint64_t pa;

	if (!past && !make_fit(cpu, page, w, false)) {
		return;
	}
	pa = reach(cpu, ipa_of(page, w), FAKE_LOAD);
	if (pa != 0U) {
		observe(vm, page, w,
			(struct sight){fake_cache_load(&world.cache, cpu, pa, past),
				past ? word->poc : word->load, OWED,
				past ? "load past the caches" : "load"});
	}
}

static void store(unsigned cpu, unsigned page, unsigned w, bool past)
{
	unsigned vm = world.cpu[cpu].vm;
	struct page *p = &world.vm[vm].page[page];
	struct word *word = &p->word[w];
	uint64_t pa;

	if (!make_room(word)) {
		guest_maintain(cpu, page, w);
		(void)clean_line(cpu, page, w);
	}
	if (!copies_reach_poc()) {
		(void)reach(cpu, ipa_of(page, w), FAKE_STORE);
	}
	if (!make_room(word) || !make_fit(cpu, page, w, past)) {
		world.skipped++;
		return;
	}
	pa = reach(cpu, ipa_of(page, w), FAKE_STORE);
	if (pa == 0U) {
		return;
	}
	fake_cache_store(&world.cache, cpu, pa, add_value(vm, page, word), past);
	if (past) {
		word->poc = newest(word);
		p->past |= line_of(w);
		p->at_poc = (uint8_t)(p->at_poc | 1U << w);
	} else {
		word->load = newest(word);
		p->cached |= line_of(w);
	}
}

void guest_store(unsigned cpu, unsigned page, unsigned word)
{
	store(cpu, page, word, is_past(cpu));
}

void guest_fetch(unsigned cpu, unsigned page, unsigned w)
{
	unsigned vm = world.cpu[cpu].vm;
	const unsigned vcpu = world.cpu[cpu].vcpu;
	const struct word *word = &world.vm[vm].page[page].word[w];
	bool past = is_past(cpu);
	uint64_t ipa = ipa_of(page, w);
	uint64_t pa = reach(cpu, ipa, FAKE_FETCH);

	if (pa != 0U) {
		observe(vm, page, w,
			(struct sight){
				fake_cache_fetch(&world.cache, cpu, pa, tag_of(cpu, ipa), past),
				past ? later(word->past, word->born[vcpu]) : word->fetch, OWED,
				past ? "fetch past the caches" : "fetch"});
	}
}

/* A Non-cacheable mapping beside the cacheable one. */
void guest_uncached(unsigned cpu, unsigned page, unsigned w, unsigned how)
{
	unsigned vm = world.cpu[cpu].vm;
	struct page *p = &world.vm[vm].page[page];
	uint64_t pa;

	if (world.config.fwb) {
		guest_load(cpu, page, w);
		return;
	}
	if (how % 4U == 0U && !copies_reach_poc() &&
		reach(cpu, ipa_of(page, w), FAKE_STORE) == 0U) {
		return;
	}
	if (how % 2U == 0U && (!clean_line(cpu, page, w))) {
		return;
	}
	if (how % 4U == 0U) {
		store(cpu, page, w, true);
		return;
	}
	pa = reach(cpu, ipa_of(page, w), FAKE_LOAD);
	if (pa != 0U) {
		observe(vm, page, w,
			(struct sight){fake_cache_load(&world.cache, cpu, pa, true), p->word[w].poc,
				fake_has_word(p->at_poc, w) ? OWED : STRANGE,
				"Non-cacheable load"});
	}
}

/* A device that the VM's driver uses: by what stage 2 says now. */
void guest_device(unsigned vm, unsigned page, unsigned w, unsigned how)
{
	struct page *p = &world.vm[vm].page[page];
	struct word *word = &p->word[w];
	uint8_t line = line_of(w);
	bool knows = fake_has_word(p->at_poc, w);
	struct fake_translation t;
	uint64_t pa;

	if (fake_tlb_walk(&world.tlb, world.vm[vm].gmem.space.root.v, ipa_of(page, w), &t) !=
		FAKE_WALK_OK) {
		return;
	}
	pa = t.pa + fake_word_offset[w];
	if (how % 2U == 0U) {
		observe(vm, page, w,
			(struct sight){fake_cache_load(&world.cache, 0, pa, true), word->poc,
				knows ? OWED : STRANGE, "device read"});
	} else if (t.write && (p->cached & line) == 0U && (p->at_poc & line) == line &&
		   make_room(word)) {
		fake_cache_store(&world.cache, 0, pa, add_value(vm, page, word), true);
		word->poc = newest(word);
		p->past |= line;
	}
}

void guest_peek(unsigned cpu)
{
	struct place at = world_place();

	if (world.cpu[cpu].vm == WORLD_NOBODY) {
		return;
	}
	if (fake_below(&world.random, 2) == 0U) {
		guest_load(cpu, at.page, at.word);
	} else {
		guest_fetch(cpu, at.page, at.word);
	}
}

void guest_go_on(unsigned cpu)
{
	for (unsigned i = 0; i < 4U && !world_has_failed(); i++) {
		struct place at = world_place();

		if (world.cpu[cpu].vm != WORLD_NOBODY) {
			guest_fetch(cpu, at.page, at.word);
		}
	}
}
