/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>

#include "arch/barrier.h"
#include "arch/cache.h"
#include "arch/cpu.h"
#include "arch/sysreg.h"
#include "base/atomic.h"
#include "base/bits.h"
#include "base/check.h"
#include "base/patience.h"
#include "coh/coh.h"
#include "el2count/el2count.h"
#include "errata/errata.h"
#include "exits/exits.h"
#include "gic/gic.h"
#include "hypmap/hypmap.h"
#include "init/cpu_entry.h"
#include "log/log.h"
#include "percpu/percpu.h"
#include "pmem/pmem.h"
#include "s2/s2.h"
#include "sched/sched.h"
#include "timerq/timerq.h"
#include "trace/trace.h"
#include "vgic/vgic_hw.h"
#include "vm/vm.h"

#include "cpu_check.h"
#include "init_private.h"

STATIC_ASSERT(offsetof(struct cpu_entry, ttbr0) == CPU_ENTRY_TTBR0, "head.S");
STATIC_ASSERT(offsetof(struct cpu_entry, tcr) == CPU_ENTRY_TCR, "head.S");
STATIC_ASSERT(offsetof(struct cpu_entry, stack_top) == CPU_ENTRY_STACK_TOP, "head.S");
STATIC_ASSERT(offsetof(struct cpu_entry, percpu) == CPU_ENTRY_PERCPU, "head.S");
STATIC_ASSERT(offsetof(struct cpu_entry, offset) == CPU_ENTRY_OFFSET, "head.S");

#define CPU_START_MS 5000U /* 64 emulated CPUs on a busy machine take that */
#define CACHE_LINE   64U

extern const char core_secondary[] HIDDEN;

/* One for each CPU, which reads it with the MMU off, and perhaps later than we wait for it. */
static struct {
	struct cpu_entry entry;
} ALIGNED(CACHE_LINE) entries[CPU_MAX];

/* How far a CPU is. It claims its start (CPU_ENTERED), or finds that the boot CPU has gone on
 * without it (CPU_LEFT_OUT) and must not run: what the others rely on is settled by then. */
enum cpu_stage { CPU_ASLEEP, CPU_ENTERED, CPU_READY, CPU_REFUSED, CPU_LEFT_OUT };

static uint32_t stage[CPU_MAX];

/* What all CPUs keep, and the CTR_EL0 that serves them all. Each CPU writes them in its turn, while
 * the boot CPU waits for it in start_cpu(). */
static struct cpu_ids promised;
static uint64_t least_ctr;
static bool ctr_differs;

/* Without memory for its ring a CPU leaves no trace, and works. */
static void init_trace(cpu_id_t id)
{
	pa_t page;

	STATIC_ASSERT(sizeof(struct trace_ring) <= PAGE_SIZE, "one page each");
	if (pmem_alloc(PMEM_ORDER_4K, PMEM_CLEAN | PMEM_USER_CORE, &page) == PLINTH_OK) {
		trace_init_cpu(id, pa_to_va(page));
	}
}

static struct percpu *make_percpu(cpu_id_t id, const struct boot_cpu *boot)
{
	struct percpu *cpu = (struct percpu *)(uintptr_t)(HYPMAP_CPU(id) + HYPMAP_CPU_PRIVATE);

	hypmap_cpu(id);
	cpu->id = id;
	cpu->mpidr = boot->mpidr;
	cpu->stack_top = HYPMAP_CPU(id) + HYPMAP_CPU_STACK_TOP;
	cpu->overflow_stack_top = HYPMAP_CPU(id) + HYPMAP_CPU_OVERFLOW_TOP;
	init_trace(id);
	return cpu;
}

/* The boot CPU is CPU 0; others follow in boot_info's order. */
void init_percpu(void)
{
	uint32_t count = 1;

	for (uint32_t i = 0; i < init_boot_info.cpu_count; i++) {
		const struct boot_cpu *boot = &init_boot_info.cpu[i];

		if (boot->status == BOOT_CPU_PRIMARY) {
			percpu_table[0] = make_percpu(0, boot);
		} else if (boot->status == BOOT_CPU_PARKED && count < CPU_MAX) {
			percpu_table[count] = make_percpu(count, boot);
			count++;
		}
	}
	if (percpu_table[0] == NULL) {
		init_fail("boot names no CPU as the one that it runs on");
	}
	percpu_count = count;
	arch_percpu_set(percpu_table[0]);
}

static void enable_private_interrupts(void)
{
	gic_enable(init_boot_info.timer.hyp_intid);
	gic_enable(init_boot_info.timer.virt_intid);
	if (init_boot_info.gic.maintenance_intid != 0U) {
		gic_enable(init_boot_info.gic.maintenance_intid);
	}
}

/* Bits of the highest physical address of RAM, or of an IPA, whichever is more. */
static unsigned address_bits(void)
{
	uint64_t last = MASK_BELOW(s2_features()->ipa_bits);

	for (uint32_t i = 0; i < init_boot_info.mem_count; i++) {
		const struct boot_mem *mem = &init_boot_info.mem[i];

		last = mem->size != 0U ? max_u64(last, mem->base + mem->size - 1U) : last;
	}
	return bit_highest(last) + 1U;
}

void init_promises(void)
{
	uint64_t *mmfr0 = &promised.reg[CPU_MMFR0];

	promised = cpu_ids_read();
	*mmfr0 = align_down(*mmfr0, 16) | cpu_pa_range_for(address_bits());
	least_ctr = read_ctr_el0();
}

uint64_t init_least_ctr(void)
{
	return least_ctr;
}

bool init_ctr_differs(void)
{
	return ctr_differs;
}

