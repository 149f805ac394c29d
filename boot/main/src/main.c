/* SPDX-License-Identifier: Apache-2.0 */
#include "main_private.h"

#include "boot_exit.h"
#include "console/console.h"
#include "libc/libc.h"
#include "smp/smp.h"

static struct boot boot_state;

/* The firmware's entropy in one word. */
static inline uint64_t seed_word(const struct machine *machine)
{
	uint64_t word = 0;

	for (uint32_t i = 0; i < BOOT_SEED_SIZE; i++) {
		word = (word << 7 | word >> 57) ^ machine->seed[i];
	}
	return word;
}

static void print_machine(const struct boot *boot, uint32_t cpus)
{
	const struct boot_info *info = boot->info;
	const struct memory_list *ram = &boot->map.list;
	uint64_t total = 0;

	for (uint32_t i = 0; i < ram->count; i++) {
		total += ram->entry[i].size;
	}
	console_print("%u of %u CPUs, GICv%u, PSCI %u.%u, %llu MiB of RAM from %#llx to %#llx, "
		      "%llu MiB free",
		cpus, info->cpu_count, info->gic.version, info->psci_version >> 16,
		info->psci_version & 0xffffU, (unsigned long long)(total >> 20),
		(unsigned long long)ram->entry[0].base,
		(unsigned long long)(ram->entry[ram->count - 1U].base +
				     ram->entry[ram->count - 1U].size),
		(unsigned long long)(memory_total(&boot->map, BOOT_MEM_FREE) >> 20));
}

static void fill_info(struct boot *boot)
{
	const struct machine *machine = &boot->machine;
	struct boot_info *info = boot->info;

	info->magic = BOOT_INFO_MAGIC;
	info->version = BOOT_INFO_VERSION;
	info->size = sizeof(*info);
	info->cpu_count = machine->cpu_count;
	info->gic = machine->gic;
	info->timer = machine->timer;
	info->uart = machine->uart;
	info->psci_conduit = (uint32_t)machine->psci_conduit;
	info->psci_version = smp_psci_version(machine->psci_conduit);
	info->seed_size = machine->seed_size;
	__builtin_memcpy(info->seed, machine->seed, sizeof(info->seed));
	info->rtc = machine->rtc;
	info->start_count = boot->start_count;
	__builtin_memcpy(info->cmdline, machine->cmdline, sizeof(info->cmdline));
}

void boot_main(uint64_t fdt, uint64_t start_count)
{
	struct boot *boot = &boot_state;

	boot->start_count = start_count;
	boot_start_paging(boot, fdt);
	boot_discover(boot);
	/* boot_main never returns, so no frame checks the guard that it was built with. */
	__stack_chk_guard ^= seed_word(&boot->machine);
	boot_refuse_machine(boot);
	boot_map_ram(boot);
	boot->info = boot_alloc(boot, sizeof(*boot->info) + BOOT_VM_MAX * sizeof(*boot->vms),
		sizeof(uint64_t), BOOT_MEM_BOOT);
	boot->vms = (struct vm_config *)(boot->info + 1);
	fill_info(boot);
	print_machine(boot, boot_start_cpus(boot));
	boot_load_vms(boot);
	boot_enter_core(boot);
}
