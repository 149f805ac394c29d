/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>

#include "arch/barrier.h"
#include "arch/cache.h"
#include "arch/cpu.h"
#include "arch/sysreg.h"
#include "base/atomic.h"
#include "base/check.h"
#include "coh/coh.h"
#include "errata/errata.h"
#include "exits/exits.h"
#include "gic/gic.h"
#include "hypmap/hypmap.h"
#include "init/cpu_entry.h"
#include "log/log.h"
#include "percpu/percpu.h"
#include "sched/sched.h"
#include "timerq/timerq.h"
#include "vgic/vgic_hw.h"
#include "vm/vm.h"

#include "init_private.h"

STATIC_ASSERT(offsetof(struct cpu_entry, ttbr0) == CPU_ENTRY_TTBR0, "head.S");
STATIC_ASSERT(offsetof(struct cpu_entry, tcr) == CPU_ENTRY_TCR, "head.S");
STATIC_ASSERT(offsetof(struct cpu_entry, stack_top) == CPU_ENTRY_STACK_TOP, "head.S");
STATIC_ASSERT(offsetof(struct cpu_entry, percpu) == CPU_ENTRY_PERCPU, "head.S");
STATIC_ASSERT(offsetof(struct cpu_entry, offset) == CPU_ENTRY_OFFSET, "head.S");

#define CPU_START_SECONDS 1U
#define CACHE_LINE	  64U

extern const char core_secondary[] HIDDEN;

/* One for each CPU, which reads it with the MMU off, and perhaps later than we wait for it. */
static struct {
	struct cpu_entry entry;
} ALIGNED(CACHE_LINE) entries[CPU_MAX];

/* Set by each CPU when it is ready for vCPUs. */
static uint32_t online[CPU_MAX];

static struct percpu *make_percpu(cpu_id_t id, const struct boot_cpu *boot)
{
	struct percpu *cpu = (struct percpu *)(uintptr_t)(HYPMAP_CPU(id) + HYPMAP_CPU_PRIVATE);

	hypmap_cpu(id);
	cpu->id = id;
	cpu->mpidr = boot->mpidr;
	cpu->stack_top = HYPMAP_CPU(id) + HYPMAP_CPU_STACK_TOP;
	cpu->overflow_stack_top = HYPMAP_CPU(id) + HYPMAP_CPU_OVERFLOW_TOP;
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

void init_this_cpu(void)
{
	enum plinth_status status = gic_init_cpu();

	if (status != PLINTH_OK) {
		init_fail("CPU %u (MPIDR 0x%llx): its GIC interface does not start: %s", cpu_this(),
			(unsigned long long)percpu_this()->mpidr, plinth_status_name(status));
	}
	status = vgic_hw_check(vm_host()->gic);
	if (status != PLINTH_OK) {
		init_fail("CPU %u: its virtual interrupt interface is smaller than the first CPU's",
			cpu_this());
	}
	errata_add_cpu();
	timerq_cpu_init();
	exits_cpu_init();
	enable_private_interrupts();
	sched_cpu_online();
}

/* The other CPU reads this with its MMU off. */
static void clean_to_poc(const void *object, size_t size)
{
	uintptr_t start = (uintptr_t)object & ~(uintptr_t)(CACHE_LINE - 1U);

	for (uintptr_t at = start; at < (uintptr_t)object + size; at += CACHE_LINE) {
		arch_dc_cvac(at);
	}
	arch_dsb_sy();
}

static bool start_cpu(cpu_id_t id, const struct boot_cpu *boot)
{
	struct boot_mailbox *mailbox = pa_to_va(pa_init(boot->mailbox));
	struct cpu_entry *entry = &entries[id].entry;
	uint64_t deadline = read_cntpct_el0() + CPU_START_SECONDS * read_cntfrq_el0();

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
	/* Pairs with the store in init_secondary: what the CPU has set up is seen. */
	while (load_acquire(&online[id]) == 0U) {
		if (read_cntpct_el0() >= deadline) {
			return false;
		}
		arch_yield(); /* no event would end a WFE where the CPU does not come */
	}
	return true;
}

void init_start_cpus(void)
{
	cpu_id_t id = 1;

	for (uint32_t i = 0; i < init_boot_info.cpu_count && id < percpu_count; i++) {
		const struct boot_cpu *boot = &init_boot_info.cpu[i];

		if (boot->status != BOOT_CPU_PARKED) {
			continue;
		}
		if (!start_cpu(id, boot)) {
			log_error("CPU with MPIDR 0x%llx did not enter the core in time, left out",
				(unsigned long long)boot->mpidr);
		}
		id++;
	}
}

void init_secondary(struct percpu *percpu)
{
	arch_percpu_set(percpu);
	init_this_cpu();
	store_release(&online[percpu->id], 1U);
	arch_sev();
	exits_run();
}
