/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a VM's run cost at EL2, in figures for ./plinth bench.
 */
#include "arch/sysreg.h"
#include "base/atomic.h"
#include "el2count/el2count.h"

#include "vm_private.h"

/* 1: a guest has been entered. */
static uint32_t entered;

struct vm_caches vm_caches_total(void)
{
	struct el2count_caches other = el2count_caches();
	struct vm_caches total = {.data_lines = other.data_lines, .icache_all = other.icache_all};

	const struct vm *vm;

	for (uint32_t id = 0; (vm = vm_next(&id)) != NULL;) {
		const struct coh_counters *c = &vm->gmem.counters.coh;

		total.data_lines += coh_lines_cleaned(c);
		total.code_lines += c->lines_invalidated;
		total.icache_all += c->invalidated_all;
	}
	return total;
}

/* `who`: a VM's name and its end, or what else has come to pass. */
static void report_caches(const char *who, const char *when, const struct vm_caches *caches)
{
	log_info("bench: %s%s data_lines %llu code_lines %llu icache_all %llu of %u lines", who,
		when, (unsigned long long)caches->data_lines,
		(unsigned long long)caches->code_lines, (unsigned long long)caches->icache_all,
		el2count_icache_lines());
}

void vm_cost_begin(struct vm *vm)
{
	vm->cost = (struct vm_cost){.el2 = el2count_total(), .scrub = el2count_scrub()};
}

void vm_cost_end(struct vm *vm)
{
	vm->cost = (struct vm_cost){
		.el2 = el2count_total() - vm->cost.el2,
		.scrub = el2count_scrub() - vm->cost.scrub,
		.tables = vm->gmem.space.table_count,
		.caches = vm_caches_total(),
	};
}

/* From the first call for it on. */
static void report_making(struct vm *vm)
{
	uint64_t ticks = read_cntpct_el0() - vm->made_at;

	log_info("bench: %s create_start_ticks %llu ticks_per_second %llu el2_insns %llu",
		vm->config.name, (unsigned long long)ticks,
		(unsigned long long)vm_host()->ticks_per_second,
		(unsigned long long)(el2count_total() - vm->made_el2));
	vm->made_at = 0;
}

static void report_entry(uint64_t ticks)
{
	struct vm_caches caches = vm_caches_total();

	log_info("bench: cold_start_ticks %llu ticks_per_second %llu", (unsigned long long)ticks,
		(unsigned long long)vm_host()->ticks_per_second);
	report_caches("loaded", "", &caches);
}

void vm_note_entry(const struct vcpu *vcpu)
{
	uint64_t ticks = read_cntpct_el0() - vm_host()->start_count;
	uint32_t before = el2count_now();
	uint32_t none = 0;

	if (!vm_host()->bench) {
		return;
	}
	if (vcpu->vm->made_at != 0U) {
		report_making(vcpu->vm);
	}
	/* Another CPU may have been quicker. */
	if (load_relaxed(&entered) == 0U && cas_acq_rel(&entered, &none, 1U)) {
		report_entry(ticks);
	}
	/* To tell it is no part of the run. */
	vcpu->vm->cost.el2 += (uint32_t)(el2count_now() - before);
}

void vm_cost_report(const struct vm *vm)
{
	const struct gmem_counters *c = &vm->gmem.counters;
	struct vm_caches stopped = vm_caches_total();
	const char *name = vm->config.name;

	log_info("bench: %s el2_insns %llu scrub_insns %llu tables %u", name,
		(unsigned long long)vm->cost.el2, (unsigned long long)vm->cost.scrub,
		vm->cost.tables);
	log_info("bench: %s mapped_4k %llu mapped_2m %llu copied %llu made_exec %llu lines %llu",
		name, (unsigned long long)c->map_4k, (unsigned long long)c->map_2m,
		(unsigned long long)c->upgrade_write, (unsigned long long)c->upgrade_exec,
		(unsigned long long)(coh_lines_cleaned(&c->coh) + c->coh.lines_invalidated));
	log_info("bench: %s faults read %llu write %llu fetch %llu walk %llu exec %llu copy %llu "
		 "raced %llu revoked %llu split %llu",
		name, (unsigned long long)c->fault_read, (unsigned long long)c->fault_write,
		(unsigned long long)c->fault_fetch, (unsigned long long)c->fault_table_walk,
		(unsigned long long)c->upgrade_exec, (unsigned long long)c->upgrade_write,
		(unsigned long long)c->raced, (unsigned long long)c->revoked,
		(unsigned long long)c->split);
	report_caches(name, " ended", &vm->cost.caches);
	report_caches(name, " stopped", &stopped);
	for (vcpu_id_t i = 0; i < vm->config.vcpu_count; i++) {
		const struct vcpu_exits *e = &vm->vcpu[i].exits;

		log_info("bench: %s vcpu %u hvc %llu sysreg %llu abort %llu wfx %llu irq %llu "
			 "other %llu",
			name, i, (unsigned long long)e->hvc, (unsigned long long)e->sysreg,
			(unsigned long long)e->abort, (unsigned long long)e->wfx,
			(unsigned long long)e->irq, (unsigned long long)e->other);
	}
}
