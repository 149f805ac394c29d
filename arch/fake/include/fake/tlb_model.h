/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A model of the TLBs of several CPUs that keeps what real ones may keep. Translations are cached
 * at each access, and speculatively, by VMID alone as in hardware: entries of stage 2 (found by
 * IPA), of both stages combined (found by VA; the model's guests run with VA = IPA), and of the
 * walk (the last level's table). An invalidation takes effect for all CPUs at the latest at a DSB
 * of the CPU that issued it, and in the worst order: combined entries first, then made again from
 * what stage 2 still has. One issued before the change of the tables is published does nothing.
 *
 * One thread at a time; the current CPU is `cpu`. docs/design/cache-model.md has the rules.
 */
#ifndef FAKE_TLB_MODEL_H
#define FAKE_TLB_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "fake/maintenance.h"

#define FAKE_TLB_CPUS	 2U
#define FAKE_TLB_ENTRIES 32U
#define FAKE_TLB_PENDING 128U

enum fake_access { FAKE_LOAD, FAKE_STORE, FAKE_FETCH };
enum fake_walk { FAKE_WALK_OK, FAKE_WALK_TRANSLATION, FAKE_WALK_PERMISSION };

struct fake_translation {
	uint64_t pa;	/* of the 4 KiB page */
	uint64_t block; /* start of what the descriptor covers */
	uint64_t block_size;
	uint64_t table; /* of the last level, if the walk got there */
	bool write;
	bool exec;
};

enum fake_tlb_kind { FAKE_TLB_STAGE2, FAKE_TLB_COMBINED, FAKE_TLB_WALK };

struct fake_tlb_entry {
	bool used;
	enum fake_tlb_kind kind;
	uint16_t vmid;
	uint32_t vcpu; /* combined: whose stage 1 it is from */
	uint64_t root; /* of the tables that it was read from */
	uint64_t page; /* IPA, or VA; WALK: of the area that the table translates */
	struct fake_translation t;
};

struct fake_tlb {
	unsigned cpu;
	unsigned ipa_bits;
	bool published; /* a DSB since fake_tlb_begin() */
	unsigned next[FAKE_TLB_CPUS];
	struct fake_tlb_entry entry[FAKE_TLB_CPUS][FAKE_TLB_ENTRIES];
	struct {
		enum fake_op op;
		uint16_t vmid;
		unsigned cpu;
		uint64_t address;
	} pending[FAKE_TLB_PENDING];
	unsigned pending_count;
	unsigned foreign;   /* accesses that another vCPU's combined entry served */
	unsigned conflicts; /* entries of different sizes for one address in one TLB */
	/* What runs on each CPU: whose walks may make entries at any time. Accesses set it. */
	struct {
		uint64_t vttbr;
		uint32_t vcpu;
	} running[FAKE_TLB_CPUS];
	/* How a walk reads a descriptor; NULL: as it is in memory. */
	uint64_t (*read)(void *ctx, uint64_t address);
	void *ctx;
	/* With an adversary: VTTBR_EL2 of each CPU as TLBIs may still see it, before the last ISB
	 * or exception return (fake_tlb_synchronise). */
	uint64_t vttbr[FAKE_TLB_CPUS];
	uint64_t random;  /* 0: no adversary */
	bool walk_caches; /* keep FAKE_TLB_WALK entries */
};

void fake_tlb_init(struct fake_tlb *tlb, unsigned ipa_bits);

/* The hypervisor begins something: stores to tables from here on are not published. */
void fake_tlb_begin(struct fake_tlb *tlb);

/* A context synchronisation event of the current CPU, whose VTTBR_EL2 is this. */
void fake_tlb_synchronise(struct fake_tlb *tlb, uint64_t vttbr);

/* For a maintenance hook: barriers and TLBIs; the rest is ignored. The VMID is VTTBR_EL2's. */
void fake_tlb_op(struct fake_tlb *tlb, enum fake_op op, uint64_t address);

/* What the tables in memory say now. */
enum fake_walk fake_tlb_walk(
	const struct fake_tlb *tlb, uint64_t vttbr, uint64_t ipa, struct fake_translation *t);

/* A guest's access on the current CPU: by the TLB if it can, else by the tables. */
enum fake_walk fake_tlb_access(struct fake_tlb *tlb, uint64_t vttbr, uint32_t vcpu, uint64_t ipa,
	enum fake_access access, uint64_t *pa);

/* Hardware's own: drops an entry, or completes an invalidation before its DSB. */
void fake_tlb_noise(struct fake_tlb *tlb);

/* Entries that say something else than the tables at their root, of the VMIDs of vttbr: what a
 * finished hypervisor must not leave behind. */
unsigned fake_tlb_stale(const struct fake_tlb *tlb, uint64_t vttbr);

#endif
