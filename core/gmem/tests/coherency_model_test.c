/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random histories of a guest on two CPUs over the models of caches and TLBs: what the guest loads
 * is what was written last; what it fetches is nothing older than the architecture or Plinth owes
 * it. And the other way round: with any one step of the maintenance left out, some history fails.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "arch/cpu.h"
#include "arch/sysreg.h"
#include "base/bits.h"
#include "fake/cache_model.h"
#include "fake/maintenance.h"
#include "fake/tlb_model.h"
#include "gmem_fixture.h"

#define HOT_WORDS   24U /* two in each line */
#define LATE_WORDS  2U	/* only loaded until caches go off again: not at PoC by then */
#define IMAGE_WORDS 8U	/* in pages that are shown in place */
#define OWED_MAX    8U
#define OFF_STEPS   200U /* with caches off, at the start */
#define OFF_AGAIN   400U /* and from here on, when a second vCPU starts */
#define STEPS	    700U

/* One 64-bit word of a page, followed through its history. */
struct word {
	uint64_t ipa;
	uint64_t initial;
	uint64_t last;
	uint64_t owed[OWED_MAX]; /* what a fetch may see: the last owed value and all since */
	unsigned owed_count;
	bool at_poc; /* what a vCPU without caches may read */
};

struct world {
	struct fixture fixture;
	struct fake_cache cache;
	struct fake_tlb tlb;
	struct word word[HOT_WORDS];
	uint64_t random;
	uint64_t stamp;
	uint64_t vttbr;
	unsigned time; /* steps so far */
	bool off;      /* the guest's MMU and caches */
	const char *failure;
};

static struct world world;

static void on_maintenance(void *ctx, enum fake_op op, uint64_t address)
{
	struct world *w = ctx;

	fake_cache_op(&w->cache, op, address);
	fake_tlb_op(&w->tlb, op, address);
}

static void note_failure(struct world *w, const char *what)
{
	if (w->failure == NULL) {
		w->failure = what;
	}
}

static bool is_off(const struct world *w)
{
	return w->off && !coh_strategy()->fwb;
}

/* After each call of the hypervisor: nothing is half done. */
static void check_settled(struct world *w)
{
	if (fake_tlb_stale(&w->tlb, w->vttbr) != 0U) {
		note_failure(w, "stale translation");
	}
	if (w->cache.early != 0U) {
		note_failure(w, "mapped before the maintenance was complete");
	}
	if (read_vttbr_el2() != w->vttbr) {
		note_failure(w, "VTTBR_EL2 changed");
	}
}

/* A guest's access, with as many faults as it takes. 0: it failed. */
static uint64_t reach(struct world *w, uint64_t ipa, enum fake_access access)
{
	static const enum gmem_access kinds[] = {GMEM_READ, GMEM_WRITE, GMEM_FETCH};

	for (unsigned tries = 0; tries < 6U; tries++) {
		uint64_t pa;
		enum fake_walk walk = fake_tlb_access(&w->tlb, w->vttbr, 0, ipa, access, &pa);

		if (walk == FAKE_WALK_OK) {
			return pa;
		}
		const struct gmem_fault fault = {
			.ipa = {ipa},
			.access = kinds[access],
			.permission = walk == FAKE_WALK_PERMISSION,
		};

		fake_tlb_begin(&w->tlb);
		if (gmem_fault(&w->fixture.gmem, &fault) != GMEM_RESUME) {
			note_failure(w, "fault refused");
			return 0;
		}
		check_settled(w);
	}
	note_failure(w, "the same fault again and again");
	return 0;
}

static void owe_last(struct word *word)
{
	word->owed[0] = word->last;
	word->owed_count = 1;
}

static void guest_maintains(struct world *w, struct word *word)
{
	uint64_t pa = reach(w, word->ipa, FAKE_LOAD);

	fake_cache_op(&w->cache, FAKE_DC_CVAU, pa);
	fake_cache_op(&w->cache, FAKE_DSB_ISH, 0);
	fake_cache_op(&w->cache, w->cache.pipt ? FAKE_IC_IVAU : FAKE_IC_IALLUIS, pa);
	fake_cache_op(&w->cache, FAKE_DSB_ISH, 0);
	owe_last(word);
}

static void guest_stores(struct world *w, struct word *word)
{
	uint64_t pa = reach(w, word->ipa, FAKE_STORE);

	if (pa == 0U || (w->off && !word->at_poc)) {
		return; /* what is dirty above PoC would overwrite it: the guest's own business */
	}
	word->last = ++w->stamp;
	fake_cache_store(&w->cache, pa, word->last, is_off(w));
	word->at_poc = w->off;
	word->owed[word->owed_count++] = word->last;
	if (word->owed_count == OWED_MAX) {
		guest_maintains(w, word);
	}
}

