/* SPDX-License-Identifier: Apache-2.0 */
/* What follows boot in plinth.img: the core, with the VMs of the bundle. */
#include "arch/sysreg.h"
#include "base/string.h"
#include "base/types.h"
#include "console/console.h"
#include "efi/efi.h"
#include "main/boot_exit.h"
#include "plinth.h"
#include "smp/smp.h"

/* What Plinth cannot do without and this machine lacks; NULL: it has all of it. */
static const char *lacking(const struct machine *machine)
{
	if (machine->gic.version == 0U) {
		return "no GICv2 or GICv3 in the firmware's tables";
	}
	if (machine->gic.version == 2U && machine->gic.guest_if.size == 0U) {
		return "GICv2 without virtualization interfaces";
	}
	if (machine->timer.virt_intid == 0U || machine->timer.hyp_intid == 0U) {
		return "no virtual or hypervisor timer interrupt in the firmware's tables";
	}
	return NULL;
}

/* With what can be done about it. */
#define NO_EL2                                                                                     \
	"no EL2: entered at EL%llu, where no hypervisor can run. Start Plinth at EL2: QEMU needs " \
	"-machine virt,virtualization=on, a board a firmware that does not keep EL2 to itself"

void boot_next_check(const struct boot *boot)
{
	const char *lack = lacking(&boot->machine);

	if (boot_current_el() != 2U) {
		console_print(NO_EL2, (unsigned long long)boot_current_el());
		boot_exit(BOOT_EXIT_MACHINE, "no EL2");
	}
	if (boot_is_e2h_stuck()) {
		console_print("this CPU cannot clear HCR_EL2.E2H (no FEAT_E2H0), which Plinth's "
			      "EL2 needs");
		boot_exit(BOOT_EXIT_MACHINE, "HCR_EL2.E2H cannot be 0");
	}
	if (lack != NULL) {
		boot_exit(BOOT_EXIT_MACHINE, "%s", lack);
	}
	if (boot->machine.cmdline_cut) {
		console_print("bootargs are cut to %u bytes", BOOT_CMDLINE_SIZE - 1U);
	}
}

/* A copy of the devicetree, if one describes the machine, in memory that is ours when the boot
 * services have ended. Without it no VM gets devices. */
static void take_devicetree(const struct efi *efi, struct efi_start *start)
{
	uint64_t copy;

	if (start->fdt != NULL &&
		efi_alloc(efi, EFI_LOADER_DATA, start->fdt_size, PAGE_SIZE, &copy) == PLINTH_OK) {
		memcpy((void *)(uintptr_t)copy, start->fdt, start->fdt_size);
		start->machine.fdt = (struct boot_range){copy, start->fdt_size};
	}
}

uint64_t boot_next_efi(const struct efi *efi, struct efi_start *start)
{
	const char *lack = lacking(&start->machine);

	if (boot_current_el() != 2U) {
		efi_print(efi, NO_EL2, (unsigned long long)boot_current_el());
		return EFI_UNSUPPORTED;
	}
	if (lack != NULL) {
		efi_print(efi, "%s", lack);
		return EFI_UNSUPPORTED;
	}
	start->machine.wall_seconds = efi_wall_clock(efi);
	start->machine.wall_count = read_cntpct_el0();
	enum plinth_status status = efi_find_bundle(efi, start);

	if (status == PLINTH_OK) {
		take_devicetree(efi, start);
	}
	return efi_status_of(status);
}

static void print_machine(const struct plinth *plinth, uint32_t cpus)
{
	const struct boot *boot = plinth->boot;
	const struct boot_info *info = plinth->info;
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

static void fill_info(struct plinth *plinth)
{
	const struct machine *machine = &plinth->boot->machine;
	struct boot_info *info = plinth->info;

	memset(info, 0, sizeof(*info)); /* the VMs behind it are written whole */
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
	info->wall_seconds = machine->wall_seconds;
	info->wall_count = machine->wall_count;
	info->efi = machine->efi;
	info->start_count = plinth->boot->start_count;
	__builtin_memcpy(info->cmdline, machine->cmdline, sizeof(info->cmdline));
}

void boot_next(struct boot *boot)
{
	struct plinth plinth = {.boot = boot};

	plinth_keep(boot);
	plinth_enter_image(boot);
	plinth.info = boot_alloc(boot, sizeof(*plinth.info) + BOOT_VM_MAX * sizeof(*plinth.vms),
		sizeof(uint64_t), BOOT_MEM_BOOT);
	plinth.vms = (struct vm_config *)(plinth.info + 1);
	fill_info(&plinth);
	print_machine(&plinth, plinth_start_cpus(&plinth));
	plinth_load_vms(&plinth);
	plinth_enter_core(&plinth);
}
