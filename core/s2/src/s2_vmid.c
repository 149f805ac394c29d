/* SPDX-License-Identifier: Apache-2.0 */
/*
 * VMIDs by generation. A space keeps its VMID as long as the generation lasts; when VMIDs run out,
 * a new generation begins: every TLB is emptied, and only the VMIDs that CPUs have loaded at that
 * moment stay taken, for the spaces that have them.
 *
 * active[cpu] is what that CPU has loaded; 0 since a rollover looked at it. The loading CPU swaps
 * it without a lock while the generation lasts; a rollover swaps it for 0, which sends the CPU's
 * next load to the lock. reserved[cpu] is what the last rollover found there (or before it, if the
 * CPU has not loaded anything since: it still runs with it).
 */
#include "base/atomic.h"
#include "base/bits.h"
#include "base/check.h"
#include "base/compiler.h"
#include "base/string.h"
#include "lock/lock.h"
#include "percpu/percpu.h"
#include "s2_private.h"

#define VMID_MASK	MASK_BELOW(VMID_BITS_MAX)
#define GENERATION_STEP BIT(VMID_BITS_MAX)

static struct {
	struct lock lock; /* LOCK_RANK_VMID: all below, but `active` and reads of `generation` */
	uint64_t generation;
	uint32_t count; /* VMIDs are 1 to count - 1; 0 is for "no VM" */
	uint32_t next;	/* where the search for a free one goes on */
	uint32_t cpus;	/* CPUs from this one on have never loaded a space */
	uint64_t active[CPU_MAX];
	uint64_t reserved[CPU_MAX];
	uint64_t used[BIT(VMID_BITS_MAX) / 64U];
} vmids;

void s2_vmid_setup(unsigned bits)
{
	memset(&vmids, 0, sizeof(vmids));
	lock_init(&vmids.lock, LOCK_RANK_VMID);
	vmids.generation = GENERATION_STEP;
	vmids.count = (uint32_t)BIT(bits);
	vmids.next = 1;
}

static bool is_current(uint64_t vmid)
{
	return vmid != 0U && (vmid & ~VMID_MASK) == load_relaxed(&vmids.generation);
}

static bool is_used(uint32_t number)
{
	return (vmids.used[number / 64U] & BIT(number % 64U)) != 0U;
}

static void mark_used(uint32_t number)
{
	vmids.used[number / 64U] |= BIT(number % 64U);
}

/* The next free VMID, or 0. */
static uint32_t find_free(void)
{
	for (uint32_t number = vmids.next; number < vmids.count; number++) {
		if (vmids.used[number / 64U] == ~UINT64_C(0)) {
			number |= 63U; /* none in this word */
		} else if (!is_used(number)) {
			return number;
		}
	}
	return 0;
}

static void roll_over(void)
{
	store_relaxed(&vmids.generation, vmids.generation + GENERATION_STEP);
	memset(vmids.used, 0, align_up(vmids.count, 64U) / 8U); /* whole words */
	for (cpu_id_t cpu = 0; cpu < vmids.cpus; cpu++) {
		/* Pairs with the swap in s2_vmid_load: either that CPU's load comes before, and we
		 * keep its VMID, or it finds 0 and comes to the lock. */
		uint64_t active = exchange_acq_rel(&vmids.active[cpu], UINT64_C(0));

		if (active != 0U) {
			vmids.reserved[cpu] = active;
		}
		mark_used((uint32_t)(vmids.reserved[cpu] & VMID_MASK));
	}
	mark_used(0);
	vmids.next = 1;
	/* What a former owner of a VMID left in any TLB must not serve the next. */
	S2_ON_ALL_CPUS(s2_alle1is());
	s2_dsb_ish();
}

/* A VMID that a CPU runs with stays its space's own over the rollover. All CPUs that have it are
 * told, so that the next rollover finds it too. */
static bool keep_reserved(uint64_t old, uint64_t renewed)
{
	bool found = false;

	for (cpu_id_t cpu = 0; cpu < vmids.cpus; cpu++) {
		if (vmids.reserved[cpu] == old) {
			vmids.reserved[cpu] = renewed;
			found = true;
		}
	}
	return found;
}

static uint64_t new_vmid(uint64_t old)
{
	uint32_t number;

	if (old != 0U && keep_reserved(old, vmids.generation | (old & VMID_MASK))) {
		return vmids.generation | (old & VMID_MASK);
	}
	number = find_free();
	if (number == 0U) {
		roll_over();
		/* The rollover may have found this very space's VMID in use on another CPU. */
		if (old != 0U && keep_reserved(old, vmids.generation | (old & VMID_MASK))) {
			return vmids.generation | (old & VMID_MASK);
		}
		number = find_free();
	}
	PLINTH_CHECK(number != 0U); /* more VMIDs than CPUs, always */
	mark_used(number);
	vmids.next = number + 1U;
	return vmids.generation | number;
}

/* Apart, so that a load with a VMID in hand pays for nothing of it. */
NOINLINE static uint64_t load_slowly(struct s2_space *space, uint64_t *active)
{
	uint64_t vmid;

	lock_take(&vmids.lock);
	if (cpu_this() >= vmids.cpus) {
		vmids.cpus = cpu_this() + 1U;
	}
	vmid = space->vmid;
	if (!is_current(vmid)) {
		vmid = new_vmid(vmid);
		store_relaxed(&space->vmid, vmid);
	}
	store_relaxed(active, vmid);
	lock_drop(&vmids.lock);
	/* The VMID is seen by whoever changes an entry after our walks have read it (s2_tlb.c). */
	s2_dsb_ish();
	return s2_vttbr(space, vmid);
}

uint64_t s2_vmid_load(struct s2_space *space)
{
	uint64_t *active = &vmids.active[cpu_this()];
	uint64_t loaded = load_relaxed(active);
	uint64_t vmid = load_relaxed(&space->vmid);

	if (loaded != 0U && is_current(vmid) && cas_acq_rel(active, &loaded, vmid)) {
		return s2_vttbr(space, vmid);
	}
	return load_slowly(space, active);
}