static void guest_loads(struct world *w, struct word *word)
{
	uint64_t pa = reach(w, word->ipa, FAKE_LOAD);

	if (w->off && !word->at_poc) {
		return; /* a guest that did not clean it can't expect to see it */
	}
	if (pa != 0U && fake_cache_load(&w->cache, pa, is_off(w)) != word->last) {
		note_failure(w, "load is stale");
	}
}

static void guest_fetches(struct world *w, struct word *word)
{
	uint64_t pa = reach(w, word->ipa, FAKE_FETCH);
	uint64_t got = pa != 0U ? fake_cache_fetch(&w->cache, pa, is_off(w)) : word->last;

	for (unsigned i = 0; i < word->owed_count; i++) {
		if (word->owed[i] == got) {
			return;
		}
	}
	note_failure(w, "fetch is stale");
}

static void hypervisor_writes(struct world *w, struct word *word)
{
	word->last = ++w->stamp;
	if (gmem_write(&w->fixture.gmem, ipa_init(word->ipa), &word->last, 8) != PLINTH_OK) {
		note_failure(w, "gmem_write");
	}
	word->at_poc = w->off;
	owe_last(word);
}

static void hypervisor_reads(struct world *w, struct word *word)
{
	uint64_t got = 0;

	if (gmem_read(&w->fixture.gmem, ipa_init(word->ipa), &got, 8) != PLINTH_OK ||
		got != word->last) {
		note_failure(w, "gmem_read is stale");
	}
}

/* The page goes, and another user of its memory (dirty now) comes. */
static void hypervisor_recycles(struct world *w, struct word *word)
{
	enum plinth_status status =
		gmem_relinquish(&w->fixture.gmem, ipa_init(align_down(word->ipa, PAGE_SIZE)));

	if (status == PLINTH_OK) {
		for (unsigned i = 0; i < HOT_WORDS; i++) {
			struct word *other = &w->word[i];

			if (other->ipa / PAGE_SIZE == word->ipa / PAGE_SIZE) {
				other->last = other->initial;
				other->at_poc = w->off;
				owe_last(other);
			}
		}
	} else if (status != PLINTH_ENOENT) {
		note_failure(w, "gmem_relinquish");
	}
}

static void noise(struct world *w, const struct word *word)
{
	struct fake_translation t;

	if (word < &w->word[LATE_WORDS] && w->time < OFF_AGAIN) {
		return; /* an eviction would do what is to be seen missing */
	}
	if (fake_tlb_walk(&w->tlb, w->vttbr, word->ipa, &t) == FAKE_WALK_OK) {
		fake_cache_noise(&w->cache, t.pa + word->ipa % PAGE_SIZE, t.exec);
	}
}

static void step(struct world *w)
{
	struct word *word = &w->word[fake_random(&w->random) % HOT_WORDS];
	unsigned cpu = (unsigned)(fake_random(&w->random) % 2U);

	w->cache.cpu = cpu;
	w->tlb.cpu = cpu;
	arch_percpu_set(&w->fixture.cpu[cpu]);
	fake_tlb_begin(&w->tlb);
	if (word < &w->word[LATE_WORDS] && w->time < OFF_AGAIN) {
		if (w->time > OFF_STEPS) {
			guest_loads(w, word);
		}
		return;
	}
	switch (fake_random(&w->random) % 16U) {
	case 0 ... 2:
		guest_loads(w, word);
		break;
	case 3 ... 5:
		guest_stores(w, word);
		break;
	case 6 ... 9:
		guest_fetches(w, word);
		break;
	case 10:
		guest_maintains(w, word);
		break;
	case 11:
		hypervisor_writes(w, word);
		break;
	case 12:
		hypervisor_reads(w, word);
		break;
	case 13:
		hypervisor_recycles(w, word);
		break;
	default:
		noise(w, word);
		break;
	}
	check_settled(w);
}

/* The guest's own part when caches go off and on: by line, of what it has written. */
static void guest_cleans_to_poc(struct world *w)
{
	for (unsigned i = 0; i < HOT_WORDS; i++) {
		struct word *word = &w->word[i];

		if (i >= LATE_WORDS) {
			fake_cache_op(&w->cache, FAKE_DC_CIVAC, reach(w, word->ipa, FAKE_LOAD));
			fake_cache_op(&w->cache, FAKE_DSB_SY, 0);
			word->at_poc = true;
		}
	}
}

static void caches_off(struct world *w)
{
	guest_cleans_to_poc(w);
	gmem_caches_off(&w->fixture.gmem);
	w->off = true;
}

static void caches_on(struct world *w, bool first)
{
	ipa_t cursor = ipa_init(0);

	while (gmem_caches_on(&w->fixture.gmem, &cursor) == PLINTH_EAGAIN) {
	}
	w->off = false;
	if (!first) {
		guest_cleans_to_poc(w);
	}
	for (unsigned i = 0; i < HOT_WORDS && w->failure == NULL; i++) {
		guest_loads(w, &w->word[i]);
	}
}

