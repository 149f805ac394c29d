/* SPDX-License-Identifier: Apache-2.0 */
/* What follows boot in mpboot.img: any kernel, with its CPUs in the pen by a protocol that the
 * kernel knows, and a devicetree that says so. */
#include "arch/sysreg.h"
#include "base/types.h"
#include "cache/cache.h"
#include "console/console.h"
#include "handoff/handoff.h"
#include "main/boot_exit.h"
#include "mpboot.h"
#include "next/target.h"
#include "smp/smp.h"

#define RESERVE_MAX 8U /* places that the pen can have come to lie in: one or two */

static struct boot_cpu boot_cpus[BOOT_CPU_MAX];
static struct tables_cpu table_cpus[BOOT_CPU_MAX];
static struct boot_range reserve[RESERVE_MAX];

/* Only a firmware starts mpboot, or another boot stage in its place. */
struct machine *boot_next_take(uint64_t given)
{
	(void)given;
	return NULL;
}

/* Nothing: what a machine must have is the kernel's affair. */
void boot_next_check(const struct boot *boot)
{
	(void)boot;
}

/* The CPUs into the pen, and into the list that the tables will name. */
static uint32_t start_cpus(struct boot *boot, enum tables_target target)
{
	struct machine *machine = &boot->machine;
	struct boot_start start = {0};
	uint32_t running;

	if (target == TABLES_PARKING) {
		start.parking = boot_alloc(boot, machine->cpu_count * SMP_PARKING_PAGE_SIZE,
			SMP_PARKING_PAGE_SIZE, BOOT_MEM_PEN);
	}
	running = boot_start_cpus(boot, &start, boot_cpus);
	for (uint32_t i = 0; i < machine->cpu_count; i++) {
		table_cpus[i] = (struct tables_cpu){
			.mpidr = boot_cpus[i].mpidr,
			.mailbox = target == TABLES_PARKING
					   ? (uintptr_t)start.parking + i * SMP_PARKING_PAGE_SIZE
					   : boot_cpus[i].mailbox,
			.interface = machine->cpu[i].interface,
			.present = boot_cpus[i].status != BOOT_CPU_FAILED,
		};
	}
	return running;
}

static uint32_t list_pens(const struct boot *boot)
{
	const struct memory_list *list = &boot->map.list;
	uint32_t count = 0;

	for (uint32_t i = 0; i < list->count; i++) {
		if (list->entry[i].type != BOOT_MEM_PEN) {
			continue;
		}
		if (count == RESERVE_MAX) {
			boot_exit(BOOT_EXIT_MACHINE, "memory map: too scattered for the pen");
		}
		reserve[count++] = (struct boot_range){list->entry[i].base, list->entry[i].size};
	}
	return count;
}

static void *make_tree(struct boot *boot, const struct mpboot_kernel *kernel)
{
	uint64_t size = boot->fdt.size + TABLES_FDT_SLACK;
	void *tree = boot_alloc(boot, size, PAGE_SIZE, BOOT_MEM_BOOT);
	const struct tables_fdt request = {
		.cpus = {kernel->target, table_cpus, boot->machine.cpu_count},
		.reserve = reserve,
		.reserve_count = list_pens(boot),
		.initrd = kernel->initrd,
	};
	const char *why = "";

	if (tables_rewrite_fdt((const void *)(uintptr_t)boot->fdt.base, tree, size, &request,
		    &why) != PLINTH_OK) {
		boot_exit(BOOT_EXIT_MACHINE, "devicetree: %s", why);
	}
	cache_clean(tree, size);
	return tree;
}

void boot_next(struct boot *boot)
{
	struct mpboot_kernel kernel;
	uint32_t running;
	void *tree;

	mpboot_choose_kernel(boot, &kernel);
	running = start_cpus(boot, kernel.target);
	mpboot_place_kernel(boot, &kernel);
	tree = make_tree(boot, &kernel);
	console_print("mpboot: %u of %u CPUs, the others wait by %s; next/kernel at %#llx, EL%llu, "
		      "after %llu ticks",
		running, boot->machine.cpu_count, next_target_name(kernel.target),
		(unsigned long long)kernel.base, (unsigned long long)boot_current_el(),
		(unsigned long long)(read_cntpct_el0() - boot->start_count));
	handoff_enter_kernel((uintptr_t)tree, kernel.base);
}
