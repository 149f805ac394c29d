/* SPDX-License-Identifier: Apache-2.0 */
#include "fake/tlb_model.h"

#include <string.h>

#include "arch/sysreg.h"
#include "base/bits.h"
#include "base/types.h"
#include "fake/random.h"

/* Written again from the Arm ARM (DDI 0487, D8.3), not shared with core/s2: two readings of the
 * format that have to agree. */
#define DESC_VALID   BIT(0)
#define DESC_TABLE   BIT(1)
#define DESC_AF	     BIT(10)
#define DESC_READ    BIT(6)
#define DESC_WRITE   BIT(7)
#define DESC_XN	     BIT(54)
#define DESC_ADDRESS UINT64_C(0x0000fffffffff000)

void fake_tlb_init(struct fake_tlb *tlb, unsigned ipa_bits)
{
	memset(tlb, 0, sizeof(*tlb));
	tlb->ipa_bits = ipa_bits;
}

void fake_tlb_begin(struct fake_tlb *tlb)
{
	tlb->published = false;
}

void fake_tlb_synchronise(struct fake_tlb *tlb, uint64_t vttbr)
{
	tlb->vttbr[tlb->cpu] = vttbr;
}

static uint16_t vmid_of(uint64_t vttbr)
{
	return (uint16_t)(vttbr >> 48);
}

static uint64_t root_of(uint64_t vttbr)
{
	return vttbr & DESC_ADDRESS;
}

static uint64_t read_memory(void *ctx, uint64_t address)
{
	(void)ctx;
	return __atomic_load_n((uint64_t *)(uintptr_t)address, __ATOMIC_RELAXED);
}

typedef uint64_t read_fn(void *ctx, uint64_t address);

/* Where a walk is. */
struct walk {
	read_fn *read;
	void *ctx;
	uint64_t table;
	unsigned level;
};

static enum fake_walk leaf_of(
	uint64_t desc, uint64_t ipa, unsigned shift, struct fake_translation *t)
{
	if ((desc & (DESC_AF | DESC_READ)) != (DESC_AF | DESC_READ)) {
		return FAKE_WALK_PERMISSION;
	}
	t->block_size = BIT(shift);
	t->block = align_down(ipa, t->block_size);
	t->pa = (desc & DESC_ADDRESS) + align_down(ipa - t->block, PAGE_SIZE);
	t->write = (desc & DESC_WRITE) != 0U;
	t->exec = (desc & DESC_XN) == 0U;
	return FAKE_WALK_OK;
}

static enum fake_walk walk_from(struct walk w, uint64_t ipa, struct fake_translation *t)
{
	t->table = 0;
	for (; w.level <= 3U; w.level++) {
		unsigned shift = 39U - 9U * w.level;
		uint64_t index = w.level == 1U ? ipa >> shift : (ipa >> shift) & 511U;
		uint64_t desc = w.read(w.ctx, w.table + index * 8U);
		bool is_table = (desc & DESC_TABLE) != 0U && w.level < 3U;

		if ((desc & DESC_VALID) == 0U || (w.level == 3U && (desc & DESC_TABLE) == 0U)) {
			return FAKE_WALK_TRANSLATION;
		}
		if (!is_table) {
			return leaf_of(desc, ipa, shift, t);
		}
		w.table = desc & DESC_ADDRESS;
		t->table = w.level == 2U ? w.table : 0U;
	}
	return FAKE_WALK_TRANSLATION;
}

enum fake_walk fake_tlb_walk(
	const struct fake_tlb *tlb, uint64_t vttbr, uint64_t ipa, struct fake_translation *t)
{
	const struct walk start = {read_memory, NULL, root_of(vttbr), 1};

	return ipa >> tlb->ipa_bits != 0U ? FAKE_WALK_TRANSLATION : walk_from(start, ipa, t);
}

static bool conflicts(const struct fake_tlb_entry *a, const struct fake_tlb_entry *b)
{
	return a->used && a->kind == b->kind && a->vmid == b->vmid &&
	       a->t.block_size != b->t.block_size &&
	       (a->page - b->t.block < b->t.block_size || b->page - a->t.block < a->t.block_size);
}

static void add_entry(struct fake_tlb *tlb, const struct fake_tlb_entry *entry)
{
	unsigned *next = &tlb->next[tlb->cpu];

	for (unsigned i = 0; i < FAKE_TLB_ENTRIES; i++) {
		tlb->conflicts += conflicts(&tlb->entry[tlb->cpu][i], entry) ? 1U : 0U;
	}
	tlb->entry[tlb->cpu][*next] = *entry;
	*next = (*next + 1U) % FAKE_TLB_ENTRIES;
}

static struct fake_tlb_entry *find(
	struct fake_tlb *tlb, enum fake_tlb_kind kind, uint16_t vmid, uint64_t page)
{
	for (unsigned i = 0; i < FAKE_TLB_ENTRIES; i++) {
		struct fake_tlb_entry *e = &tlb->entry[tlb->cpu][i];

		if (e->page == page && e->used && e->kind == kind && e->vmid == vmid) {
			return e;
		}
	}
	return NULL;
}