static uint64_t page_of_pair(unsigned pair)
{
	if (pair < IMAGE_WORDS / 2U) {
		return FIXTURE_IMAGE_0 + pair * 4U * PAGE_SIZE;
	}
	if (pair < 6U) {
		return align_down(FIXTURE_IMAGE_1, PAGE_SIZE) + (pair % 2U) * PAGE_SIZE;
	}
	return VM_RAM_BASE + MIB(2) + KIB(512) + pair * KIB(28);
}

static void choose_words(struct world *w)
{
	for (unsigned i = 0; i < HOT_WORDS; i++) {
		struct word *word = &w->word[i];
		word->ipa = page_of_pair(i / 2U) + 64U * (1U + i / 2U) + 8U * (i % 2U);
		memcpy(&word->initial, &w->fixture.expected[word->ipa - VM_RAM_BASE], 8);
		word->last = word->initial;
		word->at_poc = i >= LATE_WORDS;
		owe_last(word);
	}
}

/* The images lie in the cache, as whoever loaded them left them: what is below is garbage. */
static void init_cache(struct world *w, uint64_t seed)
{
	uint8_t *arena = w->fixture.arena;

	for (uint64_t i = 0; i < FIXTURE_IMAGE_SIZE; i++) {
		arena[i] ^= 0x5aU;
	}
	fake_cache_init(&w->cache, arena, FIXTURE_SIZE, seed);
	for (uint64_t i = 0; i < FIXTURE_IMAGE_SIZE; i++) {
		arena[i] ^= 0x5aU;
	}
}

/* NULL, or what went wrong. */
static const char *run_history(
	uint64_t seed, uint64_t ctr, bool fwb, uint32_t flags, unsigned steps)
{
	struct world *w = &world;

	memset(w, 0, sizeof(*w));
	w->random = seed * UINT64_C(0x9e3779b97f4a7c15) | 1U;
	w->stamp = UINT64_C(0x1000000000000);
	fixture_init(&w->fixture, ctr, fwb, flags);
	init_cache(w, seed + 1U);
	w->cache.idc = (ctr & BIT(28)) != 0U;
	w->cache.dic = (ctr & BIT(29)) != 0U;
	w->cache.pipt = ((ctr >> 14) & 3U) == COH_ICACHE_PIPT;
	fake_tlb_init(&w->tlb, 40);
	fixture_start(&w->fixture);
	w->off = true;
	w->vttbr = s2_vmid_load(&w->fixture.gmem.space);
	write_vttbr_el2(w->vttbr);
	choose_words(w);
	fake_maintain_hook(on_maintenance, w);
	for (unsigned i = 0; i < steps && w->failure == NULL; i++) {
		w->time = i;
		if (i == OFF_AGAIN) {
			caches_off(w);
		}
		if (i == OFF_STEPS || i == OFF_AGAIN + OFF_STEPS / 2U) {
			caches_on(w, i == OFF_STEPS);
		}
		step(w);
		noise(w, &w->word[fake_random(&w->random) % HOT_WORDS]);
		noise(w, &w->word[fake_random(&w->random) % HOT_WORDS]);
	}
	fake_maintain_hook(NULL, NULL);
	fake_cache_fini(&w->cache);
	fixture_fini(&w->fixture);
	return w->failure;
}

/* CTR_EL0: 64-byte lines; L1Ip PIPT or VIPT, IDC, DIC. */
static uint64_t ctr_of(bool pipt, bool idc, bool dic)
{
	return UINT64_C(0x80040004) | (pipt ? UINT64_C(0xc000) : UINT64_C(0x8000)) |
	       (idc ? BIT(28) : 0U) | (dic ? BIT(29) : 0U);
}

static void test_fetches_are_never_stale(void **state)
{
	const char *text = getenv("PLINTH_SEED");
	uint64_t seed = text != NULL ? strtoull(text, NULL, 0) : 1;

	(void)state;
	for (unsigned c = 0; c < 16U; c++) {
		const char *failure = run_history(seed + c,
			ctr_of((c & 1U) == 0U, (c & 2U) != 0U, (c & 4U) != 0U), (c & 8U) != 0U,
			c % 5U == 4U ? VM_FLAG_COHERENCY_EAGER : 0U, STEPS);

		if (failure != NULL) {
			print_error("seed %llu, combination %u: %s\n",
				(unsigned long long)(seed + c), c, failure);
		}
		assert_null(failure);
	}
}

