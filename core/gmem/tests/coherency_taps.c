/* SPDX-License-Identifier: Apache-2.0 */
#include "coherency_taps.h"

#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "base/compiler.h"
#include "coh/coh.h"
#include "coherency_world.h"
#include "s2/s2.h"

struct tap taps[TAPS_MAX];
unsigned tap_count;

/* The call that runs. */
static struct {
	char place[TAP_NAME_MAX];
	unsigned number;      /* of the operation that comes next */
	enum fake_op last_op; /* the one before; a loop over lines or pages is one operation */
	bool inside;	      /* of a call that we know */
} now;

static unsigned current_config;
static unsigned dropped = TAP_NONE;

const char *tap_op_name(unsigned op)
{
	static const char *const names[FAKE_OP_COUNT] = {
		[FAKE_ISB] = "ISB",
		[FAKE_DSB_ISH] = "DSB ISH",
		[FAKE_DSB_ISHST] = "DSB ISHST",
		[FAKE_DSB_SY] = "DSB SY",
		[FAKE_DC_CVAU] = "DC CVAU",
		[FAKE_DC_CIVAC] = "DC CIVAC",
		[FAKE_DC_IVAC] = "DC IVAC",
		[FAKE_DC_ZVA] = "DC ZVA",
		[FAKE_IC_IVAU] = "IC IVAU",
		[FAKE_IC_IALLUIS] = "IC IALLUIS",
		[FAKE_IC_IALLU] = "IC IALLU",
		[FAKE_TLBI_IPAS2E1IS] = "TLBI IPAS2E1IS",
		[FAKE_TLBI_VMALLE1IS] = "TLBI VMALLE1IS",
		[FAKE_TLBI_VMALLE1] = "TLBI VMALLE1",
		[FAKE_TLBI_VMALLS12E1IS] = "TLBI VMALLS12E1IS",
		[FAKE_TLBI_ALLE1IS] = "TLBI ALLE1IS",
		[FAKE_TLBI_VAE2IS] = "TLBI VAE2IS",
		[FAKE_TLBI_ALLE2] = "TLBI ALLE2",
	};

	return names[op];
}

void taps_forget(void)
{
	tap_count = 0;
}

void taps_select(unsigned config, unsigned drop)
{
	current_config = config;
	dropped = drop;
}

static void enter_place(const char *place)
{
	snprintf(now.place, sizeof(now.place), "%s", place);
	now.number = 0;
	now.last_op = FAKE_OP_COUNT;
	now.inside = true;
}

static void leave_place(void)
{
	enter_place("memory");
	now.inside = false;
}

void taps_begin(void)
{
	leave_place();
}

static bool is_of_a_loop(enum fake_op op)
{
	return op == FAKE_DC_CVAU || op == FAKE_DC_CIVAC || op == FAKE_IC_IVAU ||
	       op == FAKE_TLBI_IPAS2E1IS;
}

/* Its place among the operations of the call. ISBs come only where VTTBR_EL2 is switched: they
 * count apart, as before and after the others. Outside of calls that we know the order says
 * nothing. */
static unsigned number_of(enum fake_op op)
{
	if (!now.inside) {
		return 0;
	}
	if (op == FAKE_ISB) {
		return now.last_op == FAKE_OP_COUNT || now.last_op == FAKE_DSB_ISHST ? 0U : 1U;
	}
	if (op != now.last_op || !is_of_a_loop(op)) {
		now.number += now.last_op != FAKE_OP_COUNT ? 1U : 0U;
		now.last_op = op;
	}
	return now.number;
}

static unsigned find_tap(enum fake_op op, unsigned number)
{
	for (unsigned i = 0; i < tap_count; i++) {
		if (taps[i].op == op && taps[i].number == number &&
			strcmp(taps[i].place, now.place) == 0) {
			return i;
		}
	}
	PLINTH_CHECK(tap_count < TAPS_MAX);
	taps[tap_count] = (struct tap){.op = (uint8_t)op, .number = (uint8_t)number};
	memcpy(taps[tap_count].place, now.place, sizeof(now.place));
	return tap_count++;
}

/* Notes one operation. False: it is the one to leave out. */
static bool pass(enum fake_op op)
{
	unsigned tap = find_tap(op, number_of(op));

	taps[tap].configs |= UINT64_C(1) << current_config;
	taps[tap].count++;
	if (world.loud) {
		world_say("      EL2: %s (%s)%s\n", tap_op_name(op), now.place,
			tap == dropped ? " LEFT OUT" : "");
	}
	if (tap == dropped) {
		world_nothing();
	}
	return tap != dropped;
}