/* A walk as hardware does it: from the cached last table if there is one, and it is kept. */
static enum fake_walk hardware_walk(
	struct fake_tlb *tlb, uint64_t vttbr, uint64_t ipa, struct fake_translation *t)
{
	struct walk start = {
		tlb->read != NULL ? tlb->read : read_memory, tlb->ctx, root_of(vttbr), 1};
	const uint64_t area = align_down(ipa, BLOCK_2M);
	const struct fake_tlb_entry *cached = NULL;
	enum fake_walk result;

	if (ipa >> tlb->ipa_bits != 0U) {
		return FAKE_WALK_TRANSLATION;
	}
	if (tlb->walk_caches) {
		cached = find(tlb, FAKE_TLB_WALK, vmid_of(vttbr), area);
	}
	if (cached != NULL) {
		start.table = cached->t.table;
		start.level = 3;
	}
	result = walk_from(start, ipa, t);
	if (tlb->walk_caches && cached == NULL && t->table != 0U) {
		const struct fake_tlb_entry e = {.used = true,
			.kind = FAKE_TLB_WALK,
			.vmid = vmid_of(vttbr),
			.root = root_of(vttbr),
			.page = area,
			.t = {.table = t->table, .block = area, .block_size = BLOCK_2M}};

		add_entry(tlb, &e);
	}
	return result;
}

static enum fake_walk fill(struct fake_tlb *tlb, uint64_t vttbr, uint32_t vcpu, uint64_t page,
	struct fake_tlb_entry *made)
{
	struct fake_tlb_entry e = {
		.used = true,
		.kind = FAKE_TLB_STAGE2,
		.vmid = vmid_of(vttbr),
		.vcpu = vcpu,
		.root = root_of(vttbr),
		.page = page,
	};
	const struct fake_tlb_entry *stage2 = find(tlb, FAKE_TLB_STAGE2, e.vmid, page);

	if (stage2 != NULL) {
		e.t = stage2->t;
		e.root = stage2->root;
	} else {
		enum fake_walk walk = hardware_walk(tlb, vttbr, page, &e.t);

		if (walk != FAKE_WALK_OK) {
			return walk;
		}
		add_entry(tlb, &e);
	}
	e.kind = FAKE_TLB_COMBINED;
	add_entry(tlb, &e);
	*made = e;
	return FAKE_WALK_OK;
}

enum fake_walk fake_tlb_access(struct fake_tlb *tlb, uint64_t vttbr, uint32_t vcpu, uint64_t ipa,
	enum fake_access access, uint64_t *pa)
{
	uint64_t page = align_down(ipa, PAGE_SIZE);
	const struct fake_tlb_entry *hit = find(tlb, FAKE_TLB_COMBINED, vmid_of(vttbr), page);
	struct fake_tlb_entry made;

	tlb->running[tlb->cpu].vttbr = vttbr;
	tlb->running[tlb->cpu].vcpu = vcpu;
	if (hit != NULL) {
		made = *hit;
		tlb->foreign += made.vcpu != vcpu ? 1U : 0U;
	} else {
		enum fake_walk walk = fill(tlb, vttbr, vcpu, page, &made);

		if (walk != FAKE_WALK_OK) {
			return walk;
		}
	}
	if ((access == FAKE_STORE && !made.t.write) || (access == FAKE_FETCH && !made.t.exec)) {
		return FAKE_WALK_PERMISSION;
	}
	*pa = made.t.pa + (ipa - page);
	return FAKE_WALK_OK;
}

static bool is_hit_by(
	const struct fake_tlb_entry *e, enum fake_op op, uint16_t vmid, uint64_t address)
{
	switch ((unsigned)op) {
	case FAKE_TLBI_ALLE1IS:
		return true;
	case FAKE_TLBI_VMALLS12E1IS:
		return e->vmid == vmid;
	case FAKE_TLBI_VMALLE1IS:
	case FAKE_TLBI_VMALLE1:
		return e->vmid == vmid && e->kind == FAKE_TLB_COMBINED;
	case FAKE_TLBI_IPAS2E1IS:
		return e->vmid == vmid && e->kind != FAKE_TLB_COMBINED &&
		       address - e->t.block < e->t.block_size;
	default:
		return false;
	}
}

static void drop(
	struct fake_tlb *tlb, enum fake_op op, uint16_t vmid, unsigned only_cpu, uint64_t address)
{
	for (unsigned cpu = 0; cpu < FAKE_TLB_CPUS; cpu++) {
		if (op == FAKE_TLBI_VMALLE1 && cpu != only_cpu) {
			continue;
		}
		for (unsigned i = 0; i < FAKE_TLB_ENTRIES; i++) {
			struct fake_tlb_entry *e = &tlb->entry[cpu][i];

			e->used = e->used && !is_hit_by(e, op, vmid, address);
		}
	}
}

