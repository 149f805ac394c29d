/* SPDX-License-Identifier: Apache-2.0 */
#include "fake/tlb_model.h"

#include <string.h>

#include "arch/sysreg.h"
#include "base/bits.h"

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

static uint16_t vmid_of(uint64_t vttbr)
{
	return (uint16_t)(vttbr >> 48);
}

static uint64_t root_of(uint64_t vttbr)
{
	return vttbr & DESC_ADDRESS;
}

enum fake_walk fake_tlb_walk(
	const struct fake_tlb *tlb, uint64_t vttbr, uint64_t ipa, struct fake_translation *t)
{
	uint64_t table = root_of(vttbr);

	if (ipa >> tlb->ipa_bits != 0U) {
		return FAKE_WALK_TRANSLATION;
	}
	for (unsigned level = 1; level <= 3U; level++) {
		unsigned shift = 39U - 9U * level;
		uint64_t index = level == 1U ? ipa >> shift : (ipa >> shift) & 511U;
		uint64_t desc = __atomic_load_n(
			(uint64_t *)(uintptr_t)(table + index * 8U), __ATOMIC_RELAXED);
		bool is_table = (desc & DESC_TABLE) != 0U && level < 3U;

		if ((desc & DESC_VALID) == 0U || (level == 3U && (desc & DESC_TABLE) == 0U)) {
			return FAKE_WALK_TRANSLATION;
		}
		if (is_table) {
			table = desc & DESC_ADDRESS;
			continue;
		}
		if ((desc & (DESC_AF | DESC_READ)) != (DESC_AF | DESC_READ)) {
			return FAKE_WALK_PERMISSION;
		}
		t->block_size = BIT(shift);
		t->block = align_down(ipa, t->block_size);
		t->pa = (desc & DESC_ADDRESS) + align_down(ipa - t->block, 4096);
		t->write = (desc & DESC_WRITE) != 0U;
		t->exec = (desc & DESC_XN) == 0U;
		return FAKE_WALK_OK;
	}
	return FAKE_WALK_TRANSLATION;
}

static void add_entry(struct fake_tlb *tlb, const struct fake_tlb_entry *entry)
{
	unsigned *next = &tlb->next[tlb->cpu];

	tlb->entry[tlb->cpu][*next] = *entry;
	*next = (*next + 1U) % FAKE_TLB_ENTRIES;
}

static struct fake_tlb_entry *find(
	struct fake_tlb *tlb, bool combined, uint16_t vmid, uint64_t page)
{
	for (unsigned i = 0; i < FAKE_TLB_ENTRIES; i++) {
		struct fake_tlb_entry *e = &tlb->entry[tlb->cpu][i];

		if (e->used && e->combined == combined && e->vmid == vmid && e->page == page) {
			return e;
		}
	}
	return NULL;
}

static enum fake_walk fill(struct fake_tlb *tlb, uint64_t vttbr, uint32_t vcpu, uint64_t page,
	struct fake_tlb_entry *made)
{
	struct fake_tlb_entry e = {
		.used = true,
		.vmid = vmid_of(vttbr),
		.vcpu = vcpu,
		.root = root_of(vttbr),
		.page = page,
	};
	const struct fake_tlb_entry *stage2 = find(tlb, false, e.vmid, page);

	if (stage2 != NULL) {
		e.t = stage2->t;
		e.root = stage2->root;
	} else {
		enum fake_walk walk = fake_tlb_walk(tlb, vttbr, page, &e.t);

		if (walk != FAKE_WALK_OK) {
			return walk;
		}
		add_entry(tlb, &e);
	}
	e.combined = true;
	add_entry(tlb, &e);
	*made = e;
	return FAKE_WALK_OK;
}

enum fake_walk fake_tlb_access(struct fake_tlb *tlb, uint64_t vttbr, uint32_t vcpu, uint64_t ipa,
	enum fake_access access, uint64_t *pa)
{
	uint64_t page = align_down(ipa, 4096);
	const struct fake_tlb_entry *hit = find(tlb, true, vmid_of(vttbr), page);
	struct fake_tlb_entry made;

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
		return e->vmid == vmid && e->combined;
	case FAKE_TLBI_IPAS2E1IS:
		return e->vmid == vmid && !e->combined && address - e->t.block < e->t.block_size;
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

			if (e.used && !e.combined && find(tlb, true, e.vmid, e.page) == NULL) {
				e.combined = true;
				add_entry(tlb, &e);
			}
		}
	}
	tlb->cpu = saved;
}

static void complete(struct fake_tlb *tlb)
{
	bool has_by_ipa = false;

	for (unsigned pass = 0; pass < 2U; pass++) {
		for (unsigned i = 0; i < tlb->pending_count; i++) {
			bool by_ipa = tlb->pending[i].op == FAKE_TLBI_IPAS2E1IS;

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
	tlb->pending_count = 0;
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
	case FAKE_TLBI_IPAS2E1IS:
	case FAKE_TLBI_VMALLE1IS:
	case FAKE_TLBI_VMALLS12E1IS:
		if (!tlb->published) {
			break; /* a walk from the old tables makes the entry again */
		}
		__attribute__((fallthrough));
	case FAKE_TLBI_VMALLE1:
	case FAKE_TLBI_ALLE1IS:
		if (tlb->pending_count < FAKE_TLB_PENDING) {
			tlb->pending[tlb->pending_count].op = op;
			tlb->pending[tlb->pending_count].vmid = vmid_of(read_vttbr_el2());
			tlb->pending[tlb->pending_count].cpu = tlb->cpu;
			tlb->pending[tlb->pending_count].address = address;
			tlb->pending_count++;
		}
		break;
	default:
		break;
	}
}

unsigned fake_tlb_stale(const struct fake_tlb *tlb, uint64_t vttbr)
{
	unsigned stale = 0;

	for (unsigned cpu = 0; cpu < FAKE_TLB_CPUS; cpu++) {
		for (unsigned i = 0; i < FAKE_TLB_ENTRIES; i++) {
			const struct fake_tlb_entry *e = &tlb->entry[cpu][i];
			struct fake_translation now;

			if (!e->used || e->vmid != vmid_of(vttbr)) {
				continue;
			}
			if (fake_tlb_walk(tlb, vttbr, e->page, &now) != FAKE_WALK_OK ||
				now.pa != e->t.pa || now.write != e->t.write ||
				now.exec != e->t.exec) {
				stale++;
			}
		}
	}
	return stale;
}