/* What this CPU cannot do, or NULL when it is ready for vCPUs. */
static const char *bring_up(void)
{
	const struct cpu_ids ids = cpu_ids_read();
	const char *lacks = cpu_lacks(&promised, &ids);
	struct errata_predictors predictors;

	if (lacks != NULL) {
		return lacks;
	}
	if (gic_init_cpu() != PLINTH_OK) {
		return "its GIC interface";
	}
	if (vgic_hw_check(vm_host()->gic) != PLINTH_OK) {
		return gic_version() == 3U ? "ICH_VTR_EL2" : "GICH_VTR";
	}
	ctr_differs |= coh_ctr_differs(least_ctr, read_ctr_el0());
	least_ctr = coh_ctr_least(least_ctr, read_ctr_el0());
	predictors = errata_add_cpu();
	timerq_cpu_init();
	exits_cpu_init(&predictors);
	enable_private_interrupts();
	sched_cpu_online();
	return NULL;
}

void init_this_cpu(void)
{
	const char *lacks = bring_up();

	if (lacks != NULL) {
		init_fail("the first CPU cannot run VMs: %s", lacks);
	}
}

/* The other CPU reads this with its MMU off. DC CIVAC on every machine: what
 * ERRATA_CLEAN_INVALIDATES says is not known yet. */
static void clean_to_poc(const void *object, size_t size)
{
	uintptr_t start = (uintptr_t)object & ~(uintptr_t)(CACHE_LINE - 1U);

	for (uintptr_t at = start; at < (uintptr_t)object + size; at += CACHE_LINE) {
		arch_dc_civac(at);
		el2count_add_caches(1, 0);
	}
	arch_dsb_sy();
}

/* False: `from` did not end in time. */
static bool wait_while(cpu_id_t id, enum cpu_stage from)
{
	struct patience patience = patience_of(read_cntpct_el0(), read_cntfrq_el0(), CPU_START_MS);

	/* Pairs with the store in init_secondary: what the CPU has set up is seen. */
	while (load_acquire(&stage[id]) == (uint32_t)from) {
		if (patience_is_over(&patience, read_cntpct_el0())) {
			return false;
		}
		arch_yield(); /* no event would end a WFE where the CPU does not come */
	}
	return true;
}

/* Is the CPU ready in time? It says itself why not, once it has entered. */
static bool wait_for(cpu_id_t id)
{
	uint32_t asleep = CPU_ASLEEP;

	if (!wait_while(id, CPU_ASLEEP) &&
		cas_acq_rel(&stage[id], &asleep, (uint32_t)CPU_LEFT_OUT)) {
		log_error("CPU with MPIDR 0x%llx did not enter the core in time, left out",
			(unsigned long long)percpu_table[id]->mpidr);
		return false;
	}
	if (!wait_while(id, CPU_ENTERED)) {
		init_fail("CPU with MPIDR 0x%llx got stuck in its start",
			(unsigned long long)percpu_table[id]->mpidr);
	}
	return load_relaxed(&stage[id]) == (uint32_t)CPU_READY;
}

bool init_is_up(cpu_id_t id)
{
	return id == 0U || load_acquire(&stage[id]) == (uint32_t)CPU_READY;
}

static bool start_cpu(cpu_id_t id, const struct boot_cpu *boot)
{
	struct boot_mailbox *mailbox = pa_to_va(pa_init(boot->mailbox));
	struct cpu_entry *entry = &entries[id].entry;

	entry->ttbr0 = read_ttbr0_el2();
	entry->tcr = hypmap_tcr();
	entry->stack_top = percpu_table[id]->stack_top;
	entry->percpu = (uint64_t)(uintptr_t)percpu_table[id];
	entry->offset = HYPMAP_IMAGE - hypmap_image_pa((const void *)HYPMAP_IMAGE);
	clean_to_poc(entry, sizeof(*entry));
	/* arg first, so that who sees the entry sees it too (abi/boot_info.h). */
	mailbox->arg = hypmap_image_pa(entry);
	clean_to_poc(mailbox, sizeof(*mailbox));
	store_release(&mailbox->entry, hypmap_image_pa(core_secondary));
	clean_to_poc(mailbox, sizeof(*mailbox));
	arch_sev();
	return wait_for(id);
}

void init_start_cpus(void)
{
	cpu_id_t id = 1;
	uint32_t ready = 1;

	for (uint32_t i = 0; i < init_boot_info.cpu_count && id < percpu_count; i++) {
		const struct boot_cpu *boot = &init_boot_info.cpu[i];

		if (boot->status != BOOT_CPU_PARKED) {
			continue;
		}
		ready += start_cpu(id, boot) ? 1U : 0U;
		id++;
	}
	if (ready != percpu_count) {
		log_warning("%u of %u CPUs run VMs", ready, percpu_count);
	}
}

/* Another CPU's vCPUs would find less here than they were told: better without this CPU. */
NORETURN static void refuse(const struct percpu *percpu, const char *lacks)
{
	log_error("CPU with MPIDR 0x%llx cannot do what the first CPU can, left out: %s",
		(unsigned long long)percpu->mpidr, lacks);
	store_release(&stage[percpu->id], (uint32_t)CPU_REFUSED);
	init_cpu_off();
}

void init_secondary(struct percpu *percpu)
{
	uint32_t asleep = CPU_ASLEEP;
	const char *lacks;

	arch_percpu_set(percpu);
	if (!cas_acq_rel(&stage[percpu->id], &asleep, (uint32_t)CPU_ENTERED)) {
		init_cpu_off();
	}
	exits_catch();
	el2count_add_caches(0, 2); /* the pen's and head.S's */
	lacks = bring_up();
	if (lacks != NULL) {
		refuse(percpu, lacks);
	}
	store_release(&stage[percpu->id], (uint32_t)CPU_READY);
	exits_run();
}
