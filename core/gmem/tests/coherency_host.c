/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the hypervisor does for a VM, and what it owes the guest then.
 */
#include "coherency_world.h"
#include "pmem/pmem.h"

#define ROUNDS_MAX 10000U /* of a bounded step */

static ipa_t ipa_of(unsigned page, unsigned word)
{
	return ipa_init(world_ipa(page) + fake_word_offset[word]);
}

/* Does some vCPU, as far as core/vm knows, look past the caches? */
static bool works_past(const struct vm_state *vm)
{
	return vm->caches_off != 0U && !world.config.fwb;
}

static uint8_t newest(const struct word *word)
{
	return (uint8_t)(word->count - 1U);
}

/* Values that nobody may see any more make room; a few are left for the guest. */
static bool has_room(const struct word *word)
{
	return word->count + 2U < WORD_HISTORY;
}

static bool is_given(const struct vm_state *v, unsigned page)
{
	struct s2_leaf leaf;

	return s2_lookup(&v->gmem.space, ipa_init(world_ipa(page)), &leaf) == PLINTH_OK &&
	       leaf.state == S2_PAGE_RELINQUISHED;
}

void host_write(unsigned cpu, unsigned vm, unsigned page, unsigned w)
{
	struct vm_state *v = &world.vm[vm];
	struct page *p = &v->page[page];
	struct word *word = &p->word[w];
	uint8_t line = world.cache.dline_words[w];
	uint64_t value = STAMP_MARK | (uint64_t)world_serial(vm, page) << 40 | ++world.stamp;
	enum plinth_status status;

	/* With its caches on, a guest that hands out a buffer has it coherent. */
	if (!has_room(word) || (!works_past(v) && (p->past & line) != 0U)) {
		world.skipped++;
		return;
	}
	word->value[word->count++] = value;
	world_enter(cpu, vm);
	status = gmem_write(&v->gmem, ipa_of(page, w), &value, sizeof(value));
	world_leave();
	if (status != PLINTH_OK) {
		word->count--;
		world.no_memory += status == PLINTH_ENOMEM ? 1U : 0U;
		if (status != (page == WORLD_ROM ? PLINTH_EFAULT : PLINTH_ENOMEM) &&
			!is_given(v, page)) {
			world_fail("gmem_write: %d", (int)status);
		}
		return;
	}
	word->load = newest(word);
	word->fetch = newest(word);
	if (works_past(v)) {
		word->poc = newest(word);
		word->past = newest(word);
		p->at_poc = (uint8_t)(p->at_poc | 1U << w);
	} else {
		p->cached |= line;
	}
}

/* What Plinth has read is in the caches. */
static void fill_line(unsigned vm, unsigned page, unsigned w)
{
	struct fake_translation t;

	if (fake_tlb_walk(&world.tlb, world.vm[vm].gmem.space.root.v, world_ipa(page), &t) ==
		FAKE_WALK_OK) {
		(void)fake_cache_load(
			&world.cache, world.el2_cpu, t.pa + fake_word_offset[w], false);
	}
}

void host_read(unsigned cpu, unsigned vm, unsigned page, unsigned w)
{
	struct vm_state *v = &world.vm[vm];
	const struct page *p = &v->page[page];
	const struct word *word = &p->word[w];
	uint8_t limit = word->load;
	enum plinth_status status;
	uint64_t value = 0;

	if (works_past(v)) {
		limit = word->poc > limit ? word->poc : limit;
	} else if ((p->past & world.cache.dline_words[w]) != 0U) {
		world.skipped++;
		return;
	}
	world_enter(cpu, vm);
	status = gmem_read(&v->gmem, ipa_of(page, w), &value, sizeof(value));
	world_leave();
	if (status == PLINTH_ENOMEM || is_given(v, page)) {
		world.no_memory++;
		return;
	}
	fill_line(vm, page, w);
	for (unsigned i = limit; i < word->count; i++) {
		if (word->value[i] == value) {
			return;
		}
	}
	world_fail("gmem_read of VM %u, page %u + 0x%x: 0x%llx, owed 0x%llx", vm, page,
		(unsigned)fake_word_offset[w], (unsigned long long)value,
		(unsigned long long)word->value[limit]);
}

static void forget_given(unsigned vm, ipa_t ipa, unsigned level)
{
	for (unsigned p = 0; p < WORLD_PAGES; p++) {
		if (world_ipa(p) - ipa.v < s2_level_size(level)) {
			guest_zero(vm, p);
		}
	}
}

/* What is right to answer where it cannot be done. */
static enum plinth_status refusal(unsigned page, bool takes)
{
	if (page >= WORLD_DISK) {
		return PLINTH_ERANGE;
	}
	return takes ? PLINTH_ENOENT : PLINTH_EEXIST;
}

