/* SPDX-License-Identifier: Apache-2.0 */
#include "coherency_directed.h"

#include <string.h>

#include "base/compiler.h"

/* VM 0 begins on CPU 0 and VM 1 on CPU 1, each with its vCPU 0, caches off. `how`: with 0 a VM that
 * is destroyed stays away, a look past the caches cleans first, a vCPU that starts waits for a CPU.
 */
#define S(kind, cpu, vm, vcpu, page, word, how)                                                    \
	{                                                                                          \
		STEP_##kind, cpu, vm, vcpu, page, word, how, 0                                     \
	}

/* The other vCPU walks to memory that is being mapped. FWB: all loads by the caches. */
static const struct step map_early[] = {
	S(VCPU_START, 1, 0, 1, 0, 0, 1),
	S(LOAD, 0, 0, 0, 6, 0, 1),
	S(LOAD, 0, 0, 0, 9, 5, 1),
	S(LOAD, 0, 0, 0, 0, 2, 1),
	S(LOAD, 0, 0, 0, 4, 3, 1),
	S(LOAD, 0, 0, 0, 2, 4, 1),
	S(LOAD, 0, 0, 0, 8, 4, 1),
};

/* The other vCPU fetches what Plinth has just written on this CPU. */
static const struct step fetch_early[] = {
	S(VCPU_START, 1, 0, 1, 0, 0, 1),
	S(FETCH, 0, 0, 0, 6, 2, 1),
	S(HOST_WRITE, 0, 0, 0, 6, 2, 1),
	S(FETCH, 0, 0, 0, 6, 2, 1),
	S(HOST_WRITE, 0, 0, 0, 6, 2, 1),
	S(FETCH, 0, 0, 0, 6, 2, 1),
};

/* Plinth's write makes a line dirty that is older than what the guest wrote past it. */
static const struct step write_beside[] = {
	S(STORE, 0, 0, 0, 6, 1, 1),
	S(HOST_READ, 1, 0, 0, 6, 0, 1),
	S(STORE, 0, 0, 0, 6, 1, 1),
	S(HOST_WRITE, 1, 0, 0, 6, 0, 1),
	S(LOAD, 0, 0, 0, 6, 1, 1),
};

/* What VM 1 executed on a CPU is scrubbed, given out and executed there between two steps of its
 * teardown. */
static const struct step execute_again[] = {
	S(VCPU_START, 1, 0, 1, 0, 0, 1),
	S(SWITCH, 1, 1, 0, 0, 0, 1),
	S(STORE, 1, 1, 0, 6, 0, 1),
	S(FETCH, 1, 1, 0, 6, 0, 1),
	S(STORE, 1, 1, 0, 7, 0, 1),
	S(FETCH, 1, 1, 0, 7, 0, 1),
	S(STORE, 1, 1, 0, 8, 0, 1),
	S(FETCH, 1, 1, 0, 8, 0, 1),
	S(SWITCH, 1, 0, 1, 0, 0, 1),
	S(RECREATE, 0, 1, 0, 7, 0, 0),
};

/* A block that TLBs hold is split. */
static const struct step split_block[] = {
	S(CACHES_ON, 0, 0, 0, 8, 0, 1),
	S(VCPU_START, 1, 0, 1, 0, 0, 1),
	S(CACHES_ON, 1, 0, 1, 8, 0, 1),
	S(LOAD, 0, 0, 0, 0, 0, 1),
	S(LOAD, 1, 0, 1, 1, 0, 1),
	S(LOAD, 1, 0, 1, 2, 0, 1),
	S(LOAD, 0, 0, 0, 3, 0, 1),
	S(FETCH, 0, 0, 0, 0, 0, 1),
	S(LOAD, 1, 0, 1, 3, 0, 1),
};

/* The same for a VM that is not the one which the CPU has loaded. */
static const struct step split_elsewhere[] = {
	S(CACHES_ON, 0, 0, 0, 8, 0, 1),
	S(LOAD, 0, 0, 0, 1, 0, 1),
	S(RELINQUISH, 1, 0, 0, 0, 0, 1),
};

/* And then the CPU invalidates for the one that it has loaded. */
static const struct step split_then_edit[] = {
	S(FETCH, 1, 1, 0, 8, 0, 1),
	S(HOST_READ, 1, 0, 0, 0, 0, 1),
	S(HOST_WRITE, 1, 1, 0, 8, 0, 1),
};

