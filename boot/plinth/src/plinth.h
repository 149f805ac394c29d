/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLINTH_PLINTH_H
#define PLINTH_PLINTH_H

#include "abi/vm_config.h"
#include "main/boot.h"

/* What the core is to get. */
struct plinth {
	struct boot *boot;
	struct boot_info *info; /* in BOOT memory */
	struct vm_config *vms;	/* BOOT_VM_MAX of them, behind info */
};

/* core_image.S */
extern const uint8_t core_image[];
extern const uint8_t core_image_end[];

/* Each of the following prints and leaves by boot_exit() where it can't do its part. */

/* vms.c: the bundle, into info->vm_config. */
void plinth_load_vms(struct plinth *plinth);

/* enter.c: places the core, completes boot_info, leaves. */
NORETURN void plinth_enter_core(struct plinth *plinth);

#endif
