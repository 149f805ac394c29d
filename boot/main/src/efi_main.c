/* SPDX-License-Identifier: Apache-2.0 */
#include "efi_main.h"

#include "console/console.h"
#include "main/boot.h"
#include "main/boot_exit.h"

/* The boot services are half gone, and so is the firmware's console; its address space is not. */
NORETURN static void give_up(const struct machine *machine)
{
	if (machine->uart.type == BOOT_UART_PL011) {
		console_init(machine->uart.regs.base);
	}
	boot_exit_init(machine->psci_conduit);
	boot_exit(BOOT_EXIT_MACHINE, "UEFI: ExitBootServices fails, or there is no memory map");
}

efi_status_t boot_efi_main(
	efi_handle_t image, struct efi_system_table *system, uint64_t start_count)
{
	static struct efi_start start BOOT_KEPT;
	struct efi efi;
	enum plinth_status status;
	efi_status_t result;

	if (efi_open(&efi, image, system) != PLINTH_OK) {
		efi_print(&efi, "this firmware's system table is not UEFI's");
		return EFI_UNSUPPORTED;
	}
	status = efi_collect(&efi, &start);
	if (status != PLINTH_OK) {
		return efi_status_of(status);
	}
	result = boot_next_efi(&efi, &start);
	if (result != EFI_SUCCESS) {
		return result;
	}
	if (efi_leave(&efi, &start) != PLINTH_OK) {
		give_up(&start.machine);
	}
	boot_restart(&start.machine, start_count);
}