static const struct step map_then_edit[] = {
	S(LOAD, 0, 0, 0, 0, 0, 1),
	S(FETCH, 1, 1, 0, 8, 0, 1),
	S(HOST_WRITE, 1, 0, 0, 0, 0, 1),
	S(HOST_WRITE, 1, 1, 0, 8, 0, 1),
};

static const struct step unmap_then_edit[] = {
	S(LOAD, 0, 0, 0, 6, 0, 1),
	S(FETCH, 1, 1, 0, 8, 0, 1),
	S(RELINQUISH, 1, 0, 0, 6, 0, 1),
	S(HOST_WRITE, 1, 1, 0, 8, 0, 1),
};

static const struct step clear_then_edit[] = {
	S(LOAD, 0, 0, 0, 6, 0, 1),
	S(FETCH, 1, 1, 0, 8, 0, 1),
	S(RECREATE, 1, 0, 0, 6, 0, 0),
	S(HOST_WRITE, 1, 1, 0, 8, 0, 1),
};

/* What VM 0 has seen is hidden from it, since its other vCPU starts. */
static const struct step hide_then_map[] = {
	S(CACHES_ON, 0, 0, 0, 8, 0, 1),
	S(LOAD, 0, 0, 0, 6, 0, 1),
	S(FETCH, 1, 1, 0, 8, 0, 1),
	S(VCPU_START, 1, 0, 1, 0, 0, 0),
	S(HOST_WRITE, 1, 1, 0, 8, 0, 1),
};

/* A block of an image that is maintained already is written to by a vCPU that starts. */
static const struct step copy_beside[] = {
	S(CACHES_ON, 0, 0, 0, 8, 0, 1),
	S(LOAD, 0, 0, 0, 3, 0, 1),
	S(VCPU_START, 1, 0, 1, 0, 0, 1),
	S(STORE, 1, 0, 1, 1, 4, 1),
};

/* What a CPU executes is written from another one. */
static const struct step write_code[] = {
	S(VCPU_START, 1, 0, 1, 0, 0, 1),
	S(FETCH, 1, 0, 1, 6, 2, 1),
	S(HOST_WRITE, 0, 0, 0, 6, 2, 1),
	S(FETCH, 1, 0, 1, 6, 2, 1),
};

/* A line that Plinth read, older than what the guest wrote past it before it turns its caches on.
 */
static const struct step read_beside[] = {
	S(STORE, 0, 0, 0, 6, 0, 1),
	S(HOST_READ, 1, 0, 0, 6, 0, 1),
	S(STORE, 0, 0, 0, 6, 0, 1),
	S(CACHES_ON, 0, 0, 0, 6, 0, 1),
};

/* What VM 1 wrote is scrubbed on one CPU, and looked for past the caches on the other. */
static const struct step look_below[] = {
	S(CACHES_ON, 0, 0, 0, 0, 0, 1),
	S(LOAD, 0, 0, 0, 9, 0, 1),
	S(STORE, 1, 1, 0, 6, 0, 1),
	S(RECREATE, 0, 1, 0, 6, 0, 0),
	S(SWITCH, 1, 0, 0, 6, 0, 1),
	S(SCRUB, 0, 0, 0, 6, 0, 1),
	S(SCRUB, 0, 0, 0, 6, 0, 1),
	S(SCRUB, 0, 0, 0, 6, 0, 1),
	S(SCRUB, 0, 0, 0, 6, 0, 1),
	S(SCRUB, 0, 0, 0, 6, 0, 1),
	S(UNCACHED, 1, 0, 0, 6, 0, 1),
};

/* vCPU 1 fetches past the caches, what it fetched is written, and it starts anew. */
static const struct step start_again[] = {
	S(VCPU_START, 1, 0, 1, 0, 0, 1),
	S(FETCH, 1, 0, 1, 6, 2, 1),
	S(SWITCH, 0, 0, 0, 0, 0, 1),
	S(STORE, 0, 0, 0, 6, 2, 1),
	S(VCPU_STOP, 1, 0, 1, 0, 0, 1),
	S(VCPU_START, 1, 0, 1, 6, 2, 1),
	S(FETCH, 1, 0, 1, 6, 2, 1),
};