void taps_instruction(enum fake_op op, uint64_t address)
{
	bool by_line = op != FAKE_DC_ZVA && is_of_a_loop(op) && op != FAKE_TLBI_IPAS2E1IS;

	if (op == FAKE_DC_ZVA) {
		fake_cache_op(&world.cache, world.el2_cpu, op, address);
		return;
	}
	if (by_line && world.cache.dline_of[address % PAGE_SIZE / 16U] == 0U &&
		world.cache.iline_of[address % PAGE_SIZE / 16U] == 0U) {
		return; /* no line that we follow */
	}
	if (now.inside || pass(op)) {
		world_op(op, address);
	}
}

/* core/coh's operations. */
static void run(enum fake_op op, uintptr_t start, size_t size, size_t line)
{
	if (!pass(op)) {
		return;
	}
	if (!world.config.by_instruction) {
		world_range(op, start, size, line);
	} else if (op == FAKE_DC_CVAU) {
		coh_exec_arch.clean_pou_any(start, size, line);
	} else if (op == FAKE_DC_CIVAC) {
		coh_exec_arch.clean_inv_poc(start, size, line);
	} else {
		coh_exec_arch.inv_i_va(start, size, line);
	}
}

static void clean_pou(uintptr_t start, size_t size, size_t line)
{
	run(FAKE_DC_CVAU, start, size, line);
}

static void clean_pou_any(uintptr_t start, size_t size, size_t line)
{
	run(FAKE_DC_CVAU, start, size, line);
}

static void clean_inv_poc(uintptr_t start, size_t size, size_t line)
{
	run(FAKE_DC_CIVAC, start, size, line);
}

static void inv_i_va(uintptr_t start, size_t size, size_t line)
{
	run(FAKE_IC_IVAU, start, size, line);
}

static void run_op(enum fake_op op, uint64_t address)
{
	if (pass(op)) {
		world_op(op, address);
	}
}

/* The last DSB of s2_vmid_load() comes when its lock is dropped: others load VMIDs before it. */
static void dsb_ish(void)
{
	const struct s2_space *loading = world.late.space;

	if (strcmp(now.place, "s2_vmid_load") == 0 && loading != NULL &&
		loading->vmid != world.late.before) {
		char place[TAP_NAME_MAX];
		unsigned number = now.number;
		enum fake_op last_op = now.last_op;

		memcpy(place, now.place, sizeof(place));
		life_load_meanwhile();
		enter_place(place);
		now.number = number;
		now.last_op = last_op;
	}
	run_op(FAKE_DSB_ISH, 0);
}

#define OP(name, op)                                                                               \
	static void name(void)                                                                     \
	{                                                                                          \
		run_op(op, 0);                                                                     \
	}

OP(inv_i_all, FAKE_IC_IALLUIS)
OP(dsb_ishst, FAKE_DSB_ISHST)
OP(dsb_sy, FAKE_DSB_SY)
OP(vmalle1is, FAKE_TLBI_VMALLE1IS)
OP(vmalls12e1is, FAKE_TLBI_VMALLS12E1IS)
OP(alle1is, FAKE_TLBI_ALLE1IS)
OP(vmalle1, FAKE_TLBI_VMALLE1)
OP(ic_iallu, FAKE_IC_IALLU)
OP(isb, FAKE_ISB)

static void ipas2e1is(uint64_t ipa)
{
	run_op(FAKE_TLBI_IPAS2E1IS, ipa);
}

static const struct coh_exec_ops exec_ops = {
	.clean_pou = clean_pou,
	.clean_pou_any = clean_pou_any,
	.clean_inv_poc = clean_inv_poc,
	.inv_i_va = inv_i_va,
	.inv_i_all = inv_i_all,
	.dsb_ish = dsb_ish,
	.dsb_sy = dsb_sy,
};

static const struct s2_tlb_ops tlb_ops = {
	.dsb_ishst = dsb_ishst,
	.dsb_ish = dsb_ish,
	.ipas2e1is = ipas2e1is,
	.vmalle1is = vmalle1is,
	.vmalls12e1is = vmalls12e1is,
	.alle1is = alle1is,
	.vmalle1 = vmalle1,
	.ic_iallu = ic_iallu,
	.isb = isb,
};

void taps_install(fake_maintain_fn *on_instruction)
{
	fake_maintain_hook(on_instruction, NULL);
	coh_set_exec_ops(&exec_ops);
	s2_set_tlb_ops(&tlb_ops);
	leave_place();
}

void taps_remove(void)
{
	fake_maintain_hook(NULL, NULL);
	coh_set_exec_ops(NULL);
	s2_set_tlb_ops(NULL);
}

/*
 * The entries of core/coh and core/s2: `ld --wrap=f` sends calls of f to __wrap_f and calls of
 * __real_f to f.
 */
#define WRAPPED(type, name, parameters)                                                            \
	type real_##name parameters __asm__("__real_" #name);                                      \
	type wrap_##name parameters __asm__("__wrap_" #name);                                      \
	type wrap_##name parameters

