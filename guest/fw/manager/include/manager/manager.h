/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The boot manager (UEFI 2.10, 3): BootNext, BootOrder, the kernel of the bundle, the removable
 * media's path on each disk; then the menu, which a key waiting on the console brings up at once.
 */
#ifndef MANAGER_MANAGER_H
#define MANAGER_MANAGER_H

#include "machine/fw_machine.h"
#include "uefi/services.h"

struct manager_start {
	struct efi_system_table *system;
	efi_handle_t self;
	const struct fw_machine *machine;
	void (*power_off)(void);
	void (*reset)(void);
};

/* Boots; comes back never: the menu ends by a boot, a reset or the VM's end. */
void manager_run(const struct manager_start *start) __attribute__((noreturn));

#endif