/* Combined entries made again from stage 2's, as a walk of another CPU may do at any time. */
static void recombine(struct fake_tlb *tlb)
{
	unsigned saved = tlb->cpu;

	for (tlb->cpu = 0; tlb->cpu < FAKE_TLB_CPUS; tlb->cpu++) {
		for (unsigned i = 0; i < FAKE_TLB_ENTRIES; i++) {
			struct fake_tlb_entry e = tlb->entry[tlb->cpu][i];

			if (e.used && e.kind == FAKE_TLB_STAGE2 &&
				e.vmid == vmid_of(tlb->running[tlb->cpu].vttbr) &&
				find(tlb, FAKE_TLB_COMBINED, e.vmid, e.page) == NULL) {
				e.kind = FAKE_TLB_COMBINED;
				e.vcpu = tlb->running[tlb->cpu].vcpu;
				add_entry(tlb, &e);
			}
		}
	}
	tlb->cpu = saved;
}

/* The pending operations of this CPU, and takes them off the list. */
static void complete(struct fake_tlb *tlb)
{
	bool has_by_ipa = false;
	unsigned left = 0;

	for (unsigned pass = 0; pass < 2U; pass++) {
		for (unsigned i = 0; i < tlb->pending_count; i++) {
			bool by_ipa = tlb->pending[i].op == FAKE_TLBI_IPAS2E1IS;

			if (tlb->pending[i].cpu != tlb->cpu) {
				continue;
			}
			has_by_ipa |= by_ipa;
			if (by_ipa == (pass == 1U)) {
				drop(tlb, tlb->pending[i].op, tlb->pending[i].vmid,
					tlb->pending[i].cpu, tlb->pending[i].address);
			}
		}
		if (pass == 0U && has_by_ipa) {
			recombine(tlb);
		}
	}
	for (unsigned i = 0; i < tlb->pending_count; i++) {
		if (tlb->pending[i].cpu != tlb->cpu) {
			tlb->pending[left++] = tlb->pending[i];
		}
	}
	tlb->pending_count = left;
}

static void issue(struct fake_tlb *tlb, enum fake_op op, uint64_t address)
{
	uint64_t vttbr = read_vttbr_el2();

	/* Written and not synchronised: the old value, or by luck the new one. */
	if (vttbr != tlb->vttbr[tlb->cpu] && tlb->random != 0U &&
		fake_below(&tlb->random, 2) == 0U) {
		vttbr = tlb->vttbr[tlb->cpu];
	}
	if (tlb->pending_count < FAKE_TLB_PENDING) {
		tlb->pending[tlb->pending_count].op = op;
		tlb->pending[tlb->pending_count].vmid = vmid_of(vttbr);
		tlb->pending[tlb->pending_count].cpu = tlb->cpu;
		tlb->pending[tlb->pending_count].address = address;
		tlb->pending_count++;
	}
}

void fake_tlb_op(struct fake_tlb *tlb, enum fake_op op, uint64_t address)
{
	switch ((unsigned)op) {
	case FAKE_DSB_ISH:
	case FAKE_DSB_SY:
		complete(tlb);
		tlb->published = true;
		break;
	case FAKE_DSB_ISHST:
		tlb->published = true;
		break;
	case FAKE_ISB:
		tlb->vttbr[tlb->cpu] = read_vttbr_el2();
		break;
	case FAKE_TLBI_IPAS2E1IS:
	case FAKE_TLBI_VMALLE1IS:
	case FAKE_TLBI_VMALLS12E1IS:
		if (!tlb->published) {
			break; /* a walk from the old tables makes the entry again */
		}
		issue(tlb, op, address);
		break;
	case FAKE_TLBI_VMALLE1:
	case FAKE_TLBI_ALLE1IS:
		issue(tlb, op, address);
		break;
	default:
		break;
	}
}

void fake_tlb_noise(struct fake_tlb *tlb)
{
	unsigned cpu = fake_below(&tlb->random, FAKE_TLB_CPUS);
	unsigned n = fake_below(&tlb->random, FAKE_TLB_ENTRIES);

	if (tlb->pending_count != 0U && n % 2U == 0U) {
		/* Takes effect early, and may be done again at its DSB. */
		n = n / 2U % tlb->pending_count;
		drop(tlb, tlb->pending[n].op, tlb->pending[n].vmid, tlb->pending[n].cpu,
			tlb->pending[n].address);
	} else {
		tlb->entry[cpu][n].used = false;
	}
}

unsigned fake_tlb_stale(const struct fake_tlb *tlb, uint64_t vttbr)
{
	unsigned stale = 0;

	for (unsigned cpu = 0; cpu < FAKE_TLB_CPUS; cpu++) {
		for (unsigned i = 0; i < FAKE_TLB_ENTRIES; i++) {
			const struct fake_tlb_entry *e = &tlb->entry[cpu][i];
			struct fake_translation now;

			if (!e->used || e->kind == FAKE_TLB_WALK || e->vmid != vmid_of(vttbr)) {
				continue;
			}
			if (fake_tlb_walk(tlb, vttbr, e->page, &now) != FAKE_WALK_OK ||
				now.pa != e->t.pa || now.write != e->t.write ||
				now.exec != e->t.exec || now.block_size != e->t.block_size) {
				stale++;
			}
		}
	}
	return stale;
}