/* Drop-one: each step of coh's plans and of s2's invalidations. */
enum drop {
	DROP_CLEAN_POU,
	DROP_CLEAN_INV_POC,
	DROP_INV_I_VA,
	DROP_INV_I_ALL,
	DROP_DSB_AFTER_CLEAN,
	DROP_DSB_AFTER_INV,
	DROP_DSB_SY,
	DROP_PUBLISH,
	DROP_IPAS2E1IS,
	DROP_VMALLE1IS,
	DROP_DSB_BETWEEN_TLBI,
	DROP_DSB_AFTER_TLBI,
	DROP_NOTHING,
};

static enum drop dropped = DROP_NOTHING;
static enum fake_op last_op;

static void drop_clean_pou(uintptr_t start, size_t size, size_t line)
{
	last_op = FAKE_DC_CVAU;
	if (dropped != DROP_CLEAN_POU) {
		coh_exec_arch.clean_pou(start, size, line);
	}
}

static void drop_clean_inv_poc(uintptr_t start, size_t size, size_t line)
{
	if (dropped != DROP_CLEAN_INV_POC) {
		coh_exec_arch.clean_inv_poc(start, size, line);
	}
}

static void drop_inv_i_va(uintptr_t start, size_t size, size_t line)
{
	last_op = FAKE_IC_IVAU;
	if (dropped != DROP_INV_I_VA) {
		coh_exec_arch.inv_i_va(start, size, line);
	}
}

static void drop_inv_i_all(void)
{
	last_op = FAKE_IC_IVAU;
	if (dropped != DROP_INV_I_ALL) {
		coh_exec_arch.inv_i_all();
	}
}

static void drop_dsb_ish(void)
{
	if (dropped != (last_op == FAKE_DC_CVAU ? DROP_DSB_AFTER_CLEAN : DROP_DSB_AFTER_INV)) {
		coh_exec_arch.dsb_ish();
	}
}

static void drop_dsb_sy(void)
{
	if (dropped != DROP_DSB_SY) {
		coh_exec_arch.dsb_sy();
	}
}

static void drop_publish(void)
{
	if (dropped != DROP_PUBLISH) {
		s2_tlb_arch.dsb_ishst();
	}
}

static void drop_ipas2e1is(uint64_t ipa)
{
	last_op = FAKE_TLBI_IPAS2E1IS;
	if (dropped != DROP_IPAS2E1IS) {
		s2_tlb_arch.ipas2e1is(ipa);
	}
}

static void drop_vmalle1is(void)
{
	last_op = FAKE_TLBI_VMALLE1IS;
	if (dropped != DROP_VMALLE1IS) {
		s2_tlb_arch.vmalle1is();
	}
}

static void drop_tlb_dsb_ish(void)
{
	if (dropped !=
		(last_op == FAKE_TLBI_IPAS2E1IS ? DROP_DSB_BETWEEN_TLBI : DROP_DSB_AFTER_TLBI)) {
		s2_tlb_arch.dsb_ish();
	}
}

static const char *run_without(enum drop drop, uint64_t *seed)
{
	const struct coh_exec_ops exec = {drop_clean_pou, drop_clean_inv_poc, drop_inv_i_va,
		drop_inv_i_all, drop_dsb_ish, drop_dsb_sy};
	struct s2_tlb_ops tlb = s2_tlb_arch;
	const char *failure = NULL;

	tlb.dsb_ishst = drop_publish;
	tlb.dsb_ish = drop_tlb_dsb_ish;
	tlb.ipas2e1is = drop_ipas2e1is;
	tlb.vmalle1is = drop_vmalle1is;
	dropped = drop;
	coh_set_exec_ops(&exec);
	s2_set_tlb_ops(&tlb);
	for (*seed = 1; *seed <= 3U && failure == NULL; (*seed)++) {
		failure = run_history(
			*seed, ctr_of(drop != DROP_INV_I_ALL, false, false), false, 0, STEPS);
	}
	coh_set_exec_ops(NULL);
	s2_set_tlb_ops(NULL);
	dropped = DROP_NOTHING;
	return failure;
}

static void test_every_step_is_needed(void **state)
{
	static const char *const names[] = {"DC CVAU", "DC CIVAC", "IC IVAU", "IC IALLUIS",
		"DSB after DC CVAU", "DSB after IC", "DSB SY after DC CIVAC",
		"DSB ISHST after an entry", "TLBI IPAS2E1IS", "TLBI VMALLE1IS",
		"DSB between the TLBIs", "DSB after the TLBIs"};
	uint64_t seed;

	(void)state;
	for (unsigned drop = 0; drop < DROP_NOTHING; drop++) {
		const char *failure = run_without((enum drop)drop, &seed);

		print_message("without %-26s %s\n", names[drop], failure ? failure : "NOT NOTICED");
		assert_non_null(failure);
	}
	assert_null(run_without(DROP_NOTHING, &seed));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fetches_are_never_stale),
		cmocka_unit_test(test_every_step_is_needed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