static const struct {
	const char *place;
	uint8_t op; /* FAKE_OP_COUNT: any, of any number */
	uint8_t number;
	uint8_t machine;
	uint8_t count;
	const struct step *step;
} directed[] = {
	{"s2_map", FAKE_DSB_ISHST, 0, 16, ARRAY_SIZE(map_early), map_early},
	{"s2_map with tables", FAKE_DSB_ISHST, 0, 16, ARRAY_SIZE(map_early), map_early},
	{"s2_map with a table", FAKE_DSB_ISHST, 0, 16, ARRAY_SIZE(map_early), map_early},
	{"s2_map over a leaf", FAKE_ISB, 1, 0, ARRAY_SIZE(map_then_edit), map_then_edit},
	{"s2_map over a leaf", FAKE_TLBI_VMALLS12E1IS, 1, 36, ARRAY_SIZE(copy_beside), copy_beside},
	{"s2_edit", FAKE_ISB, 1, 0, ARRAY_SIZE(hide_then_map), hide_then_map},
	{"s2_unmap", FAKE_ISB, 1, 0, ARRAY_SIZE(unmap_then_edit), unmap_then_edit},
	{"s2_clear_step", FAKE_ISB, 1, 0, ARRAY_SIZE(clear_then_edit), clear_then_edit},
	{"memory", FAKE_DSB_SY, 0, 0, ARRAY_SIZE(look_below), look_below},
	{"coh: caches on", FAKE_DSB_SY, 1, 0, ARRAY_SIZE(read_beside), read_beside},
	{"coh: execute permission lost", FAKE_DSB_ISH, 1, 20, ARRAY_SIZE(write_code), write_code},
	{"coh: first fetch", FAKE_DSB_ISH, 0, 29, ARRAY_SIZE(fetch_early), fetch_early},
	{"coh: writer before", FAKE_DC_CIVAC, 0, 0, ARRAY_SIZE(write_beside), write_beside},
	{"coh: writer before", FAKE_DSB_SY, 1, 0, ARRAY_SIZE(write_beside), write_beside},
	{"coh: execute permission lost by all", FAKE_IC_IALLUIS, 0, 20, ARRAY_SIZE(execute_again),
		execute_again},
	{"coh: execute permission lost by all", FAKE_DSB_ISH, 1, 20, ARRAY_SIZE(execute_again),
		execute_again},
	{"s2_enter_vcpu", FAKE_IC_IALLU, 1, 0, ARRAY_SIZE(start_again), start_again},
	{"s2_split", FAKE_ISB, 0, 32, ARRAY_SIZE(split_elsewhere), split_elsewhere},
	{"s2_split", FAKE_ISB, 1, 33, ARRAY_SIZE(split_then_edit), split_then_edit},
	{"s2_split", FAKE_OP_COUNT, 0, 32, ARRAY_SIZE(split_block), split_block},
};

static void add_adversary(struct history *history, uint64_t attempt)
{
	uint64_t random = (attempt + 1U) * UINT64_C(0x9e3779b97f4a7c15) | 1U;

	for (unsigned i = 0; i < history->count; i++) {
		history->step[i].seed = (uint32_t)fake_random(&random) | 1U;
	}
}

/* VMIDs: VMs come and go on a machine that has three. */
static void make_vmids(struct history *history, uint64_t attempt)
{
	static const uint8_t kinds[] = {STEP_SWITCH, STEP_RECREATE, STEP_LOAD, STEP_RELINQUISH};
	uint64_t random = (attempt + 1U) * UINT64_C(0x9e3779b97f4a7c15) | 1U;

	history->count = 60;
	for (unsigned i = 0; i < history->count; i++) {
		uint64_t r = fake_random(&random);

		history->step[i] = (struct step){
			.kind = kinds[r % ARRAY_SIZE(kinds)],
			.cpu = (uint8_t)((r >> 8) % FAKE_CPUS),
			.vm = (uint8_t)((r >> 16) % WORLD_VMS),
			.page = 6,
			.how = 1,
		};
	}
}

bool directed_history(
	const struct tap *tap, uint64_t attempt, struct history *history, unsigned *machine)
{
	bool found = false;

	if (strcmp(tap->place, "s2_vmid_load") == 0) {
		make_vmids(history, attempt);
		*machine = 1;
		found = true;
	}
	for (unsigned i = 0; i < ARRAY_SIZE(directed) && !found; i++) {
		found = strcmp(tap->place, directed[i].place) == 0 &&
			(directed[i].op == FAKE_OP_COUNT ||
				(tap->op == directed[i].op && tap->number == directed[i].number));
		if (found) {
			*machine = directed[i].machine;
			history->count = directed[i].count;
			memcpy(history->step, directed[i].step,
				history->count * sizeof(*history->step));
		}
	}
	if (found) {
		add_adversary(history, attempt);
	}
	return found;
}
