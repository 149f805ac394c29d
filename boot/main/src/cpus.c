/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/sysreg.h"
#include "base/types.h"
#include "console/console.h"
#include "main/boot.h"
#include "main/boot_exit.h"
#include "smp/smp.h"

static void report(const char *text)
{
	console_print("%s", text);
}

uint32_t boot_start_cpus(struct boot *boot, struct boot_cpu *cpus)
{
	const struct machine *machine = &boot->machine;
	const struct boot_gic *gic = &machine->gic;
	const struct smp_request request = {
		.machine = machine,
		.boot_mpidr = read_mpidr_el1() & MACHINE_MPIDR_AFFINITY,
		.pen = boot_alloc(boot, SMP_PEN_SIZE, PAGE_SIZE, BOOT_MEM_PEN),
		.frequency = machine->timer.frequency != 0U ? machine->timer.frequency
							    : (uint32_t)read_cntfrq_el0(),
		.report = report,
	};
	uint32_t running;

	if (gic->version == 2U) {
		if (paging_map(&boot->paging, gic->dist.base, gic->dist.size, PAGING_DEVICE) !=
			PLINTH_OK) {
			boot_exit(BOOT_EXIT_MACHINE, "GICv2's distributor at %#llx is out of reach",
				(unsigned long long)gic->dist.base);
		}
		paging_sync();
	}
	running = smp_start_all(&request, cpus);
	if (running == 0U) {
		boot_exit(BOOT_EXIT_MACHINE,
			"devicetree: the CPU that runs boot (MPIDR %#llx) is "
			"not among its %u CPUs",
			(unsigned long long)request.boot_mpidr, machine->cpu_count);
	}
	return running;
}
