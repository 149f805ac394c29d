/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/sysreg.h"
#include "base/bits.h"
#include "boot_exit.h"
#include "console/console.h"
#include "discover/discover.h"
#include "main_private.h"

#define CURRENTEL_EL_SHIFT 2U
#define CURRENTEL_EL_WIDTH 2U
#define HCR_EL2_E2H	   BIT(34)

static uint64_t current_el(void)
{
	return FIELD_GET(read_currentel(), CURRENTEL_EL);
}

/* head.S has written 0 to it. */
static bool is_e2h_stuck(void)
{
	return current_el() == 2U && (read_hcr_el2() & HCR_EL2_E2H) != 0U;
}

/* Runs with the MMU off and no console: the failures here have nobody to tell. Maps our own image
 * and the devicetree, which is all that is known of memory so far. */
void boot_start_paging(struct boot *boot, uint64_t fdt)
{
	uint64_t start = (uintptr_t)boot_lds_start;
	uint64_t text_end = (uintptr_t)boot_lds_text_end;
	uint64_t end = (uintptr_t)boot_lds_end;
	bool mapped;

	boot->fdt = (struct boot_range){fdt, 0};
	if (is_aligned(fdt, 8U)) {
		boot->fdt.size = discover_fdt_size((const void *)(uintptr_t)fdt);
	}
	paging_init(&boot->paging, current_el() == 1U || is_e2h_stuck());
	mapped = paging_map(&boot->paging, start, text_end - start, PAGING_CODE) == PLINTH_OK &&
		 paging_map(&boot->paging, text_end, end - text_end, PAGING_RAM) == PLINTH_OK &&
		 paging_map(&boot->paging, fdt, boot->fdt.size, PAGING_RAM) == PLINTH_OK;
	if (!mapped || boot->fdt.size == 0U) {
		boot_exit(BOOT_EXIT_MACHINE, "no devicetree in x0");
	}
	paging_enable(&boot->paging, start, end);
}

static void start_console(struct boot *boot)
{
	const struct boot_uart *uart = &boot->machine.uart;

	if (uart->type != BOOT_UART_PL011) {
		return;
	}
	if (paging_map(&boot->paging, uart->regs.base, uart->regs.size, PAGING_DEVICE) ==
		PLINTH_OK) {
		paging_sync();
		console_init(uart->regs.base);
	}
}

void boot_discover(struct boot *boot)
{
	const char *why = "";
	enum plinth_status status;

	status = discover_fdt(
		(const void *)(uintptr_t)boot->fdt.base, boot->fdt.size, &boot->machine, &why);
	start_console(boot);
	boot_exit_init(boot->machine.psci_conduit);
	if (status != PLINTH_OK) {
		boot_exit(BOOT_EXIT_MACHINE, "devicetree: %s", why);
	}
}

/* What Plinth cannot do without, each with what can be done about it. */
void boot_refuse_machine(const struct boot *boot)
{
	const struct machine *machine = &boot->machine;

	if (current_el() != 2U) {
		console_print(
			"no EL2: entered at EL%llu, where no hypervisor can run. Start Plinth "
			"at EL2: QEMU needs -machine virt,virtualization=on, a board a "
			"firmware that does not keep EL2 to itself",
			(unsigned long long)current_el());
		boot_exit(BOOT_EXIT_MACHINE, "no EL2");
	}
	if (is_e2h_stuck()) {
		console_print("this CPU cannot clear HCR_EL2.E2H (no FEAT_E2H0), which Plinth's "
			      "EL2 needs");
		boot_exit(BOOT_EXIT_MACHINE, "HCR_EL2.E2H cannot be 0");
	}
	if (machine->gic.version == 0U) {
		boot_exit(BOOT_EXIT_MACHINE, "no GICv2 or GICv3 in the devicetree");
	}
	if (machine->gic.version == 2U && machine->gic.guest_if.size == 0U) {
		boot_exit(BOOT_EXIT_MACHINE, "GICv2 without virtualization interfaces");
	}
	if (machine->timer.virt_intid == 0U || machine->timer.hyp_intid == 0U) {
		boot_exit(BOOT_EXIT_MACHINE, "no virtual or hypervisor timer interrupt in the "
					     "devicetree");
	}
	if (machine->cmdline_cut) {
		console_print("bootargs are cut to %u bytes", BOOT_CMDLINE_SIZE - 1U);
	}
	if (machine->cpu_ignored != 0U) {
		console_print("%u CPUs are left out: Plinth runs on up to %u", machine->cpu_ignored,
			BOOT_CPU_MAX);
	}
}
