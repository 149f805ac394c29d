/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/sysreg.h"
#include "base/types.h"
#include "console/console.h"
#include "main/boot.h"
#include "main/boot_exit.h"
#include "smp/smp.h"

void boot_report_cpu(const char *text)
{
	console_print("%s", text);
}

/* What the CPUs' protocols write: mailboxes lie in firmware's memory or in devices, which are not
 * mapped yet. One that is out of reach is none: that CPU is reported, the others go on. */
static void map_mailboxes(struct boot *boot)
{
	struct machine *machine = &boot->machine;

	for (uint32_t i = 0; i < machine->cpu_count; i++) {
		struct machine_cpu *cpu = &machine->cpu[i];

		if (cpu->address != 0U &&
			paging_map(&boot->paging, cpu->address, 1, PAGING_DEVICE) != PLINTH_OK) {
			cpu->address = 0;
		}
	}
}

static void map_for_start(struct boot *boot)
{
	const struct boot_gic *gic = &boot->machine.gic;

	map_mailboxes(boot);
	if (gic->version == 2U && paging_map(&boot->paging, gic->dist.base, gic->dist.size,
					  PAGING_DEVICE) != PLINTH_OK) {
		boot_exit(BOOT_EXIT_MACHINE, "GICv2's distributor at %#llx is out of reach",
			(unsigned long long)gic->dist.base);
	}
	paging_sync();
}

uint32_t boot_start_cpus(struct boot *boot, const struct boot_start *start, struct boot_cpu *cpus)
{
	const struct machine *machine = &boot->machine;
	const struct smp_request request = {
		.machine = machine,
		.boot_mpidr = read_mpidr_el1() & MACHINE_MPIDR_AFFINITY,
		.pen = boot_alloc(boot, SMP_PEN_SIZE, PAGE_SIZE, BOOT_MEM_PEN),
		.parking = start->parking,
		.level = boot_current_el(),
		.e2h_off = start->e2h_off,
		.frequency = machine->timer.frequency != 0U ? machine->timer.frequency
							    : (uint32_t)read_cntfrq_el0(),
		.report = boot_report_cpu,
	};
	uint32_t running;

	map_for_start(boot);
	running = smp_start_all(&request, cpus);
	if (running == 0U) {
		boot_exit(BOOT_EXIT_MACHINE,
			"the CPU that runs boot (MPIDR %#llx) is not among the %u CPUs of the "
			"firmware's table",
			(unsigned long long)request.boot_mpidr, machine->cpu_count);
	}
	return running;
}