void host_relinquish(unsigned cpu, unsigned vm, unsigned page, unsigned how)
{
	struct gmem *gmem = &world.vm[vm].gmem;
	unsigned level = world.config.blocks && how % 4U == 3U ? S2_LEVEL_2M : S2_LEVEL_4K;
	ipa_t ipa = ipa_init(align_down(world_ipa(page), s2_level_size(level)));
	bool takes = how / 4U % 4U == 0U;
	enum plinth_status status;

	world_enter(cpu, vm);
	status = takes ? gmem_retake(gmem, ipa, level) : gmem_relinquish(gmem, ipa, level);
	world_leave();
	if (status == PLINTH_OK && !takes) {
		forget_given(vm, ipa, level);
	} else if (status == PLINTH_ENOMEM) {
		world.no_memory++;
	} else if (status != PLINTH_OK && status != refusal(page, takes)) {
		world_fail("%s: %d", takes ? "gmem_retake" : "gmem_relinquish", (int)status);
	}
}

/* All lines of the page are in no cache: what was the newest in one place or the other is in
 * memory. */
static void note_swept(struct page *p)
{
	for (unsigned w = 0; w < FAKE_WORDS; w++) {
		struct word *word = &p->word[w];

		word->load = word->poc > word->load ? word->poc : word->load;
		word->poc = word->load;
	}
	p->cached = 0;
	p->past = 0;
}

void host_caches_on(unsigned cpu, unsigned page, unsigned word)
{
	const struct cpu_state *c = &world.cpu[cpu];
	struct vm_state *v = &world.vm[c->vm];
	struct vcpu_state *vcpu = &v->vcpu[c->vcpu];
	enum plinth_status status = PLINTH_EAGAIN;
	ipa_t cursor = ipa_init(0);

	if (!vcpu->off) {
		world.skipped++;
		return;
	}
	for (unsigned i = 0; v->caches_off == 1U && i < ROUNDS_MAX && status == PLINTH_EAGAIN;
		i++) {
		world_enter(cpu, c->vm);
		status = gmem_caches_on(&v->gmem, &cursor);
		world_leave();
	}
	vcpu->off = false;
	/* Of what it wrote alone, past its caches, nothing older may be in them. Where another vCPU
	 * reads ahead meanwhile, it is the guest that has to invalidate. */
	for (unsigned p = 0; works_past(v) && v->caches_off == 1U && !v->was_on && p < WORLD_PAGES;
		p++) {
		note_swept(&v->page[p]);
	}
	v->caches_off--;
	v->was_on = true;
	/* What it reads first, before it has executed any barrier. */
	guest_load(cpu, page, word);
	guest_turn_on(cpu);
}

/* A core that comes out of reset has nothing in its instruction cache. */
static void note_born(struct vm_state *vm, unsigned vcpu)
{
	for (unsigned p = 0; p < WORLD_PAGES; p++) {
		for (unsigned w = 0; w < FAKE_WORDS; w++) {
			struct word *word = &vm->page[p].word[w];

			word->born[vcpu] = word->poc;
		}
	}
}

void host_vcpu_start(unsigned cpu, unsigned vm, unsigned vcpu, bool load)
{
	struct vm_state *v = &world.vm[vm];
	enum plinth_status status = PLINTH_EAGAIN;

	if (!v->live || v->vcpu[vcpu].started) {
		world.skipped++;
		return;
	}
	v->caches_off++;
	for (unsigned i = 0; i < ROUNDS_MAX && status == PLINTH_EAGAIN; i++) {
		world_enter(cpu, vm);
		status = gmem_caches_off(&v->gmem);
		world_leave();
		if (status == PLINTH_EAGAIN && world.random != 0U) {
			guest_go_on(1U - cpu);
		}
	}
	world_enter(cpu, vm);
	s2_reset_vcpu(&v->gmem.space, vcpu);
	world_leave();
	note_born(v, vcpu);
	v->vcpu[vcpu] = (struct vcpu_state){.started = true, .off = true, .cpu = WORLD_NOBODY};
	if (load) {
		(void)life_load(cpu, vm, vcpu);
	}
}

void host_vcpu_stop(unsigned cpu)
{
	const struct cpu_state *c = &world.cpu[cpu];
	struct vm_state *v = &world.vm[c->vm];
	struct vcpu_state *vcpu = &v->vcpu[c->vcpu];

	v->caches_off = (uint8_t)(v->caches_off - (vcpu->off ? 1U : 0U));
	life_unload(cpu);
	*vcpu = (struct vcpu_state){.cpu = WORLD_NOBODY};
}

void host_set_way(unsigned cpu, unsigned page, unsigned word)
{
	unsigned vm = world.cpu[cpu].vm;
	struct vm_state *v = &world.vm[vm];
	enum plinth_status status = PLINTH_EAGAIN;
	ipa_t cursor = ipa_init(0);

	for (unsigned i = 0; i < ROUNDS_MAX && status == PLINTH_EAGAIN; i++) {
		world_enter(cpu, vm);
		status = gmem_set_way(&v->gmem, &cursor);
		world_leave();
	}
	for (unsigned p = 0; p < WORLD_PAGES; p++) {
		struct fake_translation t;

		if (fake_tlb_walk(&world.tlb, v->gmem.space.root.v, world_ipa(p), &t) ==
			FAKE_WALK_OK) {
			note_swept(&v->page[p]);
			v->page[p].at_poc = FAKE_WORDS_ALL;
		}
	}
	guest_device(vm, page, word, 0);
}

void host_scrub(unsigned cpu)
{
	world_enter(cpu, WORLD_NOBODY);
	(void)pmem_scrub_step();
	world_leave();
}
