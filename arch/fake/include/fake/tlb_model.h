/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A model of the TLBs of several CPUs that keeps what real ones may keep. Translations are cached
 * at each access, by VMID alone as in hardware, as entries of stage 2 (found by IPA) and of both
 * stages combined (found by VA; the model's guests run with VA = IPA). An invalidation takes effect
 * at the DSB behind it, and in the worst order: combined entries first, then made again from what
 * stage 2 still has. One issued before the change of the tables is published does nothing.
 *
 * One thread at a time; the current CPU is `cpu`.
 */
#ifndef FAKE_TLB_MODEL_H
#define FAKE_TLB_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "fake/maintenance.h"

#define FAKE_TLB_CPUS	 2U
#define FAKE_TLB_ENTRIES 128U
#define FAKE_TLB_PENDING 128U

enum fake_access { FAKE_LOAD, FAKE_STORE, FAKE_FETCH };
enum fake_walk { FAKE_WALK_OK, FAKE_WALK_TRANSLATION, FAKE_WALK_PERMISSION };

struct fake_translation {
	uint64_t pa;	/* of the 4 KiB page */
	uint64_t block; /* start of what the descriptor covers */
	uint64_t block_size;
	bool write;
	bool exec;
};

struct fake_tlb_entry {
	bool used;
	bool combined;
	uint16_t vmid;
	uint32_t vcpu; /* combined: whose stage 1 it is from */
	uint64_t root; /* of the tables that it was read from */
	uint64_t page; /* IPA, or VA */
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
	unsigned foreign; /* accesses that another vCPU's combined entry served */
};

void fake_tlb_init(struct fake_tlb *tlb, unsigned ipa_bits);

/* The hypervisor begins something: stores to tables from here on are not published. */
void fake_tlb_begin(struct fake_tlb *tlb);

/* For a maintenance hook: barriers and TLBIs; the rest is ignored. The VMID is VTTBR_EL2's. */
void fake_tlb_op(struct fake_tlb *tlb, enum fake_op op, uint64_t address);

/* What the tables say now. */
enum fake_walk fake_tlb_walk(
	const struct fake_tlb *tlb, uint64_t vttbr, uint64_t ipa, struct fake_translation *t);

/* A guest's access on the current CPU: by the TLB if it can, else by the tables. */
enum fake_walk fake_tlb_access(struct fake_tlb *tlb, uint64_t vttbr, uint32_t vcpu, uint64_t ipa,
	enum fake_access access, uint64_t *pa);

/* Entries that say something else than the tables at their root, of the VMIDs of vttbr: what a
 * finished hypervisor must not leave behind. */
unsigned fake_tlb_stale(const struct fake_tlb *tlb, uint64_t vttbr);

#endif