WRAPPED(void, coh_do,
	(enum coh_reason reason, uintptr_t start, size_t size, struct coh_counters *counters))
{
	static const char *const names[] = {
		[COH_PAGE_TO_MMU_OFF_GUEST] = "page to MMU-off guest",
		[COH_FIRST_FETCH] = "first fetch",
		[COH_EXEC_LOST] = "execute permission lost",
		[COH_EXEC_LOST_BY_ALL] = "execute permission lost by all",
		[COH_PAGE_CHANGES_OWNER] = "page changes owner",
		[COH_READER_BEFORE] = "reader before",
		[COH_WRITER_BEFORE] = "writer before",
		[COH_WRITER_AFTER] = "writer after",
		[COH_CACHES_ON] = "caches on",
		[COH_SET_WAY] = "set/way",
	};
	char place[TAP_NAME_MAX];

	if ((unsigned)reason < ARRAY_SIZE(names) && names[reason] != NULL) {
		snprintf(place, sizeof(place), "coh: %s", names[reason]);
	} else {
		snprintf(place, sizeof(place), "coh: reason %u", (unsigned)reason);
	}
	enter_place(place);
	real_coh_do(reason, start, size, counters);
	leave_place();
}

/* Operations come in an order that depends on what there is at the address. */
static void enter_s2(const char *name, const char *shape)
{
	char place[TAP_NAME_MAX];

	snprintf(place, sizeof(place), "%s%s", name, shape);
	enter_place(place);
}

static const char *shape_at(const struct s2_space *space, ipa_t ipa, unsigned level)
{
	struct s2_leaf there;

	if (s2_lookup(space, ipa, &there) != PLINTH_OK) {
		return "";
	}
	if (there.valid) {
		return there.level == level ? " over a leaf" : " over a block";
	}
	return there.level == level	   ? ""
	       : there.level + 1U == level ? " with a table"
					   : " with tables";
}

WRAPPED(void, s2_map, (struct s2_space * space, const struct s2_leaf *leaf, unsigned count))
{
	enter_s2("s2_map", shape_at(space, leaf->ipa, leaf->level));
	real_s2_map(space, leaf, count);
	leave_place();
}

WRAPPED(void, s2_split, (struct s2_space * space, ipa_t ipa, unsigned level))
{
	enter_s2("s2_split", "");
	real_s2_split(space, ipa, level);
	leave_place();
	tables_check(); /* complete on return, whatever the caller does then */
}

WRAPPED(void, s2_edit,
	(const struct s2_space *space, const struct s2_leaf *leaf, unsigned count,
		struct s2_pte_edit edit))
{
	enter_s2("s2_edit", (leaf->attrs & S2_ATTR_UNTOUCHED) != 0U ? " of an untouched leaf" : "");
	real_s2_edit(space, leaf, count, edit);
	leave_place();
}

WRAPPED(void, s2_open_like, (s2_pte_t * entry))
{
	enter_s2("s2_open_like", "");
	real_s2_open_like(entry);
	leave_place();
}

WRAPPED(void, s2_let_fetch, (const struct s2_space *space, s2_pte_t *entry))
{
	enter_s2("s2_let_fetch", "");
	real_s2_let_fetch(space, entry);
	leave_place();
}

WRAPPED(enum plinth_status, s2_unmap, (struct s2_space * space, ipa_t ipa, struct s2_leaf *leaf))
{
	enum plinth_status status;

	enter_s2("s2_unmap", "");
	status = real_s2_unmap(space, ipa, leaf);
	leave_place();
	return status;
}

WRAPPED(enum plinth_status, s2_clear_step,
	(struct s2_space * space, ipa_t *cursor, ipa_t end, s2_leaf_fn *removed, void *ctx))
{
	enum plinth_status status;

	enter_s2("s2_clear_step", "");
	status = real_s2_clear_step(space, cursor, end, removed, ctx);
	leave_place();
	return status;
}

WRAPPED(void, s2_space_fini, (struct s2_space * space))
{
	enter_s2("s2_space_fini", "");
	vmid_space_ends(space);
	real_s2_space_fini(space);
	leave_place();
}

WRAPPED(uint64_t, s2_vmid_load, (struct s2_space * space))
{
	uint64_t vttbr;

	vmid_leave(); /* the lock shows it */
	vmid_load_begins(space);
	enter_s2("s2_vmid_load", "");
	vttbr = real_s2_vmid_load(space);
	leave_place();
	vmid_load_ends(space);
	return vttbr;
}

WRAPPED(bool, s2_enter_vcpu, (struct s2_space * space, cpu_id_t cpu, vcpu_id_t vcpu))
{
	bool changed;

	enter_s2("s2_enter_vcpu", "");
	changed = real_s2_enter_vcpu(space, cpu, vcpu);
	leave_place();
	return changed;
}
